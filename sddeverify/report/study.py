"""The whole job, step by step: from a source to everything that the report shows."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from sddeverify import agreement
from sddeverify.agreement import Agreement, Decay, Mode
from sddeverify.certificates import Inconclusive
from sddeverify.derivations import check, derive
from sddeverify.emulator.run import emulate
from sddeverify.errors import UnsupportedScenario
from sddeverify.report import chart, further, hitting
from sddeverify.report import computed as numbers
from sddeverify.report.band import prove_band
from sddeverify.report.proofs import prove_all
from sddeverify.report.recheck import recheck
from sddeverify.scenario import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from sddeverify.derivations import DerivationCheck, Derived
    from sddeverify.emulator.run import Run
    from sddeverify.report.computed import Computed
    from sddeverify.report.hitting import Hitting
    from sddeverify.report.proofs import Proofs
    from sddeverify.report.recheck import Recheck
    from sddeverify.report.source import Source

LEVEL = 0.001
"""Of each check; a report makes at most eight, so fewer than 1 % of all reports raise a false alarm."""

ARRIVALS = 20_000
BUDGET = 40_000
MOST_WORKERS = 20_000
MOST_IN_ENSEMBLES = 512
SUFFIX = ".cert.json"


class Progress(Protocol):
    """Is told what is being done, and what share of that is done."""

    def __call__(self, stage: str, done: float) -> None:
        """Take the name of the stage and a share from 0 to 1."""


@dataclass(frozen=True)
class Study:
    """Everything that a report shows.

    Attributes:
        source: The question and the measured trace.
        derived: Derivations and model.
        checked: The re-check of each derivation.
        proofs: Certificates, or why there are none.
        rechecks: What the copied kernel said, by the name of the certificate.
        computed: Numbers without proof.
        run: The emulated run of the scenario.
        of_trace: Comparison of the measured trace with the model, if there is one.
        of_run: Comparison of the emulated run with the model.
        decays: Comparison of the exponents, by the name of the mode.
        seconds: What each stage took.
        hitting: When the slowest mode reaches the scenario's target.
    """

    source: Source
    derived: Derived
    checked: tuple[DerivationCheck, ...]
    proofs: Proofs
    rechecks: dict[str, Recheck]
    computed: Computed
    run: Run
    of_trace: Agreement | None
    of_run: Agreement
    decays: dict[str, Decay]
    seconds: dict[str, float]
    hitting: Hitting | None = None

    @property
    def largest_stable(self) -> int | None:
        """Largest certified stable number of workers at the scenario's learning rate; None if undecided."""
        return largest_stable(self.proofs, self.source.scenario, self.derived)

    @property
    def agreement(self) -> Agreement:
        """All comparisons together."""
        return self.of_run if self.of_trace is None else self.of_trace + self.of_run


def largest_stable(proofs: Proofs, scenario: Scenario, derived: Derived) -> int | None:
    """Return the largest certified stable number of workers at the scenario's learning rate, if there is a boundary."""
    if isinstance(proofs.boundary, Inconclusive) or proofs.boundary.damping.hi is None:
        return None
    return proofs.boundary.largest_stable_workers(scenario.learning_rate, derived.model.hessian[-1])


def conduct(
    source: Source, folder: Path, progress: Progress, *, arrivals: int = ARRIVALS, budget: int = BUDGET
) -> Study:
    """Derive, certify, re-check, compute, emulate and compare.

    Args:
        source: The question.
        folder: Where to save certificates, ``certificates/*.cert.json``.
        progress: Told how far the work is.
        arrivals: Length of the emulated run, in pushes.
        budget: Pushes emulated for each ensemble.

    Raises:
        UnsupportedScenario: for a scenario that the theory does not cover, or more workers than can be emulated.
        MissingExtra: if the objective needs a package that is not installed.
    """
    watch = _Watch()
    scenario = source.scenario
    if scenario.workers > MOST_WORKERS:
        raise UnsupportedScenario(f"workers: a report emulates at most {MOST_WORKERS}; certify takes any number")
    arrivals = max(arrivals, 40 * scenario.workers)

    progress("deriving the delay equation", 0)
    derived = derive(scenario)
    checked = []
    for count, one in enumerate(derived.derivations, 1):
        checked.append(check(one))
        progress("re-checking the derivation", count / len(derived.derivations))
    watch.lap("derive and re-check the derivation")

    total, done = 6 if len(derived.model.hessian) > 1 else 5, iter(range(1, 9))
    progress("certifying", 0)
    proofs = prove_all(derived.model, lambda: progress("certifying", next(done) / total))
    proofs = replace(proofs, band=prove_band(source, derived.model))
    proofs = replace(proofs, chart=chart.prove(source, derived.model, proofs))
    watch.lap("certify")

    progress("computing mean-square limit and best number of workers", 0)
    extra = numbers.compute(derived.model, proofs, largest_stable(proofs, scenario, derived))
    watch.lap("compute what is not certified")

    stage, ready = "certifying speed, mean square and number of workers", iter(range(1, 5))
    progress(stage, 0)
    proofs = replace(proofs, further=further.prove(derived.model, extra, lambda: progress(stage, next(ready) / 4)))
    times = None
    if proofs.further is not None:
        times = hitting.prove(derived.model, proofs.further.slowest, scenario.target)
        proofs = replace(proofs, time=times.proof)
    watch.lap(stage)

    progress("re-checking certificates in a separate process", 0)
    (folder / "certificates").mkdir(parents=True, exist_ok=True)
    files = {name: folder / "certificates" / f"{name}{SUFFIX}" for name in proofs.certificates}
    for name, certificate in proofs.certificates.items():
        certificate.save(files[name])
    rechecks = dict(zip(files, recheck(list(files.values())), strict=True))
    watch.lap("re-check the certificates")

    progress("emulating", 0)
    run = emulate(scenario, arrivals=arrivals, progress=lambda pushed: progress("emulating", pushed / arrivals))
    of_trace = None
    if source.trace is not None:
        model = replace(derived.model, workers=source.trace.workers)
        of_trace = agreement.agree(source.trace, model, fitted=source.fitted, level=LEVEL)
    decays = _decays(derived, proofs, extra, scenario.seed, budget, progress)
    of_run = agreement.agree(run.trace, derived.model, level=LEVEL, decays=decays.values())
    watch.lap("emulate and compare")
    return Study(
        source, derived, tuple(checked), proofs, rechecks, extra, run, of_trace, of_run, decays, watch.seconds,
        times,
    )  # fmt: skip


def _decays(
    derived: Derived, proofs: Proofs, extra: Computed, seed: int, budget: int, progress: Progress
) -> dict[str, Decay]:
    """Compare the exponent of each certified mode."""
    found: dict[str, Decay] = {}
    model = derived.model
    if model.workers > MOST_IN_ENSEMBLES:
        return found
    proved = [(mode, near) for mode, near in zip(proofs.modes, extra.spectra, strict=True) if near.roots]
    for position, (mode, near) in enumerate(proved):
        if isinstance(mode.result, Inconclusive):
            continue
        stage = f"emulating ensembles of the {mode.name} mode"
        progress(stage, position / len(proved))
        direction = Mode(
            model.learning_rate, mode.hessian, model.workers, mode.function.delay, near.roots[0], near.gap
        )  # fmt: skip
        name = f"exponent of the {mode.name} mode against the certified abscissa"
        found[mode.name] = agreement.decay.check(
            direction, mode.result.real, name=name, level=LEVEL, budget=budget, seed=seed + 100 * position
        )
    return found


class _Watch:
    """Takes the time of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = now - self._last
        self._last = now
