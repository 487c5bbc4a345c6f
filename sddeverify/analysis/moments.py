"""Second moments of dX = -(b X + a E[X(t - tau)]) dt + dW, computed.

The stationary variance is S = (1/2 pi) int dw/|h(i w)|^2 (Parseval; finite iff all roots have Re s < 0). With
the multiplicative part of the gradient noise (jump intensity eta^2 h^2 P/m) the equation is stable in the mean
square iff it is stable in the mean and alpha a S < 1, alpha = learning rate x Hessian eigenvalue.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis.arithmetic import ARRAY
from sddeverify.analysis.crossings import crossings
from sddeverify.analysis.equation import Equation, transform
from sddeverify.analysis.search import leading_roots
from sddeverify.errors import UnsupportedScenario, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sddeverify.analysis.equation import Transform
    from sddeverify.delays import Law
    from sddeverify.models import CharacteristicFunction

_COARSE = np.polynomial.legendre.leggauss(12)
_FINE = np.polynomial.legendre.leggauss(20)
_TOLERANCE = 1e-12
_MAX_PANELS = 200_000


def stationary_variance(h: CharacteristicFunction) -> float:
    """Return the stationary variance for unit noise intensity (time); ``inf`` if a root has Re s >= 0.

    Closed forms for a constant and for an exponential delay, otherwise quadrature: about ten digits for smooth laws,
    eight for long lattices, fewer close to the stability boundary.

    Raises:
        UnsupportedScenario: if the parameters are out of the range of floats.
    """
    equation = Equation.of(h)
    return _variance(equation) * float(equation.transform.unit)


def _variance(equation: Equation) -> float:
    rightmost = leading_roots(equation)
    if rightmost[0].z.real >= 0:
        return math.inf
    if equation.transform.only_time is not None:
        return _constant_delay(equation)
    terms = equation.transform.terms
    if terms is not None and len(terms) == 1 and list(terms[0][1].values()) == [1]:
        (scale,) = terms[0][1]
        # (s + b)(s + mu) + a mu: the variance of a two-dimensional linear system.
        mu = float(equation.transform.unit / scale)
        a, b = equation.alpha, equation.beta
        return (mu * (a + b) + mu * mu) / (2 * (mu + b) * mu * (a + b))
    return _quadrature(equation, [root.z for root in rightmost])


def _constant_delay(equation: Equation) -> float:
    """Kuechler and Mensch (1992): with r^2 = a^2 - b^2 and functions of r tau that are hyperbolic if |a| < |b|."""
    a, b = equation.alpha, equation.beta
    delay = float((equation.transform.only_time or 0) / equation.transform.unit)
    square = (a - b) * (a + b)
    if square == 0:  # a = b, as a = -b has a root at 0
        return (1 + b * delay) / (4 * b)
    r = math.sqrt(abs(square))
    if square < 0 and r * delay > 300:  # the limit, where the hyperbolic functions overflow
        return 1 / (2 * r)
    sine, cosine = (math.sin, math.cos) if square > 0 else (math.sinh, math.cosh)
    return (r + a * sine(r * delay)) / (2 * r * (b + a * cosine(r * delay)))


def _quadrature(equation: Equation, roots: list[complex]) -> float:
    """Integrate 1/|h(i w)|^2 by Gauss panels, halved where two rules disagree.

    Far out, 1/|h|^2 = 1/w^2 + K/w^4 + terms that oscillate. The integrand is faded over smoothly to the first two
    terms between Y/2 and Y: so the oscillating ones contribute next to nothing, and the rest is known beyond Y.
    """
    mean, second = equation.transform.moments
    end = 250 * max(abs(equation.alpha), abs(equation.beta), 1 / mean)
    constant = _far_constant(equation, end)
    edges = [np.arange(0.0, end, min(6.0 / math.sqrt(second), end / 8))]
    for z in roots:  # a root near the axis makes a peak as wide as its distance
        width = max(abs(z.real), 1e-15 * abs(z))
        rise = width * 4.0 ** np.arange(-1, 40)
        rise = rise[rise < end / 2]
        edges.append(np.concatenate((z.imag - rise, [z.imag], z.imag + rise)))
    points = np.unique(np.clip(np.concatenate([*edges, np.array([end / 2, end])]), 0.0, end))
    low, high = points[:-1], points[1:]
    total, panels = 0.0, 0
    # On a sharp peak the rounding error of h counts.
    peaks = [complex(0, z.imag) for z in roots]
    tolerance = max(_TOLERANCE, *(32 * equation.noise(z) / abs(equation.jet(z, 0)[0]) for z in peaks))

    def integrate(rule: tuple[NDArray[np.float64], NDArray[np.float64]]) -> NDArray[np.float64]:
        nodes, weights = rule
        w = (low + high)[:, None] / 2 + (high - low)[:, None] / 2 * nodes
        size = np.abs(equation.jets(1j * w.ravel(), 0)[0]).reshape(w.shape)
        value = 1 / (size * size)
        far = w > end / 2
        if far.any():
            at = w[far]
            fade = _fade(2 * at / end - 1)
            value[far] = (1 - fade) * value[far] + fade * (1 + constant / at**2) / at**2
        result: NDArray[np.float64] = (high - low) / 2 * (value @ weights)
        return result

    while len(low):
        panels += len(low)
        if panels > _MAX_PANELS:
            raise UnsupportedScenario("the stationary variance cannot be computed so near to instability")
        coarse, fine = integrate(_COARSE), integrate(_FINE)
        good = np.abs(fine - coarse) <= tolerance * np.maximum(np.abs(fine), abs(total) * 1e-3)
        good |= high - low <= 1e-14 * high
        total += float(fine[good].sum())
        low, high = low[~good], high[~good]
        middle = (low + high) / 2
        low, high = np.concatenate((low, middle)), np.concatenate((middle, high))
    return (total + 1 / end + constant / (3 * end**3)) / math.pi


def _fade(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a smooth step from 0 at t = 0 to 1 at t = 1."""
    t = np.clip(t, 1e-9, 1 - 1e-9)
    result: NDArray[np.float64] = 1 / (1 + np.exp(np.clip(1 / t - 1 / (1 - t), -700.0, 700.0)))
    return result


