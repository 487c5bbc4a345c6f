"""Where roots cross the imaginary axis as the damping a grows, for a fixed delay law.

At a crossing i w + b + a Phi(i w) = 0, so that a = -(i w + b)/Phi(i w) is real: with Phi(i w) = C + i D the
frequencies are zeros of F(w) = w C - b D (of C itself if b = 0). The smallest damping need not belong to the
smallest frequency. Frequencies are found by exclusion and monotone pieces, so that none is missed (up to
rounding; computed, not certified).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import mpmath
import numpy as np

from sddeverify.analysis.arithmetic import ARRAY, SCALAR, Multiprecision, precision, private_context
from sddeverify.analysis.equation import Equation, exact_number, transform
from sddeverify.errors import UnsupportedScenario, invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sddeverify.delays import Law
    from sddeverify.exact import Exact

_MAX_POINTS = 1_000_000
_TINY = 1e-9
_NEAR_ORIGIN = 1e-4
_CUTS = (0.0, 0.2471, 0.5039, 0.7613, 1.0)


@dataclass(frozen=True)
class Crossing:
    """One crossing of the imaginary axis.

    Attributes:
        damping: The damping coefficient a (1/time) at which roots lie on the axis; a float, or an mpmath number.
        frequency: They lie at +-i frequency (1/time); 0 for a real root through the origin.
        direction: +1 if they move to the right as a grows, -1 if to the left, 0 if that was not decided.
        tangential: Whether F has a double zero there, or two that floats cannot separate: the roots touch the
            axis, or the axis is crossed twice nearby.
    """

    damping: Any
    frequency: Any
    direction: int
    tangential: bool = False


def crossings(law: Law, up_to: Exact | float, undelayed: Exact | float = 0, digits: int = 15) -> list[Crossing]:
    """Return all crossings with damping between 0 and ``up_to``, by increasing size of the damping.

    Args:
        law: The delay law.
        up_to: The largest damping (1/time); if it is negative, crossings with up_to <= a < 0 are listed.
        undelayed: The coefficient b of the undelayed term (1/time).
        digits: Significant digits; up to 15 the numbers are floats, beyond that mpmath numbers.

    Raises:
        InvalidScenario: if ``up_to`` is 0 or ``digits`` is not between 1 and 10 000.
        UnsupportedScenario: if a parameter is out of the range of floats, or there are too many crossings.
    """
    top, b = exact_number(up_to, "up_to"), exact_number(undelayed, "undelayed")
    if top == 0:
        raise invalid("up_to", "0", "a number other than 0")
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= 10_000:
        raise invalid("digits", digits, "an integer from 1 to 10000")
    equation = Equation.at(transform(law), top, b)
    unit = float(equation.transform.unit)
    found = []
    frequencies = _frequencies(equation)
    if b * top < 0 and abs(b) <= abs(top):
        double = any(w == 0 for w, _ in frequencies)
        slope = 1 + equation.beta * equation.transform.moments[0]
        found.append(Crossing(-float(b), 0.0, 0 if double else -int(np.sign(slope)), double))
    for w, tangential in frequencies:
        if w == 0:
            continue
        crossing = _crossing(equation, w, tangential)
        if 0 < crossing.damping / equation.alpha <= 1:
            found.append(replace(crossing, damping=crossing.damping / unit, frequency=w / unit))
    if digits > 15:
        found = [_polish(law, crossing, b, digits) for crossing in found]
    return sorted(found, key=lambda crossing: (abs(crossing.damping), crossing.frequency))


def _crossing(equation: Equation, w: float, tangential: bool) -> Crossing:
    """Return the crossing at a frequency, in natural units."""
    value, slope = equation.transform.node.jet(complex(0, w), 1, SCALAR)
    if value == 0:
        return Crossing(math.inf, w, 0, tangential)
    damping = (-complex(equation.beta, w) / value).real
    speed = -value / (1 + damping * slope) if 1 + damping * slope != 0 else 0j
    return Crossing(damping, w, 0 if tangential else int(np.sign(speed.real)), tangential)


def _frequencies(equation: Equation) -> list[tuple[float, bool]]:
    """Return the zeros w > 0 of F that can belong to a damping between 0 and alpha, and whether they are double.

    F always vanishes at w = 0 if there is an undelayed term; 0 is listed if another zero is too near to separate.
    """
    top = equation.height(0.0)
    pieces = max(8, math.ceil(min(top / 0.4, 2000.0)))
    edges = np.linspace(0.0, top, pieces + 1)
    low, high = edges[:-1], edges[1:]
    result: list[tuple[float, bool]] = []
    points = 0
    while len(low):
        points += len(low)
        if points > _MAX_POINTS:
            raise UnsupportedScenario("too many crossings of the imaginary axis; lower the bound on the damping")
        undecided, monotone = _classify(equation, low, high)
        ends = _values(equation, np.concatenate((low[monotone], high[monotone])))
        left, right = np.split(ends >= 0, 2)
        change = left != right
        for one, two in zip(low[monotone][change].tolist(), high[monotone][change].tolist(), strict=True):
            result.append((_zero(equation, one, two), False))
        low, high = low[undecided], high[undecided]
        tiny = (high - low <= _TINY * high) | ((low == 0) & (high <= _NEAR_ORIGIN))
        for one, two in zip(low[tiny].tolist(), high[tiny].tolist(), strict=True):
            if one == 0:
                result.append((0.0, True))
            elif not result or not result[-1][1] or abs(one - result[-1][0]) > 1e-6 * one:
                result.append(((one + two) / 2, True))
        low, high = low[~tiny], high[~tiny]
        cuts = low[:, None] + (high - low)[:, None] * np.array(_CUTS)
        cuts[:, -1] = high
        low, high = cuts[:, :-1].ravel(), cuts[:, 1:].ravel()
    return result


def _classify(
    equation: Equation, low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which pieces are undecided, and on which F is monotone; on all others nothing can be found."""
    w, r = (low + high) / 2, (high - low) / 2
    beta, size = equation.beta, abs(equation.alpha)
    value, slope = equation.transform.node.jet(1j * w, 1, ARRAY)
    scaled = equation.bounds(0.0, low)
    b0, b1, b2 = (part / size for part in scaled)
    c, d, dc, dd = value.real, value.imag, -slope.imag, slope.real
    if beta == 0:
        f, df, curve = c, dc, b2
    else:
        f, df, curve = w * c - beta * d, c + w * dc - beta * dd, 2 * b1 + (high + abs(beta)) * b2
    bend = curve * r
    none = np.abs(f) > np.abs(df) * r + bend * r / 2
    far = np.hypot(w, beta) - r > size * (np.abs(value) + b1 * r)
    inward = (beta * c + w * d) * math.copysign(1.0, equation.alpha)
    wrong = inward > (abs(beta) * b1 + b0 + high * b1) * r
    open_ = ~(none | far | wrong)
    steady = open_ & (np.abs(df) > bend)
    return open_ & ~steady, steady


