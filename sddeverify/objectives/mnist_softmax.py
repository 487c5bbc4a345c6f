"""Softmax regression on real digits of MNIST, their pixels averaged over squares."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from sddeverify.errors import invalid
from sddeverify.exact import Exact, integer, positive
from sddeverify.objectives._labels import labelled, read_labels
from sddeverify.objectives._mnist import mnist
from sddeverify.objectives._objective import Array
from sddeverify.objectives.logistic import CLASSES, Logistic
from sddeverify.objectives.ridge import MAX_BATCH

_POOLING = (2, 4, 7, 14)


class MnistSoftmax(Logistic):
    """f(w) as for :class:`Logistic`, on 5000 digits of MNIST.

    x are the means over squares of pixels, scaled to [0, 1], and a constant 1.

    Args:
        regularization: The weight of the penalty, positive.
        batch_size: Number of examples, drawn with replacement, in one stochastic gradient.
        pooling: Side of the squares, 2, 4, 7 or 14: so the dimension is 1970, 500, 170 or 50. (All eigenvalues of the
            Hessian are wanted, and of all 784 pixels it would have 60 million entries.)
        labels: The digits whose examples are used; all if left out.
    """

    def __init__(
        self,
        regularization: Exact = "1/100",
        batch_size: int = 32,
        pooling: int = 4,
        labels: Iterable[int] | None = None,
    ) -> None:
        self.regularization = positive(regularization, "mnist_softmax.regularization")
        self.batch_size = integer(batch_size, "mnist_softmax.batch_size", 1, MAX_BATCH)
        self.pooling = integer(pooling, "mnist_softmax.pooling", 1, 28)
        if self.pooling not in _POOLING:
            raise invalid("mnist_softmax.pooling", pooling, "2, 4, 7 or 14")
        self.labels = read_labels(labels, "mnist_softmax.labels")

    @cached_property
    def data(self) -> tuple[Array, Array]:
        """The examples x, shape (n, (28/pooling)^2 + 1), and the labels as rows of the identity; all are n = 5000."""
        pixels, labels = mnist()
        chosen = labelled(labels, self.labels)
        pixels, labels = pixels[chosen], labels[chosen]
        n, side = len(pixels), 28 // self.pooling
        means = pixels.reshape(n, side, self.pooling, side, self.pooling).mean(axis=(2, 4)).reshape(n, -1)
        return np.column_stack([means, np.ones(n)]), np.eye(CLASSES)[labels.astype(int)]

    @property
    def dimension(self) -> int:
        """A coefficient for each class and each square and the constant: 10 ((28/pooling)^2 + 1)."""
        return CLASSES * ((28 // self.pooling) ** 2 + 1)
