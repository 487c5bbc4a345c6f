"""What workers with different data minimise together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

import numpy as np

from sddeverify.errors import UnsupportedScenario
from sddeverify.objectives._newton import newton
from sddeverify.objectives._objective import Array, Objective

_Each = TypeVar("_Each")


class Mean(Objective):
    """f = (1/P) sum of f_i over P workers, of which each has gradients of its own f_i only.

    A stochastic gradient is one of a worker chosen at random. Everybody counts the same, however fast: what
    asynchronous SGD with workers of unequal speed does not do.

    Args:
        whole: Where runs start, and what has the same dimension.
        parts: The f_i of each kind of workers.
        counts: How many workers are of each kind.
    """

    def __init__(self, whole: Objective, parts: Sequence[Objective], counts: Sequence[int]) -> None:
        self.whole = whole
        self.parts = tuple(parts)
        self.counts = tuple(counts)
        self._shares = np.array(counts) / sum(counts)
        if hasattr(whole, "batch_size"):
            self.batch_size = whole.batch_size

    def of_workers(self, values: Sequence[_Each]) -> list[_Each]:
        """Return a value for each worker, given one for each part."""
        return [value for value, count in zip(values, self.counts, strict=True) for _ in range(count)]

    @property
    def dimension(self) -> int:
        """That of every part."""
        return self.whole.dimension

    def initial(self) -> Array:
        """Return the start of the whole."""
        return self.whole.initial()

    @cached_property
    def _minimum(self) -> Array:
        refused = UnsupportedScenario("objective: Newton's method found no minimum of the mean over the workers' data")
        try:
            w = newton(self)
            np.linalg.cholesky(self.hessian(w))  # otherwise it is a saddle point or a maximum
        except np.linalg.LinAlgError:
            raise refused from None
        slopes = [np.abs(part.full_gradient(w)).max() for part in self.parts]
        if not np.abs(self.full_gradient(w)).max() <= 1e-9 * max(1.0, *slopes):
            raise refused
        return w

    def minimum(self) -> Array:
        """Return the minimiser, by Newton's method from the start.

        Raises:
            UnsupportedScenario: if it does not lead to a minimum, as it may where f is not convex.
        """
        return self._minimum.copy()

    def loss(self, w: Array) -> float:
        """Mean of the workers' losses."""
        return float(self._shares @ [part.loss(w) for part in self.parts])

    def gradient(self, w: Array, rng: np.random.Generator) -> Array:
        """Return a stochastic gradient of a random worker."""
        return self.parts[self._drawn(rng)].gradient(w, rng)

    def batch_loss(self, w: Array, rng: np.random.Generator) -> float:
        """Return the loss of the batch of that worker."""
        return self.parts[self._drawn(rng)].batch_loss(w, rng)

    def _drawn(self, rng: np.random.Generator) -> int:
        return int(np.searchsorted(np.cumsum(self.counts), rng.integers(sum(self.counts)), side="right"))

    def full_gradient(self, w: Array) -> Array:
        """Mean of the workers' gradients."""
        return np.asarray(self._shares @ np.array([part.full_gradient(w) for part in self.parts]))

    def hessian(self, w: Array | None = None) -> Array:
        """Return the mean of the workers' Hessians, at w or at the minimum of the mean."""
        at = self._minimum if w is None else w
        return np.asarray(np.tensordot(self._shares, np.array([part.hessian(at) for part in self.parts]), 1))

    def noise_covariance(self) -> Array:
        """Not known.

        Raises:
            UnsupportedScenario: always: the parts know theirs at their own minima only.
        """
        raise UnsupportedScenario("objective: the noise at the minimum of a mean over workers' data is not known")
