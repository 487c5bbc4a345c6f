"""Multinomial logistic (softmax) regression on real digits: which of the ten is it?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from sddeverify.exact import Exact, integer, positive
from sddeverify.objectives._digits import digits
from sddeverify.objectives._labels import labelled, read_labels
from sddeverify.objectives._newton import newton
from sddeverify.objectives._objective import Array, Objective
from sddeverify.objectives.ridge import MAX_BATCH

CLASSES = 10


class Logistic(Objective):
    """f(w) = mean cross entropy of softmax(W x) + regularization |w|^2/2, w the ten rows of W one after the other.

    x are the 64 pixels scaled to [0, 1] and a constant 1. The penalty covers every coefficient, so f is strongly
    convex, and no eigenvalue of the Hessian is below the regularization.

    Args:
        regularization: The weight of the penalty, positive.
        batch_size: Number of examples, drawn with replacement, in one stochastic gradient.
        labels: The digits whose examples are used; all if left out.
    """

    def __init__(
        self, regularization: Exact = "1/100", batch_size: int = 32, labels: Iterable[int] | None = None
    ) -> None:
        self.regularization = positive(regularization, "logistic.regularization")
        self.batch_size = integer(batch_size, "logistic.batch_size", 1, MAX_BATCH)
        self.labels = read_labels(labels, "logistic.labels")

    @cached_property
    def data(self) -> tuple[Array, Array]:
        """The examples x, shape (n, 65), and the labels as rows of the identity, shape (n, 10); all are n = 1797."""
        pixels, labels = digits()
        chosen = labelled(labels, self.labels)
        x = np.column_stack([pixels, np.ones(len(pixels))])
        return x[chosen], np.eye(CLASSES)[labels[chosen].astype(int)]

    @property
    def dimension(self) -> int:
        """650: a coefficient for each class and each of 64 pixels and the constant."""
        return CLASSES * 65

    def initial(self) -> Array:
        """0."""
        return np.zeros(self.dimension)

    @cached_property
    def _minimum(self) -> Array:
        return newton(self)  # f is strongly convex, so that it converges from anywhere

    def minimum(self) -> Array:
        """Return the minimiser, by Newton's method; the gradient there is zero to rounding."""
        return self._minimum.copy()

    def loss(self, w: Array) -> float:
        """Mean of log sum exp(W x) - (W x)_label, plus the penalty."""
        return self._loss(w, *self.data)

    def batch_loss(self, w: Array, rng: np.random.Generator) -> float:
        """Return the loss over ``batch_size`` random examples."""
        x, label = self.data
        batch = rng.integers(len(x), size=self.batch_size)
        return self._loss(w, x[batch], label[batch])

    def _loss(self, w: Array, x: Array, label: Array) -> float:
        scores = x @ w.reshape(CLASSES, -1).T
        highest = scores.max(axis=1)
        total = highest + np.log(np.exp(scores - highest[:, np.newaxis]).sum(axis=1))
        return float(np.mean(total - (scores * label).sum(axis=1))) + float(self.regularization) * float(w @ w) / 2

    def gradient(self, w: Array, rng: np.random.Generator) -> Array:
        """Return the gradient over ``batch_size`` random examples."""
        x, label = self.data
        batch = rng.integers(len(x), size=self.batch_size)
        return self._slope(w, x[batch], label[batch])

    def full_gradient(self, w: Array) -> Array:
        """(softmax(W x) - label) x', the mean over all examples, plus the gradient of the penalty."""
        return self._slope(w, *self.data)

    def _slope(self, w: Array, x: Array, label: Array) -> Array:
        residual = _softmax(w, x) - label
        return np.asarray((residual.T @ x / len(x)).ravel() + float(self.regularization) * w)

    def hessian(self, w: Array | None = None) -> Array:
        """Return the mean of (diag p - p p') kron x x', p = softmax(W x), plus the regularization."""
        x, _ = self.data
        p = _softmax(self._minimum if w is None else w, x)
        n, size = x.shape
        result = np.zeros((CLASSES, size, CLASSES, size))
        for j in range(CLASSES):
            for k in range(j + 1):
                weight = p[:, j] * (float(j == k) - p[:, k])
                result[j, :, k, :] = result[k, :, j, :] = x.T @ (x * weight[:, np.newaxis]) / n
        return result.reshape(self.dimension, self.dimension) + float(self.regularization) * np.eye(self.dimension)

    def noise_covariance(self) -> Array:
        """Return the covariance of one example's gradient over the batch size."""
        x, label = self.data
        residual = _softmax(self._minimum, x) - label
        each = (residual[:, :, np.newaxis] * x[:, np.newaxis, :]).reshape(len(x), -1)
        each = each - each.mean(axis=0)
        return np.asarray(each.T @ each / (len(x) * self.batch_size))


def _softmax(w: Array, x: Array) -> Array:
    """Return the probabilities of the ten classes, shape (examples, 10)."""
    scores = x @ w.reshape(CLASSES, -1).T
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
