"""Three arithmetics in one form: float64 complex numbers, arrays of them, and mpmath numbers.

The transforms are written once (``analysis/transforms.py``); what differs between the three kinds of
number is collected here: the exponential, phi1(x) = (1 - exp(-x))/x near its removable singularity, long
sums over lattice cells, and numerical differences.
"""

from __future__ import annotations

import cmath
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import factorial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from mpmath.ctx_mp import MPContext
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sddeverify.analysis.transforms import Cells, Points

# phi1(x) = sum (-x)^k/(k+1)!; highest power first for Horner. 12 terms suffice below |x| = 1/4.
_SERIES = [(-1.0) ** k / factorial(k + 1) for k in range(12)][::-1]
_SERIES_1 = [(-1.0) ** k * k / factorial(k + 1) for k in range(1, 13)][::-1]
_SERIES_2 = [(-1.0) ** k * k * (k - 1) / factorial(k + 1) for k in range(2, 14)][::-1]
_NEAR = 0.25
_SHORT = 64  # up to so many cells a loop is faster than a call of NumPy


class Arithmetic(Protocol):
    """What a transform needs to know about a kind of number."""

    def exp(self, x: Any) -> Any:
        """Return the exponential."""

    def phi1(self, x: Any, order: int) -> tuple[Any, ...]:
        """Return (1 - exp(-x))/x and its derivatives up to ``order``."""

    def cells(self, node: Cells, s: Any, order: int) -> tuple[Any, ...]:
        """Return the jet of a lattice law."""

    def points(self, node: Points, s: Any, order: int) -> tuple[Any, ...]:
        """Return the jet of finitely many times."""

    def differences(self, f: Callable[[Any], Any], s: Any, order: int, upwards: bool = False) -> tuple[Any, ...]:
        """Return f(s) and its derivatives up to ``order``, the derivatives approximately.

        With ``upwards`` the differences are taken along the imaginary axis: f need not exist left of s.
        """


def _horner(coefficients: list[float], x: Any) -> Any:
    value = coefficients[0]
    for coefficient in coefficients[1:]:
        value = value * x + coefficient
    return value


def _polynomial(node: Cells, q: Any, order: int) -> tuple[Any, ...]:
    """Return the jet of a lattice law from q = exp(-s step)."""
    value = first = second = 0 * q  # p, p', p''/2 in q by Horner's rule
    for count in reversed(node.counts):
        if order > 1:
            second = second * q + first
        if order > 0:
            first = first * q + value
        value = value * q + count
    return _chain(node, q, value, first, second, order)


def _chain(node: Cells, q: Any, value: Any, first: Any, second: Any, order: int) -> tuple[Any, ...]:
    slope = -node.step * q  # dq/ds
    jet = (value, first * slope, 2 * second * slope * slope - first * node.step * slope)
    total = sum(node.counts)
    return tuple(part / total for part in jet[: order + 1])


class _Scalar:
    """Python complex numbers (fast for one point)."""

    exp = staticmethod(cmath.exp)

    def phi1(self, x: complex, order: int) -> tuple[complex, ...]:
        if abs(x) < _NEAR:
            series = (_SERIES, _SERIES_1, _SERIES_2)[: order + 1]
            return tuple(_horner(coefficients, x) for coefficients in series)
        edge = cmath.exp(-x)
        result = [(1 - edge) / x]
        for k in range(1, order + 1):
            result.append((-edge if k == 2 else edge) / x - k * result[-1] / x)
        return tuple(result)

    def cells(self, node: Cells, s: complex, order: int) -> tuple[complex, ...]:
        if len(node.counts) <= _SHORT:
            return _polynomial(node, cmath.exp(-node.step * s), order)
        return self.points(node, s, order)

    def points(self, node: Cells | Points, s: complex, order: int) -> tuple[complex, ...]:
        with np.errstate(over="raise", invalid="raise"):  # an ArithmeticError, as from cmath
            return tuple(complex(part[0]) for part in node.jet_float(np.array([s]), order))

    def differences(
        self, f: Callable[[Any], Any], s: complex, order: int, upwards: bool = False
    ) -> tuple[complex, ...]:
        step = 1e-3j if upwards else 1e-3
        return _stencil([complex(f(s + k * step)) for k in (-2, -1, 0, 1, 2)], step, order)


class _Array:
    """Arrays of complex128 (fast for many points)."""

    exp = staticmethod(np.exp)

    def phi1(self, x: NDArray[np.complex128], order: int) -> tuple[Any, ...]:
        small = np.abs(x) < _NEAR
        far = np.where(small, 1.0, x)
        edge, inverse = np.exp(-far), 1 / far
        result = [(1 - edge) * inverse]
        for k in range(1, order + 1):
            result.append(((-edge if k == 2 else edge) - k * result[-1]) * inverse)
        if small.any():
            near = x[small]
            for part, coefficients in zip(result, (_SERIES, _SERIES_1, _SERIES_2), strict=False):
                part[small] = _horner(coefficients, near)
        return tuple(result)

    def cells(self, node: Cells, s: NDArray[np.complex128], order: int) -> tuple[Any, ...]:
        return node.jet_float(s, order)

    def points(self, node: Points, s: NDArray[np.complex128], order: int) -> tuple[Any, ...]:
        return node.jet_float(s, order)

    def differences(self, f: Callable[[Any], Any], s: Any, order: int, upwards: bool = False) -> tuple[Any, ...]:
        step = 1e-3j if upwards else 1e-3
        return _stencil([f(s + k * step) for k in (-2, -1, 0, 1, 2)], step, order)


