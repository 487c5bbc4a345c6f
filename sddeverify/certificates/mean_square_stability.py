"""mean_square_stability: whether the second moment of the SDDE stays bounded, certified."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason
from sddeverify.certificates._contour import Subject, count_witness
from sddeverify.certificates._prove import finish, function_claim
from sddeverify.certificates._variance import integrals
from sddeverify.errors import invalid
from sddeverify.exact import enclosure, pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.exact import Enclosure, Exact
    from sddeverify.models import CharacteristicFunction


@dataclass(frozen=True)
class MeanSquareStability(Certificate):
    """A certified verdict on stability in mean square."""

    @property
    def stable(self) -> bool:
        """Whether the SDDE is mean-square stable, for all parameters of the claim."""
        return bool(self.claim["stable"])


def prove(
    h: CharacteristicFunction,
    step: Exact | tuple[Exact, Exact] | Enclosure,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> MeanSquareStability | Inconclusive:
    """Certify that the SDDE with gradient-proportional noise is mean-square stable, or that it is not.

    It is so iff it is stable in the mean and alpha a S < 1 with alpha = ``step`` and S the stationary variance for unit
    noise. This speaks of the SDDE: with finitely many workers the true limit differs (memoryless ones: it is larger).

    Args:
        h: The characteristic function, with positive damping a.
        step: alpha = learning rate x Hessian eigenvalue, an exact positive number or a pair.
        model: Optional ``learning_rate``, ``hessian``, ``workers``, ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate, or Inconclusive.

    Raises:
        InvalidScenario: if ``step`` is not positive.
    """
    alpha = enclosure(step, "step")
    if alpha.lo <= 0:
        raise invalid("step", str(alpha), "a positive exact rational")
    claim = function_claim("mean_square_stability", h, model) | {"step": pair(alpha)}
    try:
        subject = Subject.of(claim)
        a = subject.function.damping
        if a.lo <= 0:
            raise Obstacle(Reason.DOMAIN, "the damping must be positive")
        zeros, count = count_witness(subject, Fraction(0))
        if zeros:
            return finish(MeanSquareStability, claim | {"stable": False}, {"count": count}, provenance)
        for found, integral in integrals(subject, claim, 12, coarse=True):
            stable, unstable = alpha.hi * a.hi * found.hi < 1, alpha.lo * a.lo * found.lo > 1
            if stable or unstable:
                witness = {"count": count, "integral": integral}
                return finish(MeanSquareStability, claim | {"stable": stable}, witness, provenance)
        raise Obstacle(Reason.PRECISION, "alpha a S is not separated from 1")
    except Obstacle as obstacle:
        return obstacle.result
