"""Containment: every operation of the kernel's arithmetic encloses the exact result for all members.

Against exact rationals where the result is rational, against python-flint's balls at a higher precision elsewhere.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from flint import acb, arb, ctx
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sddeverify.checker.interval import Arithmetic, Pair, Rectangle, Refusal, product
from tests.checker.enclosures import BITS, ball, holds, holds_exactly, intervals, members, pairs, rectangles

Complex = tuple[Fraction, Fraction]


def times(x: Complex, y: Complex) -> Complex:
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]


@given(st.data())
def test_product_is_the_exact_range(data: st.DataObject) -> None:
    (a, b), (c, d) = data.draw(intervals(32)), data.draw(intervals(32))
    lo, hi = product(a, b, c, d)
    corners = [x * y for x in (a, b) for y in (c, d)]
    assert (lo, hi) == (min(corners), max(corners))


@given(BITS, st.data())
def test_real_and_point(bits: int, data: st.DataObject) -> None:
    ar, pair = Arithmetic(bits), data.draw(pairs())
    lo, hi = ar.real(pair)
    for part in (Fraction(0), Fraction(1, 3), Fraction(1)):
        assert lo <= (pair.lo + part * (pair.hi - pair.lo)) * ar.unit <= hi
    # as tight as integers allow
    assert lo + 1 > pair.lo * ar.unit
    assert hi - 1 < pair.hi * ar.unit
    assert holds_exactly(ar, ar.point(pair.lo, -pair.hi), (pair.lo, -pair.hi))


@given(BITS, st.data())
def test_field_operations(bits: int, data: st.DataObject) -> None:
    ar = Arithmetic(bits)
    x, y = data.draw(rectangles(bits)), data.draw(rectangles(bits))
    u, v = data.draw(members(x, bits)), data.draw(members(y, bits))
    assert holds_exactly(ar, ar.add(x, y), (u[0] + v[0], u[1] + v[1]))
    assert holds_exactly(ar, ar.subtract(x, y), (u[0] - v[0], u[1] - v[1]))
    assert holds_exactly(ar, ar.multiply(x, y), times(u, v))
    assert holds_exactly(ar, ar.real_part(x), (u[0], Fraction(0)))
    assert ar.is_right(x) == (x[0] > 0)


@given(BITS, st.data())
def test_scale_and_divide(bits: int, data: st.DataObject) -> None:
    ar, pair = Arithmetic(bits), data.draw(pairs())
    x = data.draw(rectangles(bits))
    u = data.draw(members(x, bits))
    for p in (pair.lo, pair.hi, (pair.lo + 2 * pair.hi) / 3):
        assert holds_exactly(ar, ar.scale(x, pair), (u[0] * p, u[1] * p))
    divisor = data.draw(st.integers(1, 10**20))
    found = ar.divide(x, divisor)
    assert holds_exactly(ar, found, (u[0] / divisor, u[1] / divisor))
    assert found[1] - found[0] <= Fraction(x[1] - x[0], divisor) + 2


@given(BITS, st.data())
def test_inverse(bits: int, data: st.DataObject) -> None:
    ar = Arithmetic(bits)
    x = data.draw(rectangles(bits))
    u = data.draw(members(x, bits))
    square = u[0] ** 2 + u[1] ** 2
    try:
        found = ar.inverse(x)
    except Refusal:
        assert x[0] <= 0 <= x[1]  # 0 itself is not excluded
        assert x[2] <= 0 <= x[3]
        return
    assert holds_exactly(ar, found, (u[0] / square, -u[1] / square))


@given(BITS, st.data())
def test_sizes(bits: int, data: st.DataObject) -> None:
    ar = Arithmetic(bits)
    x, y = data.draw(rectangles(bits)), data.draw(rectangles(bits))
    u, v = data.draw(members(x, bits)), data.draw(members(y, bits))
    square = (u[0] ** 2 + u[1] ** 2) * ar.unit**2
    assert ar.mignitude(x) ** 2 <= square <= ar.magnitude(x) ** 2
    assert ar.size(x) == (ar.magnitude(x), ar.magnitude(x), 0, 0)
    # the bound is reached at a corner, up to rounding
    corner = max(a * a + b * b for a in x[:2] for b in x[2:])
    assert (ar.magnitude(x) - 1) ** 2 < corner if corner else ar.magnitude(x) == 0
    assert ar.mignitude(x) == math.isqrt(min(a * a for a in clip(x[0], x[1])) + min(b * b for b in clip(x[2], x[3])))
    # inflate: every number within |v| of u
    wide = ar.inflate(x, y)
    for re, im in ((1, 0), (0, 1), (-1, 0), (0, -1), (Fraction(3, 5), Fraction(-4, 5))):
        moved = times(v, (Fraction(re), Fraction(im)))
        assert holds_exactly(ar, wide, (u[0] + moved[0], u[1] + moved[1]))


def clip(lo: int, hi: int) -> tuple[int, ...]:
    return (0,) if lo <= 0 <= hi else (lo, hi)


@given(BITS, st.data())
def test_exponential(bits: int, data: st.DataObject) -> None:
    ar = Arithmetic(bits)
    x = data.draw(rectangles(bits, top=14))
    u = data.draw(members(x, bits))
    fits = all(abs(t).bit_length() <= 2 * bits - 26 for t in x[2:])
    try:
        found = ar.exponential(x)
    except Refusal:
        assert -x[0] >> bits >= 4096 or not fits
        return
    assert holds(ar, found, lambda: (-ball(u)).exp(), extra=2 * max(abs(t) for t in x).bit_length() + 128)


@given(BITS, st.integers(-(10**6), 10**6), st.integers(0, 4200), st.booleans())
@example(53, 1, 40, False)
@example(53, -1, 40, False)
def test_exponential_of_hard_numbers(bits: int, numerator: int, shift: int, imaginary: bool) -> None:
    """Near 2^-k exp(x) is all but a binary number: where other libraries lose containment."""
    assume(shift <= bits)
    ar = Arithmetic(bits)
    point = (numerator << bits) >> shift  # numerator 2^-shift if that is a number of the grid
    x: Rectangle = (0, 0, point, point) if imaginary else (point, point, 0, 0)
    try:
        found = ar.exponential(x)
    except Refusal:
        assert abs(point) >> bits > 0
        return
    exact = (Fraction(x[0], ar.unit), Fraction(x[2], ar.unit))
    assert holds(ar, found, lambda: (-ball(exact)).exp(), extra=4096)
    if abs(point) <= ar.unit:
        assert found[1] - found[0] <= 24  # and as sharp as its proof promises
        assert found[3] - found[2] <= 24


def test_mpmath_iv_is_not_rigorous_and_the_kernel_is() -> None:
    """mpmath issue 1181: iv.exp(2^-40) is the single point 1 + 2^-40, which does not contain exp(2^-40)."""
    before = mpmath.iv.prec
    try:
        mpmath.iv.prec = 53
        wrong = mpmath.iv.exp(mpmath.iv.mpf(2) ** -40)
    finally:
        mpmath.iv.prec = before
    ar = Arithmetic(53)
    x = -(1 << 13)  # exp(-x) with x = -2^-40
    right = ar.exponential((x, x, 0, 0))
    with ctx.workprec(300):
        truth = (arb(2) ** -40).exp()
        assert truth * arb(2) ** 53 > right[0]
        assert truth * arb(2) ** 53 < right[1]
        if wrong.a == wrong.b:  # as long as mpmath has the defect, this shows what it is
            assert truth > 1 + arb(2) ** -40


@pytest.mark.parametrize("bits", [32, 64, 4096])
def test_exponential_at_its_limits(bits: int) -> None:
    ar = Arithmetic(bits)
    limit = 4096 << bits
    for x in (limit - 1, limit, 2 * limit, 1 << (bits + 10_000)):  # exp(-x): below every ulp
        found = ar.exponential((x, x, 0, 0))
        assert found[0] == 0
        assert 1 <= found[1] <= 2
    with pytest.raises(Refusal):
        ar.exponential((-limit, -limit, 0, 0))
    assert ar.exponential((1 - limit, 1 - limit, 0, 0))[0] > 0
    # the fastest oscillation that is taken, and the next one
    fast = (1 << (2 * bits - 25)) - 1
    found = ar.exponential((0, 0, fast, fast))
    assert holds(ar, found, lambda: (-ball((Fraction(0), Fraction(fast, ar.unit)))).exp(), extra=4 * bits)
    with pytest.raises(Refusal):
        ar.exponential((0, 0, fast + 1, fast + 1))


def test_exponential_of_a_wide_imaginary_part_is_the_square() -> None:
    ar = Arithmetic(64)
    assert ar.exponential((0, 0, 0, 100 << 64)) == (-ar.unit, ar.unit, -ar.unit, ar.unit)


@given(BITS, st.integers(0, 4), st.data())
def test_moments(bits: int, order: int, data: st.DataObject) -> None:
    ar = Arithmetic(bits)
    z = data.draw(rectangles(bits, top=6))
    u = data.draw(members(z, bits))
    try:
        found = ar.moments(z, order)
    except Refusal:
        assert z[0] <= 0 <= z[1]  # 0 is not excluded, and |z| <= 1 is not assured
        assert z[2] <= 0 <= z[3]
        assert ar.magnitude(z) > ar.unit
        return
    assert len(found) == order + 1
    for k, x in enumerate(found):
        assert holds(ar, x, lambda k=k: moment(u, k), extra=512), k  # type: ignore[misc]  # a default of the loop


def moment(u: Complex, k: int) -> acb:
    """The integral of t^k exp(-u t) over [0, 1]: Kummer's function."""
    return (-ball(u)).hypgeom_1f1(k + 1, k + 2) / (k + 1)


