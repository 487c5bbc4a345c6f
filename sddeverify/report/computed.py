"""Numbers without proof that stand beside the certificates: other roots, mean-square limit, best number of workers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.analysis import moments, optimum, roots
from sddeverify.analysis.winding import limited
from sddeverify.delays import Lattice
from sddeverify.errors import UnsupportedScenario
from sddeverify.report.proofs import root_law

if TYPE_CHECKING:
    from sddeverify.delays import Law
    from sddeverify.models import CharacteristicFunction, Model
    from sddeverify.report.proofs import Proofs

_ENOUGH, _TOO_MANY, _TRIALS = 8, 30, 16
_CELLS = 256
_POINTS = 2_000_000
_MAX_WORKERS = 512


@dataclass(frozen=True)
class Spectrum:
    """Roots near the imaginary axis.

    Attributes:
        roots: Roots (1/s) of the upper half-plane and the real axis, by decreasing real part.
        gap: By how much (1/s) all but the rightmost one (and its conjugate) lie further left, at least.
    """

    roots: tuple[complex, ...]
    gap: float


@dataclass(frozen=True)
class Computed:
    """All computed numbers of a report.

    Attributes:
        mean_square: Learning rate up to which the largest eigenvalue is stable in mean square, for each of ``workers``
            (good enough to draw; exact to about ten digits for the scenario's); empty if it could not be computed.
        workers: Numbers of workers, ascending; the scenario's is among them.
        largest: The largest number of workers that is stable in mean square at the scenario's learning rate (0 for
            none); None if it could not be computed.
        best: Among those the number of workers with the fastest decay of the slowest mode, if there is one.
        spectra: For each certified mode its roots; in the order of the proofs.
        failures: Sentences about what could not be computed.
    """

    mean_square: tuple[float, ...]
    workers: tuple[int, ...]
    largest: int | None
    best: optimum.Optimum | None
    spectra: tuple[Spectrum, ...]
    failures: tuple[str, ...]

    def mean_square_at(self, workers: int) -> float | None:
        """Return the mean-square limit for one of the numbers of workers."""
        return self.mean_square[self.workers.index(workers)] if self.mean_square else None


def compute(model: Model, proofs: Proofs, largest: int | None) -> Computed:
    """Compute what is not proved.

    Args:
        model: What was derived.
        proofs: What was proved.
        largest: Largest certified stable number of workers, if it is known.
    """
    failures: list[str] = []
    law = root_law(model.delay)
    chart = _workers(model.workers, largest)
    most = min(max(largest or 0, 2 * model.workers, 16), _MAX_WORKERS)
    mean_square: tuple[float, ...] = ()
    stable = best = None
    try:
        top = float(model.hessian[-1])
        with limited(_POINTS):
            drawn = {workers: moments.mean_square_limit(coarse(law), workers) / top for workers in chart}
            drawn[model.workers] = moments.mean_square_limit(law, model.workers) / top
            stable = _mean_square_stable(law, float(model.learning_rate), top, drawn)
        mean_square = tuple(drawn.values())
    except UnsupportedScenario as error:
        failures.append(f"The mean-square limit could not be computed: {error}.")
    try:
        candidates = range(1, (most if stable is None else stable) + 1)
        if candidates:
            with limited(_POINTS):
                best = optimum.best_workers(law, model.learning_rate, model.hessian, candidates)
        else:
            failures.append("There is no best number of workers: even one is unstable in mean square at this rate.")
    except UnsupportedScenario as error:
        failures.append(f"The best number of workers could not be computed: {error}.")
    spectra = tuple(spectrum(mode.function) for mode in proofs.modes)
    return Computed(mean_square, chart, stable, best, spectra, tuple(failures))


def spectrum(function: CharacteristicFunction) -> Spectrum:
    """Return some of the rightmost roots: enough for a picture, not all there are.

    Args:
        function: The characteristic function.
    """
    try:
        with limited(_POINTS):
            leading = [complex(root) for root in roots.leading(function)]
    except UnsupportedScenario:
        return Spectrum((), 0.0)
    found, line = leading, leading[-1].real
    try:
        with limited(_POINTS):
            abscissa = _abscissa(function, leading[0].real)
            found, line = [complex(root) for root in roots.all_in(function, abscissa)], abscissa
    except UnsupportedScenario:
        pass  # the few rightmost ones are known in any case
    first = found[0]
    others = [root.real for root in found[1:] if root != first]
    return Spectrum(tuple(found), first.real - max(others, default=line))


def coarse(law: Law) -> Law:
    """Return a law of at most about 256 cells that is good enough for a curve in a chart."""
    if not isinstance(law, Lattice) or len(law.counts) <= _CELLS:
        return law
    factor = -(-len(law.counts) // _CELLS)
    counts = [0] * (len(law.counts) // factor + 2)
    for cell, count in enumerate(law.counts):
        counts[(cell + factor // 2) // factor] += count
    return Lattice(law.step * factor, counts)


def _abscissa(function: CharacteristicFunction, rightmost: float) -> float:
    """Return a line that has some roots on its right, but not too many: they come in crowds further left."""
    mean = function.delay.mean_float
    near, far, reach = 0.0, math.inf, 1.0
    for _ in range(_TRIALS):
        count = roots.count(function, rightmost - reach / mean)
        if _ENOUGH <= count <= _TOO_MANY:
            break
        if count < _ENOUGH:
            near = reach
        else:
            far = reach
        reach = 1.6 * near if far == math.inf else (near + far) / 2
    else:
        reach = near or 1e-6
    return rightmost - reach / mean


def _mean_square_stable(law: Law, rate: float, top: float, known: dict[int, float]) -> int:
    """Return the largest P that is stable in mean square, up to the largest known one: the limit falls as P grows.

    Args:
        law: The delay law.
        rate: Learning rate.
        top: Largest eigenvalue.
        known: Limits of the learning rate by P, to within 1 %.
    """
    low = max((workers for workers, limit in known.items() if rate < 0.99 * limit), default=0)
    high = min((workers for workers, limit in known.items() if rate > 1.01 * limit), default=max(known) + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if rate < moments.mean_square_limit(law, middle) / top else (low, middle)
    return low


def _workers(operating: int, largest: int | None) -> tuple[int, ...]:
    """Return numbers of workers for the chart, two to an octave, and the operating point itself."""
    top = min(max(4 * operating, 2 * (largest or 0), 8), 10**6)
    steps = {1, 2}
    while max(steps) < top:
        steps |= {max(steps) * 3 // 2, max(steps) * 2}
    return tuple(sorted(steps | {operating}))
