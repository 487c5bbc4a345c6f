"""Refining a root to a disc that the kernel accepts: Newton's method on the kernel's own enclosures.

The midpoints of rigorous enclosures serve as high-precision values, for any law of the format and any number of
bits; nothing here needs to be right, because the kernel tests the disc that comes out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from sddeverify.certificates._certificate import Obstacle, Reason
from sddeverify.certificates._contour import Subject, working_bits
from sddeverify.checker.document import MAX_BITS
from sddeverify.checker.interval import Arithmetic, Rectangle, Refusal
from sddeverify.errors import invalid

MAX_DIGITS = 1000
Point = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Disc:
    """|s - (re + i im)| < radius holds exactly ``zeros`` zeros; ``bits`` is what the kernel needs to see it."""

    re: Fraction
    im: Fraction
    radius: Fraction
    zeros: int
    bits: int

    def witness(self) -> dict[str, object]:
        """Return the disc as a part of a witness."""
        return {"bits": self.bits, "centre": [str(self.re), str(self.im)], "radius": str(self.radius)}


def require_digits(digits: int, most: int = MAX_DIGITS) -> int:
    """Return ``digits`` if a prover may be asked for so many.

    Raises:
        InvalidScenario: unless it is an integer from 1 to ``most``.
    """
    if type(digits) is not int or not 1 <= digits <= most:
        raise invalid("digits", digits, f"an integer from 1 to {most}")
    return digits


def refine(
    subject: Subject, start: complex | Point, digits: int, zeros: int = 1, apart: Fraction | None = None
) -> Disc:
    """Return a disc around the zero (or the double zero) near ``start`` that fixes ``digits`` digits of each part.

    A part that cannot be told from 0 is fixed to an absolute error instead, some 20 digits below the other part's.
    For intervals of parameters the disc is as large as the zero moves. Where another zero is as near as ``apart``, that
    many more bits are needed.

    Raises:
        Obstacle: if no disc is accepted at the highest precision.
    """
    wanted = math.ceil(digits * math.log2(10)) + 4
    function = subject.function
    place = point(start)
    base = working_bits(function, place[0]) + (max(0, _bits_below_one(apart)) if apart else 0)
    bits = max(base, base + zeros * (wanted + _bits_below_one(_smaller_part(*place, base, base))))
    obstacle = Obstacle(Reason.PRECISION, f"{digits} digits need more than {MAX_BITS} bits")
    while bits <= MAX_BITS:
        ar = Arithmetic(bits)
        try:
            place = re, im = newton(ar, subject, *place, zeros)
            exponent = wanted + _bits_below_one(_smaller_part(re, im, base, bits))
            if bits < base + zeros * exponent <= MAX_BITS:
                bits = base + zeros * exponent  # a part turned out smaller than the start said
                continue
            return _disc(ar, subject, re, im, exponent, zeros)
        except Refusal as error:
            obstacle = Obstacle(Reason.PRECISION if subject.narrow else Reason.BOUNDARY_IN_BOX, str(error))
        if not subject.narrow or bits == MAX_BITS:
            break
        bits = min(2 * bits, MAX_BITS)
    raise obstacle


def _disc(ar: Arithmetic, subject: Subject, re: Fraction, im: Fraction, exponent: int, zeros: int) -> Disc:
    """The disc of radius 2^-exponent, or for intervals of parameters the first larger one that is accepted."""
    exponent = exponent if subject.narrow else min(exponent, _widest_hope(ar, subject, re, im, zeros))
    while True:
        radius = Fraction(1, 1 << exponent) if exponent >= 0 else Fraction(1 << -exponent)
        disc = Disc(_round(re, radius), _round(im, radius), radius, zeros, ar.bits)
        subject.effort.spend(2, subject.function.law.size, ar.bits)
        try:
            subject.function.disc(ar, disc.re, disc.im, disc.radius, zeros)
        except Refusal:
            if subject.narrow or radius > max(abs(re), abs(im)):
                raise
            exponent -= 1
            continue
        return disc


def _widest_hope(ar: Arithmetic, subject: Subject, re: Fraction, im: Fraction, zeros: int) -> int:
    """The largest e such that a disc of radius 2^-e may be accepted: r^k |h_k| > |h(m)| is necessary."""
    subject.effort.spend(1, subject.function.law.size, ar.bits)
    jet = subject.function.jet(ar, ar.point(re, im), zeros)
    least, most = ar.mignitude(jet[zeros]), ar.magnitude(jet[0])
    if not least:
        raise Refusal(f"the disc is not proved to hold exactly {zeros} root(s)")
    return (least.bit_length() - most.bit_length() + 1) // zeros


def _smaller_part(re: Fraction, im: Fraction, base: int, bits: int) -> Fraction:
    """The smaller part of a root: what ``bits`` bits show of it, or else 2^-base of the larger one.

    The larger part is taken to be at least 2^-base; the imaginary part of a real root does not count.
    """
    size = max(abs(re), abs(im), Fraction(1, 1 << base))
    least = min(abs(re), abs(im) or size) if re or im else size
    return least if least > size / (1 << bits * 3 // 4) else max(least, size / (1 << base))


def newton(ar: Arithmetic, subject: Subject, re: Fraction, im: Fraction, zeros: int) -> Point:
    """Newton's method for h (for h' if ``zeros`` is 2), staying on the real axis if it starts there.

    Raises:
        Refusal: if it leaves the domain of h, or the derivative vanishes.
    """
    x, y = _ulps(re, ar), _ulps(im, ar)
    previous = None
    for _ in range(60):
        subject.effort.spend(1, subject.function.law.size, ar.bits)
        jet = subject.function.jet(ar, (x, x, y, y), zeros)
        value, slope = _middle(jet[zeros - 1]), _middle(jet[zeros])
        dx, dy = _quotient(value, (slope[0] * zeros, slope[1] * zeros), ar.bits)
        x, y = x - dx, 0 if im == 0 else y - dy
        step = max(abs(dx), abs(dy))
        if step <= 4 or (previous is not None and step < 1 << 12 and step >= previous):
            break
        previous = step
    return Fraction(x, ar.unit), Fraction(y, ar.unit)


def split(subject: Subject, middle: float) -> tuple[Point, Fraction] | None:
    """Tell two zeros near a point of the real axis apart.

    With m the zero of h' near ``middle``, the two zeros of h are about m +- sqrt(-2 h(m)/h''(m)).

    Returns:
        A starting point for the rightmost one, and m, which separates them if they are real; None if h(m) cannot
        be told from 0: a double zero, as far as the highest precision sees.
    """
    re = Fraction(middle)
    bits = min(2 * working_bits(subject.function, re), MAX_BITS)
    while True:
        ar = Arithmetic(bits)
        re, _ = newton(ar, subject, re, Fraction(0), 2)
        jet = subject.function.jet(ar, ar.point(re, Fraction(0)), 2)
        if not jet[0][0] <= 0 <= jet[0][1]:
            square = -Fraction(_middle(jet[0])[0], _middle(jet[2])[0] or 1)
            distance = Fraction(math.isqrt((abs(square.numerator) << 2 * bits) // square.denominator), ar.unit)
            return ((re + distance, Fraction(0)) if square > 0 else (re, distance)), re
        if not subject.narrow or bits == MAX_BITS:
            return None
        bits = min(2 * bits, MAX_BITS)


def point(start: complex | Point) -> Point:
    """Return a starting point as rationals."""
    if isinstance(start, tuple):
        return start
    if not (math.isfinite(start.real) and math.isfinite(start.imag)):
        raise Obstacle(Reason.PRECISION, "the search for roots did not return a number")
    return Fraction(start.real), Fraction(start.imag)


def _ulps(value: Fraction, ar: Arithmetic) -> int:
    return (value.numerator << ar.bits) // value.denominator


def _middle(x: Rectangle) -> tuple[int, int]:
    return (x[0] + x[1]) >> 1, (x[2] + x[3]) >> 1


def _quotient(x: tuple[int, int], y: tuple[int, int], bits: int) -> tuple[int, int]:
    square = y[0] * y[0] + y[1] * y[1]
    if square == 0:
        raise Refusal("the derivative vanishes at the root")
    return (
        ((x[0] * y[0] + x[1] * y[1]) << bits) // square,
        ((x[1] * y[0] - x[0] * y[1]) << bits) // square,
    )


def _bits_below_one(value: Fraction) -> int:
    """About -log2 of a positive number, rounded up."""
    return value.denominator.bit_length() - value.numerator.bit_length() + 1


def _round(value: Fraction, radius: Fraction) -> Fraction:
    """The multiple of radius/16 nearest to a number: short numbers in the document."""
    grid = radius / 16
    return round(value / grid) * grid
