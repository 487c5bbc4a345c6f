"""The rightmost root next to double roots, next to the imaginary axis, at its digits, in odd units of time."""

import math
from fractions import Fraction

import pytest

from sddeverify.certificates import Reason, rightmost_root, root_count, stability
from sddeverify.certificates.rightmost_root import RightmostRoot
from sddeverify.delays import Constant, Empirical, Erlang, Exponential, Law, Mixture, ShiftedExponential, Uniform
from sddeverify.models import CharacteristicFunction
from tests.certificates.numerical import Ball, lambert_roots, rational_roots
from tests.certificates.proved import HALF_PI, INVERSE_E, proved, undecided


def found(a: object, law: Law, b: object = 0, digits: int = 20) -> RightmostRoot:
    return proved(rightmost_root.prove(CharacteristicFunction(a, law, b), digits))


def holds(root: RightmostRoot, expected: Ball) -> bool:
    re, im, radius = expected
    return (
        root.real.lo - radius <= re <= root.real.hi + radius
        and root.imag.lo - radius <= abs(im) <= root.imag.hi + radius
    )


@pytest.mark.parametrize("distance", [*(f"1e-{k}" for k in range(3, 15)), "1e-30"])
@pytest.mark.parametrize("sign", [-1, 1])
def test_next_to_the_imaginary_axis(distance: str, sign: int) -> None:
    strength = HALF_PI + sign * Fraction(distance)
    root = found(strength, Constant(1))
    assert root.roots == 2
    assert holds(root, lambert_roots(strength, Fraction(1), Fraction(0), 2)[0])
    assert (root.real.lo > 0) if sign > 0 else (root.real.hi < 0)
    # 20 digits of the real part, however small it is beside the imaginary part
    assert root.real.width < abs(root.real.lo) / 10**20
    assert root.imag.width < root.imag.lo / 10**20


def test_too_close_to_the_axis_to_tell_the_sign() -> None:
    root = found(HALF_PI + Fraction("1e-100"), Constant(1))
    assert 0 in root.real
    assert root.real.width < Fraction("1e-38")
    exactly = found(Fraction(8, 3), Erlang(3, 1))
    assert 0 in exactly.real
    assert exactly.imag.lo**2 < 3 < exactly.imag.hi**2  # the roots are +- i sqrt(3)


@pytest.mark.parametrize("distance", ["1e-6", "1e-9", "1e-12", "1e-30", "1e-60"])
@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize("unit", ["1", "1e-9", "1e9"])
def test_next_to_the_double_root(distance: str, sign: int, unit: str) -> None:
    # a tau < 1/e: two real roots; a tau > 1/e: a pair. Its distance is the square root of that of a tau.
    tau = Fraction(unit)
    a = INVERSE_E * (1 + sign * Fraction(distance)) / tau
    root = found(a, Constant(tau))
    assert root.roots == (1 if sign < 0 else 2)
    if sign < 0:
        assert (root.imag.lo, root.imag.hi) == (0, 0)
    else:
        assert root.imag.lo > 0
    assert holds(root, lambert_roots(a, tau, Fraction(0), 2)[0])


def test_double_nearest_to_the_double_root() -> None:
    for tau in (math.exp(-1), math.nextafter(math.exp(-1), 0), math.nextafter(math.exp(-1), 1)):
        a = Fraction(tau)
        root = found(a, Constant(1))
        assert root.roots == (1 if a < INVERSE_E else 2)
        assert holds(root, lambert_roots(a, Fraction(1), Fraction(0), 2)[0])


def test_double_roots_are_clusters() -> None:
    # 1/e to 150 digits: the two real roots are 1e-75 apart, and still told apart; a double root is not.
    assert found(INVERSE_E, Constant(1)).roots in (1, 2)
    for h, place in [
        (CharacteristicFunction("1/4", Exponential(1)), Fraction(-1, 2)),
        (CharacteristicFunction("1/40", Exponential(10)), Fraction(-1, 20)),
        (CharacteristicFunction(1, Constant(1), -1), Fraction(0)),
        (CharacteristicFunction("1e9", Constant("1e-9"), "-1e9"), Fraction(0)),
    ]:
        for digits in (5, 20, 60):
            cluster = proved(rightmost_root.prove(h, digits))
            assert cluster.roots == 2
            assert place in cluster.real
            assert cluster.real.width < Fraction(1, 10**digits)
            assert (cluster.imag.lo, cluster.imag.hi > 0) == (0, True)


@pytest.mark.parametrize("distance", ["1e-6", "1e-12", "1e-30"])
def test_exponential_law_next_to_its_double_root(distance: str) -> None:
    # s^2 + s + c: at c = 1/4 both roots are -1/2
    below = found(Fraction(1, 4) - Fraction(distance), Exponential(1))
    above = found(Fraction(1, 4) + Fraction(distance), Exponential(1))
    assert (below.roots, above.roots) == (1, 2)
    assert (2 * below.real.lo + 1) ** 2 < 4 * Fraction(distance) < (2 * below.real.hi + 1) ** 2
    assert Fraction(-1, 2) in above.real
    assert above.imag.lo**2 < Fraction(distance) < above.imag.hi**2