@pytest.mark.parametrize("angle", range(0, 360, 15))
@pytest.mark.parametrize("size", ["1/1000000007", "1/3", "999/1000", "1", "1001/1000", "20"])
def test_moments_around_the_change_of_formula(angle: int, size: str) -> None:
    ar = Arithmetic(96)
    turn = math.radians(angle)
    z = [round(Fraction(size) * Fraction(part) * ar.unit) for part in (math.cos(turn), math.sin(turn))]
    found = ar.moments((z[0], z[0], z[1], z[1]), 3)
    for k, x in enumerate(found):
        assert holds(ar, x, lambda k=k: moment((Fraction(z[0], ar.unit), Fraction(z[1], ar.unit)), k))  # type: ignore[misc]  # a default of the loop
        assert x[1] - x[0] <= math.exp(max(0, -z[0] / ar.unit)) * 1000  # sharp


@given(BITS, st.lists(st.integers(0, 10**15), min_size=1, max_size=12), st.data())
def test_polynomial(bits: int, coefficients: list[int], data: st.DataObject) -> None:
    ar = Arithmetic(bits)
    z = data.draw(rectangles(bits, top=3))  # |z| > 1 too
    u = data.draw(members(z, bits))
    value: Complex = (Fraction(0), Fraction(0))
    for c in reversed(coefficients):
        value = times(value, u)
        value = value[0] + c, value[1]
    assert holds_exactly(ar, ar.polynomial(coefficients, z), value)


