"""Counting roots by the argument principle, in float64.

The change of arg h along a segment is found from points m with radii r such that
|h(m)| > |h'(m)| r + M2 r^2/2, M2 >= |h''|: then h turns by less than a quarter around m, and no turn is
missed between neighbouring points (up to rounding; these are numbers, no claims).
"""

from __future__ import annotations

import cmath
import math
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.errors import UnsupportedScenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from sddeverify.analysis.equation import Equation
    from sddeverify.analysis.transforms import Bounds

_LEFT: ContextVar[list[int] | None] = ContextVar("points left", default=None)
_MAX_POINTS = 400_000
_MAX_ROUNDS = 60
_ROUNDING = 4 * float(np.finfo(float).eps)


@contextmanager
def limited(points: int) -> Iterator[None]:
    """Limit the work inside: the number of points at which h is followed, whatever is searched and however often.

    Laws whose times differ by orders of magnitude can take millions for one root. In here the search then ends with
    :class:`UnsupportedScenario`; counted, not timed, so that the answer is the same on every machine.

    Args:
        points: About a million a second.
    """
    token = _LEFT.set([points])
    try:
        yield
    finally:
        _LEFT.reset(token)


def _spend(points: int) -> None:
    left = _LEFT.get()
    if left is not None:
        left[0] -= points
        if left[0] < 0:
            raise UnsupportedScenario(
                "the times of the delay law differ too much in size: counting roots takes too long"
            )


def poles_right_of(equation: Equation, c: float) -> int:
    """Return the number of poles of the transform with Re z > c, with their orders."""
    return sum(order for place, order in equation.transform.poles if place > c)


def half_plane_count(equation: Equation, c: float) -> int | None:
    """Return the number of roots with Re z >= c (with multiplicity), or None if one is too near the line.

    Left of the abscissa of convergence the roots are those of the meromorphic continuation.
    """
    return half_plane(equation, c)[0]


def half_plane(equation: Equation, c: float) -> tuple[int | None, NDArray[np.complex128]]:
    """Return :func:`half_plane_count` and the points of the line that it took: dense where a root is near."""
    nothing = None, np.empty(0, dtype=complex)
    top = equation.height(c)
    if not math.isfinite(top):
        return nothing
    t_end = math.asinh(top)
    edges = np.sinh(np.linspace(0.0, t_end, max(16, math.ceil(t_end / 0.25)) + 1))
    try:
        start, end = equation.jet(complex(c), 0)[0], equation.jet(complex(c, top), 0)[0]
    except ArithmeticError:  # overflow far to the left, or a pole
        return nothing
    points, values = _turn_points(equation, complex(c), 1j, edges)
    if not len(points) or start == 0:
        return nothing
    turn = _total_turn(np.concatenate(([start], values, [end])))
    # Right of the line and around the far end, h/(z + beta) stays in a half-plane around 1.
    shift = complex(c + equation.beta, top)
    around = cmath.phase(shift) + cmath.phase(end / shift)
    count = (around - turn) / math.pi
    if abs(count - round(count)) > 1e-6:
        return nothing
    return round(count) + poles_right_of(equation, c), points


def rectangle_count(equation: Equation, x0: float, x1: float, y0: float, y1: float) -> int | None:
    """Return the number of roots in a rectangle, or None if a root is too near its edge."""
    corners = [complex(x0, y0), complex(x1, y0), complex(x1, y1), complex(x0, y1)]
    total = 0.0
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        turn = _segment_turn(equation, start, end)
        if turn is None:
            return None
        total += turn
    count = total / (2 * math.pi)
    if abs(count - round(count)) > 1e-6:
        return None
    inside = sum(order for place, order in equation.transform.poles if x0 < place < x1) if y0 < 0 < y1 else 0
    return round(count) + inside


def _segment_turn(equation: Equation, start: complex, end: complex) -> float | None:
    length = abs(end - start)
    direction = (end - start) / length
    edges = np.linspace(0.0, length, 9)
    points, values = _turn_points(equation, start, direction, edges)
    if not len(points):
        return None
    ends = [equation.jet(start, 0)[0], equation.jet(end, 0)[0]]
    return _total_turn(np.concatenate((ends[:1], values, ends[1:])))


def _total_turn(values: NDArray[np.complex128]) -> float:
    return float(np.angle(values[1:] / values[:-1]).sum())


def _turn_points(
    equation: Equation, origin: complex, direction: complex, edges: NDArray[np.float64]
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Return points of origin + direction * [edges[0], edges[-1]] dense enough to follow arg h, and h there.

    Returns no points if that needs too many: a root lies on the segment, or within rounding of it.
    """
    nothing = np.empty(0, dtype=complex)
    low, high = edges[:-1], edges[1:]
    vertical = direction.real == 0
    found_at: list[NDArray[np.float64]] = []
    found: list[NDArray[np.complex128]] = []
    points = 0
    with np.errstate(all="ignore"):
        for _ in range(_MAX_ROUNDS):
            _spend(len(low))
            middle, radius = (low + high) / 2, (high - low) / 2
            z = (origin + direction * middle).astype(complex)
            value, slope = equation.jets(z)
            bounds = _bounds(equation, origin, direction, low, high, vertical)
            bend, far = bounds[2], np.abs(z)
            noise = _ROUNDING * (far + abs(equation.beta) + bounds[0] + far * bounds[1])
            size, speed = np.abs(value) - noise, np.abs(slope)
            fine = size > speed * radius + bend * radius * radius / 2
            found_at.append(middle[fine])
            found.append(value[fine])
            points += len(low)
            rough = ~fine
            if not rough.any():
                at = np.concatenate(found_at)
                order = np.argsort(at)
                return (origin + direction * at[order]).astype(complex), np.concatenate(found)[order]
            low, high, radius = low[rough], high[rough], radius[rough]
            stuck = not np.isfinite(size[rough]).all() or (size[rough] <= 0).any()
            if points > _MAX_POINTS or stuck:
                break
            # How many pieces the local shape asks for; at most 8, as neighbours differ.
            size, speed, bend = size[rough], speed[rough], bend[rough]
            reach = 1.6 * size / (speed + np.sqrt(speed * speed + 2 * bend * size) + 1e-300)
            pieces = np.clip(np.ceil(radius / reach), 2, 8).astype(int)
            first = np.repeat(np.cumsum(pieces) - pieces, pieces)
            index = np.arange(pieces.sum()) - first
            start, width = np.repeat(low, pieces), np.repeat(2 * radius / pieces, pieces)
            ends = np.repeat(high, pieces)
            last = index + 1 == np.repeat(pieces, pieces)
            low, high = start + index * width, np.where(last, ends, start + (index + 1) * width)
    return nothing, nothing


def _bounds(
    equation: Equation,
    origin: complex,
    direction: complex,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    vertical: bool,
) -> Bounds:
    """Return bounds on alpha Phi and its derivatives over the pieces [low, high]."""
    one, two = (origin + direction * low).imag, (origin + direction * high).imag
    height = np.where(one * two <= 0, 0.0, np.minimum(np.abs(one), np.abs(two)))
    if vertical:
        return equation.bounds(origin.real, height)
    # One bound per left end would be sharper; the leftmost serves all pieces of a horizontal edge.
    left = min(origin.real, (origin + direction * high[-1]).real, (origin + direction * high[0]).real)
    return equation.bounds(left, height, half_plane=True)
