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
        if not hasattr(ctx, "mpf"):
            import mpmath

            ctx = mpmath.fp
        x = t / parameter(self.mean / self.shape, ctx)
        return ctx.gammainc(parameter(self.shape, ctx), x, ctx.inf, regularized=True)

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
