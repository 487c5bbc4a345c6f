"""The quadratic: curvature as given, additive Gaussian gradient noise."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import cached_property

import numpy as np

from sddeverify.errors import invalid
from sddeverify.exact import Exact, non_negative, positive, rational
from sddeverify.objectives._objective import Array, Objective


class Quadratic(Objective):
    """f(w) = sum of h_k (w_k - m_k)^2 / 2; a gradient carries independent noise in each coordinate.

    Args:
        eigenvalues: The positive curvatures h_k; at least one.
        noise_variance: Variance sigma^2 of the gradient noise in each coordinate.
        minimum: The m_k, in the order of the h_k; 0 if left out.
    """

    def __init__(
        self, eigenvalues: Iterable[Exact], noise_variance: Exact = 0, minimum: Iterable[Exact] | None = None
    ) -> None:
        if isinstance(eigenvalues, str) or not isinstance(eigenvalues, Iterable):
            raise invalid("quadratic.eigenvalues", eigenvalues, "a list of positive numbers")
        given = [positive(h, f"quadratic.eigenvalues[{k}]") for k, h in enumerate(eigenvalues)]
        if not given:
            raise invalid("quadratic.eigenvalues", [], "at least one positive number")
        self.exact = tuple(sorted(given))
        self._given = tuple(given)
        if isinstance(minimum, str) or not isinstance(minimum, Iterable | None):
            raise invalid("quadratic.minimum", minimum, "a list of numbers")
        at = [rational(m, f"quadratic.minimum[{k}]") for k, m in enumerate(minimum or [0] * len(given))]
        if len(at) != len(given):
            raise invalid("quadratic.minimum", f"{len(at)} numbers", f"one for each of the {len(given)} eigenvalues")
        self.centred = not any(at)
        self._at = np.array([float(m) for m in at])
        self.noise_variance = non_negative(noise_variance, "quadratic.noise_variance")

    @cached_property
    def _curvatures(self) -> Array:
        return np.array([float(h) for h in self._given])

    @cached_property
    def _deviation(self) -> float:
        return float(float(self.noise_variance) ** 0.5)

    @property
    def dimension(self) -> int:
        """Number of eigenvalues."""
        return len(self.exact)

    def initial(self) -> Array:
        """1 in each coordinate."""
        return np.ones(self.dimension)

    def minimum(self) -> Array:
        """The m_k."""
        return self._at.copy()

    def loss(self, w: Array) -> float:
        """Sum of h_k (w_k - m_k)^2/2."""
        v = w if self.centred else w - self._at
        return float(self._curvatures @ (v * v)) / 2

    def gradient(self, w: Array, rng: np.random.Generator) -> Array:
        """Return h_k (w_k - m_k) plus Gaussian noise; without noise the generator is not used."""
        exact = self.full_gradient(w)
        if not self._deviation:
            return exact
        return exact + rng.normal(0.0, self._deviation, len(exact))

    def additive_noise(self, rng: np.random.Generator, count: int) -> Array:
        """Return what the next gradients add to :meth:`full_gradient`, the very draws of so many of them.

        The shape is (count, d). Without noise it is -0, which added to any number leaves it as it is.
        """
        if not self._deviation:
            return np.full((count, self.dimension), -0.0)
        return rng.normal(0.0, self._deviation, (count, self.dimension))

    @property
    def curvatures(self) -> Array:
        """The curvatures h_k, shape (d,)."""
        return self._curvatures

    def batch_loss(self, w: Array, rng: np.random.Generator) -> float:
        """The loss plus the inner product of the noise with w."""
        noise = self.gradient(self._at, rng)
        return self.loss(w) + float(noise @ w)

    def full_gradient(self, w: Array) -> Array:
        """h_k (w_k - m_k)."""
        return self._curvatures * (w if self.centred else w - self._at)

    def hessian(self, w: Array | None = None) -> Array:
        """Return the diagonal matrix of the curvatures, the same everywhere."""
        return np.diag(self._curvatures)

    def noise_covariance(self) -> Array:
        """sigma^2 times the identity."""
        return float(self.noise_variance) * np.eye(self.dimension)

    def hessian_bounds(self) -> list[Fraction]:
        """Return the eigenvalues themselves: here they are exact."""
        return list(self.exact)
