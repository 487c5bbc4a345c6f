"""Ridge regression on real digits: is the digit even or odd?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from sddeverify.exact import Exact, integer, positive
from sddeverify.objectives._digits import digits
from sddeverify.objectives._labels import labelled, read_labels
from sddeverify.objectives._objective import Array, Objective

MAX_BATCH = 10**7


class Ridge(Objective):
    """f(w) = |X w - y|^2/(2 n) + regularization |w|^2/2 with y = +1 for even digits and -1 for odd ones.

    X are the 64 pixels scaled to [0, 1], y the parities, both with their means subtracted (which stands for an
    intercept). A quadratic: its Hessian X'X/n + regularization is the same everywhere, and no eigenvalue of
    it is below the regularization, although three pixels are always empty.

    Args:
        regularization: The weight of the penalty, positive.
        batch_size: Number of examples, drawn with replacement, in one stochastic gradient.
        labels: The digits whose examples are used, centred with those of all; all if left out.
    """

    def __init__(
        self, regularization: Exact = "1/100", batch_size: int = 32, labels: Iterable[int] | None = None
    ) -> None:
        self.regularization = positive(regularization, "ridge.regularization")
        self.batch_size = integer(batch_size, "ridge.batch_size", 1, MAX_BATCH)
        self.labels = read_labels(labels, "ridge.labels")

    @cached_property
    def data(self) -> tuple[Array, Array]:
        """The centred examples X, shape (n, 64), and targets y, shape (n,); of all digits n = 1797."""
        pixels, labels = digits()
        parity = 1.0 - 2.0 * (labels % 2)
        chosen = labelled(labels, self.labels)
        return (pixels - pixels.mean(axis=0))[chosen], (parity - parity.mean())[chosen]

    @property
    def dimension(self) -> int:
        """64, one for each pixel."""
        return 64

    def initial(self) -> Array:
        """0."""
        return np.zeros(self.dimension)

    @cached_property
    def _minimum(self) -> Array:
        X, y = self.data
        return np.asarray(np.linalg.solve(self.hessian(), X.T @ y / len(y)), dtype=np.float64)

    def minimum(self) -> Array:
        """Return the solution of the normal equations."""
        return self._minimum.copy()

    def loss(self, w: Array) -> float:
        """Mean squared residual over 2, plus the penalty."""
        X, y = self.data
        residual = X @ w - y
        return float(residual @ residual) / (2 * len(y)) + float(self.regularization) * float(w @ w) / 2

    def gradient(self, w: Array, rng: np.random.Generator) -> Array:
        """Return the gradient over ``batch_size`` random examples."""
        X, y = self.data
        batch = rng.integers(len(y), size=self.batch_size)
        examples = X[batch]
        return examples.T @ (examples @ w - y[batch]) / self.batch_size + float(self.regularization) * w

    def batch_loss(self, w: Array, rng: np.random.Generator) -> float:
        """Mean squared residual over 2 of ``batch_size`` random examples, plus the penalty."""
        X, y = self.data
        batch = rng.integers(len(y), size=self.batch_size)
        residual = X[batch] @ w - y[batch]
        return float(residual @ residual) / (2 * self.batch_size) + float(self.regularization) * float(w @ w) / 2

    def full_gradient(self, w: Array) -> Array:
        """X'(X w - y)/n plus that of the penalty."""
        X, y = self.data
        return X.T @ (X @ w - y) / len(y) + float(self.regularization) * w

    def hessian(self, w: Array | None = None) -> Array:
        """Return X'X/n + regularization, the same everywhere."""
        X, y = self.data
        return X.T @ X / len(y) + float(self.regularization) * np.eye(self.dimension)

    def noise_covariance(self) -> Array:
        """Return the covariance of one example's gradient over the batch size."""
        X, y = self.data
        each = X * (X @ self._minimum - y)[:, np.newaxis]
        each = each - each.mean(axis=0)
        return np.asarray(each.T @ each / (len(y) * self.batch_size))
