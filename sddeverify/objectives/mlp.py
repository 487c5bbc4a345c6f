"""A two-layer perceptron on real digits: not convex, with exact second derivatives."""

from __future__ import annotations

import warnings
from functools import cache, cached_property
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.errors import MissingExtra, UnsupportedScenario
from sddeverify.exact import Exact, integer, positive
from sddeverify.objectives._digits import digits
from sddeverify.objectives._labels import labelled, read_labels
from sddeverify.objectives._objective import Array, Objective
from sddeverify.objectives.ridge import MAX_BATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_CLASSES = 10
_INPUTS = 65  # 64 pixels and a constant


class Mlp(Objective):
    """f(w) = mean cross entropy of softmax(V [tanh(U x), 1]) + regularization |w|^2/2, w = (U, V), row by row.

    x are the 64 pixels scaled to [0, 1] and a constant 1. "The" minimum is the local one to which descent from the
    initial point leads. Derivatives are autograd's (MacLaurin, Duvenaud, Adams 2015), exact to rounding.

    Args:
        hidden: Number of hidden units.
        regularization: The weight of the penalty, positive.
        batch_size: Number of examples, drawn with replacement, in one stochastic gradient.
        start: Seed of the initial weights.
        labels: The digits whose examples are used; all if left out.
    """

    def __init__(
        self,
        hidden: int = 8,
        regularization: Exact = "1/100",
        batch_size: int = 32,
        start: int = 0,
        labels: Iterable[int] | None = None,
    ) -> None:
        self.hidden = integer(hidden, "mlp.hidden", 1, 30)
        self.regularization = positive(regularization, "mlp.regularization")
        self.batch_size = integer(batch_size, "mlp.batch_size", 1, MAX_BATCH)
        self.start = integer(start, "mlp.start", 0, 2**64 - 1)
        self.labels = read_labels(labels, "mlp.labels")

    @cached_property
    def data(self) -> tuple[Array, Array]:
        """The examples x, shape (n, 65), and the labels as rows of the identity, shape (n, 10); all are n = 1797."""
        pixels, labels = digits()
        chosen = labelled(labels, self.labels)
        x = np.column_stack([pixels, np.ones(len(pixels))])
        return x[chosen], np.eye(_CLASSES)[labels[chosen].astype(int)]

    @property
    def dimension(self) -> int:
        """65 hidden + 10 (hidden + 1)."""
        return _INPUTS * self.hidden + _CLASSES * (self.hidden + 1)

    def initial(self) -> Array:
        """Return independent normal weights of variance 1/inputs; the same for the same ``start``."""
        weights = np.random.default_rng(self.start).normal(size=self.dimension)
        first = _INPUTS * self.hidden
        weights[:first] /= np.sqrt(_INPUTS)
        weights[first:] /= np.sqrt(self.hidden + 1)
        return weights

    def loss(self, w: Array) -> float:
        """Mean cross entropy plus the penalty."""
        return float(_loss(w, *self.data, self.hidden, float(self.regularization)))

    def gradient(self, w: Array, rng: np.random.Generator) -> Array:
        """Return the gradient over ``batch_size`` random examples."""
        x, label = self.data
        batch = rng.integers(len(x), size=self.batch_size)
        return self._slope(w, x[batch], label[batch])

    def batch_loss(self, w: Array, rng: np.random.Generator) -> float:
        """Mean cross entropy of ``batch_size`` random examples, plus the penalty."""
        x, label = self.data
        batch = rng.integers(len(x), size=self.batch_size)
        return float(_loss(w, x[batch], label[batch], self.hidden, float(self.regularization)))

    def full_gradient(self, w: Array) -> Array:
        """Return the gradient over all examples."""
        return self._slope(w, *self.data)

    def _slope(self, w: Array, x: Array, label: Array) -> Array:
        return np.asarray(_derivatives()[0](w, x, label, self.hidden, float(self.regularization)))

    def hessian_product(self, w: Array, direction: Array) -> Array:
        """Return the Hessian at w times a vector, in the time of a few gradients (Pearlmutter 1994)."""
        return np.asarray(_derivatives()[1](w, direction, *self.data, self.hidden, float(self.regularization)))

    def hessian(self, w: Array | None = None) -> Array:
        """Return the Hessian, one product for each column."""
        at = self._minimum if w is None else w
        full = np.array([self.hessian_product(at, e) for e in np.eye(self.dimension)])
        return np.asarray((full + full.T) / 2)

    def top_eigenvalue(self, w: Array | None = None) -> float:
        """Return the largest eigenvalue of the Hessian, by SciPy's Lanczos method from products alone.

        Raises:
            MissingExtra: if SciPy or autograd is not installed.
        """
        try:
            from scipy.sparse.linalg import LinearOperator, eigsh
        except ImportError as error:  # pragma: no cover - depends on the installation
            raise MissingExtra("eigenvalues by Lanczos need SciPy; install sddeverify[report]") from error
        at, n = self._minimum if w is None else w, self.dimension
        operator = LinearOperator((n, n), matvec=lambda v: self.hessian_product(at, v.ravel()), dtype=np.float64)
        start = np.random.default_rng(0).normal(size=n)  # ARPACK's own start is another one every time
        return float(eigsh(operator, k=1, which="LA", v0=start, return_eigenvectors=False)[0])

    @cached_property
    def _minimum(self) -> Array:
        """L-BFGS from the initial point, then Newton's method."""
        try:
            from scipy.optimize import minimize
        except ImportError as error:  # pragma: no cover - depends on the installation
            raise MissingExtra("the minimum needs SciPy; install sddeverify[report]") from error
        options = {"maxiter": 20_000, "maxfun": 40_000, "ftol": 0.0, "gtol": 1e-7, "maxcor": 40}
        found = minimize(self.loss, self.initial(), jac=self.full_gradient, method="L-BFGS-B", options=options)
        w = np.asarray(found.x)
        for _ in range(4):
            slope = self.full_gradient(w)
            if np.abs(slope).max() < 1e-14:
                break
            w = w - np.linalg.solve(self.hessian(w), slope)
        if np.abs(self.full_gradient(w)).max() > 1e-12 or self.loss(w) > found.fun + 1e-9:
            raise UnsupportedScenario("mlp: descent did not reach a minimum; more regularization makes it easier")
        return w

    def minimum(self) -> Array:
        """Return the local minimum below the initial point.

        Raises:
            UnsupportedScenario: if the descent gets stuck.
            MissingExtra: if SciPy or autograd is not installed.
        """
        return self._minimum.copy()

    def noise_covariance(self) -> Array:
        """Return the covariance of one example's gradient over the batch size."""
        (x, label), w = self.data, self._minimum
        U, V = _layers(w, self.hidden)
        h = np.column_stack([np.tanh(x @ U.T), np.ones(len(x))])
        scores = h @ V.T
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        outer = weights / weights.sum(axis=1, keepdims=True) - label
        inner = (outer @ V[:, :-1]) * (1 - h[:, :-1] ** 2)
        parts = [np.einsum("ni,nj->nij", a, b).reshape(len(x), -1) for a, b in ((inner, x), (outer, h))]
        each = np.hstack(parts)
        each -= each.mean(axis=0)
        return np.asarray(each.T @ each / (len(x) * self.batch_size))


