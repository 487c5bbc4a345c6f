"""The Erlang law: a fixed number of memoryless stages."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._law import Atom
from sddeverify.delays._numbers import Exp, Number, as_float, number_for
from sddeverify.exact import Exact, integer, positive

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Erlang(Atom):
    """The sum of ``shape`` independent exponential stages: Phi(s) = (1 + s mean/shape)^-shape.

    Attributes:
        shape: Number of stages, 1 to 1000; 1 is the exponential law.
        mean: The mean of the whole delay (not of one stage).
    """

    shape: int
    mean: Fraction
    name: ClassVar[str] = "erlang"

    def __init__(self, shape: int, mean: Exact) -> None:
        object.__setattr__(self, "shape", integer(shape, "erlang.shape", 1, 1000))
        object.__setattr__(self, "mean", positive(mean, "erlang.mean"))

    @property
    def variance(self) -> Fraction:
        """mean^2/shape."""
        return self.mean**2 / self.shape

    @property
    def support(self) -> tuple[Fraction, None]:
        """All times."""
        return Fraction(0), None

    @property
    def abscissa(self) -> Fraction:
        """-shape/mean, the pole of the transform."""
        return -self.shape / self.mean

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """(1 + s mean/shape)^-shape."""
        inverse = 1 / (1 + s * (number or number_for(s))(self.mean / self.shape))
        return inverse**self.shape

    def density(self, t: Any, exp: Exp, number: Number | None = None) -> Any:
        """Rate (rate t)^(shape-1) exp(-rate t)/(shape-1)! with rate = shape/mean."""
        turn = number or number_for(t)
        rate, last = turn(self.shape / self.mean), self.shape - 1
        if last > 50 and turn is as_float:  # (rate t)^last alone may leave the range of floats
            import numpy as np

            with np.errstate(divide="ignore"):
                return rate * exp(last * np.log(rate * t) - rate * t - math.lgamma(self.shape))
        return rate * (rate * t) ** last * exp(-rate * t) * turn(Fraction(1, math.factorial(last)))

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw by NumPy's gamma generator."""
        return rng.gamma(self.shape, as_float(self.mean / self.shape), size)