def _values(equation: Equation, w: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return F (C itself without undelayed term)."""
    value = equation.transform.node.jet(1j * w, 0, ARRAY)[0]
    result: NDArray[np.float64] = value.real if equation.beta == 0 else w * value.real - equation.beta * value.imag
    return result


def _zero(equation: Equation, low: float, high: float) -> float:
    """Return the zero of F between two points of different sign: Newton's method, kept inside by bisection."""
    beta, node = equation.beta, equation.transform.node

    def f(w: float) -> tuple[float, float]:
        value, slope = node.jet(complex(0, w), 1, SCALAR)
        if beta == 0:
            return value.real, -slope.imag
        return w * value.real - beta * value.imag, value.real - w * slope.imag - beta * slope.real

    rising = f(low)[0] < 0
    w = (low + high) / 2
    for _ in range(100):
        value, slope = f(w)
        if (value < 0) == rising:
            low = w
        else:
            high = w
        new = w - value / slope if slope else low
        if not low < new < high:
            new = (low + high) / 2
        if abs(new - w) <= 2e-16 * abs(w):
            return new
        w = new
    return w


def _polish(law: Law, crossing: Crossing, b: Fraction, digits: int) -> Crossing:
    """Return the crossing with more digits, by Newton's method for F in the private context."""
    ctx = private_context()
    bits = math.ceil(digits * math.log2(10)) + 32
    if crossing.frequency == 0.0:
        with precision(ctx, bits):
            return replace(crossing, damping=_public(ctx.mpf(-b.numerator) / b.denominator), frequency=mpmath.mp.zero)
    w, step = ctx.convert(crossing.frequency), ctx.one
    for stage in [*range(106, bits, 106), bits, bits, bits, bits]:
        with precision(ctx, stage):
            arithmetic = Multiprecision(ctx)
            node = transform(law).exact(arithmetic)
            beta = ctx.mpf(b.numerator) / b.denominator
            value, slope, bend = node.jet(ctx.mpc(0, w), 2, arithmetic)
            f = w * value.real - beta * value.imag
            df = value.real - w * slope.imag - beta * slope.real
            if crossing.tangential:  # the zero of F' is well-conditioned
                ddf = -2 * slope.imag - w * bend.real + beta * bend.imag
                f, df = df, ddf
            step = f / df
            w = w - step
            damping = -((ctx.mpc(beta, w)) / node.jet(ctx.mpc(0, w), 0, arithmetic)[0]).real
    if abs(step) > abs(w) * ctx.mpf(10) ** -(digits // 2):
        raise UnsupportedScenario("a crossing of the imaginary axis could not be refined; ask for fewer digits")
    return replace(crossing, damping=_public(damping), frequency=_public(w))


def _public(value: Any) -> Any:
    return mpmath.mp.make_mpf(value._mpf_)
