"""The Pareto law: a tail that falls like a power."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._computed import Computed, parameter
from sddeverify.delays._numbers import Exp, Number, as_float
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import Enclosure, Exact, positive

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np


@dataclass(frozen=True)
class Pareto(Computed):
    """Pr(tau > t) = (scale/t)^shape for t >= scale.

    Sampled and computed, not certified: see :func:`sddeverify.delays.band_of` for the way to a certificate.

    Attributes:
        shape: The mean is finite for shape > 1, the variance for shape > 2.
        scale: The least time.
    """

    shape: Fraction
    scale: Fraction
    name: ClassVar[str] = "pareto"

    def __init__(self, shape: Exact, scale: Exact) -> None:
        object.__setattr__(self, "shape", positive(shape, "pareto.shape"))
        object.__setattr__(self, "scale", positive(scale, "pareto.scale"))

    @property
    def mean(self) -> Fraction:
        """Scale shape/(shape - 1).

        Raises:
            UnsupportedScenario: if it is infinite.
        """
        if self.shape <= 1:
            raise UnsupportedScenario(f"the mean of {self} is infinite; cap the times, as in capped({self}, 100)")
        return self.scale * self.shape / (self.shape - 1)

    def mean_enclosure(self) -> Enclosure:
        """Return the mean as an interval of one point."""
        return Enclosure(self.mean, self.mean)

    def _irrational_mean(self) -> float:
        return as_float(self.mean)

    @property
    def variance(self) -> Fraction:
        """scale^2 shape/((shape - 1)^2 (shape - 2)).

        Raises:
            UnsupportedScenario: if it is infinite.
        """
        if self.shape <= 2:
            raise UnsupportedScenario(f"the variance of {self} is infinite; cap the times, as in capped({self}, 100)")
        return self.scale**2 * self.shape / ((self.shape - 1) ** 2 * (self.shape - 2))

    def _irrational_variance(self) -> float:
        return math.inf

    @property
    def support(self) -> tuple[Fraction, Fraction | None]:
        """[scale, infinity)."""
        return self.scale, None

    def survival(self, t: Any, ctx: Any) -> Any:
        """(scale/t)^shape from the scale on, 1 before."""
        scale = parameter(self.scale, ctx)
        return (scale / t) ** parameter(self.shape, ctx) if t > scale else scale / scale

    def density(self, t: Any, exp: Exp, number: Any = None) -> Any:
        """shape/scale (scale/t)^(shape + 1) from the scale on."""
        k, scale = as_float(self.shape), as_float(self.scale)
        return k / scale * (scale / t) ** (k + 1)

    def _shift(self, s: Any, exp: Exp, turn: Number) -> Any:
        return exp(-s * turn(self.scale))

    def _weight(self, y: Any, log: Callable[[Any], Any], exp: Exp, ctx: Any) -> tuple[Any, Any]:
        k, v = parameter(self.shape, ctx), exp(y)  # tau = scale (1 + v)
        return ctx.log(k) - (k + 1) * log(1 + v) + y, v

    def _path(self, phi: float, reach: float) -> tuple[float, float, float]:
        return phi, -reach, reach / as_float(self.shape)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw by NumPy's own sampler."""
        times = (1 + rng.pareto(as_float(self.shape), size)) * as_float(self.scale)
        return float(times) if size is None else times
