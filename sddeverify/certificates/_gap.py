"""The two mean-square limits of memoryless workers, side by side: that of the SDDE and that of P workers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from sddeverify.certificates import mean_square_stability, memoryless_boundary
from sddeverify.certificates._certificate import Certificate, Inconclusive, Reason
from sddeverify.certificates._disc import require_digits
from sddeverify.certificates._prove import bracket
from sddeverify.delays import Exponential
from sddeverify.exact import Enclosure, integer
from sddeverify.models import CharacteristicFunction

if TYPE_CHECKING:
    from sddeverify.certificates.mean_square_stability import MeanSquareStability


@dataclass(frozen=True)
class Gap:
    """What the SDDE leaves out, for one number P of workers with exponential compute times.

    Attributes:
        workers: P.
        sdde: The SDDE's critical alpha = learning rate x Hessian eigenvalue: mean-square stable at ``sdde.lo``, not at
            ``sdde.hi``. Its mass alpha a S = alpha (1 + alpha P)/2 grows with alpha, so the limit lies between.
        exact: The critical alpha of P workers.
        certificates: The three certificates, in this order: the SDDE at ``sdde.lo``, at ``sdde.hi``, and the workers.
    """

    workers: int
    sdde: Enclosure
    exact: Enclosure
    certificates: tuple[Certificate, Certificate, Certificate]

    @property
    def gap(self) -> Enclosure:
        """An enclosure of exact - sdde; the derivation ``mean_square_boundary`` shows that it is 1/P."""
        return Enclosure(self.exact.lo - self.sdde.hi, self.exact.hi - self.sdde.lo)


def mean_square_gap(workers: Iterable[int], digits: int = 12) -> tuple[Gap, ...] | Inconclusive:
    """Certify how far the SDDE's mean-square limit is below that of P memoryless workers, for each P.

    Args:
        workers: Numbers P, each from 2 to 10^9.
        digits: Significant digits of both limits.

    Returns:
        One row for each P, or the first answer that is undecided.

    Raises:
        InvalidScenario: if an argument is not of the form above.
    """
    require_digits(digits)
    rows = []
    for count in [integer(p, "workers", 2, 10**9) for p in workers]:
        scale = 10 ** (digits + 20)
        # P alpha^2 + alpha - 2 = 0
        critical = (Fraction(math.isqrt((1 + 8 * count) * scale**2), scale) - 1) / (2 * count)
        sdde = bracket(critical, digits)
        low, high = _at(count, sdde.lo), _at(count, sdde.hi)
        exact = memoryless_boundary.prove(count, digits)
        if isinstance(low, Inconclusive) or isinstance(high, Inconclusive) or isinstance(exact, Inconclusive):
            return next(x for x in (low, high, exact) if isinstance(x, Inconclusive))
        if not low.stable or high.stable:
            return Inconclusive(Reason.PRECISION, f"the SDDE's limit for {count} workers is not near {float(critical)}")
        rows.append(Gap(count, sdde, exact.step, (low, high, exact)))
    return tuple(rows)


def _at(workers: int, alpha: Fraction) -> MeanSquareStability | Inconclusive:
    """The SDDE in units of the mean compute time: a = alpha P."""
    return mean_square_stability.prove(CharacteristicFunction(alpha * workers, Exponential(1)), alpha)
