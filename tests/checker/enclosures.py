"""What the tests of the kernel's arithmetic share: members of rectangles, and containment that cannot pass by accident.

A comparison of balls that is undecided is False here, so a test can only pass on a proof.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from flint import acb, arb, ctx, fmpq
from hypothesis import strategies as st

from sddeverify.checker.interval import Arithmetic, Pair, Rectangle

Member = tuple[Fraction, Fraction]
BITS = st.sampled_from([32, 33, 53, 64, 128, 192, 777, 2048, 4096])
PARTS = st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(977, 1024)])


@st.composite
def intervals(draw: st.DrawFn, bits: int, top: int = 8) -> tuple[int, int]:
    """Integers lo <= hi in ulps: points, a few ulps wide, or wide; from one ulp to 2^top in size."""
    size = draw(st.integers(0, bits + top))
    lo = draw(st.integers(-(1 << size), 1 << size))
    width = draw(st.one_of(st.just(0), st.integers(0, 3), st.integers(0, 1 << draw(st.integers(0, bits + top)))))
    return lo, lo + width


@st.composite
def rectangles(draw: st.DrawFn, bits: int, top: int = 8) -> Rectangle:
    """Rectangles, some of them real."""
    real = draw(intervals(bits, top))
    return (*real, *draw(st.one_of(st.just((0, 0)), intervals(bits, top))))


@st.composite
def members(draw: st.DrawFn, x: Rectangle, bits: int) -> Member:
    """An exact number in a rectangle: often a corner."""
    t, u = draw(PARTS), draw(PARTS)
    return (x[0] + t * (x[1] - x[0])) / (1 << bits), (x[2] + u * (x[3] - x[2])) / (1 << bits)


@st.composite
def pairs(draw: st.DrawFn, least: Fraction | None = None) -> Pair:
    """Parameters: points and intervals, with denominators that are no powers of 2."""
    lo = draw(st.fractions(min_value=least if least is not None else -1000, max_value=1000, max_denominator=10**6))
    width = draw(st.one_of(st.just(Fraction(0)), st.fractions(0, 2, max_denominator=1000)))
    return Pair(lo, lo + width)


def holds_exactly(ar: Arithmetic, x: Rectangle, z: Member) -> bool:
    """Whether a rectangle contains an exact number."""
    re, im = (part * ar.unit for part in z)
    return x[0] <= re <= x[1] and x[2] <= im <= x[3]


def ball(z: Member) -> acb:
    """An exact number as a ball."""
    return acb(*(arb(fmpq(x.numerator, x.denominator)) for x in z))


def holds(ar: Arithmetic, x: Rectangle, value: Callable[[], acb], extra: int = 128) -> bool:
    """Whether a rectangle contains a number that is given by balls, at a precision far above the kernel's."""
    for bits in (2 * ar.bits + extra, 8 * ar.bits + 8 * extra):
        with ctx.workprec(bits):
            z = value() * arb(2) ** ar.bits
            if x[0] <= z.real and z.real <= x[1] and x[2] <= z.imag and z.imag <= x[3]:
                return True
            if z.real < x[0] or z.real > x[1] or z.imag < x[2] or z.imag > x[3]:
                return False
    return False
