"""The exponential law: memoryless delays."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._law import Atom
from sddeverify.delays._numbers import Exp, Number, as_float, number_for
from sddeverify.exact import Exact, positive

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Exponential(Atom):
    """Density exp(-t/mean)/mean for t >= 0: Phi(s) = 1/(1 + s mean).

    Attributes:
        mean: The mean delay. (Numerical libraries call it ``scale``; the rate is 1/mean.)
    """

    mean: Fraction
    name: ClassVar[str] = "exponential"

    def __init__(self, mean: Exact) -> None:
        object.__setattr__(self, "mean", positive(mean, "exponential.mean"))

    @property
    def variance(self) -> Fraction:
        """mean^2."""
        return self.mean**2

    @property
    def support(self) -> tuple[Fraction, None]:
        """All times."""
        return Fraction(0), None

    @property
    def abscissa(self) -> Fraction:
        """-1/mean, the pole of the transform."""
        return -1 / self.mean

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """1/(1 + s mean)."""
        return 1 / (1 + s * (number or number_for(s))(self.mean))

    def density(self, t: Any, exp: Exp, number: Number | None = None) -> Any:
        """exp(-t/mean)/mean."""
        rate = (number or number_for(t))(1 / self.mean)
        return rate * exp(-rate * t)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw by NumPy's exponential generator."""
        return rng.exponential(as_float(self.mean), size)
