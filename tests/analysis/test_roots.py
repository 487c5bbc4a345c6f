"""Roots to any number of digits: known answers, independent solvers, and what must hold when units change."""

import cmath
import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.analysis import roots
from sddeverify.delays import (
    Constant,
    Erlang,
    Exponential,
    Hyperexponential,
    Lattice,
    Law,
    Mixture,
    ShiftedExponential,
    Sum,
    TruncatedExponential,
    Uniform,
)
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.models import CharacteristicFunction
from tests.analysis import known
from tests.delays.strategies import moderate

STANDARD = {
    "constant": Constant(1),
    "shifted": ShiftedExponential("1/2", "1/2"),
    "erlang": Erlang(3, 1),
    "uniform": Uniform(0, 2),
    "truncated": TruncatedExponential(1, 3),
    "lattice": Lattice("1/8", range(16)),
    "mixture": Mixture([("3/10", Constant(1)), ("7/10", Uniform(0, 2))]),
}


def residual(h: CharacteristicFunction, s: mpmath.mpc, digits: int) -> mpmath.mpf:
    """|h(s)|/|h'(s) s|, the relative distance of s from the root, by the law's own formula at twice the digits."""
    with mpmath.workdps(2 * digits + 30):

        def value(z: mpmath.mpc) -> mpmath.mpc:
            return h.evaluate(z, mpmath.exp, lambda q: mpmath.mpf(q.numerator) / q.denominator)

        return abs(value(s) / mpmath.diff(value, s) / s)


def test_every_case_is_used_or_explained() -> None:
    kinds = {"rightmost_root", "boundary", "count_rhp", "count_region", "double_root", "stationary_variance"}
    assert set(known.CASES) == set(known.ids(*kinds)) | set(known.ELSEWHERE)


@pytest.mark.parametrize("name", known.ids("rightmost_root"))
def test_known_rightmost_roots(name: str) -> None:
    h = known.function(name)
    found = roots.rightmost(h, digits=40)
    with mpmath.workdps(50):
        expected = known.value(name)
        for one, two in ((found.real, expected.real), (found.imag, expected.imag)):
            assert abs(one - two) <= abs(two) * mpmath.mpf(10) ** -28
    first = roots.leading(h)[0]
    assert roots.rightmost_float(h) == first
    assert abs(first - complex(expected)) <= (1e-7 if "1/e" in name else 1e-14) * abs(first)


@pytest.mark.parametrize("name", ["const-count--4.72", "const-count-7.9", "const-count-1.6"])
def test_known_counts_right_of_the_axis(name: str) -> None:
    assert roots.count(known.function(name), 0) == known.CASES[name]["expected"]


@pytest.mark.parametrize(("lo", "hi", "expected"), [
    (0.0, 0.5, 0), (0.5, 2.5, 2), (2.5, 4.5, 4), (-1.5, 0.0, 1), (-3.5, -1.5, 3),
])  # fmt: skip
def test_known_counts_between_crossings(lo: float, hi: float, expected: int) -> None:
    names = {
        "0<a tau<pi/2": (0.0, 0.5), "pi/2<a tau<5pi/2": (0.5, 2.5), "5pi/2<a tau<9pi/2": (2.5, 4.5),
        "-3pi/2<a tau<0": (-1.5, 0.0), "-7pi/2<a tau<-3pi/2": (-3.5, -1.5),
    }  # fmt: skip
    table = {names[text]: number for text, number in known.CASES["const-crossings"]["expected"]}
    assert table[lo, hi] == expected
    for part in (0.001, 0.5, 0.999):
        a = Fraction((lo + part * (hi - lo)) * math.pi)
        assert roots.count(CharacteristicFunction(a, Constant(1)), 0) == expected


@pytest.mark.parametrize("name", known.ids("count_region"))
def test_known_counts_of_many_roots(name: str) -> None:
    h, expected = known.function(name), known.CASES[name]["expected"]
    assert roots.count(h, -5) == expected
    listed = roots.all_in(h, -5)
    assert sum(1 if root.imag == 0 else 2 for root in listed) == expected
    assert all(one.real >= two.real >= -5 for one, two in itertools.pairwise(listed))


