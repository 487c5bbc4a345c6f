"""A certified chart of learning rate against number of workers, small enough to be proved on the way."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis.roots import rightmost_float
from sddeverify.analysis.winding import limited
from sddeverify.certificates import Inconclusive, Reason, stability_chart
from sddeverify.checker import laws as kernel_laws
from sddeverify.delays import Empirical
from sddeverify.errors import SddeverifyError
from sddeverify.exact import Enclosure
from sddeverify.models import CharacteristicFunction
from sddeverify.report.proofs import POINTS, explained, root_law
from sddeverify.report.rows import Row, Status
from sddeverify.report.text import accepted, file_of, hypothesis, refused, undecided
from sddeverify.views import certified_chart

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sddeverify.certificates.stability_chart import StabilityChart
    from sddeverify.delays import Law
    from sddeverify.models import Model
    from sddeverify.report.proofs import Proofs
    from sddeverify.report.source import Source
    from sddeverify.report.study import Study

NAME = "stability_chart"
_CELLS = 16
_ROUNDED = 160  # cells of the lattice that measured times are rounded to, for this claim alone
_LARGEST = 400  # sizes of laws beyond that would take the chart too long
_POINTS, _KNOTS = 161, 80


def prove(source: Source, model: Model, proofs: Proofs) -> StabilityChart | Inconclusive:
    """Certify where learning rates and numbers of workers around the operating point are stable in the mean.

    A trace is rounded to a coarser lattice than for the other claims; the claim is about all laws within that
    rounding, and what they do not have in common is undecided.
    """
    law = model.delay if source.trace is None else source.trace.to_empirical(_ROUNDED)
    if kernel_laws.parse(law.to_json()).size > _LARGEST:
        return Inconclusive(Reason.BUDGET, "the delay law is too large for a chart within a report: sddeverify chart")
    top = model.hessian[-1]
    members = explained(model, Enclosure(top, top), law)
    family = stability_chart.family(
        law,
        model={
            "learning_rate": "$x",
            "workers": "$y",
            **{name: (value.lo, value.hi) for name, value in members.items() if name in ("hessian", "mean_delay")},
        },
    )
    return stability_chart.prove(
        family, ("0", _end(model, proofs)), ("1", str(2 * model.workers + 1)), _CELLS,
        provenance={"derivation": model.provenance},
    )  # fmt: skip


def _end(model: Model, proofs: Proofs) -> Fraction:
    """A short number: about twice the learning rate, or 1.6 times the critical one if that is larger."""
    most = 2 * model.learning_rate
    if not isinstance(proofs.boundary, Inconclusive) and proofs.boundary.learning_rate is not None:
        most = max(most, min(proofs.boundary.learning_rate.lo * Fraction(8, 5), 10 * model.learning_rate))
    grid = Fraction(10) ** (math.floor(math.log10(most)) - 1)
    return math.ceil(most / grid) * grid


def row(study: Study) -> Row:
    """Return the row of the chart."""
    quantity, chart = "chart of learning rates and workers", study.proofs.chart
    if chart is None or isinstance(chart, Inconclusive):
        return undecided(quantity, "it was not asked for" if chart is None else str(chart))
    if not accepted(study, NAME):
        return refused(study, quantity, NAME)
    stable, open_ = chart.share(0), chart.share(None)
    shares = {"stable": float(stable), "unstable": float(1 - stable - open_), "undecided": float(open_)}
    basis = (
        f"stability in the mean, learning rates up to {float(chart.x.hi):g} and 1 to {chart.y.hi} workers on "
        f"{_CELLS} x {_CELLS} cells; {hypothesis(study)}"
    )
    if isinstance(study.derived.model.delay, Empirical):
        basis += f"; holds for every delay law within the rounding of the trace to {_ROUNDED} cells"
    value = ", ".join(f"{share:.0%} {name}" for name, share in shares.items())
    return Row(quantity, value, Status.CERTIFIED, basis, shares, file_of(NAME))


def data(study: Study) -> certified_chart.Data | None:
    """Return what the figure of the chart shows, if there is one that the copied kernel accepted."""
    chart = study.proofs.chart
    if chart is None or isinstance(chart, Inconclusive) or not accepted(study, NAME):
        return None
    scenario, model = study.source.scenario, study.derived.model
    cells = tuple((float(a), float(b), float(c), float(d), roots) for a, b, c, d, roots in chart.rows())
    xs = np.linspace(0, float(chart.x.hi), _POINTS)
    ys = np.linspace(1, float(chart.y.hi), _POINTS)
    products = np.outer(ys, xs)
    return certified_chart.Data(
        cells,
        "learning rate",
        "number of workers",
        (float(scenario.learning_rate), float(scenario.workers)),
        (xs, ys, _rates(root_law(model.delay), model.hessian[-1], products)),
    )


def _rates(law: Law, top: Fraction, products: NDArray[np.float64]) -> NDArray[np.float64]:
    """The computed decay rate (1/s) at learning rate x workers: with the law fixed nothing else counts."""
    knots = np.linspace(0, float(products.max()), _KNOTS)
    mean = law.mean_float
    values = [0.0]
    for knot in knots[1:]:
        try:
            with limited(POINTS):
                damping = Fraction(float(knot) * float(top) / mean)
                values.append(-rightmost_float(CharacteristicFunction(damping, law)).real)
        except SddeverifyError:
            values.append(math.nan)
    return np.asarray(np.interp(products, knots, values), dtype=np.float64)