def _stencil(values: list[Any], step: complex, order: int) -> tuple[Any, ...]:
    m2, m1, z, p1, p2 = values
    first = (m2 - p2 + 8 * (p1 - m1)) / (12 * step)
    second = (16 * (p1 + m1) - p2 - m2 - 30 * z) / (12 * step * step)
    return (z, first, second)[: order + 1]


SCALAR: Arithmetic = _Scalar()
ARRAY: Arithmetic = _Array()


class Multiprecision:
    """mpmath numbers of a private context: nothing here reads or changes the global precision."""

    def __init__(self, context: MPContext) -> None:
        self.context = context
        self.exp = context.exp

    def phi1(self, x: Any, order: int) -> tuple[Any, ...]:
        """The power series near 0, the closed form elsewhere."""
        ctx = self.context
        if abs(x) < _NEAR:
            # The power series, term by term until the terms vanish at this precision.
            sums, term, k = [ctx.zero] * 3, ctx.one, 0  # term = (-1)^k/(k+1)!
            power = [ctx.one, ctx.zero, ctx.zero]  # x^k, k x^(k-1), k (k-1) x^(k-2)
            while True:
                parts = [term * p for p in power]
                sums = [total + part for total, part in zip(sums, parts, strict=True)]
                if k > 2 and max(abs(part) for part in parts) < ctx.eps:
                    return tuple(sums[: order + 1])
                power = [power[0] * x, power[1] * x + power[0], power[2] * x + 2 * power[1]]
                k += 1
                term = -term / (k + 1)
        edge = ctx.exp(-x)
        result = [(1 - edge) / x]
        for k in range(1, order + 1):
            result.append(((-edge if k == 2 else edge) - k * result[-1]) / x)
        return tuple(result)

    def cells(self, node: Cells, s: Any, order: int) -> tuple[Any, ...]:
        """Horner's rule for the polynomial and its derivatives."""
        ctx = self.context
        q = ctx.exp(-node.step * s)
        # Integers at a fixed scale are much faster than mpmath numbers. By Jensen's inequality |Phi| at the real point
        # is at least exp(-Re s mean): that many more bits keep the error small against it.
        total = sum(node.counts)
        mean = node.step * sum(j * count for j, count in enumerate(node.counts)) / total
        falling = float(s.real * mean) * 1.4427
        if len(node.counts) <= _SHORT or not -1e4 < falling < 1e4:
            return _polynomial(node, q, order)
        bits = ctx.prec + 24 + len(node.counts).bit_length() + max(0, int(falling))
        with precision(ctx, bits):
            turned = ctx.exp(-node.step * s)
            x, y = int(ctx.ldexp(turned.real, bits)), int(ctx.ldexp(turned.imag, bits))
        vx = vy = fx = fy = gx = gy = 0  # p, p', p''/2
        for count in reversed(node.counts):
            gx, gy = (gx * x - gy * y >> bits) + fx, (gx * y + gy * x >> bits) + fy
            fx, fy = (fx * x - fy * y >> bits) + vx, (fx * y + fy * x >> bits) + vy
            vx, vy = (vx * x - vy * y >> bits) + (count << bits), vx * y + vy * x >> bits
        sums = ((vx, vy), (fx, fy), (gx, gy))
        value, first, second = (ctx.mpc(*(ctx.ldexp(ctx.mpf(v), -bits) for v in pair)) for pair in sums)
        return _chain(node, q, value, first, second, order)

    def points(self, node: Points, s: Any, order: int) -> tuple[Any, ...]:
        """Term by term."""
        terms = [(w * self.context.exp(-t * s), -t) for w, t in zip(node.weights, node.times, strict=True)]
        return tuple(sum(term * slope**k for term, slope in terms) for k in range(order + 1))

    def differences(self, f: Callable[[Any], Any], s: Any, order: int, upwards: bool = False) -> tuple[Any, ...]:
        """Central differences at three times the precision."""
        ctx = self.context
        with precision(ctx, 3 * ctx.prec):
            step = ctx.ldexp(1, -ctx.prec // 3 + ctx.mag(s) if s else -ctx.prec // 3)
            step = step * ctx.j if upwards else step
            below, value, above = (f(s + k * step) for k in (-1, 0, 1))
            jet = (value, (above - below) / (2 * step), (above - 2 * value + below) / (step * step))
        return tuple(+part for part in jet[: order + 1])


class _Private(threading.local):
    """One context per thread: precision is an attribute of the context."""

    def __init__(self) -> None:
        self.context = MPContext()


_PRIVATE = _Private()


def private_context() -> MPContext:
    """Return this thread's private mpmath context; use it within :func:`precision`."""
    return _PRIVATE.context


@contextmanager
def precision(context: MPContext, bits: int) -> Iterator[None]:
    """Set the binary precision of a private context for a while."""
    before = context.prec
    context.prec = bits
    try:
        yield
    finally:
        context.prec = before
