"""From float64 to any number of digits: Halley's method in a private mpmath context."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import mpmath

from sddeverify.analysis.arithmetic import Multiprecision, precision, private_context
from sddeverify.analysis.equation import transform
from sddeverify.errors import UnsupportedScenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from mpmath import mpc

    from sddeverify.models import CharacteristicFunction

_BITS_PER_DIGIT = math.log2(10)
_MAX_ROUNDS = 60


def to_mpc(point: mpc) -> mpc:
    """Return a number of the private context as one of mpmath's default context, all digits kept."""
    return mpmath.mp.make_mpc(point._mpc_)


def refine(h: CharacteristicFunction, start: Any, multiplicity: int, digits: int) -> list[mpc]:
    """Return the root near ``start``, or both roots near it if ``multiplicity`` is 2.

    Args:
        h: The characteristic function.
        start: An approximation (1/time), a complex float or an mpmath number.
        multiplicity: 1, or 2 for a double root or a pair that float64 cannot separate; ``start`` is then near the
            zero of h' between them.
        digits: Significant digits of real and of imaginary part.

    Returns:
        Roots in the private context; of a conjugate pair the upper one. A pair that the digits cannot separate is
        one value, listed twice.

    Raises:
        UnsupportedScenario: if the iteration does not settle near ``start``.
    """
    ctx = private_context()
    try:
        with precision(ctx, 53):
            if multiplicity == 1:
                return [_componentwise(h, start, digits)]
            return _separate(h, start, digits)
    except (ArithmeticError, ValueError):
        raise UnsupportedScenario(f"the iteration from {start} does not settle; give a closer guess") from None


def _jets(h: CharacteristicFunction) -> Callable[[Any], tuple[Any, Any, Any, Any]]:
    """Return s -> (h, h', h'', size of the terms of h) at the present precision of the private context."""
    ctx = private_context()
    a, b = h.damping.midpoint, h.undelayed.midpoint
    alpha, beta = ctx.mpf(a.numerator) / a.denominator, ctx.mpf(b.numerator) / b.denominator
    arithmetic = Multiprecision(ctx)
    node = transform(h.delay).exact(arithmetic)

    def jet(s: Any) -> tuple[Any, Any, Any, Any]:
        value, first, second = node.jet(s, 2, arithmetic)
        size = abs(s) + abs(beta) + abs(alpha) * (abs(value) + abs(s * first))
        return s + beta + alpha * value, 1 + alpha * first, alpha * second, size

    return jet


def _componentwise(h: CharacteristicFunction, start: Any, digits: int, bits: int = 106) -> mpc:
    """Return the simple root near ``start`` with ``digits`` digits in both its parts.

    Part of a root may be much smaller than the root: 1e-17 + i for pi/2 rounded to float64. A part below
    10^-(2 digits + 30) of it is taken to be zero up to the precision, and stays as computed.
    """
    extra = 3
    while True:
        root = _halley(h, start, digits + extra, bits)
        parts = [abs(part) for part in (root.real, root.imag) if part]
        missing = 0 if len(parts) < 2 else max(0, private_context().mag(max(parts)) - private_context().mag(min(parts)))
        lost = math.ceil(missing / _BITS_PER_DIGIT)
        if lost <= extra or lost > 2 * digits + 30:
            return root
        start, extra = root, lost + 1


def _halley(h: CharacteristicFunction, start: Any, digits: int, bits: int) -> mpc:
    """Halley's method with precision rising from ``bits``, until the next step would be negligible."""
    ctx = private_context()
    goal = math.ceil(digits * _BITS_PER_DIGIT) + 12
    unit = transform(h.delay).unit
    natural = ctx.mpf(unit.numerator) / unit.denominator  # 1/natural is the size of a root that is not special
    small = min(1 / natural, abs(ctx.convert(float(abs(h.damping.midpoint))))) / 100
    z, guard = ctx.convert(start), 16
    origin, jet, prepared = z, None, 0
    for _ in range(_MAX_ROUNDS):
        bits = min(bits, goal + guard)
        with precision(ctx, bits):
            if prepared != bits:
                jet, prepared = _jets(h), bits
            value, slope, bend, size = jet(z)  # type: ignore[misc]  # prepared on the first round
            newton, curve = value / slope, bend / slope
            step = newton / (1 - newton * curve / 2)
            z = ctx.mpc(z - step)
            scale = abs(z) if abs(z) > small * ctx.mpf(10) ** -12 else small
            # Rounding errors are magnified by the condition of the root: that many more bits are needed.
            guard = max(0, ctx.mag(size / abs(slope) / scale)) + 8
            # The error after the step is cubic in it; every derivative brings a factor like the delay.
            error = 64 * abs(step) ** 3 * (abs(curve) + natural) ** 2
            if bits >= goal + guard and error <= scale * ctx.ldexp(1, -goal) and abs(step) <= scale / 4:
                break
            good = -ctx.mag(error / scale) if error else goal
            most = 3 * good + guard + 16
            bits = goal + guard if 2 * most > goal + guard else max(106, most)
    else:
        raise ArithmeticError("no convergence")
    if abs(z - origin) > (abs(origin) + small) / 10:
        raise ArithmeticError("left the neighbourhood of the guess")
    return z if z.imag >= 0 or origin.imag < 0 else z.conjugate()


def _separate(h: CharacteristicFunction, start: Any, digits: int) -> list[mpc]:
    """Return the two roots around a zero z0 of h': z0 -+ sqrt(-2 h(z0)/h''(z0)), refined; or z0 twice."""
    ctx = private_context()
    bits = 2 * math.ceil((digits + 8) * _BITS_PER_DIGIT) + 64
    with precision(ctx, bits):
        jet = _jets(h)
        z = ctx.mpc(start)
        for _ in range(_MAX_ROUNDS):
            value, slope, bend, size = jet(z)
            step = slope / bend
            z = z - step
            if abs(step) <= (abs(z) + abs(size) / 1000) * ctx.ldexp(1, -bits // 2 - 8):
                break
        else:
            raise ArithmeticError("no convergence")
        value, _, bend, size = jet(z)
        square = -2 * value / bend
        scale = abs(z) if abs(z) > size * ctx.ldexp(1, -bits // 2) else size
        if abs(square) <= (scale * ctx.mpf(10) ** -(digits + 4)) ** 2:
            return [z, z]
        if z.imag == 0:
            square = square.real
        offset = ctx.sqrt(square)
        starts = [z + offset] if square.imag == 0 and square.real < 0 else [z + offset, z - offset]
    return [_componentwise(h, point, digits, bits) for point in starts]
