"""From a study to the data of its figures."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.agreement.statistics import t_quantile
from sddeverify.certificates import Inconclusive
from sddeverify.delays import Empirical
from sddeverify.report import chart
from sddeverify.views import (
    certified_chart,
    decay,
    delay_histogram,
    root_map,
    stability_chart,
    staleness_histogram,
    style,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

    from sddeverify.agreement import Decay
    from sddeverify.report.proofs import ModeProof
    from sddeverify.report.study import Study

_SAMPLES = 100_000
_CONFIDENCE = 0.99


@dataclass(frozen=True)
class Picture:
    """One figure, drawn.

    Attributes:
        name: Stem of the file names.
        title: Heading.
        caption: What it shows, also for readers who cannot see it.
        svg: As SVG.
        png: As PNG.
    """

    name: str
    title: str
    caption: str
    svg: bytes
    png: bytes


def pictures(study: Study) -> Iterator[Picture]:
    """Draw all figures for which the study has data, one after the other."""
    certified = chart.data(study)
    if certified is not None:
        picture = certified_chart.figure(certified)
        caption = f"{certified_chart.caption(certified)} It is that of the stiffest mode, per second."
        yield _drawn("certified_chart", "Certified chart", caption, picture)
    limits = _chart(study)
    if limits is not None:
        yield _drawn("stability_chart", "Limits", stability_chart.caption(limits), stability_chart.figure(limits))
    roots = root_map.Data(tuple(_roots(study, position) for position in range(len(study.proofs.modes))))
    yield _drawn("root_map", "Characteristic roots", root_map.caption(roots), root_map.figure(roots))
    panels = tuple(_decay(mode, study.decays[mode.name]) for mode in study.proofs.modes if mode.name in study.decays)
    if panels:
        shown = decay.Data(panels)
        yield _drawn("decay", "Decay: theory against the emulator", decay.caption(shown), decay.figure(shown))
    delays = _delays(study)
    yield _drawn("delays", "Delay law", delay_histogram.caption(delays), delay_histogram.figure(delays))
    ages = _staleness(study)
    yield _drawn("staleness", "Staleness", staleness_histogram.caption(ages), staleness_histogram.figure(ages))


def _drawn(name: str, title: str, caption: str, figure: Figure) -> Picture:
    return Picture(name, title, caption, style.to_svg(figure), style.to_png(figure))


def _chart(study: Study) -> stability_chart.Data | None:
    boundary = study.proofs.boundary
    if isinstance(boundary, Inconclusive) or boundary.learning_rate is None:
        return None
    scenario, workers = study.source.scenario, study.computed.workers
    # The damping is learning rate x eigenvalue x workers / mean delay: at fixed damping the rate goes like 1/P.
    scale = float(boundary.learning_rate.lo) * scenario.workers
    # A strip narrower than the line that borders it would only blur the line.
    end = boundary.learning_rate.hi
    wide = end is not None and end > boundary.learning_rate.lo * Fraction(1005, 1000)
    lost = tuple(float(end) * scenario.workers / count for count in workers) if end is not None and wide else ()
    return stability_chart.Data(
        workers=workers,
        critical=tuple(scale / count for count in workers),
        mean_square=study.computed.mean_square,
        operating=(float(scenario.learning_rate), scenario.workers),
        has_crossing=boundary.damping.hi is not None,
        largest_stable=study.largest_stable,
        lost=lost,
    )


def _roots(study: Study, position: int) -> root_map.Panel:
    mode, near = study.proofs.modes[position], study.computed.spectra[position]
    if isinstance(mode.result, Inconclusive):
        return root_map.Panel(mode.title, near.roots, ())
    witness = mode.result.document["witness"]
    centre, radius = witness["disc"]["centre"], witness["disc"]["radius"]
    middle = complex(*(float(_fraction(part)) for part in centre))
    abscissa = float(_fraction(witness["count"]["abscissa"]))
    return root_map.Panel(mode.title, near.roots, ((middle, float(_fraction(radius))),), abscissa)


def _fraction(text: str) -> float:
    from fractions import Fraction

    return float(Fraction(text))


def _decay(mode: ModeProof, compared: Decay) -> decay.Panel:
    first = compared.rungs[0]
    runs, fitted = first.ensemble, first.estimate
    mean = runs.paths.mean(axis=0)
    count = len(runs.paths)
    error = np.zeros_like(mean)
    if count > 1:
        error = t_quantile(1 - _CONFIDENCE, count - 1) * runs.paths.std(axis=0, ddof=1) / np.sqrt(count)
    theory = finite = np.empty(0)
    window = (float(runs.times[0]), float(runs.times[-1]))
    if fitted is not None and not isinstance(mode.result, Inconclusive):
        root = complex(float(mode.result.real.midpoint), float(mode.result.imag.midpoint))
        theory = fitted.curve(runs.times, root)
        finite = fitted.curve(runs.times, compared.finite)
        window = fitted.window
    known = compared.finite is not None
    return decay.Panel(
        title=mode.title,
        times=runs.times.tolist(),
        mean=mean.tolist(),
        lower=(mean - error).tolist(),
        upper=(mean + error).tolist(),
        theory=theory.tolist(),
        finite=finite.tolist(),
        window=window,
        runs=count,
        finite_label=f"exact for {runs.workers} workers" if known else f"fitted at {runs.workers} workers",
        confidence=_CONFIDENCE,
    )


def _delays(study: Study) -> delay_histogram.Data:
    law = study.source.scenario.compute
    trace = study.source.trace
    samples = np.atleast_1d(law.sample(np.random.default_rng(0), _SAMPLES))
    name = f"empirical, step {float(law.step):.3g} s" if isinstance(law, Empirical) else str(law)
    return delay_histogram.Data(
        delays=(study.run.trace if trace is None else trace).delays.tolist(),
        law_samples=samples.tolist(),
        law=name if len(name) <= 60 else name[:57] + "...",
        mean=law.mean_float,
        source="the emulator" if trace is None else study.source.measured,
        fitted=study.source.fitted,
    )


def _staleness(study: Study) -> staleness_histogram.Data:
    trace = study.source.trace
    observed = [] if trace is None else trace.staleness.tolist()
    return staleness_histogram.Data(observed, study.run.trace.staleness.tolist(), study.source.scenario.workers)
