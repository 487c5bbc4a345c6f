"""Laws whose transform is known by quadrature only: they are sampled and computed, and no claim is about them.

E exp(-s tau) is an integral over t = exp(x - i psi), x real: the path of integration is turned into the complex
plane, where exp(-s t) decays instead of oscillating (for Re s >= 0 the densities here are analytic between the
two paths and small at infinity). In x the integrand dies out at both ends, and the trapezoidal rule
converges exponentially fast.
"""

from __future__ import annotations

import cmath
import math
from abc import abstractmethod
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sddeverify.delays._law import Atom
from sddeverify.delays._numbers import Exp, Number, as_float
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import Enclosure, positive

if TYPE_CHECKING:
    from collections.abc import Callable

_NODES, _NODES_PER_DIGIT, _LEAST_PER_DIGIT = 2048, 60, 16
_RELATIVE = Fraction(1, 10**12)
_DOUBLE = 17

HOW = "cap the times, capped(law, T), and certify a band around that, band_of in Python or certify --cells n"
"""What can be done about a law that no claim is about."""


def arithmetic_of(s: Any) -> Any:
    """Return the mpmath context of a number, or None for floats, complex numbers, integers and arrays.

    Raises:
        UnsupportedScenario: for anything else: there is no formula for expressions.
    """
    context = getattr(s, "context", None)
    if hasattr(context, "mpf"):
        return context
    if isinstance(s, int | float | complex | Fraction) or hasattr(s, "dtype"):
        return None
    raise UnsupportedScenario("the transform of this law is known by quadrature only: numbers, no expressions")


def parameter(value: Fraction, ctx: Any) -> Any:
    """Return an exact parameter as a number of ``ctx``: an mpmath context, or ``math``."""
    return ctx.mpf(value.numerator) / value.denominator if hasattr(ctx, "mpf") else as_float(value)


class Computed(Atom):
    """A law that the certificate format does not know, with a density."""

    times: ClassVar[tuple[str, ...]] = ("scale",)
    """The fields that are times; the others are shapes."""

    @property
    def mean(self) -> Fraction:
        """Irrational: raises UnsupportedScenario."""
        raise UnsupportedScenario(f"the mean of {self} is irrational; use mean_float")

    @property
    def variance(self) -> Fraction:
        """Irrational: raises UnsupportedScenario."""
        raise UnsupportedScenario(f"the variance of {self} is irrational; use variance_float")

    def mean_enclosure(self) -> Enclosure:
        """Return an interval around the mean, computed in floating point and widened; it proves nothing."""
        mean = Fraction(self._irrational_mean())
        return Enclosure(mean * (1 - _RELATIVE), mean * (1 + _RELATIVE))

    @property
    def support(self) -> tuple[Fraction, Fraction | None]:
        """[0, infinity)."""
        return Fraction(0), None

    @property
    def abscissa(self) -> Fraction | None:
        """0: the tail is heavier than every exponential."""
        return Fraction(0)

    @abstractmethod
    def survival(self, t: Any, ctx: Any) -> Any:
        """Return Pr(tau > t) for one time t > 0.

        Args:
            t: A float, or a number of an mpmath context.
            ctx: The module ``math``, or that context.
        """

    @abstractmethod
    def _weight(self, y: Any, log: Callable[[Any], Any], exp: Exp, ctx: Any) -> tuple[Any, Any]:
        """Return log(f(t) t) and t/unit for log(t/unit) = y, in complex arithmetic."""

    @abstractmethod
    def _path(self, phi: float, reach: float) -> tuple[float, float, float]:
        """Return psi and the ends of x beyond which the integrand is below exp(-reach) for arg s = phi."""

    @property
    def _unit(self) -> Fraction:
        """The unit of t: ``scale`` unless told otherwise."""
        unit: Fraction = getattr(self, self.times[0])
        return unit

    def _shift(self, s: Any, exp: Exp, turn: Number) -> Any:
        """Return a factor in front of the integral: the transform of the least time."""
        return 1.0

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """Return the transform for Re s >= 0, computed: about 13 digits in floats, most digits of an mpmath context.

        Raises:
            UnsupportedScenario: for Re s < 0 where the integral diverges, and for symbolic s.
        """
        ctx = arithmetic_of(s)
        if ctx is not None:
            return self._precise(s, ctx)
        import numpy as np

        points = np.asarray(s, dtype=complex)
        values = np.array([self._in_floats(complex(z)) for z in points.ravel()]).reshape(points.shape)
        if np.isrealobj(s) or isinstance(s, int | float | Fraction):
            values = values.real
        return values if np.ndim(s) else values[()] if hasattr(s, "dtype") else values.item()

    def _direction(self, z: complex, reach: float) -> tuple[float, float, float]:
        if z.real < 0 and self.abscissa is not None and z.real <= self.abscissa * self._unit:
            raise UnsupportedScenario(f"the transform of {self} diverges for Re s < 0; evaluate it for Re s >= 0")
        phi = cmath.phase(z) if z else 0.0
        return self._path(max(-math.pi / 2, min(phi, math.pi / 2)), reach)

    def _in_floats(self, z: complex) -> complex:
        import numpy as np

        scaled = z * as_float(self._unit)
        psi, lo, hi = self._direction(scaled, 42.0)
        x = np.linspace(lo, hi, _NODES)
        weight, t = self._weight(x - 1j * psi, np.log, np.exp, math)
        with np.errstate(under="ignore", over="ignore", invalid="ignore"):
            total = np.exp(weight - scaled * t).sum() * (hi - lo) / (_NODES - 1)
        return complex(total * self._shift(z, cmath.exp, as_float))

    def _precise(self, s: Any, ctx: Any) -> Any:
        scaled = s * parameter(self._unit, ctx)
        psi, lo, hi = self._direction(complex(scaled), 2.31 * ctx.dps + 6)
        count = max(_NODES_PER_DIGIT * ctx.dps, math.ceil((hi - lo) * _LEAST_PER_DIGIT * ctx.dps / _DOUBLE))
        width = (ctx.mpf(hi) - ctx.mpf(lo)) / count
        turn = ctx.mpc(0, psi)
        nodes = (ctx.mpf(lo) + k * width - turn for k in range(count + 1))
        terms = (ctx.exp(weight - scaled * t) for weight, t in (self._weight(y, ctx.log, ctx.exp, ctx) for y in nodes))
        return ctx.fsum(terms) * width * self._shift(s, ctx.exp, lambda value: parameter(value, ctx))

    def scaled(self, factor: Fraction | int | str) -> Self:
        """Return the law of ``factor`` times tau, for a positive exact factor."""
        ratio = positive(factor, "factor")
        return type(self)(**{k: v * ratio if k in self.times else v for k, v in self._values().items()})