def _layers(w: Any, hidden: int) -> tuple[Any, Any]:
    """Return the matrices U, shape (hidden, 65), and V, shape (10, hidden + 1)."""
    first = _INPUTS * hidden
    return w[:first].reshape(hidden, _INPUTS), w[first:].reshape(_CLASSES, hidden + 1)


def _loss(w: Any, x: Array, label: Array, hidden: int, regularization: float, xp: ModuleType = np) -> Any:
    """Return the loss with numpy, or with the numpy that autograd traces."""
    U, V = _layers(w, hidden)
    scores = xp.dot(xp.tanh(xp.dot(x, U.T)), V[:, :-1].T) + V[:, -1]
    highest = xp.max(scores, axis=1, keepdims=True)
    total = highest[:, 0] + xp.log(xp.sum(xp.exp(scores - highest), axis=1))
    return xp.mean(total - xp.sum(scores * label, axis=1)) + regularization * xp.dot(w, w) / 2


@cache
def _derivatives() -> tuple[Callable[..., Array], Callable[..., Array]]:
    """Return the gradient of the loss, and the product of its Hessian with a vector."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # autograd's own, about numpy functions that it wraps
            import autograd
            import autograd.numpy as traced
    except ImportError as error:
        raise MissingExtra("the perceptron needs autograd; install sddeverify[data]") from error

    def loss(w: Any, x: Array, label: Array, hidden: int, regularization: float) -> Any:
        return _loss(w, x, label, hidden, regularization, traced)

    slope = autograd.grad(loss)

    def along(w: Any, direction: Array, *rest: Any) -> Any:
        return traced.dot(slope(w, *rest), direction)

    return slope, autograd.grad(along)
