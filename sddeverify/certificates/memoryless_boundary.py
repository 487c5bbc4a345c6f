"""memoryless_boundary: the exact critical step in mean square of P memoryless workers, certified."""

from __future__ import annotations

import math
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
class MemorylessBoundary(Certificate):
    """The critical step of P workers with exponential compute times, from the exact second-moment recursion."""

    @property
    def step(self) -> Enclosure:
        """The critical alpha = learning rate x Hessian eigenvalue: stable up to ``step.lo``, not at ``step.hi``."""
        return enclosure(self.claim["step"])


def prove(
    workers: int, digits: int = 12, *, provenance: Mapping[str, str] | None = None
) -> MemorylessBoundary | Inconclusive:
    """Certify the positive zero (1 + sqrt(1 + 8 P))/(2 P) of P alpha^2 - alpha - 2 as the critical step.

    Args:
        workers: Number P of workers, from 2 to 10^9.
        digits: Significant digits.
        provenance: Optional texts that go into the document unverified.

    Raises:
        InvalidScenario: if an argument is not of the form above.
    """
    integer(workers, "workers", 2, 10**9)
    require_digits(digits)
    scale = 10 ** (digits + 20)
    critical = (1 + Fraction(math.isqrt((1 + 8 * workers) * scale**2), scale)) / (2 * workers)
    claim: dict[str, Any] = {"type": "memoryless_boundary", "workers": workers}
    try:
        return finish(MemorylessBoundary, claim | {"step": pair(bracket(critical, digits))}, None, provenance)
    except Obstacle as obstacle:
        return obstacle.result
