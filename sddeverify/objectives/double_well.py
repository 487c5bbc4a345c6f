"""The double well, tilted: the smallest landscape with a minimum that is not the lowest."""

from __future__ import annotations

import math

import numpy as np

from sddeverify.errors import invalid
from sddeverify.exact import Exact, non_negative
from sddeverify.objectives._objective import Array, Objective


class DoubleWell(Objective):
    """f(x) = (x^2 - 1)^2/4 + tilt x, with additive Gaussian gradient noise.

    The lowest minimum is near -1, the other near +1, and runs start in the latter. For dX = -f'(X) dt + sqrt(s) dW the
    smallest non-zero rate of relaxation is about prefactor exp(-2 barrier/s) for small s (Eyring and Kramers).

    Args:
        tilt: From 0 to 3/8, so that there are two minima.
        noise_variance: Variance of the gradient noise.
    """

    def __init__(self, tilt: Exact = "1/10", noise_variance: Exact = 0) -> None:
        self.tilt = non_negative(tilt, "double_well.tilt")
        if self.tilt * 8 > 3:  # the wells merge at 2/sqrt(27) = .3849
            raise invalid("double_well.tilt", tilt, "a number from 0 to 3/8")
        self.noise_variance = non_negative(noise_variance, "double_well.noise_variance")
        self._tilt, self._deviation = float(self.tilt), math.sqrt(self.noise_variance)
        # The roots of x^3 - x + tilt = 0 by the cosines of a third of an angle.
        angle = math.acos(-self._tilt * math.sqrt(27) / 2) / 3
        third = 2 * math.pi / 3
        self.upper, self.saddle, self.lower = (
            2 / math.sqrt(3) * math.cos(angle - turn) for turn in (0, third, 2 * third)
        )
        if self.saddle < self.lower:
            self.saddle, self.lower = self.lower, self.saddle

    @property
    def dimension(self) -> int:
        """1."""
        return 1

    def initial(self) -> Array:
        """Return the higher one of the two minima."""
        return np.array([self.upper])

    def minimum(self) -> Array:
        """Return the lowest minimum; for no tilt the negative one of the two."""
        return np.array([self.lower])

    @property
    def barrier(self) -> float:
        """F at the saddle minus f at the higher minimum: .157665 for the tilt 1/10."""
        return self.loss(np.array([self.saddle])) - self.loss(self.initial())

    @property
    def prefactor(self) -> float:
        """sqrt(f''(minimum) |f''(saddle)|)/(2 pi) at the higher minimum; twice that without tilt, for two ways out."""
        ways = 2 if self.tilt == 0 else 1
        return ways * math.sqrt((3 * self.upper**2 - 1) * (1 - 3 * self.saddle**2)) / (2 * math.pi)

    def loss(self, w: Array) -> float:
        """(x^2 - 1)^2/4 + tilt x."""
        x = float(w[0])
        return (x * x - 1) ** 2 / 4 + self._tilt * x

    def gradient(self, w: Array, rng: np.random.Generator) -> Array:
        """Return x^3 - x + tilt plus Gaussian noise; without noise the generator is not used."""
        exact = self.full_gradient(w)
        return exact if self.noise_variance == 0 else exact + rng.normal(0.0, self._deviation, 1)

    def batch_loss(self, w: Array, rng: np.random.Generator) -> float:
        """The loss plus the noise times x."""
        noise = 0.0 if self.noise_variance == 0 else float(rng.normal(0.0, self._deviation, 1)[0])
        return self.loss(w) + noise * float(w[0])

    def full_gradient(self, w: Array) -> Array:
        """x^3 - x + tilt."""
        return np.asarray(w * (w * w - 1) + self._tilt)

    def hessian(self, w: Array | None = None) -> Array:
        """3 x^2 - 1; negative between the wells."""
        x = self.lower if w is None else float(w[0])
        return np.array([[3 * x * x - 1]])

    def noise_covariance(self) -> Array:
        """The noise variance."""
        return np.array([[float(self.noise_variance)]])
