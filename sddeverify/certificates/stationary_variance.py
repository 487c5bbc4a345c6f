"""stationary_variance: the variance that a white gradient noise leaves in the iterate, certified."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, enclosure
from sddeverify.certificates._contour import Subject, count_witness
from sddeverify.certificates._disc import require_digits
from sddeverify.certificates._prove import decimals, finish, function_claim
from sddeverify.certificates._variance import integrals
from sddeverify.exact import pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.exact import Enclosure
    from sddeverify.models import CharacteristicFunction


@dataclass(frozen=True)
class StationaryVariance(Certificate):
    """A certified stationary variance."""

    @property
    def variance(self) -> Enclosure:
        """Stationary variance of dX = -(b X + a X(t - tau)) dt + dW; multiply by sigma^2 for sigma dW."""
        return enclosure(self.claim["variance"])


def prove(
    h: CharacteristicFunction,
    digits: int = 6,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> StationaryVariance | Inconclusive:
    """Certify the stationary variance of dX = -(b X + a X(t - tau)) dt + dW, delays drawn independently.

    Exactly for transforms that are rational functions (exponential, Erlang, their mixtures and sums), by a closed form
    for a constant delay, by quadrature otherwise (seven digits and more, fewer for long lattices).

    Args:
        h: The characteristic function, with positive damping.
        digits: Significant digits; for intervals of parameters the enclosure is as wide as the variance varies.
        model: Optional ``learning_rate``, ``hessian``, ``workers``, ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate; or Inconclusive, e.g. if the equation is not stable, or quadrature does not reach the digits.

    Raises:
        InvalidScenario: if ``digits`` is not an integer from 1 to 1000.
    """
    require_digits(digits)
    claim = function_claim("stationary_variance", h, model)
    try:
        subject = Subject.of(claim)
        zeros, count = count_witness(subject, Fraction(0))
        if zeros or subject.function.damping.lo <= 0:
            raise Obstacle(Reason.DOMAIN, "the equation is not stable, so it has no stationary solution")
        best = None
        try:
            for found, integral in integrals(subject, claim, digits):
                best = found, integral
                if (found.hi - found.lo) * 10**digits <= found.lo:
                    break
        except Obstacle:
            if subject.narrow or best is None:
                raise
        if best is None:
            raise Obstacle(Reason.BUDGET, "no enclosure of the integral was found")
        found, integral = best
        step = max((found.hi - found.lo) / 8, found.hi / 10 ** (digits + 1))
        bounds = decimals(found.lo, found.hi, step)
        witness = {"count": count, "integral": integral}
        return finish(StationaryVariance, claim | {"variance": pair(bounds)}, witness, provenance)
    except Obstacle as obstacle:
        return obstacle.result
