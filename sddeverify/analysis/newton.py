"""Newton's method on many points at once, and telling simple roots from double ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from sddeverify.analysis.equation import Equation


@dataclass(frozen=True)
class Root:
    """A root in natural units: real, or the one of a conjugate pair with positive imaginary part."""

    z: complex
    multiplicity: int = 1

    @property
    def weight(self) -> int:
        """How many roots this stands for: its multiplicity, twice for a pair."""
        return self.multiplicity * (1 if self.z.imag == 0 else 2)


def total(roots: Iterable[Root], c: float) -> int:
    """Return the number of roots with Re z >= c, conjugates and multiplicities counted."""
    return sum(root.weight for root in roots if root.z.real >= c)


def iterate(equation: Equation, z: NDArray[np.complex128], rounds: int = 4, more: int = 4) -> list[complex]:
    """Return where Newton's method arrives from many starting points, without those that got nowhere.

    Args:
        equation: The equation to solve.
        z: Starting points.
        rounds: Steps from every starting point; then points that came close to each other are merged.
        more: Further steps from the points that are left.
    """
    with np.errstate(all="ignore"):
        for count in (rounds, more):
            for _ in range(count):
                value, slope = equation.jets(z)
                step = value / slope
                size = np.abs(step)
                cap = 0.5 + 0.5 * np.abs(z)
                z = z - np.where(size > cap, step * (cap / size), step)
            keep = np.isfinite(z) & (size <= (cap if count == rounds else 1e-3 * (np.abs(z) + equation.small)))
            z = np.where(z.imag < 0, z.conj(), z)[keep]
            if count == rounds:
                cell = 0.01 * (equation.small + np.abs(z))
                merged = np.rint(np.log(cell) * 50.0) + 1j * np.rint(np.angle(z) * 50.0)
                z = z[np.unique(merged, return_index=True)[1]]
    return _thin(z[np.lexsort((z.imag, -z.real))], equation.small)


def _thin(z: NDArray[np.complex128], small: float) -> list[complex]:
    """Drop points within 1e-7 of the one before (they are sorted): the rest is polished one by one."""
    kept: list[complex] = []
    for point in z.tolist():
        if not any(abs(point - other) <= 1e-7 * (abs(point) + small) for other in kept[-6:]):
            kept.append(point)
    return kept


def polish(equation: Equation, start: complex) -> Root | None:
    """Return the root that Newton's method finds from nearby, as a double root if it is one in float64.

    A pair of roots closer than rounding can separate is returned as one root of multiplicity 2, placed at the
    nearby zero of h' (which is well-conditioned).
    """
    z, noise, small = start, 0.0, equation.small
    try:
        for k in range(40):
            value, slope = equation.jet(z)
            step = value / slope if slope else 0j
            z -= step
            if z.imag != 0 and abs(z.imag) <= 1e-13 * (abs(z) + small):
                z = complex(z.real)
            if abs(step) <= 1e-9 * (abs(z) + small):
                break
            if k > 5 or abs(step) <= 1e-5 * (abs(z) + small):  # slow near a double root, or rounding stops it
                noise = equation.noise(z)
                if abs(value) <= 4 * noise:
                    break
        value, slope, bend = equation.jet(z, 2)
        noise = equation.noise(z)
        if abs(slope) ** 2 <= 8 * noise * abs(bend):
            return _double(equation, z)
        if abs(value) > 100 * noise + 1e-6 * abs(slope) * (abs(z) + small):
            return None
        z -= value / slope
    except ArithmeticError:  # overflow far left, or a pole
        return None
    if not math.isfinite(abs(z)):
        return None
    # A real root shows a tiny imaginary part of the size of the rounding error.
    if z.imag != 0 and abs(z.imag) <= 16 * noise / abs(slope):
        flat = complex(z.real)
        if abs(equation.jet(flat, 0)[0]) <= 8 * noise:
            z = flat
    return Root(complex(z.real, abs(z.imag)))


def _double(equation: Equation, z: complex) -> Root | None:
    """Return the double root near z: the zero z0 of h', if |h(z0)| is rounding error."""
    for flat in (complex(z.real), z) if abs(z.imag) <= 1e-5 * (abs(z) + equation.small) else (z,):
        at = flat
        for _ in range(8):
            _, slope, bend = equation.jet(at, 2)
            step = slope / bend if bend else 0j
            at -= step
            if abs(step) <= 1e-15 * (abs(at) + equation.small):
                break
        if abs(at - z) <= 1e-4 * (abs(z) + equation.small) and abs(equation.jet(at, 0)[0]) <= 8 * equation.noise(at):
            return Root(complex(at.real, abs(at.imag)), 2)
    return None


def settle(equation: Equation, points: Iterable[complex], most: float = math.inf) -> list[Root]:
    """Return the distinct roots near the given points, rightmost first; stop when there are ``most``."""
    roots: list[Root] = []
    for point in points:
        if len(roots) >= most:
            break
        root = polish(equation, point)
        if root is not None and abs(root.z - point) <= 0.1 * (abs(root.z) + equation.small):
            _add(equation, roots, root)
    return sorted(roots, key=lambda root: (-root.z.real, root.z.imag))


def _add(equation: Equation, roots: list[Root], root: Root) -> None:
    for k, other in enumerate(roots):
        distance = abs(root.z - other.z)
        if distance > 1e-6 * (abs(root.z) + equation.small):
            continue
        if root.multiplicity != other.multiplicity:
            if root.multiplicity > other.multiplicity:
                roots[k] = root
            return
        _, slope, bend = equation.jet(root.z, 2)
        # Two approximations of one simple root differ by rounding; two roots of a close pair by 2|h'/h''|.
        if root.multiplicity == 2 or not bend or distance <= 0.5 * abs(slope / bend):
            return
    roots.append(root)
