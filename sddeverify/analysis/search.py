"""Finding roots: Newton's method proposes, the argument principle counts, rectangles find what is missing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis.lambert import constant_delay_roots
from sddeverify.analysis.newton import Root, iterate, settle, total
from sddeverify.analysis.polynomials import rational_roots
from sddeverify.analysis.winding import half_plane_count, rectangle_count
from sddeverify.errors import UnsupportedScenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sddeverify.analysis.equation import Equation

_SPLITS = (0.4871, 0.5313, 0.4497, 0.5719)


def leading_roots(equation: Equation) -> list[Root]:
    """Return the few rightmost roots, rightmost first: none is missed right of the last one.

    Raises:
        UnsupportedScenario: if the count of roots cannot be brought to agree with the roots found.
    """
    if equation.transform.only_time is not None:
        return constant_delay_roots(equation, 4)
    roots = rational_roots(equation)
    if roots is None:
        roots = settle(equation, iterate(equation, _starts(equation), 9)[:8])
    for c, expected in _gaps(roots):
        found = half_plane_count(equation, c)
        if found == expected:
            return [root for k, root in enumerate(roots) if root.z.real >= c or roots[k - 1].z.real >= c]
        if found is not None:
            break
    return _scan(equation, roots)


def _gaps(roots: list[Root]) -> list[tuple[float, int]]:
    """Return abscissae between the first few roots, the widest gap first, with the number of roots right of it."""
    gaps = []
    count = 0
    for one, two in zip(roots[:3], roots[1:4], strict=False):
        count += one.weight
        width = one.z.real - two.z.real
        if width > 1e-12 * abs(one.z):
            gaps.append((width, one.z.real - 0.4 * min(width, 2.0), count))
    if not gaps and roots:
        gaps.append((1.0, roots[-1].z.real - 0.2, sum(root.weight for root in roots)))
    return [(c, expected) for _, c, expected in sorted(gaps, reverse=True)]


def _starts(equation: Equation) -> NDArray[np.complex128]:
    """Return starting points that cover the place where leading roots usually are."""
    mean = equation.transform.moments[0]
    right = equation.right_end()
    lines = [right, 0.6 * right, 0.1 / mean, -0.7 / mean, -2.0 / mean]
    starts = []
    for c in lines:
        if c <= equation.transform.abscissa:
            c = equation.transform.abscissa + 0.1 / mean
        top = min(equation.height(c), 40 / mean + 2 * right)
        starts.append(c + 1j * top * np.linspace(0.0, 1.0, 16) ** 1.5)
    return np.concatenate(starts)


def _scan(equation: Equation, known: list[Root]) -> list[Root]:
    """Return the rightmost roots by counting on lines from the right to the left until there are some."""
    mean = equation.transform.moments[0]
    right, step = equation.right_end(), 0.25 / mean
    c = right
    for _ in range(200):
        c -= step
        step *= 1.1
        if any(abs(place - c) < 1e-6 for place, _ in equation.transform.poles):
            c -= 1e-3 * step
        count = half_plane_count(equation, c)
        while count is None:  # a root near the line
            c -= 0.037 * step
            count = half_plane_count(equation, c)
        if count:
            return all_roots(equation, c, known)
    raise UnsupportedScenario("no characteristic root was found in the part of the plane that floats reach")


def all_roots(equation: Equation, c: float, known: list[Root] | None = None) -> list[Root]:
    """Return all roots with Re z >= c, rightmost first; no root may lie within rounding of the line.

    Raises:
        UnsupportedScenario: if a root is too near the line, or the roots found do not match their number.
    """
    if equation.transform.only_time is not None:
        return constant_delay_roots(equation, None, c)
    count = half_plane_count(equation, c)
    if count is None:
        raise UnsupportedScenario("a characteristic root lies within rounding of the given abscissa; move it a little")
    right, top = max(equation.right_end(), c + 1e-3), equation.height(c)
    roots = _inside(known or [], c)
    if total(roots, c) != count:
        mean, second = equation.transform.moments
        spacing = 0.7 / max(mean, math.sqrt(second))
        columns = min(12, 2 + int((right - c) / (2 * spacing)))
        rows = min(2000, 8 + int(top / spacing))
        x, y = np.linspace(c, right, columns), top * np.linspace(0.0, 1.0, rows)
        found = iterate(equation, (x[:, None] + 1j * y[None, :]).ravel(), 12)
        roots = _inside(settle(equation, [*(root.z for root in roots), *found]), c)
    if total(roots, c) != count:
        band = min(top / 2, 0.5 / equation.transform.moments[0])
        pieces = [(-band, band)]
        while pieces[-1][1] < top:
            low = pieces[-1][1]
            pieces.append((low, min(top, low + 6.1 * band)))
        roots = [root for low, high in pieces for root in _box(equation, c, right, low, high, roots, 0)]
        if total(roots, c) != count:
            raise UnsupportedScenario(f"{count} roots were counted, but {total(roots, c)} found; move the abscissa a little")
    return sorted(roots, key=lambda root: (-root.z.real, root.z.imag))


def _inside(roots: list[Root], c: float) -> list[Root]:
    return [root for root in roots if root.z.real >= c]


def _box(
    equation: Equation, x0: float, x1: float, y0: float, y1: float, known: list[Root], depth: int
) -> list[Root]:
    """Return the roots of one rectangle (symmetric about the real axis, or above it)."""
    count = rectangle_count(equation, x0, x1, -y1 if y0 < 0 else y0, y1)
    if count == 0:
        return []
    mine = [root for root in known if x0 <= root.z.real <= x1 and y0 <= root.z.imag <= y1]
    if count is not None and _weight(mine, y0) == count:
        return mine
    x, y = np.linspace(x0, x1, 7), np.linspace(max(y0, 0.0), y1, 7)
    found = settle(equation, iterate(equation, (x[:, None] + 1j * y[None, :]).ravel(), 12))
    mine = [root for root in found if x0 <= root.z.real <= x1 and y0 <= root.z.imag <= y1]
    if count is not None and _weight(mine, y0) == count:
        return mine
    if depth > 60:
        raise UnsupportedScenario("characteristic roots lie closer together than floats can separate")
    split = _SPLITS[depth % len(_SPLITS)]
    if y0 < 0 and x1 - x0 < 2 * y1:
        middle = y1 * split
        parts = [(x0, x1, -middle, middle), (x0, x1, middle, y1)]
    elif x1 - x0 < y1 - y0:
        middle = y0 + split * (y1 - y0)
        parts = [(x0, x1, y0, middle), (x0, x1, middle, y1)]
    else:
        middle = x0 + split * (x1 - x0)
        parts = [(x0, middle, y0, y1), (middle, x1, y0, y1)]
    return [root for part in parts for root in _box(equation, *part, found, depth + 1)]


def _weight(roots: list[Root], y0: float) -> int:
    """Return how many roots these are within a rectangle: above the axis, a pair counts once."""
    return sum(root.weight if y0 < 0 else root.multiplicity for root in roots)
