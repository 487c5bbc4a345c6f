"""The geometric law: a worker is polled every ``step`` and has finished with probability p, whatever it did before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sddeverify.delays._law import Atom
from sddeverify.delays._numbers import Exp, Number, as_float, number_for
from sddeverify.errors import invalid
from sddeverify.exact import Exact, positive

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Geometric(Atom):
    """tau = j step with probability p (1 - p)^(j - 1), j = 1, 2, ...: Phi(s) = p z/(1 - (1 - p) z), z = exp(-s step).

    Attributes:
        p: Probability of each step to be the last, 0 < p <= 1.
        step: Distance of neighbouring times.
    """

    p: Fraction
    step: Fraction
    name: ClassVar[str] = "geometric"

    def __init__(self, p: Exact, step: Exact) -> None:
        probability = positive(p, "geometric.p")
        if probability > 1:
            raise invalid("geometric.p", p, "a probability with 0 < p <= 1")
        object.__setattr__(self, "p", probability)
        object.__setattr__(self, "step", positive(step, "geometric.step"))

    @property
    def mean(self) -> Fraction:
        """step/p."""
        return self.step / self.p

    @property
    def variance(self) -> Fraction:
        """step^2 (1 - p)/p^2."""
        return self.step**2 * (1 - self.p) / self.p**2

    @property
    def support(self) -> tuple[Fraction, Fraction | None]:
        """From ``step`` on; for p = 1 it is a constant."""
        return self.step, self.step if self.p == 1 else None

    @property
    def abscissa(self) -> Fraction | None:
        """log(1 - p)/step, irrational, so rounded up in its fifteenth digit; None for p = 1."""
        if self.p == 1:
            return None
        return -Fraction(-math.log1p(-as_float(self.p)) * (1 - 1e-15)) / self.step

    def survival(self, t: Any, ctx: Any) -> Any:
        """(1 - p)^floor(t/step)."""
        steps = (
            Fraction(t) // self.step if isinstance(t, float | int | Fraction) else ctx.floor(t / as_float(self.step))
        )
        return as_float(1 - self.p) ** int(steps)

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """p/(exp(s step) - (1 - p))."""
        turn = number or number_for(s)
        return turn(self.p) / (exp(s * turn(self.step)) - turn(1 - self.p))

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw the number of steps by NumPy's own sampler."""
        times = rng.geometric(as_float(self.p), size) * as_float(self.step)
        return float(times) if size is None else times

    def scaled(self, factor: Fraction | int | str) -> Self:
        """Return the law of ``factor`` times tau, for a positive exact factor."""
        return type(self)(self.p, self.step * positive(factor, "factor"))