def test_known_double_roots() -> None:
    h = known.function("hayes-tdscontrol-scalar")
    first, second, *rest = roots.leading(h)
    assert first == second == 0
    assert all(root.real < 0 for root in rest)
    assert roots.rightmost(h, 50) == 0
    assert roots.all_in(h, "-1/10") == [0, 0]
    # s - 2 + e exp(-s): with e rounded down at 40 digits the double root 1 splits into two real ones.
    with mpmath.workdps(60):
        e = Fraction(int(mpmath.floor(mpmath.e * mpmath.mpf(10) ** 40)), 10**40)
    h = CharacteristicFunction(e, Constant(1), -2)
    assert roots.leading(h)[:2] == [1, 1]
    one, two = roots.all_in(h, 0, digits=30)
    assert one.imag == two.imag == 0
    assert one.real > 1 > two.real
    assert 0 < abs(one - 1) < 1e-19


def test_double_root_of_a_rational_law() -> None:
    h = CharacteristicFunction("1/4", Exponential(1))
    assert roots.leading(h) == [-0.5, -0.5]
    assert roots.all_in(h, -1, digits=40) == [-0.5, -0.5]
    assert roots.count(h, "-51/100") == 2
    assert roots.count(h, "-49/100") == 0


ADVERSARIAL = [
    (f"{a}/tau={tau}/{name}", CharacteristicFunction(a, law.scaled(tau)))
    for a, tau in (("1e9", "1"), ("1e-9", "1"), ("1", "1e-6"), ("1", "100"), ("3/7", "22/7"))
    for name, law in STANDARD.items()
    if not (a == "1e9" and name in ("uniform", "truncated", "mixture"))  # thousands of unstable roots: below
]


@pytest.mark.parametrize(("name", "h"), ADVERSARIAL, ids=[name for name, _ in ADVERSARIAL])
def test_sixty_digits(name: str, h: CharacteristicFunction) -> None:
    found = roots.rightmost(h, digits=60)
    assert residual(h, found, 60) < mpmath.mpf(10) ** -60
    assert abs(complex(found) - roots.leading(h)[0]) <= 1e-12 * abs(found)


@pytest.mark.parametrize("offset", ["1e-6", "-1e-6", "1e-12", "-1e-12", "1e-30", "-1e-30", "1e-60", "-1e-60"])
def test_sixty_digits_near_the_double_root(offset: str) -> None:
    # a tau = (1 + offset)/e with e rounded to 150 digits; the roots are Lambert W branches near -1.
    with mpmath.workdps(160):
        e = Fraction(int(mpmath.floor(mpmath.e * mpmath.mpf(10) ** 150)), 10**150)
    h = CharacteristicFunction((1 + Fraction(offset)) / e, Constant(1))
    found = roots.rightmost(h, digits=60)
    with mpmath.workdps(200):
        a = mpmath.mpf(h.damping.lo.numerator) / h.damping.lo.denominator
        expected = mpmath.lambertw(-a)
        assert abs(expected + 1) > mpmath.mpf(10) ** -31
        for one, two in ((found.real, expected.real), (found.imag, expected.imag)):
            assert abs(one - two) <= abs(two) * mpmath.mpf(10) ** -60


@pytest.mark.parametrize("law", [Uniform(0, 2), TruncatedExponential(1, 3)], ids=str)
def test_thousands_of_unstable_roots(law: Law) -> None:
    h = CharacteristicFunction("1e9", law)
    first = roots.leading(h)[0]
    assert residual(h, mpmath.mpc(first), 15) < 1e-12
    assert roots.count(h, Fraction(first.real) + Fraction(1, 10**6)) == 0
    assert roots.count(h, Fraction(first.real) - Fraction(1, 10**6)) == 2


@settings(max_examples=60, deadline=None)
@given(a=st.floats(-40, 40).filter(lambda a: abs(a) > 1e-3), tau=st.floats(0.01, 30), b=st.floats(-2, 2))
def test_constant_delay_against_lambert_w(a: float, tau: float, b: float) -> None:
    h = CharacteristicFunction(Fraction(a), Constant(Fraction(tau)), Fraction(b))
    x = -a * tau * math.exp(b * tau)
    if abs(1 + x * math.e) < 1e-6 or abs(x) > 1e300:
        return  # near the branch point SciPy's own digits are few: see the test of sixty digits
    branches = [complex(scipy.special.lambertw(x, k)) / tau - b for k in range(-4, 5)]
    upper = sorted((s for s in branches if s.imag >= -1e-9 * abs(s)), key=lambda s: -s.real)
    for s in roots.leading(h)[:3]:
        assert min(abs(s - other) / (abs(other) + abs(b)) for other in branches) < 1e-9
    assert abs(roots.leading(h)[0].real - upper[0].real) <= 1e-9 * (abs(upper[0]) + abs(b))