def test_an_interval_that_contains_a_double_root() -> None:
    cluster = proved(rightmost_root.prove(CharacteristicFunction(("0.3678", "0.3679"), Constant(1))))
    assert cluster.roots == 2
    assert -1 in cluster.real
    # The parameters allow a pair and two real roots: neither is claimed, and no root is lost.
    for a in ("0.3678", "0.3679"):
        assert holds(cluster, lambert_roots(Fraction(a), Fraction(1), Fraction(0), 2)[0])


@pytest.mark.parametrize(("a", "tau"), [("1e9", "1e-9"), ("1e9", "1"), ("1e9", "100"), ("1e-9", "1"), ("1e-9", "1e-9")])
def test_units_of_time(a: str, tau: str) -> None:
    assert holds(found(a, Constant(tau)), lambert_roots(Fraction(a), Fraction(tau), Fraction(0), 2)[0])


@pytest.mark.parametrize(
    ("a", "tau"),
    [
        ("1e-9", "1.6e9"),
        ("1", "1e-6"),
        ("1", "100"),
        ("1", "1.6e9"),
        ("1e100", "1e-100"),
        ("1e-100", "1e100"),
        ("-3", "2"),
    ],
)
def test_more_units_of_time(a: str, tau: str) -> None:
    assert holds(found(a, Constant(tau)), lambert_roots(Fraction(a), Fraction(tau), Fraction(0), 2)[0])


@pytest.mark.parametrize("digits", [1, 2, 15, 50, 200, 1000])
def test_digits(digits: int) -> None:
    root = found(1, Constant(1), digits=digits)
    assert root.real.width <= -root.real.hi / 10**digits
    assert root.imag.width <= root.imag.lo / 10**digits
    assert holds(root, lambert_roots(Fraction(1), Fraction(1), Fraction(0), 2, bits=4000)[0])


@pytest.mark.parametrize("b", ["-1/2", "-2", "1/3", "5"])
def test_undelayed_term(b: str) -> None:
    for a in ("1/2", "2", "-1/3"):
        root = found(a, Constant(1), b)
        assert holds(root, lambert_roots(Fraction(a), Fraction(1), Fraction(b), 3)[0])


def test_a_simple_root_at_the_origin() -> None:
    root = found("1/2", Constant(1), "-1/2")  # s - 1/2 + exp(-s)/2
    assert root.roots == 1
    assert 0 in root.real


@pytest.mark.parametrize("law", [Exponential(1), Erlang(2, 1), Erlang(7, "1/3"), Erlang(30, 2)], ids=str)
@pytest.mark.parametrize("strength", ["1/100", "1/4", "1", "8/3", "20", "-1"])
def test_rational_transforms(law: Law, strength: str) -> None:
    a = Fraction(strength) / law.mean
    assert holds(found(a, law), rational_roots(law, a, Fraction(0))[0])


def test_no_root_right_of_the_abscissa_of_convergence() -> None:
    h = CharacteristicFunction("1/100", Exponential(1), 2)
    assert rational_roots(Exponential(1), Fraction(1, 100), Fraction(2)) == []
    undecided(rightmost_root.prove(h), Reason.DOMAIN)


@pytest.mark.parametrize("width", ["1e-2", "1e-4", "1e-12"])
def test_intervals_of_damping(width: str) -> None:
    lo = Fraction(3, 2)
    hi = lo + Fraction(width)
    root = proved(rightmost_root.prove(CharacteristicFunction((lo, hi), Constant(1))))
    for a in (lo, (lo + hi) / 2, hi):
        assert holds(root, lambert_roots(a, Fraction(1), Fraction(0), 2)[0])
    assert root.real.width < 4 * Fraction(width)


def test_empirical_law_holds_for_every_law_it_stands_for() -> None:
    law = Empirical("1/100", [0] * 50 + [3, 5, 9, 7, 2, 1])
    root = found(1, law)
    # All times earlier by up to half a step, all later, and one mass moved: still inside.
    for moved in (
        Mixture([(Fraction(n, 27), Constant(Fraction(101 + 2 * k, 200))) for k, n in enumerate([3, 5, 9, 7, 2, 1])]),
        Mixture([(Fraction(n, 27), Constant(Fraction(99 + 2 * k, 200))) for k, n in enumerate([3, 5, 9, 7, 2, 1])]),
    ):
        one = found(1, moved)
        assert root.real.lo <= one.real.lo <= one.real.hi <= root.real.hi
        assert root.imag.lo <= one.imag.lo <= one.imag.hi <= root.imag.hi


@pytest.mark.parametrize(
    "law", [Constant(1), ShiftedExponential("1/2", "1/2"), Erlang(3, 1), Uniform(0, 2), Exponential(1)], ids=str
)
@pytest.mark.parametrize("a", ["1/10", "1", "2", "3", "12", "-1"])
def test_agrees_with_stability_and_counts(law: Law, a: str) -> None:
    h = CharacteristicFunction(a, law)
    root = proved(rightmost_root.prove(h))
    assert proved(stability.prove(h)).stable is (root.real.hi < 0)
    step = Fraction("1e-6")
    assert proved(root_count.prove(h, root.real.hi + step)).count == 0
    assert proved(root_count.prove(h, root.real.lo - step)).count == root.roots
