"""The sum of independent times, one after the other: compute, then wait, then send."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._law import Law, nested, rightmost
from sddeverify.delays._numbers import Exp, Number, number_for
from sddeverify.errors import invalid
from sddeverify.exact import Enclosure, positive

if TYPE_CHECKING:
    import numpy as np

MAX_PARTS = 64


@dataclass(frozen=True)
class Sum(Law):
    """tau = tau_1 + tau_2 + ... with independent parts: Phi = product of Phi_i.

    Attributes:
        parts: 2 to 64 laws.
    """

    parts: tuple[Law, ...]
    name: ClassVar[str] = "sum"

    def __init__(self, *parts: Law) -> None:
        if not 2 <= len(parts) <= MAX_PARTS:
            raise invalid("sum", f"{len(parts)} part(s)", f"2 to {MAX_PARTS} laws")
        object.__setattr__(self, "parts", nested(parts, "sum"))

    @property
    def mean(self) -> Fraction:
        """The sum of the means."""
        return sum((law.mean for law in self.parts), Fraction(0))

    def mean_enclosure(self) -> Enclosure:
        """Return the sum of the means' intervals."""
        means = [law.mean_enclosure() for law in self.parts]
        return Enclosure(sum((x.lo for x in means), Fraction(0)), sum((x.hi for x in means), Fraction(0)))

    @property
    def variance(self) -> Fraction:
        """The sum of the variances."""
        return sum((law.variance for law in self.parts), Fraction(0))

    def _irrational_mean(self) -> float:
        return math.fsum(law.mean_float for law in self.parts)

    def _irrational_variance(self) -> float:
        return math.fsum(law.variance_float for law in self.parts)

    @property
    def support(self) -> tuple[Fraction, Fraction | None]:
        """The sums of the parts' ends."""
        lo, hi = Fraction(0), Fraction(0)
        bounded = True
        for low, high in (law.support for law in self.parts):
            lo += low
            bounded = bounded and high is not None
            hi += high or 0
        return lo, hi if bounded else None

    @property
    def abscissa(self) -> Fraction | None:
        """The rightmost of the parts' abscissae."""
        return rightmost(self.parts)

    @property
    def depth(self) -> int:
        """One more than the deepest part."""
        return 1 + max(law.depth for law in self.parts)

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """The product of the transforms."""
        turn = number or number_for(s)
        value = self.parts[0].laplace(s, exp, turn)
        for law in self.parts[1:]:
            value = value * law.laplace(s, exp, turn)
        return value

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw each part and add."""
        value = self.parts[0].sample(rng, size)
        for law in self.parts[1:]:
            value = value + law.sample(rng, size)
        return value

    def scaled(self, factor: Fraction | int | str) -> Sum:
        """Return the law of ``factor`` times tau, for a positive exact factor."""
        ratio = positive(factor, "factor")
        return Sum(*(law.scaled(ratio) for law in self.parts))

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that certificates carry."""
        return {self.name: [law.to_json() for law in self.parts]}

    @classmethod
    def _from_body(cls, body: Any, depth: int) -> Law:
        if not isinstance(body, list):
            raise invalid(cls.name, body, f"a list of 2 to {MAX_PARTS} laws")
        return cls(*(Law.from_json(part, depth + 1) for part in body))

    def __str__(self) -> str:
        return f"sum({', '.join(map(str, self.parts))})"
