"""The Weibull law: for shapes below 1 a tail that is heavier than exponential."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._computed import Computed, parameter
from sddeverify.delays._numbers import Exp, as_float
from sddeverify.exact import Exact, positive

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


@dataclass(frozen=True)
class Weibull(Computed):
    """Pr(tau > t) = exp(-(t/scale)^shape); for shape < 1 (stretched exponential) the tail is heavy.

    Sampled and computed, not certified: see :func:`sddeverify.delays.band_of` for the way to a certificate.

    Attributes:
        shape: 1 is the exponential law.
        scale: The time that is survived with probability 1/e.
    """

    shape: Fraction
    scale: Fraction
    name: ClassVar[str] = "weibull"

    def __init__(self, shape: Exact, scale: Exact) -> None:
        object.__setattr__(self, "shape", positive(shape, "weibull.shape"))
        object.__setattr__(self, "scale", positive(scale, "weibull.scale"))

    def _moment(self, power: int) -> float:
        return math.gamma(1 + power / as_float(self.shape))

    def _irrational_mean(self) -> float:
        return as_float(self.scale) * self._moment(1)

    def _irrational_variance(self) -> float:
        return as_float(self.scale) ** 2 * (self._moment(2) - self._moment(1) ** 2)

    @property
    def abscissa(self) -> Fraction | None:
        """0 for shape < 1, -1/scale for shape 1, everywhere analytic for shape > 1."""
        return None if self.shape > 1 else Fraction(0) if self.shape < 1 else -1 / self.scale

    def survival(self, t: Any, ctx: Any) -> Any:
        """exp(-(t/scale)^shape)."""
        return ctx.exp(-((t / parameter(self.scale, ctx)) ** parameter(self.shape, ctx)))

    def density(self, t: Any, exp: Exp, number: Any = None) -> Any:
        """shape/scale (t/scale)^(shape - 1) exp(-(t/scale)^shape), for floats and arrays."""
        k, x = as_float(self.shape), t / as_float(self.scale)
        return k / as_float(self.scale) * x ** (k - 1) * exp(-(x**k))

    def _weight(self, y: Any, log: Callable[[Any], Any], exp: Exp, ctx: Any) -> tuple[Any, Any]:
        k = parameter(self.shape, ctx)
        return ctx.log(k) + k * y - exp(k * y), exp(y)

    def _path(self, phi: float, reach: float) -> tuple[float, float, float]:
        # |arg (t/scale)^k| <= 0.4 pi, so that exp(-(t/scale)^k) still decays
        k = as_float(self.shape)
        psi = math.copysign(min(abs(phi), 0.4 * math.pi / k), phi)
        return psi, -reach / k, (math.log(reach) + 1.5) / k + (math.log(reach) if k > 1 else 0.0)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw by NumPy's own sampler."""
        times = rng.weibull(as_float(self.shape), size) * as_float(self.scale)
        return float(times) if size is None else times