def test_constant_delay_against_arb() -> None:
    context = flint.ctx
    before = context.prec
    try:
        context.prec = 300
        for a, tau in (("3/2", "1"), ("1/10", "3"), ("47", "1/5"), ("-5", "1"), ("1e-9", "1"), ("1e9", "1")):
            h = CharacteristicFunction(a, Constant(tau))
            listed = roots.all_in(h, roots.leading(h)[2].real - 1e-9, digits=50)
            q = Fraction(a) * Fraction(tau)
            x = flint.acb(-flint.arb(q.numerator) / q.denominator)
            t = Fraction(tau)
            branches = [x.lambertw(k) * t.denominator / t.numerator for k in range(-4, 5)]
            for root in listed:
                with mpmath.workdps(90):
                    point = flint.acb(*(flint.arb(mpmath.nstr(part, 80)) for part in (root.real, root.imag)))
                assert any(float(abs(point - branch).upper()) <= 1e-50 * float(abs(root)) for branch in branches)
    finally:
        context.prec = before


STAGES = {
    "exponential": (Exponential("4/5"), [(1.0, [0.8])]),
    "erlang": (Erlang(4, 2), [(1.0, [0.5] * 4)]),
    "hyperexponential": (Hyperexponential([("1/3", 2), ("2/3", "1/2")]), [(1 / 3, [2.0]), (2 / 3, [0.5])]),
    "sum": (Sum(Erlang(2, 1), Exponential("1/5")), [(1.0, [0.5, 0.5, 0.2])]),
    "both": (
        Mixture([("1/2", Sum(Exponential(1), Exponential("1/3"))), ("1/2", Erlang(2, 1))]),
        [(0.5, [1.0, 1 / 3]), (0.5, [0.5, 0.5])],
    ),
}


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("a", ["1/10", "1", "7", "-2"])
@pytest.mark.parametrize("b", ["0", "1/3"])
def test_rational_laws_against_polynomial_roots(name: str, a: str, b: str) -> None:
    law, terms = STAGES[name]
    scales = [scale for _, stages in terms for scale in stages]  # a common denominator, not the least one
    poly = np.polynomial.Polynomial
    denominator = math.prod((poly([1.0, scale]) for scale in scales), start=poly([1.0]))
    numerator = poly([0.0])
    for weight, stages in terms:
        rest = list(scales)
        for scale in stages:
            rest.remove(scale)
        numerator = numerator + weight * math.prod((poly([1.0, scale]) for scale in rest), start=poly([1.0]))
    every = (poly([float(Fraction(b)), 1.0]) * denominator + float(Fraction(a)) * numerator).roots()
    h = CharacteristicFunction(a, law, b)
    abscissa = float(law.abscissa or 0)
    expected = sorted((s for s in every if s.imag >= 0 and s.real > abscissa + 1e-6), key=lambda s: -s.real)
    found = [s for s in roots.leading(h) if s.real > abscissa + 1e-6]
    assert len(found) >= min(1, len(expected))
    for s, other in zip(found, expected, strict=False):
        assert abs(s - other) < 1e-7 * (1 + abs(other))
    if expected:
        line = expected[0].real - 1e-3
        count = sum(1 for s in every if s.real > line)
        assert roots.count(h, line) == count


@settings(max_examples=40, deadline=None)
@given(law=st.sampled_from(sorted(STANDARD)), a=moderate, factor=st.fractions(Fraction(1, 1000), 1000))
def test_scale_family(law: str, a: Fraction, factor: Fraction) -> None:
    # tau -> factor tau and a -> a/factor divides every root by the factor.
    if factor == 0:
        return
    one = roots.rightmost(CharacteristicFunction(a, STANDARD[law]), 25)
    two = roots.rightmost(CharacteristicFunction(a / factor, STANDARD[law].scaled(factor)), 25)
    with mpmath.workdps(40):
        ratio = mpmath.mpf(factor.numerator) / factor.denominator
        assert abs(two * ratio - one) <= abs(one) * mpmath.mpf(10) ** -25


@settings(max_examples=40, deadline=None)
@given(law=st.sampled_from(sorted(STANDARD)), a=moderate, c=st.fractions(-1, 1))
def test_listed_roots_match_their_number(law: str, a: Fraction, c: Fraction) -> None:
    h = CharacteristicFunction(a, STANDARD[law])
    listed = roots.all_in(h, c)
    assert roots.count(h, c) == sum(1 if root.imag == 0 else 2 for root in listed)
    for root in listed:
        assert residual(h, root, 15) < 1e-14 or abs(root) < 1e-12


