"""The constant law: every delay is the same."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._law import Atom
from sddeverify.delays._numbers import Exp, Number, as_float, number_for
from sddeverify.exact import Exact, non_negative

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Constant(Atom):
    """tau = time with probability 1: Phi(s) = exp(-s time). Of all laws of given mean the most destabilising.

    Attributes:
        time: The delay; 0 is allowed as a part of a mixture or a sum only.
    """

    time: Fraction
    name: ClassVar[str] = "constant"

    def __init__(self, time: Exact) -> None:
        object.__setattr__(self, "time", non_negative(time, "constant.time"))

    @property
    def mean(self) -> Fraction:
        """The time itself."""
        return self.time

    @property
    def variance(self) -> Fraction:
        """0."""
        return Fraction(0)

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        """One point."""
        return self.time, self.time

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """exp(-s time)."""
        return exp(-s * (number or number_for(s))(self.time))

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Return the time, without using the generator."""
        time = as_float(self.time)
        if size is None:
            return time
        import numpy as np

        return np.full(size, time)
