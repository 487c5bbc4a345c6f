"""stability: whether all characteristic roots have negative real part, certified."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle
from sddeverify.certificates._contour import Subject, count_witness
from sddeverify.certificates._prove import finish, function_claim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.models import CharacteristicFunction


@dataclass(frozen=True)
class Stability(Certificate):
    """A certified verdict on stability in the mean."""

    @property
    def stable(self) -> bool:
        """True: every root has Re s < 0. False: some root has Re s > 0. For all parameters of the claim."""
        return bool(self.claim["stable"])


def prove(
    h: CharacteristicFunction,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> Stability | Inconclusive:
    """Certify that ``h`` is stable, or that it is unstable, for all its parameters at once.

    Args:
        h: The characteristic function; its damping may be an interval.
        model: Optional ``learning_rate``, ``hessian``, ``workers`` and ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate, or Inconclusive: for an interval that contains the stability boundary, and for points closer
        to it than the highest precision resolves.
    """
    claim = function_claim("stability", h, model)
    try:
        zeros, witness = count_witness(Subject.of(claim), Fraction(0))
        claim["stable"] = zeros == 0
        return finish(Stability, claim, witness, provenance)
    except Obstacle as obstacle:
        return obstacle.result
