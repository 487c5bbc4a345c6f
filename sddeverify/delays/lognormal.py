"""The lognormal law: many small factors multiply; no exponential moment exists."""

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
class Lognormal(Computed):
    """log(tau/median) is normal with mean 0 and standard deviation sigma.

    Sampled and computed, not certified: see :func:`sddeverify.delays.band_of` for the way to a certificate.

    Attributes:
        median: The median; the mean is median exp(sigma^2/2).
        sigma: Standard deviation of the logarithm.
    """

    median: Fraction
    sigma: Fraction
    name: ClassVar[str] = "lognormal"
    times: ClassVar[tuple[str, ...]] = ("median",)

    def __init__(self, median: Exact, sigma: Exact) -> None:
        object.__setattr__(self, "median", positive(median, "lognormal.median"))
        object.__setattr__(self, "sigma", positive(sigma, "lognormal.sigma"))

    def _irrational_mean(self) -> float:
        return as_float(self.median) * math.exp(as_float(self.sigma) ** 2 / 2)

    def _irrational_variance(self) -> float:
        return self._irrational_mean() ** 2 * math.expm1(as_float(self.sigma) ** 2)

    def survival(self, t: Any, ctx: Any) -> Any:
        """erfc(log(t/median)/(sigma sqrt 2))/2."""
        distance = ctx.log(t / parameter(self.median, ctx)) / parameter(self.sigma, ctx)
        return ctx.erfc(distance / ctx.sqrt(2)) / 2

    def density(self, t: Any, exp: Exp, number: Any = None) -> Any:
        """exp(-log(t/median)^2/(2 sigma^2))/(t sigma sqrt(2 pi)), for floats and arrays."""
        import numpy as np

        sigma = as_float(self.sigma)
        return exp(-((np.log(t / as_float(self.median)) / sigma) ** 2) / 2) / (t * sigma * math.sqrt(2 * math.pi))

    def _weight(self, y: Any, log: Callable[[Any], Any], exp: Exp, ctx: Any) -> tuple[Any, Any]:
        sigma = parameter(self.sigma, ctx)
        return -((y / sigma) ** 2) / 2 - ctx.log(sigma) - ctx.log(2 * ctx.pi) / 2, exp(y)

    def _path(self, phi: float, reach: float) -> tuple[float, float, float]:
        # turned by psi the integrand is exp(psi^2/(2 sigma^2)) times larger: at most e^2
        sigma = as_float(self.sigma)
        wide = sigma * math.sqrt(2 * reach + 4)
        return math.copysign(min(abs(phi), 2 * sigma), phi), -wide, wide

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw by NumPy's own sampler."""
        times = rng.lognormal(0.0, as_float(self.sigma), size) * as_float(self.median)
        return float(times) if size is None else times
