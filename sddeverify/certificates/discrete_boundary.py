"""discrete_boundary: the critical step of SGD with a fixed lag (equal workers in turn), certified."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, enclosure
from sddeverify.certificates._disc import require_digits
from sddeverify.certificates._prove import bracket, finish
from sddeverify.exact import integer, pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.exact import Enclosure


@dataclass(frozen=True)
class DiscreteBoundary(Certificate):
    """The critical step of x_(k+1) = x_k - alpha x_(k-d)."""

    @property
    def step(self) -> Enclosure:
        """The critical alpha = learning rate x Hessian eigenvalue: stable up to ``step.lo``, not at ``step.hi``."""
        return enclosure(self.claim["step"])


def prove(
    lag: int, digits: int = 12, *, provenance: Mapping[str, str] | None = None
) -> DiscreteBoundary | Inconclusive:
    """Certify the critical step for a fixed lag: 2 sin(pi/(2 (2 d + 1))) (Levin & May 1976).

    Args:
        lag: The staleness d of every gradient, from 0 to 500; P workers in turn have d = P - 1.
        digits: Significant digits.
        provenance: Optional texts that go into the document unverified.

    Raises:
        InvalidScenario: if an argument is not of the form above.
    """
    integer(lag, "lag", 0, 500)
    require_digits(digits)
    from mpmath import MPContext

    context = MPContext()
    context.dps = digits + 10
    critical = Fraction(str(2 * context.sin(context.pi / (2 * (2 * lag + 1)))))
    step = bracket(critical, digits)
    claim: dict[str, Any] = {"type": "discrete_boundary", "lag": lag, "step": pair(step)}
    try:
        return finish(DiscreteBoundary, claim, None, provenance)
    except Obstacle as obstacle:
        return obstacle.result
