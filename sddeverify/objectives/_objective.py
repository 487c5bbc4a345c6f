"""What every objective offers; the members of the family are small files beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import decimal_up

Array: TypeAlias = npt.NDArray[np.float64]

_ROUNDING = Fraction(1, 10**9)  # relative; the eigenvalues of a symmetric matrix are computed far better


class Objective(ABC):
    """A function f of ``dimension`` real numbers that is minimised by stochastic gradients.

    Constructor parameters are exact numbers; everything that is computed is a float. Vectors have the shape
    ``(dimension,)``.
    """

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Number of variables."""

    @abstractmethod
    def initial(self) -> Array:
        """Return the point at which every run starts."""

    @abstractmethod
    def minimum(self) -> Array:
        """Return the minimiser."""

    @abstractmethod
    def loss(self, w: Array) -> float:
        """Return f(w)."""

    @abstractmethod
    def gradient(self, w: Array, rng: np.random.Generator) -> Array:
        """Return one stochastic gradient at w; its expectation over ``rng`` is :meth:`full_gradient`."""

    def batch_loss(self, w: Array, rng: np.random.Generator) -> float:
        """Return the loss over the random batch that :meth:`gradient` would take from this stream.

        The gradient of this loss for a fixed batch is what :meth:`gradient` returns.

        Raises:
            UnsupportedScenario: for an objective that has no such loss.
        """
        raise UnsupportedScenario(f"objective {type(self).__name__}: it has no loss for a single batch")

    @abstractmethod
    def full_gradient(self, w: Array) -> Array:
        """Return the gradient of f at w."""

    @abstractmethod
    def hessian(self, w: Array | None = None) -> Array:
        """Return the Hessian of f at w, by default at the minimum; shape (dimension, dimension)."""

    @abstractmethod
    def noise_covariance(self) -> Array:
        """Return the covariance of one stochastic gradient at the minimum; shape (dimension, dimension)."""

    @cached_property
    def _spectrum(self) -> tuple[Array, Array]:
        values, vectors = np.linalg.eigh(self.hessian())
        return values, vectors

    def eigenvalues(self) -> Array:
        """Return the eigenvalues of the Hessian at the minimum, ascending."""
        return self._spectrum[0].copy()

    def eigenvectors(self) -> Array:
        """Return the orthonormal eigenvectors that belong to :meth:`eigenvalues`, as columns."""
        return self._spectrum[1].copy()

    def noise_variances(self) -> Array:
        """Return the variance of one stochastic gradient at the minimum along each eigenvector."""
        vectors = self._spectrum[1]
        variances: Array = (vectors * (self.noise_covariance() @ vectors)).sum(axis=0)
        return np.asarray(np.maximum(variances, 0.0))  # rounding may leave less than nothing where there is no noise

    def hessian_bounds(self) -> list[Fraction]:
        """Return a short rational above each eigenvalue (by about 1e-9 of it), ascending.

        These are computed, not certified: a claim takes them as a hypothesis, "given eigenvalues up to ...".
        """
        return [Fraction(decimal_up(Fraction(float(x)) * (1 + _ROUNDING), 12)) for x in self._spectrum[0]]