def _far_constant(equation: Equation, end: float) -> float:
    """Return K: |h|^2 = w^2 (1 + 2 a D/w + (b^2 + 2 a b C + a^2 |Phi|^2)/w^2) with Phi(i w) = C + i D, averaged.

    The mean of w D is minus the density of the law at 0, that of |Phi|^2 the sum of the squared masses of its atoms.
    """
    w = np.linspace(end / 2, end, 600)
    value = equation.transform.node.jet(1j * w, 0, ARRAY)[0]
    a, b, c, d = equation.alpha, equation.beta, value.real, value.imag
    terms = 4 * a * a * d * d - a * a * (c * c + d * d) - 2 * a * b * c - b * b - 2 * a * w * d
    return float(np.average(terms, weights=np.blackman(len(w))))


def mean_square_limit(law: Law, workers: int) -> float:
    """Return the largest alpha = learning rate x eigenvalue for which the SDDE is stable in the mean square.

    It is the smallest alpha with alpha a S(a) = 1, a = alpha P/m, where that is before the mean becomes unstable.
    The SDDE draws its delays independently; for real workers the limit at finite P differs (it is conservative
    for exponential times: compare :func:`memoryless_mean_square_limit`).

    Args:
        law: The delay law, of mean m.
        workers: The number of workers P, at least 1.

    Raises:
        InvalidScenario: if ``workers`` is not a positive integer.
        UnsupportedScenario: if the variance cannot be computed.
    """
    _require_workers(workers)
    given = transform(law)
    mean = given.moments[0]
    # |h(i w)| <= w + a gives a^2 m S >= a m/pi, so the limit is at most a = pi P/m.
    end = math.pi * workers / mean
    found = crossings(law, float(end / given.unit))
    if found:
        end = float(found[0].damping * given.unit)

    def excess(a: float) -> float:  # a^2 m S = P at the limit; inf at the boundary of mean stability
        return workers / _growth(given, a) - 1 if a < end else -1.0

    low = 0.2 / mean
    high = min(1.25 * low, end)
    while excess(high) > 0:
        low, high = high, min(1.25 * high, end)
    return _root(excess, low, high) * mean / workers


@lru_cache(maxsize=4096)
def _growth(law: Transform, a: float) -> float:
    """Return a^2 m S(a), which does not depend on the number of workers."""
    return a * a * law.moments[0] * _variance(Equation(law, a, 0.0))


def memoryless_mean_square_limit(workers: int) -> float:
    """Return the largest alpha for which workers with exponential compute times are stable in the mean square.

    Exact for every P: P alpha^2 - alpha - 2 < 0, from the closed recursion of E w^2, E w r_i, E r_i^2, E r_i r_j,
    in which a worker chosen at random pushes the gradient at its read r_i and reads the new iterate.

    Raises:
        InvalidScenario: if ``workers`` is not a positive integer.
    """
    _require_workers(workers)
    return (1 + math.sqrt(1 + 8 * workers)) / (2 * workers)


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    """Return the zero of f between f(low) > 0 >= f(high): regula falsi, Illinois variant."""
    above, below = f(low), f(high)
    side = 0
    for _ in range(100):
        middle = (low * below - high * above) / (below - above)
        value = f(middle)
        if value > 0:
            low, above = middle, value
            below, side = (below / 2 if side == 1 else below), 1
        else:
            high, below = middle, value
            above, side = (above / 2 if side == -1 else above), -1
        if high - low <= 1e-12 * high or value == 0 or abs(value) < 1e-13:
            break
    return middle


def _require_workers(workers: int) -> None:
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise invalid("workers", workers, "a positive integer")
