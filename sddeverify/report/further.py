"""What is proved with the help of computed numbers: speed, mean square, and the best number of workers."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis import optimum as rates
from sddeverify.analysis.winding import limited
from sddeverify.certificates import Certificate, Inconclusive, Reason, decay_rate, mean_square_stability, optimum
from sddeverify.checker import laws as kernel_laws
from sddeverify.checker import variance
from sddeverify.checker.interval import Refusal
from sddeverify.delays import Constant
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import Enclosure
from sddeverify.models import CharacteristicFunction
from sddeverify.report.proofs import POINTS, damping_of, explained, root_law

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.certificates.decay_rate import DecayRate
    from sddeverify.certificates.mean_square_stability import MeanSquareStability
    from sddeverify.certificates.optimum import Optimum
    from sddeverify.delays import Law
    from sddeverify.models import Model
    from sddeverify.report.computed import Computed

_DIGITS = 6
_MOST_WORK = 8000  # candidates times the size of the law
_CLOSED, _SMALL, _LARGE = Fraction(1, 10**8), Fraction(1, 1000), Fraction(1, 100)


@dataclass(frozen=True)
class Further:
    """Certificates, or why there are none.

    Attributes:
        slowest: The eigenvalue whose mode decays most slowly, as computed.
        rate: Its decay rate.
        mean_square: Stability in mean square at the operating point, for the largest eigenvalue.
        limit: The learning rates at which ``below`` and ``above`` are proved, if there was anything to prove.
        below: Stability in mean square just below the computed limit of the learning rate.
        above: No stability in mean square just above it.
        best: The best number of workers.
        lattice: Names of those that are about the law rounded to its lattice, not about all laws within the rounding.
    """

    slowest: Fraction
    rate: DecayRate | Inconclusive
    mean_square: MeanSquareStability | Inconclusive
    limit: Enclosure | None
    below: MeanSquareStability | Inconclusive
    above: MeanSquareStability | Inconclusive
    best: Optimum | Inconclusive
    lattice: frozenset[str] = field(default=frozenset())

    @property
    def results(self) -> dict[str, Certificate | Inconclusive]:
        """Name of the claim -> certificate, or why there is none."""
        return {
            "decay_rate": self.rate,
            "mean_square_stability": self.mean_square,
            "mean_square_below": self.below,
            "mean_square_above": self.above,
            "optimum": self.best,
        }


def prove(model: Model, computed: Computed, progress: Callable[[], None] | None = None) -> Further:
    """Prove what the computed numbers suggest.

    Args:
        model: What was derived.
        computed: Where to look: limits and best numbers that are not proved.
        progress: Called after each proof.
    """

    def done() -> None:
        if progress is not None:
            progress()

    origin, lattice = {"derivation": model.provenance}, set()
    exact = root_law(model.delay)
    slowest = _slowest(model, exact)
    rate: DecayRate | Inconclusive = _rate(model, model.delay, slowest, origin)
    if isinstance(rate, Inconclusive) and exact != model.delay:
        rate = _rate(model, exact, slowest, origin)
        lattice.add("decay_rate")
    done()
    here = _mean_square(model, model.delay, model.learning_rate, origin)
    if isinstance(here, Inconclusive) and exact != model.delay:
        here = _mean_square(model, exact, model.learning_rate, origin)
        lattice.add("mean_square_stability")
    done()
    limit, below, above = _limit(model, exact, computed, origin)
    done()
    best = _best(model, exact, computed, origin)
    done()
    if exact != model.delay:
        lattice |= {"mean_square_below", "mean_square_above", "optimum"}
    return Further(slowest, rate, here, limit, below, above, best, frozenset(lattice))


def _slowest(model: Model, law: Law) -> Fraction:
    """The eigenvalue with the smallest computed decay rate; the smallest one if that is not known."""
    try:
        with limited(POINTS):
            found = rates.decay_rates(law, [_damping(model, law, value) for value in model.hessian])
    except UnsupportedScenario:
        return model.hessian[0]
    return model.hessian[int(np.argmin(found))]


def _damping(model: Model, law: Law, hessian: Fraction, workers: int | None = None) -> float:
    count = model.workers if workers is None else workers
    return float(model.learning_rate * hessian) * count / law.mean_float


def _function(
    model: Model, law: Law, low: Fraction, high: Fraction, *, rate: Fraction | None = None, workers: int | None = None
) -> tuple[CharacteristicFunction, dict[str, Enclosure]]:
    """The characteristic function for a range of eigenvalues, and what its damping is made of."""
    known = explained(model, Enclosure(low, high), law)
    if rate is not None:
        known["learning_rate"] = Enclosure(rate, rate)
    if workers is not None:
        known["workers"] = Enclosure(Fraction(workers), Fraction(workers))
    return CharacteristicFunction(damping_of(known), law), known


def _rate(model: Model, law: Law, hessian: Fraction, origin: dict[str, str]) -> DecayRate | Inconclusive:
    h, known = _function(model, law, hessian, hessian)
    with limited(POINTS):
        return decay_rate.prove(h, _DIGITS, model=known, provenance=origin)


def _mean_square(model: Model, law: Law, rate: Fraction, origin: dict[str, str]) -> MeanSquareStability | Inconclusive:
    top = model.hessian[-1]
    h, known = _function(model, law, top, top, rate=rate)
    return mean_square_stability.prove(h, rate * top, model=known, provenance=origin)


def _limit(
    model: Model, law: Law, computed: Computed, origin: dict[str, str]
) -> tuple[Enclosure | None, MeanSquareStability | Inconclusive, MeanSquareStability | Inconclusive]:
    """Prove stability just below the computed limit, and its loss just above."""
    limit = computed.mean_square_at(model.workers)
    if limit is None:
        nothing = Inconclusive(Reason.DOMAIN, next(iter(computed.failures), "no limit was computed"))
        return None, nothing, nothing
    margin = _margin(law)
    grid = Fraction(1, 10 ** (len(str(int(1 / (limit * float(margin))))) + 1))
    low, high = (round(Fraction(limit) * (1 + sign * margin) / grid) * grid for sign in (-1, 1))
    below = _mean_square(model, law, low, origin)
    above = _mean_square(model, law, high, origin)
    if isinstance(below, Certificate) and not below.stable:
        below = Inconclusive(Reason.PRECISION, f"the equation is not mean-square stable at learning rate {float(low)}")
    if isinstance(above, Certificate) and above.stable:
        above = Inconclusive(Reason.PRECISION, f"the equation is mean-square stable at learning rate {float(high)}")
    return Enclosure(low, high), below, above


def _margin(law: Law) -> Fraction:
    """How close to the limit proofs are cheap: very close for closed forms."""
    if isinstance(law, Constant):
        return _CLOSED
    try:
        variance.fraction(law.to_json(), Fraction(0))
    except Refusal:
        return _SMALL if kernel_laws.parse(law.to_json()).size <= 8 else _LARGE
    return _CLOSED


def _best(model: Model, law: Law, computed: Computed, origin: dict[str, str]) -> Optimum | Inconclusive:
    """Prove the best number of workers: of the best one all modes, of any other one its slowest mode."""
    if computed.best is None or len(computed.best.candidates) < 2:
        return Inconclusive(Reason.DOMAIN, "there are no two numbers of workers to compare")
    candidates = computed.best.candidates
    if len(candidates) * kernel_laws.parse(law.to_json()).size > _MOST_WORK:
        return Inconclusive(Reason.BUDGET, f"{len(candidates)} numbers of workers are too many for this delay law")
    try:
        with limited(POINTS):
            speeds = rates.decay_rates(law, [[_damping(model, law, h, p) for h in model.hessian] for p in candidates])
    except UnsupportedScenario as error:
        return Inconclusive(Reason.DOMAIN, str(error))
    slow = [model.hessian[k] for k in np.argmin(speeds, axis=1).tolist()]
    table: dict[object, list[CharacteristicFunction]] = {
        str(p): [_function(model, law, h, h, workers=p)[0]] for p, h in zip(candidates, slow, strict=True)
    }
    best = str(computed.best.workers)

    def attempt(ranges: list[tuple[Fraction, Fraction]]) -> Optimum | Inconclusive:
        modes = [_function(model, law, low, high, workers=int(best))[0] for low, high in ranges]
        with limited(POINTS):
            return optimum.prove(table | {best: table[best] + modes}, _DIGITS, provenance=origin)

    found = attempt([(model.hessian[0], model.hessian[-1])])
    if isinstance(found, Inconclusive) and len(model.hessian) > 1:
        return attempt([(h, h) for h in model.hessian])
    return found
