"""stability: whether all characteristic roots have negative real part, certified."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle
from sddeverify.certificates._cover import covered, stable_or_not
from sddeverify.certificates._effort import Effort
from sddeverify.certificates._prove import economical, finish, function_claim

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
        h: The characteristic function; its damping and the parameters of its law may be intervals.
        model: Optional ``learning_rate``, ``hessian``, ``workers`` and ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate, which cuts a wide box of parameters into parts; or Inconclusive: BOUNDARY_IN_BOX for a box
        that the stability boundary crosses, PRECISION for points closer to it than the highest precision resolves.
    """
    claim = function_claim("stability", h, model)

    def attempt(checked: bool) -> Stability:
        stable, witness = covered(claim, Effort(), partial(stable_or_not, checked=checked))
        return finish(Stability, claim | {"stable": stable}, witness, provenance)

    try:
        return economical(attempt)
    except Obstacle as obstacle:
        return obstacle.result
