"""The gamma law: the Erlang law for every positive shape."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._computed import parameter
from sddeverify.delays._law import Atom
from sddeverify.delays._numbers import Exp, Number, as_float, number_for
from sddeverify.exact import Exact, positive

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Gamma(Atom):
    """Phi(s) = (1 + s mean/shape)^-shape: coefficient of variation 1/sqrt(shape), any positive rational shape.

    For a whole shape it is the :class:`Erlang` law, which certificates know. For a broken one the power is no
    rational function: sampled and computed, not certified.

    Attributes:
        shape: 1 is the exponential law; below 1 times vary more than exponential ones.
        mean: The mean.
    """

    shape: Fraction
    mean: Fraction
    name: ClassVar[str] = "gamma"

    def __init__(self, shape: Exact, mean: Exact) -> None:
        object.__setattr__(self, "shape", positive(shape, "gamma.shape"))
        object.__setattr__(self, "mean", positive(mean, "gamma.mean"))

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
        """-shape/mean, the branch point of the transform."""
        return -self.shape / self.mean

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """(1 + s mean/shape)^-shape, by the principal branch, which is the transform right of the branch point."""
        turn = number or number_for(s)
        return (1 + s * turn(self.mean / self.shape)) ** -turn(self.shape)

    def survival(self, t: Any, ctx: Any) -> Any:
        """The regularised incomplete gamma function; see :class:`~sddeverify.delays._computed.Computed`."""
        x = t / parameter(self.mean / self.shape, ctx)
        if hasattr(ctx, "mpf"):
            return ctx.gammainc(parameter(self.shape, ctx), x, ctx.inf, regularized=True)
        return _survival(as_float(self.shape), x)

    def density(self, t: Any, exp: Exp, number: Number | None = None) -> Any:
        """Rate (rate t)^(shape-1) exp(-rate t)/Gamma(shape) with rate = shape/mean, for floats and arrays."""
        import numpy as np

        k, rate = as_float(self.shape), as_float(self.shape / self.mean)
        return rate * exp((k - 1) * np.log(rate * t) - rate * t - math.lgamma(k))

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw by NumPy's gamma generator."""
        return rng.gamma(as_float(self.shape), as_float(self.mean / self.shape), size)

    def scaled(self, factor: Fraction | int | str) -> Gamma:
        """Return the law of ``factor`` times tau, for a positive exact factor."""
        return Gamma(self.shape, self.mean * positive(factor, "factor"))  # the shape is no time


def _survival(k: float, x: float) -> float:
    """Return the regularised upper incomplete gamma function, for k > 0 and x > 0, to nearly all digits.

    The power series of the lower function where it converges fast, elsewhere Legendre's continued fraction by
    Lentz's method (Abramowitz and Stegun 6.5.29 and 6.5.31). Python's own ``math`` has no such function.
    """
    scale = math.exp(k * math.log(x) - x - math.lgamma(k))
    if x < k + 1:
        term = total = 1 / k
        n = k
        while term > total * 1e-17:
            n += 1
            term *= x / n
            total += term
        return 1 - scale * total
    b = x + 1 - k
    c, d = math.inf, 1 / b
    value, n, change = d, 0, 0.0
    while abs(change - 1) > 1e-16 and n < 10_000:
        n += 1
        a = -n * (n - k)
        b += 2
        d = 1 / (a * d + b)
        c = b + a / c
        change = c * d
        value *= change
    return scale * value
