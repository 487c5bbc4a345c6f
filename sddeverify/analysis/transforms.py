"""Laplace transforms with derivatives, written once for float64 scalars, arrays and mpmath numbers.

A law is read from its JSON form, the same that certificates carry, and becomes a tree of *nodes*. A node
returns the *jet* (Phi, Phi', Phi'') of its transform; the arithmetic (float64, array or mpmath) is handed
in as an :class:`Arithmetic`, and the parameters are converted to it when the tree is built.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sddeverify.analysis.arithmetic import SCALAR, Arithmetic
from sddeverify.errors import UnsupportedScenario

if TYPE_CHECKING:
    from sddeverify.delays import Law

_BLOCK = 1 << 15

Jet: TypeAlias = tuple[Any, ...]
"""(f,), (f, f') or (f, f', f'') at one point or an array of points."""

Bounds: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Upper bounds of |f|, |f'| and |f''|."""


class Node(Protocol):
    """One node of the tree of a law's transform."""

    def jet(self, s: Any, order: int, ops: Arithmetic) -> Jet:
        """Return the derivatives of order 0..``order`` at ``s``."""

    def bounds(self, c: float, w: NDArray[np.float64], half_plane: bool) -> Bounds:
        """Return bounds on Re s = c, |Im s| >= w; with ``half_plane``, on Re s >= c, |Im s| >= w."""


def multiply(f: Jet, g: Jet) -> Jet:
    """Return the jet of a product (Leibniz)."""
    result = [f[0] * g[0]]
    if len(f) > 1:
        result.append(f[1] * g[0] + f[0] * g[1])
    if len(f) > 2:
        result.append(f[2] * g[0] + 2 * f[1] * g[1] + f[0] * g[2])
    return tuple(result)


@dataclass(frozen=True)
class Shift:
    """The constant delay ``time``: exp(-s time)."""

    time: Any

    def jet(self, s: Any, order: int, ops: Arithmetic) -> Jet:
        """exp(-s time) and its derivatives."""
        value = ops.exp(-(self.time * s))
        return (value, -self.time * value, self.time * self.time * value)[: order + 1]

    def bounds(self, c: float, w: NDArray[np.float64], half_plane: bool) -> Bounds:
        """Exact: the size does not depend on w."""
        value = np.full_like(w, np.exp(-self.time * c))
        return value, self.time * value, self.time**2 * value


@dataclass(frozen=True)
class Stages:
    """``count`` exponential stages of mean ``scale`` each: (1 + s scale)^-count."""

    count: int
    scale: Any

    def jet(self, s: Any, order: int, ops: Arithmetic) -> Jet:
        """(1 + s scale)^-count and its derivatives."""
        step = 1 / (1 + self.scale * s)
        value = step**self.count
        result = [value]
        if order > 0:
            slope = self.scale * step
            result.append(-self.count * slope * value)
            if order > 1:
                result.append(self.count * (self.count + 1) * slope * slope * value)
        return tuple(result)

    def bounds(self, c: float, w: NDArray[np.float64], half_plane: bool) -> Bounds:
        """Exact on the line: |1 + s scale| increases with w."""
        across = 1 + c * self.scale
        size = 1 / np.hypot(max(across, 0.0) if half_plane else across, w * self.scale)
        value = size**self.count
        first = self.count * self.scale * size * value
        return value, first, (self.count + 1) * self.scale * size * first