def test_near_takes_the_root_that_is_meant() -> None:
    h = CharacteristicFunction("3/2", Constant(1))
    listed = roots.leading(h)
    for s in listed[:3]:
        found = roots.near(h, s * (1 + 1e-6), digits=30)
        assert abs(complex(found) - s) < 1e-12
        assert residual(h, found, 30) < mpmath.mpf(10) ** -30
    lower = roots.near(h, listed[0].conjugate(), 30)
    assert lower.imag < 0
    with pytest.raises(UnsupportedScenario, match="does not settle"):
        roots.near(h, 40 + 3j)


def test_precision_is_private() -> None:
    h = CharacteristicFunction("3/2", Uniform(0, 2))
    with mpmath.workdps(7):
        before = mpmath.mp.prec
        found = roots.rightmost(h, 70)
        assert mpmath.mp.prec == before
        assert isinstance(found, mpmath.mpc)
    with mpmath.workdps(60):
        again = roots.rightmost(h, 50)
        assert abs(found - again) < mpmath.mpf(10) ** -50


def test_threads_do_not_share_precision() -> None:
    h = CharacteristicFunction("3/2", ShiftedExponential("1/2", "1/2"))
    digits = [20, 200, 30, 400, 25, 300] * 4
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda n: roots.rightmost(h, n), digits))
    with mpmath.workdps(450):
        best = roots.rightmost(h, 420)
        for number, root in zip(digits, found, strict=True):
            assert abs(root - best) <= abs(best) * mpmath.mpf(10) ** -number


def test_roots_on_the_line_are_told() -> None:
    h = CharacteristicFunction(4, Erlang(2, 1))  # s (s + 2)^2 + 16 = (s + 4)(s^2 + 4)
    assert abs(roots.leading(h)[0] - 2j) < 1e-12
    with pytest.raises(UnsupportedScenario, match="lies on the line"):
        roots.count(h, 0)
    assert roots.count(h, Fraction(1, 10**40)) == 0
    assert roots.count(h, Fraction(-1, 10**40)) == 2
    assert len(roots.all_in(h, 0)) == 1


@pytest.mark.parametrize("distance", ["1e-12", "1e-15", "1e-20", "1e-40"])
def test_count_close_to_the_boundary(distance: str) -> None:
    for sign, expected in ((-1, 0), (1, 2)):
        h = CharacteristicFunction(Fraction(8, 3) + sign * Fraction(distance), Erlang(3, 1))
        assert roots.count(h, 0) == expected


@pytest.mark.parametrize("digits", [0, -1, 10**5, True, 1.5])
def test_unreasonable_digits_are_refused(digits: int) -> None:
    with pytest.raises(InvalidScenario, match="digits"):
        roots.rightmost(CharacteristicFunction(1, Constant(1)), digits)


@pytest.mark.parametrize(("a", "tau"), [("1e300", "1"), ("1", "1e300"), ("1", "1e-300")])
def test_parameters_beyond_floats_are_refused(a: str, tau: str) -> None:
    with pytest.raises(UnsupportedScenario, match="range of floats"):
        roots.leading(CharacteristicFunction(a, Constant(tau)))


def test_too_many_roots_are_refused() -> None:
    with pytest.raises(UnsupportedScenario, match="more than"):
        roots.all_in(CharacteristicFunction(1, Constant(1)), -40)


def test_interval_counts_with_its_midpoint() -> None:
    box = CharacteristicFunction(("1", "2"), Constant(1))
    assert roots.leading(box) == roots.leading(CharacteristicFunction("3/2", Constant(1)))


def test_leading_is_in_the_upper_half_plane_and_sorted() -> None:
    for law in STANDARD.values():
        for a in ("1/5", "2", "30"):
            listed = roots.leading(CharacteristicFunction(a, law))
            assert all(s.imag >= 0 for s in listed)
            assert all(one.real >= two.real for one, two in itertools.pairwise(listed))
            assert all(cmath.isfinite(s) for s in listed)


@pytest.mark.parametrize("abscissa", [math.nan, math.inf, "many"])
def test_bad_abscissae_are_refused(abscissa: float | str) -> None:
    with pytest.raises(InvalidScenario, match="abscissa"):
        roots.count(CharacteristicFunction(1, Constant(1)), abscissa)
