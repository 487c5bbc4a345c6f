"""Roots for a constant delay by the Lambert W function: z = W_k(-alpha delta e^(beta delta))/delta - beta.

Written with logarithms, w + log w = log x + 2 pi i k, so that nothing overflows. Real parts decrease with the
branch: |w| e^(Re w) = |x| on all of them. (Corless et al., On the Lambert W function, 1996.)
"""

from __future__ import annotations

import cmath
import math
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis.newton import Root, polish
from sddeverify.errors import UnsupportedScenario

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sddeverify.analysis.equation import Equation

_MAX_BRANCHES = 200_000


def constant_delay_roots(equation: Equation, count: int | None, c: float = -math.inf) -> list[Root]:
    """Return the ``count`` rightmost roots, or all with Re z >= c if ``count`` is None.

    Raises:
        UnsupportedScenario: if there are more than 400 000 roots right of c.
    """
    time = equation.transform.only_time
    if time is None:
        raise UnsupportedScenario("the Lambert W function solves equations with one constant delay only")
    delay = float(time / equation.transform.unit)
    log = math.log(abs(equation.alpha) * delay) + equation.beta * delay
    if count is None:
        branches = abs(equation.alpha) * delay * math.exp(min(-c * delay, 600.0)) / (2 * math.pi) + 2
        if not branches < _MAX_BRANCHES:
            raise UnsupportedScenario(f"more than {_MAX_BRANCHES} pairs of roots lie right of the given abscissa")
        count = math.ceil(branches)
    found = [polish(equation, w / delay - equation.beta) for w in _principal(log, negative=equation.alpha > 0)]
    roots = [root for k, root in enumerate(found) if root is not None and root not in found[:k]]
    others = _branches(log, count, negative=equation.alpha > 0) / delay - equation.beta
    roots += [polish(equation, z) or Root(z) for z in others[:2].tolist()]
    roots += [Root(z) for z in others[2:].tolist()]
    roots = sorted((root for root in roots if root.z.real >= c), key=lambda root: (-root.z.real, root.z.imag))
    return roots if c > -math.inf else roots[:count]


def _principal(log: float, negative: bool) -> list[complex]:
    """Return good approximations of W_0 (and of W_-1 if both are real)."""
    if not negative:
        w = log - math.log(log) if log > 2 else math.exp(log) / (1 + math.exp(log))
        for _ in range(3):  # Newton in the logarithm of w keeps w positive
            w *= math.exp(-(w + math.log(w) - log) / (1 + w))
        return [complex(w)]
    gap = -math.expm1(1 + log)  # 1 + e x: 0 at the branch point x = -1/e
    if abs(gap) < 0.3:
        p = cmath.sqrt(2 * gap)
        both = [_near_branch_point(p), _near_branch_point(-p)]
        return both if gap > 0 else both[:1]
    if gap > 0:
        u = math.exp(log)  # u e^-u = |x|; u = -w
        for _ in range(4):
            u *= math.exp((log - math.log(u) + u) / (1 - u)) if u < 1 else 1.0
        v = 1.0 - log + math.log(1.0 - log)
        for _ in range(3):
            v -= (v - math.log(v) + log) / (1 - 1 / v)
        return [complex(-u), complex(-v)]
    target = complex(log, math.pi)
    start = complex(0.3, 1.3) if log < 1.0 else target - cmath.log(target) + cmath.log(target) / target
    for _ in range(5):
        start -= (start + cmath.log(start) - target) / (1 + 1 / start)
    return [start]


def _near_branch_point(p: complex) -> complex:
    return -1 + p * (1 + p * (-1 / 3 + p * (11 / 72 + p * (-43 / 540))))


def _branches(log: float, count: int, negative: bool) -> NDArray[np.complex128]:
    """Return W_k for k = 1..count (upper half-plane)."""
    k = np.arange(1, count + 1)
    target = log + 1j * math.pi * (2 * k + (1 if negative else 0))
    inner = np.log(target)
    w: NDArray[np.complex128] = target - inner + inner / target
    for _ in range(6):
        w = w - (w + np.log(w) - target) / (1 + 1 / w)
    return w