@dataclass(frozen=True)
class Window:
    """phi1(length (s - origin)) / norm with phi1(x) = (1 - exp(-x))/x: uniform and truncated exponential times."""

    length: Any
    origin: Any
    norm: Any

    def jet(self, s: Any, order: int, ops: Arithmetic) -> Jet:
        """Derivatives by the chain rule from those of phi1."""
        parts = ops.phi1(self.length * (s - self.origin), order)
        scale = 1 / self.norm
        result = []
        for part in parts:
            result.append(part * scale)
            scale = scale * self.length
        return tuple(result)

    def bounds(self, c: float, w: NDArray[np.float64], half_plane: bool) -> Bounds:
        """By complete monotonicity near the real axis, by |x phi1(x)| <= 1 + exp(-Re x) far from it."""
        at = self.length * (c - self.origin)
        real = [abs(float(part.real)) for part in SCALAR.phi1(complex(at), 2)]  # phi1 is completely monotone
        edge = np.exp(-at)
        inverse = 1 / (self.length * w)
        value = np.minimum(real[0], (1 + edge) * inverse)
        first = np.minimum(real[1], (edge + value) * inverse)
        second = np.minimum(real[2], (edge + 2 * first) * inverse)
        unit = 1 / self.norm
        return value * unit, first * unit * self.length, second * unit * self.length**2


