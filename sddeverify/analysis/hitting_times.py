"""When a path reaches a target: the mean path by numerical Laplace inversion, random paths by Monte Carlo. Computed.

All paths start from 1 with no gradients before t = 0. The mean path is r with transform 1/h(s). It may oscillate
through zero, so its *last* passage is what matters; for a random path it is the *first* hit. For a constant delay the
last passage can be certified (``certificates.time_to_target``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis.equation import Equation
from sddeverify.analysis.monte_carlo import euler_maruyama
from sddeverify.analysis.optimum import decay_rate
from sddeverify.analysis.search import leading_roots
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import positive
from sddeverify.models import CharacteristicFunction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from sddeverify.delays import Law
    from sddeverify.exact import Exact

_A = 22.0  # the inversion is periodic: copies of the path come in with weight exp(-A)
_AVERAGED = 16
_MOST_TERMS = 2_000_000
_Z99 = 2.5758293035489004


def mean_path(h: CharacteristicFunction, times: ArrayLike) -> NDArray[np.float64]:
    """Return r at positive times, by Abate and Whitt's Euler summation of the Bromwich integral (1995).

    About eight digits of 1 where r is smooth; near t = 0 and at the first multiples of a constant delay r has kinks,
    where fewer are right.

    Args:
        h: The characteristic function; the midpoint of its parameters counts.
        times: Positive times.

    Raises:
        InvalidScenario: for a time that is not positive and finite.
        UnsupportedScenario: for times that would need too many terms.
    """
    given = np.asarray(times, dtype=float)
    if not (np.isfinite(given) & (given > 0)).all():
        raise invalid("times", "0, negative, nan or inf", "positive numbers")
    scale = abs(float(h.damping.midpoint)) + abs(float(h.undelayed.midpoint)) + 1 / h.delay.mean_float
    weights = np.array([math.comb(_AVERAGED, k) for k in range(_AVERAGED + 1)]) / 2.0**_AVERAGED
    result = np.empty(given.size)
    for position, t in enumerate(given.ravel().tolist()):
        count = 40 + math.ceil(10 * t * scale)
        if count > _MOST_TERMS:
            raise UnsupportedScenario(f"times: {t:g} is too many delays for numerical inversion")
        k = np.arange(count + _AVERAGED + 1)
        terms = np.real(1 / h.evaluate((_A + 2j * math.pi * k) / (2 * t), np.exp))
        terms = np.where(k % 2, -1.0, 1.0) * terms
        terms[0] /= 2
        result[position] = math.exp(_A / 2) / t * float(np.cumsum(terms)[count:] @ weights)
    return result.reshape(given.shape)


def last_passage(h: CharacteristicFunction, target: float = 0.01) -> float:
    """Return the last time at which the mean path has |r| >= target.

    Raises:
        InvalidScenario: for a target that is not between 0 and 1.
        UnsupportedScenario: for an equation that is not stable, or decays too slowly.
    """
    step, grid = _grid(h, target)
    outside = np.flatnonzero(np.abs(mean_path(h, grid)) >= target)
    if not len(outside):
        return 0.0
    low = float(grid[outside[-1]])
    high = low + step
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if abs(float(mean_path(h, [middle])[0])) >= target else (low, middle)
    return low


def _grid(h: CharacteristicFunction, target: float) -> tuple[float, NDArray[np.float64]]:
    """Return a step that resolves the mean path, and times up to well beyond the target."""
    if not 0 < target < 1:
        raise invalid("target", target, "a number between 0 and 1")
    rate = decay_rate(h.delay, float(h.damping.midpoint), float(h.undelayed.midpoint))
    if rate <= 0:
        raise UnsupportedScenario("the equation is not stable: the mean path never stays within the target")
    mean = h.delay.mean_float
    end = (math.log(1 / target) + 4) / rate + 4 * mean
    step = min(mean, 1 / abs(float(h.damping.midpoint)), 1 / rate) / 8
    if end / step > 20_000:
        raise UnsupportedScenario("the mean path decays too slowly to be followed to the target")
    return step, np.arange(1, math.ceil(end / step) + 1, dtype=np.float64) * np.float64(step)


def mean_square_passage(h: CharacteristicFunction, noise_intensity: float, target: float = 0.01) -> float | None:
    """Return the last time at which E X^2 >= target^2, for a path that starts from 1; None if noise keeps it there.

    E X(t)^2 = r(t)^2 + q times the integral of r^2 from 0 to t, where q is the noise intensity: additive noise alone.
    Trapezoidal sums, and linear between points: about three digits.

    Args:
        h: The characteristic function; the midpoint of its parameters counts.
        noise_intensity: q, the square of the factor of dW (1/time).
        target: Between 0 and 1.

    Raises:
        InvalidScenario: for a target that is not between 0 and 1, or a negative intensity.
        UnsupportedScenario: for an equation that is not stable, or decays too slowly.
    """
    if not 0 <= noise_intensity < math.inf:
        raise invalid("noise_intensity", noise_intensity, "a number that is not negative")
    step, grid = _grid(h, target)
    step /= 4
    times = np.arange(0, 4 * len(grid) + 1) * step
    square = np.concatenate([[1.0], mean_path(h, times[1:])]) ** 2
    mass = np.concatenate([[0.0], np.cumsum((square[1:] + square[:-1]) / 2) * step])
    excess = square + noise_intensity * mass - target**2
    outside = np.flatnonzero(excess >= 0)
    if not len(outside):
        return 0.0
    last = int(outside[-1])
    if last == len(times) - 1:
        return None
    return float(times[last] + step * excess[last] / (excess[last] - excess[last + 1]))


@dataclass(frozen=True)
class Sensitivity:
    """One line of the table of claim C9: how long a target takes at a strength c = learning rate x eigenvalue x P.

    Attributes:
        strength: c, the damping in units of the mean delay.
        asymptotic: ln(1/target)/rate, in mean delays.
        last: The last passage of the mean path, in mean delays.
        delay: Elasticity of the asymptotic time in the delays; None where two roots meet.
        noise: Elasticity of that time, in the mean square, in the standard deviation of the gradient noise.
    """

    strength: float
    asymptotic: float
    last: float
    delay: float | None
    noise: float


def sensitivities(
    law: Law,
    strengths: Sequence[Exact] = ("37/100", "1", "13/10", "3/2"),
    target: float = 0.01,
    floor: float = 0.1,
) -> list[Sensitivity]:
    """Return how the time to a target grows with the strength of the delay, in units of the mean delay.

    Args:
        law: The delay law.
        strengths: Values of c, exact and positive.
        target: Between 0 and 1.
        floor: Stationary variance that the gradient noise leaves, as a share of target^2, below 1.

    Raises:
        InvalidScenario: for a number out of range.
        UnsupportedScenario: where the equation is not stable, or decays too slowly.
    """
    rows = []
    mean, noise = law.mean_float, elasticity_in_noise(floor, target)
    if noise is None:
        raise invalid("floor", floor, "a share of target^2 below 1: otherwise the noise keeps the path above it")
    for strength in strengths:
        c = positive(strength, "strength")
        h = CharacteristicFunction(c / Fraction(mean), law)
        last = last_passage(h, target) / mean
        asymptotic = math.log(1 / target) / decay_rate(law, float(c) / mean) / mean
        rows.append(Sensitivity(float(c), asymptotic, last, elasticity_in_delay(h), noise))
    return rows


def elasticity_in_delay(h: CharacteristicFunction) -> float | None:
    """Return the relative change of log(1/target)/rate per relative change of all delays, at the same damping.

    When delays become k tau, the rightmost root s moves by ds/dk = -s (h'(s) - 1)/h'(s) at k = 1: the elasticity is
    1 - Re(s/h'(s))/Re s. Derivation time_to_target has the closed forms for constant delays. The last passage itself
    has none: it jumps where an oscillation just fails to reach the target.

    Args:
        h: The characteristic function; the midpoint of its parameters counts.

    Returns:
        The elasticity; None where two roots meet, and it has none.

    Raises:
        UnsupportedScenario: if the equation is not stable.
    """
    equation = Equation.of(h)
    root = leading_roots(equation)[0]
    if root.z.real >= 0:
        raise UnsupportedScenario("the equation is not stable: no target is reached")
    if root.multiplicity > 1:
        return None
    return 1 - float((root.z / equation.jet(root.z)[1]).real / root.z.real)


def elasticity_in_noise(floor: float, target: float) -> float | None:
    """Return the relative change of the time to a target per relative change of the noise's standard deviation.

    In the mean square, exp(-2 rate t) + floor target^2 = target^2; see derivation time_to_target.

    Args:
        floor: Stationary variance that the gradient noise leaves, as a share of target^2.
        target: Between 0 and 1.

    Returns:
        The elasticity; None if the noise keeps the path above the target (floor 1 or more).

    Raises:
        InvalidScenario: for a number out of range.
    """
    if not 0 < target < 1:
        raise invalid("target", target, "a number between 0 and 1")
    if not 0 <= floor < math.inf:
        raise invalid("floor", floor, "a number that is not negative")
    return None if floor >= 1 else floor / (1 - floor) / (-math.log(target) - math.log1p(-floor) / 2)


@dataclass(frozen=True)
class FirstHit:
    """First times at which random paths have |X| <= target.

    Attributes:
        mean: Their mean over the paths that arrived.
        error: Half-width of its 99 % confidence interval.
        arrived: The share of paths that arrived before the horizon.
    """

    mean: float
    error: float
    arrived: float


def first_hit(
    law: Law,
    damping: float,
    noise_intensity: float,
    target: float,
    *,
    horizon: float,
    step: float,
    paths: int = 1000,
    seed: int = 0,
) -> FirstHit:
    """Estimate the first time at which a path of the SDDE is within the target, by Monte Carlo.

    Args:
        law: A law that :func:`~sddeverify.analysis.monte_carlo.euler_maruyama` takes.
        damping: a (1/time).
        noise_intensity: The square of the factor of dW (1/time).
        target: Positive.
        horizon: When to stop (time).
        step: Step of the integration (time): hits between two steps are missed.
        paths: Number of independent paths.
        seed: Seed.

    Raises:
        InvalidScenario: for numbers out of range.
        UnsupportedScenario: for another law, or if no path arrives.
    """
    if not 0 < target < math.inf or not step < horizon < math.inf:
        raise invalid("target, horizon", f"{target}, {horizon}", "a positive target and a horizon beyond one step")
    found = euler_maruyama(
        law, damping, noise_intensity, step=step, samples=math.ceil(horizon / step), paths=paths, seed=seed
    )  # fmt: skip
    inside = np.abs(found.values) <= target
    arrived = inside.any(axis=1)
    if arrived.sum() < 2:
        raise UnsupportedScenario("fewer than two paths arrive before the horizon")
    times = found.times[inside.argmax(axis=1)[arrived]]
    error = _Z99 * float(times.std(ddof=1)) / math.sqrt(len(times))
    return FirstHit(float(times.mean()), error, float(arrived.mean()))
