"""Finding roots: Newton's method proposes, the argument principle counts, rectangles find what is missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis.lambert import constant_delay_roots
from sddeverify.analysis.newton import Root, iterate, settle, total
from sddeverify.analysis.polynomials import rational_roots
from sddeverify.analysis.winding import half_plane, half_plane_count, rectangle_count
from sddeverify.errors import UnsupportedScenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sddeverify.analysis.equation import Equation

_FEW = 8
_SOME = 64
_RISE = np.linspace(0.0, 1.0, 16) ** 1.5
_NEAR_POLES = np.array([-0.6, -0.2, -0.05, -0.01])
_SPLITS = (0.4871, 0.5313, 0.4497, 0.5719)


def leading_roots(equation: Equation, guesses: list[Root] | None = None) -> list[Root]:
    """Return the few rightmost roots, rightmost first.

    None is missed right of the middle of the first gap that is not narrow, nor right of a line 0.6/sqrt(E tau^2) left
    of the root before it; those that follow are the next ones that were found.

    Args:
        equation: The equation in natural units.
        guesses: The leading roots of an equation nearby, if known.

    Raises:
        UnsupportedScenario: if the count of roots cannot be brought to agree with the roots found.
    """
    if equation.transform.only_time is not None:
        return constant_delay_roots(equation, 4)
    roots = rational_roots(equation)
    if roots is None and guesses:
        roots = settle(equation, [root.z for root in guesses])
        verified = _verified(equation, roots)
        if verified is not None:
            return verified
        roots = None
    if roots is None:
        roots = settle(equation, iterate(equation, _starts(equation))[:8], 4)
    return _verified(equation, roots) or _scan(equation, roots)


def _verified(equation: Equation, roots: list[Root]) -> list[Root] | None:
    """Return the leading ones of the roots, completed if the count asks for a few more; None if it disagrees."""
    for c, expected in _gaps(equation, roots):
        found = half_plane_count(equation, c)
        if found == expected:
            return [root for k, root in enumerate(roots) if root.z.real >= c or roots[k - 1].z.real >= c]
        if found is not None:
            return all_roots(equation, c, roots)[:_FEW] if expected < found <= _SOME else None
    return None


def _gaps(equation: Equation, roots: list[Root]) -> list[tuple[float, int]]:
    """Return abscissae between the first few roots, with the number of roots right of each.

    The first gap that is not narrow comes first: it is the cheapest to count in, and all that is needed. Where
    the next root is far away, or not known, the abscissa lies 0.6/sqrt(E tau^2) left of the root.
    """
    abscissa, room, gaps, count = equation.transform.abscissa, _room(equation), [], 0
    for k, one in enumerate(roots[:3]):
        count += one.weight
        end = roots[k + 1].z.real if k + 1 < len(roots) else -math.inf
        if end < abscissa < one.z.real:  # stay where the transform converges, if possible
            end = abscissa
        width = one.z.real - end
        if width > 1e-12 * abs(one.z):
            gaps.append((min(width, 0.3 * room), one.z.real - min(0.55 * width, room), count))
    return [(c, expected) for _, c, expected in sorted(gaps, key=lambda gap: -gap[0])]  # stable


def _starts(equation: Equation) -> NDArray[np.complex128]:
    """Return starting points that cover the place where leading roots usually are."""
    mean, abscissa = equation.transform.moments[0], equation.transform.abscissa
    right = equation.right_end()
    lines = np.array([right, 0.6 * right, 0.1 / mean, -0.7 / mean, -2.0 / mean])
    lines = np.where(lines > abscissa, lines, abscissa + 0.1 / mean)
    real = abscissa + _NEAR_POLES / mean if equation.transform.poles else _NEAR_POLES[:0]
    top = min(equation.height(float(lines[3])), 40 / mean + 2 * right)
    return np.concatenate(((lines[:, None] + 1j * top * _RISE).ravel(), real))


def _scan(equation: Equation, known: list[Root]) -> list[Root]:
    """Return the rightmost roots by counting on lines: bisection for one with a few roots right of it."""
    right, step = equation.right_end(), 0.5 / equation.transform.moments[0]
    low, high = min(0.0, right - step), right
    for _ in range(120):
        count = _count_near(equation, low, 0.1 * step)
        if count != 0:
            break
        high, low = low, low - step
        step *= 1.2
    for _ in range(60):
        if (count is not None and 0 < count <= _FEW) or high - low <= 1e-9 * (abs(low) + equation.small):
            return _with_next(equation, all_roots(equation, low, known))
        middle = (low + high) / 2
        between = _count_near(equation, middle, 0.1 * (high - low))
        if between == 0:
            high = middle
        else:
            low, count = middle, between
    raise UnsupportedScenario("no characteristic root was found in the part of the plane that floats reach")


def _with_next(equation: Equation, roots: list[Root]) -> list[Root]:
    """Return the roots, continued to the left unless there are very many: so that the next one is seen, too."""
    room = _room(equation)
    for part in (1.0, 0.5, 0.25, 0.125):
        c = roots[0].z.real - part * room
        count = half_plane_count(equation, c) if c < roots[-1].z.real else None
        if count is not None and count <= _SOME:
            return all_roots(equation, c, roots)[:_FEW]
    return roots


def _room(equation: Equation) -> float:
    """Return how far left of the rightmost root others are of interest."""
    return 0.6 / math.sqrt(equation.transform.moments[1])


def _count_near(equation: Equation, c: float, room: float) -> int | None:
    """Return the number of roots right of a line, moved a little to the left if a root or a pole is on it."""
    for shift in (0.0, 0.031, 0.17, 0.53):
        at = c - shift * room
        if all(abs(place - at) > 1e-9 * abs(place) for place, _ in equation.transform.poles):
            count = half_plane_count(equation, at)
            if count is not None:
                return count
    return None


def all_roots(equation: Equation, c: float, known: list[Root] | None = None) -> list[Root]:
    """Return all roots with Re z >= c, rightmost first; no root may lie within rounding of the line.

    Raises:
        UnsupportedScenario: if a root is too near the line, or the roots found do not match their number.
    """
    if equation.transform.only_time is not None:
        return constant_delay_roots(equation, None, c)
    count, line = half_plane(equation, c)
    if count is None:
        raise UnsupportedScenario("roots right of the abscissa cannot be counted: one is on it, or they are too many")
    roots = _inside(known or [], c)
    if total(roots, c) == count:
        return roots
    right, top = max(equation.right_end(), c + 1e-3), equation.height(c)
    x, y = np.linspace(c, right, 4), top * np.linspace(0.0, 1.0, min(40, 8 + 2 * count))
    thinned = line[:: 1 + len(line) // (6 * count + 100)]
    starts = np.concatenate(((x[:, None] + 1j * y[None, :]).ravel(), thinned))
    found = iterate(equation, starts, 6, 6)
    roots = _inside(settle(equation, [*(root.z for root in roots), *found]), c)
    if total(roots, c) != count:
        roots = _box(equation, (c, right, -top, top), roots, 0)
        if total(roots, c) != count:
            raise UnsupportedScenario(
                f"{count} roots were counted, but {total(roots, c)} found; move the abscissa a little"
            )
    return sorted(roots, key=lambda root: (-root.z.real, root.z.imag))


def _inside(roots: list[Root], c: float) -> list[Root]:
    return [root for root in roots if root.z.real >= c]


def _box(equation: Equation, box: tuple[float, float, float, float], known: list[Root], depth: int) -> list[Root]:
    """Return the roots of a rectangle (x0, x1, y0, y1), symmetric about the real axis or above it."""
    x0, x1, y0, y1 = box
    count = rectangle_count(equation, *box)  # None if a root is on an edge: then its parts are looked at
    if count == 0:
        return []
    mine = _in_box(known, box)
    if count is not None and _weight(mine, y0) == count:
        return mine
    if count is None or count <= _FEW:
        x, y = np.linspace(x0, x1, 7), np.linspace(max(y0, 0.0), y1, 7)
        known = settle(equation, iterate(equation, (x[:, None] + 1j * y[None, :]).ravel(), 6, 6))
        mine = _in_box(known, box)
        if count is not None and _weight(mine, y0) == count:
            return mine
    if depth > 60:
        raise UnsupportedScenario("characteristic roots lie closer together than floats can separate")
    split = _SPLITS[depth % len(_SPLITS)]
    if y0 < 0 and x1 - x0 < 2 * y1:
        parts = [(x0, x1, -y1 * split, y1 * split), (x0, x1, y1 * split, y1)]
    elif x1 - x0 < y1 - y0:
        middle = y0 + split * (y1 - y0)
        parts = [(x0, x1, y0, middle), (x0, x1, middle, y1)]
    else:
        middle = x0 + split * (x1 - x0)
        parts = [(x0, middle, y0, y1), (middle, x1, y0, y1)]
    return [root for part in parts for root in _box(equation, part, known, depth + 1)]


def _in_box(roots: list[Root], box: tuple[float, float, float, float]) -> list[Root]:
    x0, x1, y0, y1 = box
    return [root for root in roots if x0 <= root.z.real <= x1 and y0 <= root.z.imag <= y1]


def _weight(roots: list[Root], y0: float) -> int:
    """Return how many roots these are within a rectangle: above the axis, a pair counts once."""
    return sum(root.weight if y0 < 0 else root.multiplicity for root in roots)
