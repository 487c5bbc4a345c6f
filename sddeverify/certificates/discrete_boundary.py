"""discrete_boundary: the critical step of SGD whose lag is fixed (equal workers in turn) or geometric, certified."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, enclosure
from sddeverify.certificates._disc import require_digits
from sddeverify.certificates._prove import bracket, finish
from sddeverify.errors import invalid
from sddeverify.exact import integer, non_negative, pair, spell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.exact import Enclosure, Exact


@dataclass(frozen=True)
class DiscreteBoundary(Certificate):
    """The critical step of x_(k+1) = x_k - alpha E[x_(k-L)] for a fixed or geometric lag L."""

    @property
    def step(self) -> Enclosure:
        """The critical alpha = learning rate x Hessian eigenvalue: stable up to ``step.lo``, not at ``step.hi``."""
        return enclosure(self.claim["step"])


def prove(
    lag: int | None = None,
    digits: int = 12,
    *,
    geometric: Exact | None = None,
    provenance: Mapping[str, str] | None = None,
) -> DiscreteBoundary | Inconclusive:
    """Certify the critical step: 2 sin(pi/(2 (2 d + 1))) of a lag d (Levin & May 1976), 2 (1 + q)/(1 - q) of q.

    Args:
        lag: The staleness d of every gradient, from 0 to 500; P workers in turn have d = P - 1.
        digits: Significant digits.
        geometric: Instead of ``lag``: q, if a gradient is j steps stale with probability (1 - q) q^j, 0 <= q < 1;
            P memoryless workers have q = 1 - 1/P.
        provenance: Optional texts that go into the document unverified.

    Raises:
        InvalidScenario: if an argument is not of the form above.
    """
    require_digits(digits)
    if (lag is None) == (geometric is None):
        raise invalid("lag, geometric", f"{lag}, {geometric}", "exactly one of them")
    claim: dict[str, Any] = {"type": "discrete_boundary"}
    if geometric is not None:
        q = non_negative(geometric, "geometric")
        if q >= 1:
            raise invalid("geometric", geometric, "an exact rational q with 0 <= q < 1")
        claim["lag"], critical = {"geometric": spell(q)}, 2 * (1 + q) / (1 - q)
    else:
        claim["lag"] = integer(lag, "lag", 0, 500)
        critical = _levin_may(claim["lag"], digits)
    claim["step"] = pair(bracket(critical, digits))
    try:
        return finish(DiscreteBoundary, claim, None, provenance)
    except Obstacle as obstacle:
        return obstacle.result


def _levin_may(lag: int, digits: int) -> Fraction:
    from mpmath import MPContext

    context = MPContext()
    context.dps = digits + 10
    return Fraction(str(2 * context.sin(context.pi / (2 * (2 * lag + 1)))))