@dataclass(frozen=True, eq=False)
class Cells:
    """Masses ``counts[j] / total`` at ``j * step``, j = 0..n-1: a polynomial in exp(-s step)."""

    step: Any
    counts: tuple[int, ...]

    @cached_property
    def _tables(self) -> list[NDArray[np.complex128]]:
        # Two levels, j = i * width + k: powers of q and of q**width make the sum a matrix product.
        width = max(1, round(len(self.counts) ** 0.5))
        rows, total = -(-len(self.counts) // width), sum(self.counts)
        mass = np.zeros(rows * width)
        mass[: len(self.counts)] = [count / total for count in self.counts]
        index = np.arange(rows * width)
        tables = [(mass * index**k).reshape(rows, width) for k in range(3)]
        return [np.concatenate(tables[: k + 1]).T.astype(complex) for k in range(3)]

    def jet(self, s: Any, order: int, ops: Arithmetic) -> Jet:
        """See :meth:`jet_float`; other arithmetics have their own sum."""
        return ops.cells(self, s, order)

    def jet_float(self, s: NDArray[np.complex128], order: int) -> tuple[NDArray[np.complex128], ...]:
        """The jet at an array of points."""
        step: float = self.step
        table = self._tables[order]
        width, rows = table.shape[0], table.shape[1] // (order + 1)
        flat = -step * s.reshape(-1, 1)
        fine = np.exp(flat * np.arange(width))
        coarse = np.exp(flat * (width * np.arange(rows)))
        # Blocks small enough for one BLAS thread: a second one costs more than it brings at this size.
        block = max(1, _BLOCK // table.size)
        sums = np.concatenate([fine[k : k + block] @ table for k in range(0, max(1, len(fine)), block)])
        parts = np.einsum("nkr,nr->kn", sums.reshape(-1, order + 1, rows), coarse)
        return tuple((-step) ** k * parts[k].reshape(s.shape) for k in range(order + 1))

    def bounds(self, c: float, w: NDArray[np.float64], half_plane: bool) -> Bounds:
        """The values at the real point: masses are positive."""
        parts = self.jet_float(np.array([complex(c)]), 2)
        value, first, second = (np.full_like(w, abs(part[0])) for part in parts)
        return value, first, second


@dataclass(frozen=True, eq=False)
class Points:
    """Finitely many times with weights (many constants in one mixture): sum of weight * exp(-s time)."""

    weights: tuple[Any, ...]
    times: tuple[Any, ...]

    def jet(self, s: Any, order: int, ops: Arithmetic) -> Jet:
        """See :meth:`jet_float`; other arithmetics have their own sum."""
        return ops.points(self, s, order)

    @cached_property
    def _table(self) -> tuple[NDArray[np.float64], NDArray[np.complex128]]:
        weights, times = np.array(self.weights, dtype=float), np.array(self.times, dtype=float)
        return times, np.array([weights * (-times) ** k for k in range(3)]).T.astype(complex)

    def jet_float(self, s: NDArray[np.complex128], order: int) -> tuple[NDArray[np.complex128], ...]:
        """The jet at an array of points."""
        times, table = self._table
        sums = np.exp(s.reshape(-1, 1) * -times) @ table[:, : order + 1]  # at most 256 times: one BLAS thread
        return tuple(sums[:, k].reshape(s.shape) for k in range(order + 1))

    def bounds(self, c: float, w: NDArray[np.float64], half_plane: bool) -> Bounds:
        """The values at the real point: weights are positive."""
        parts = self.jet_float(np.array([complex(c)]), 2)
        value, first, second = (np.full_like(w, abs(part[0])) for part in parts)
        return value, first, second


@dataclass(frozen=True)
class Product:
    """Sum of independent times: the product of the transforms."""

    parts: tuple[Node, ...]

    def jet(self, s: Any, order: int, ops: Arithmetic) -> Jet:
        """Leibniz."""
        result = self.parts[0].jet(s, order, ops)
        for part in self.parts[1:]:
            result = multiply(result, part.jet(s, order, ops))
        return result

    def bounds(self, c: float, w: NDArray[np.float64], half_plane: bool) -> Bounds:
        """Leibniz with bounds."""
        value, first, second = self.parts[0].bounds(c, w, half_plane)
        for part in self.parts[1:]:
            value, first, second = multiply((value, first, second), part.bounds(c, w, half_plane))
        return value, first, second


@dataclass(frozen=True)
class Average:
    """Mixture: the weighted sum of the transforms."""

    parts: tuple[tuple[Any, Node], ...]

    def jet(self, s: Any, order: int, ops: Arithmetic) -> Jet:
        """Weighted sums."""
        jets = [(weight, node.jet(s, order, ops)) for weight, node in self.parts]
        return tuple(sum(weight * jet[k] for weight, jet in jets) for k in range(order + 1))

    def bounds(self, c: float, w: NDArray[np.float64], half_plane: bool) -> Bounds:
        """Weighted sums of bounds."""
        jets = [(weight, node.bounds(c, w, half_plane)) for weight, node in self.parts]
        value, first, second = (sum(weight * jet[k] for weight, jet in jets) for k in range(3))
        return value, first, second


@dataclass(frozen=True)
class Opaque:
    """A law whose transform is only known as its method ``laplace``: derivatives by differences.

    Newton's method needs the value exactly and the derivatives roughly, so differences do. Where the transform
    ends at the imaginary axis (heavy tails), they are taken along it, and at 0 the moments stand for them.
    """

    law: Law
    unit: Any

    @property
    def _heavy(self) -> bool:
        return self.law.abscissa == 0

    def jet(self, s: Any, order: int, ops: Arithmetic) -> Jet:
        """The value of ``laplace``, and differences of it.

        Raises:
            UnsupportedScenario: for a derivative at 0 that is infinite.
        """
        if self._heavy and np.ndim(s) == 0 and s == 0:
            one = 1 + s
            return tuple(one * part for part in (1.0, -self._moment(1), self._moment(2) if order > 1 else 0.0))[
                : order + 1
            ]
        return ops.differences(lambda z: self.law.laplace(z / self.unit, ops.exp), s, order, self._heavy)

    def _moment(self, power: int) -> float:
        mean = self.law.mean_float
        value = mean if power == 1 else self.law.variance_float + mean**2
        if not math.isfinite(value):
            raise UnsupportedScenario(f"the second moment of {self.law} is infinite; cap the times")
        return float(value / float(self.unit) ** power)

    def bounds(self, c: float, w: NDArray[np.float64], half_plane: bool) -> Bounds:
        """The values at the real point (complete monotonicity), widened for the differences."""
        # right of the axis, the values on it do
        parts = self.jet(complex(0 if self._heavy and c > 0 else c), 2, SCALAR)
        value, first, second = (np.full_like(w, 1.000001 * abs(part)) for part in parts)
        return value, first, second