@pytest.mark.parametrize("size", [Fraction(1, 2), Fraction(1), Fraction(101, 100)])
def test_polynomial_of_many_cells(size: Fraction) -> None:
    rng = random.Random(1)
    coefficients = [rng.randrange(10**6) for _ in range(4096)]
    bits = 160
    ar = Arithmetic(bits)
    for _ in range(4):
        re = rng.randrange(-(1 << bits), 1 << bits)
        im = math.isqrt((1 << 2 * bits) - re * re)
        re, im = re * size.numerator // size.denominator, im * size.numerator // size.denominator
        x = (re, re + rng.randrange(3), im, im + rng.randrange(3))
        found = ar.polynomial(coefficients, x)

        def value(re: int = re, im: int = im) -> acb:
            z, total = ball((Fraction(re, 1 << bits), Fraction(im, 1 << bits))), acb(0)
            for c in reversed(coefficients):
                total = total * z + c
            return total

        assert holds(ar, found, value, extra=300)
        # the error bound grows with the sum of the coefficients, not exponentially with their number
        if size <= 1:
            assert found[1] - found[0] < 64 * sum(coefficients) * 4096


OPERATIONS: dict[str, Callable[[Arithmetic, Rectangle], Any]] = {
    "multiply": lambda ar, x: ar.multiply(x, x),
    "inverse": lambda ar, x: ar.inverse(x),
    "exponential": lambda ar, x: ar.exponential(x),
    "moments": lambda ar, x: ar.moments(x, 2)[2],
    "polynomial": lambda ar, x: ar.polynomial([3, 1, 4, 1, 5], x),
}


@pytest.mark.parametrize("name", OPERATIONS)
@given(st.integers(32, 200), st.data())
def test_inclusion_isotone_up_to_rounding(name: str, bits: int, data: st.DataObject) -> None:
    """A part of a rectangle gives a part of the result: all results must contain what the part's result contains."""
    ar, operation = Arithmetic(bits), OPERATIONS[name]
    x = data.draw(rectangles(bits, top=2))
    cut = (x[0] + (x[1] - x[0]) // 3, x[1], x[2], x[3] - (x[3] - x[2]) // 3)
    try:
        whole, part = operation(ar, x), operation(ar, cut)
    except Refusal:
        return
    # both contain the image of the part
    assert max(whole[0], part[0]) <= min(whole[1], part[1])
    assert max(whole[2], part[2]) <= min(whole[3], part[3])


def test_results_never_turn_inside_out() -> None:
    rng = random.Random(7)
    for _ in range(2000):
        bits = rng.choice([32, 40, 64])
        ar = Arithmetic(bits)
        span = [sorted(rng.randrange(-(4 << bits), 4 << bits) for _ in range(2)) for _ in range(2)]
        x: Rectangle = (*span[0], *span[1])  # type: ignore[assignment]  # four integers
        for operation in OPERATIONS.values():
            try:
                y = operation(ar, x)
            except Refusal:
                continue
            assert y[0] <= y[1]
            assert y[2] <= y[3]


def test_undecided_balls_do_not_pass() -> None:
    """The oracle itself: what a ball does not decide counts as a failure."""
    ar = Arithmetic(64)
    assert not holds(ar, ar.one, lambda: acb(arb(1, 1)))
    assert not holds(ar, ar.one, lambda: acb(arb("nan")))
    assert holds(ar, ar.one, lambda: acb(1))
    assert not holds(ar, ar.one, lambda: acb(1) + acb(2) ** -65)
    pair = Pair(Fraction(1, 3), Fraction(1, 3))
    assert holds(ar, (*ar.real(pair), 0, 0), lambda: ball((Fraction(1, 3), Fraction(0))))
