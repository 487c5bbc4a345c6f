"""The uniform law on an interval."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._law import Atom
from sddeverify.delays._numbers import Exp, Number, as_float, mean_of_exponential, number_for
from sddeverify.errors import invalid
from sddeverify.exact import Exact, non_negative, positive, spell

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Uniform(Atom):
    """Density 1/(hi - lo) on [lo, hi]: Phi(s) = exp(-s lo) (1 - exp(-s (hi - lo)))/(s (hi - lo)), 1 at s = 0.

    Attributes:
        lo: The shortest delay, at least 0.
        hi: The longest delay, more than ``lo``.
    """

    lo: Fraction
    hi: Fraction
    name: ClassVar[str] = "uniform"

    def __init__(self, lo: Exact, hi: Exact) -> None:
        object.__setattr__(self, "lo", non_negative(lo, "uniform.lo"))
        object.__setattr__(self, "hi", positive(hi, "uniform.hi"))
        if self.hi <= self.lo:
            raise invalid("uniform.hi", spell(self.hi), f"a number greater than lo = {spell(self.lo)}")

    @property
    def mean(self) -> Fraction:
        """(lo + hi)/2."""
        return (self.lo + self.hi) / 2

    @property
    def variance(self) -> Fraction:
        """(hi - lo)^2/12."""
        return (self.hi - self.lo) ** 2 / 12

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        """[lo, hi]."""
        return self.lo, self.hi

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """exp(-s lo) (1 - exp(-z))/z with z = s (hi - lo)."""
        turn = number or number_for(s)
        value = mean_of_exponential(s * turn(self.hi - self.lo), exp)
        return value if self.lo == 0 else exp(-s * turn(self.lo)) * value

    def density(self, t: Any, exp: Exp, number: Number | None = None) -> Any:
        """1/(hi - lo)."""
        return (number or number_for(t))(1 / (self.hi - self.lo)) + 0 * t  # as many values as times

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw by NumPy's uniform generator."""
        return rng.uniform(as_float(self.lo), as_float(self.hi), size)
