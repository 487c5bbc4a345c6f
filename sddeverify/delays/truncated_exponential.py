"""The truncated exponential law: memoryless delays, given that they end in time."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._law import Atom
from sddeverify.delays._numbers import Exp, Number, as_float, mean_of_exponential, number_for
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import Enclosure, Exact, positive

if TYPE_CHECKING:
    import numpy as np

_BITS = 320
_FAR = 256  # for cap/scale from here on, exp(-cap/scale) is far below the precision of a float


@dataclass(frozen=True)
class TruncatedExponential(Atom):
    """The exponential law conditioned on tau <= cap.

    Phi(s) = I(cap/scale + s cap)/I(cap/scale) with I(z) = (1 - exp(-z))/z, where ``scale`` is the mean of the
    exponential law before it is truncated: the argument ``mean``. The mean of the delay itself is
    irrational: ``mean_float`` and :meth:`mean_enclosure` tell it, ``mean`` raises.

    Attributes:
        scale: The mean before truncation.
        cap: The longest delay.
    """

    scale: Fraction = field(metadata={"argument": "mean"})
    cap: Fraction
    name: ClassVar[str] = "truncated_exponential"

    def __init__(self, mean: Exact, cap: Exact) -> None:
        object.__setattr__(self, "scale", positive(mean, "truncated_exponential.mean"))
        object.__setattr__(self, "cap", positive(cap, "truncated_exponential.cap"))

    @property
    def mean(self) -> Fraction:
        """Irrational: raises UnsupportedScenario."""
        raise UnsupportedScenario(f"the mean of {self} is irrational; use mean_enclosure() or mean_float")

    @property
    def variance(self) -> Fraction:
        """Irrational: raises UnsupportedScenario."""
        raise UnsupportedScenario(f"the variance of {self} is irrational; use variance_float")

    def _moments(self, order: int) -> list[Enclosure]:
        """Return E (tau/cap)^k for k = 0..order, by the kernel's integrals of u^k exp(-u cap/scale)."""
        from sddeverify.checker.interval import Arithmetic

        arithmetic = Arithmetic(_BITS)
        ratio = self.cap / self.scale
        integrals = arithmetic.moments(arithmetic.point(ratio, Fraction(0)), order)
        lo, hi = integrals[0][:2]
        return [Enclosure(Fraction(x[0], hi), Fraction(x[1], lo)) for x in integrals]

    def mean_enclosure(self) -> Enclosure:
        """Return an interval that contains E tau = scale - cap/(exp(cap/scale) - 1)."""
        ratio = self.cap / self.scale
        if ratio >= _FAR:  # exp(x) - 1 >= 2^x there
            return Enclosure(self.scale - self.cap / 2 ** min(int(ratio), 4 * _FAR), self.scale)
        first = self._moments(1)[1]
        return Enclosure(self.cap * first.lo, self.cap * first.hi)

    def _irrational_variance(self) -> float:
        if self.cap / self.scale >= _FAR:
            return as_float(self.scale**2)
        _, first, second = (moment.midpoint for moment in self._moments(2))
        return as_float(self.cap**2 * (second - first**2))

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        """[0, cap]."""
        return Fraction(0), self.cap

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """I(cap/scale + s cap)/I(cap/scale)."""
        turn = number or number_for(s)
        ratio = turn(self.cap / self.scale)
        return mean_of_exponential(ratio + s * turn(self.cap), exp) / mean_of_exponential(ratio, exp)

    def density(self, t: Any, exp: Exp, number: Number | None = None) -> Any:
        """exp(-t/scale)/(cap I(cap/scale))."""
        turn = number or number_for(t)
        norm = turn(self.cap) * mean_of_exponential(turn(self.cap / self.scale), exp)
        return exp(-t * turn(1 / self.scale)) / norm

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw by inverting the distribution function."""
        import numpy as np

        span = np.expm1(-as_float(self.cap / self.scale))
        times = -as_float(self.scale) * np.log1p(rng.random(size) * span)
        times = np.minimum(times, as_float(self.cap))  # rounding must not step over the cap
        return float(times) if size is None else times
