"""Counting roots right of a line: many of them, none, on the line, and where there is nothing to count."""

from fractions import Fraction

import pytest

from sddeverify.certificates import Reason, root_count
from sddeverify.delays import Constant, Erlang, Exponential, Lattice, Law, Mixture, Sum, Uniform
from sddeverify.models import CharacteristicFunction
from tests.certificates.numerical import lambert_roots, rational_roots
from tests.certificates.proved import HALF_PI, proved, undecided


def counted(law: Law, a: object, abscissa: object = 0, b: object = 0) -> int:
    return proved(root_count.prove(CharacteristicFunction(a, law, b), abscissa)).count


@pytest.mark.parametrize("line", ["-5", "-4", "-3", "-1.23456", "-0.1", "0", "0.1"])
def test_constant_delay_against_lambert_w(line: str) -> None:
    # There are 864 roots with Re s >= -5: the largest case of the known answers, and all lines before it.
    a, tau = Fraction(1), Fraction(3, 2)
    roots = lambert_roots(a, tau, Fraction(0), 450, bits=64)
    expected = sum(re - radius > Fraction(line) for re, _, radius in roots)
    assert all(abs(re - Fraction(line)) > radius for re, _, radius in roots)
    assert counted(Constant(tau), a, line) == expected
    assert expected == {"-5": 864, "0": 0, "0.1": 0}.get(line, expected)


@pytest.mark.parametrize("k", [0, 1, 2, 5, 20])
@pytest.mark.parametrize("distance", ["1e-3", "1e-12", "1e-30"])
def test_both_sides_of_every_crossing(k: int, distance: str) -> None:
    # Pairs cross at a tau = pi/2 + 2 pi k.
    strength = HALF_PI * (4 * k + 1)
    assert counted(Constant(1), strength - Fraction(distance)) == 2 * k
    assert counted(Constant(1), strength + Fraction(distance)) == 2 * k + 2


@pytest.mark.parametrize(
    "law", [Exponential(1), Erlang(5, 1), Erlang(12, "1/1000"), Sum(Exponential(1), Exponential(2))]
)
@pytest.mark.parametrize("a", ["1/100", "1", "7", "60", "-3"])
def test_rational_transforms_against_polynomials(law: Law, a: str) -> None:
    strength = Fraction(a) / law.mean
    for part in ("-4/5", "-17/31", "-1/7", "0", "3/11"):
        line = max(Fraction(part) / law.mean, Fraction(4, 5) * law.abscissa)
        roots = rational_roots(law, strength, Fraction(0))
        assert counted(law, strength, line) == sum(re > line for re, _, _ in roots)


def test_a_root_on_the_line_is_undecided() -> None:
    # s + a/(1 + s) with a > 1/4 has both roots on Re s = -1/2.
    h = CharacteristicFunction(1, Exponential(1))
    undecided(root_count.prove(h, "-1/2"), Reason.PRECISION)
    assert counted(Exponential(1), 1, "-501/1000") == 2
    assert counted(Exponential(1), 1, "-499/1000") == 0


@pytest.mark.parametrize("line", ["-3", "-3.1", "-5", "-1e9"])
def test_left_of_the_abscissa_of_convergence(line: str) -> None:
    answer = undecided(root_count.prove(CharacteristicFunction(1, Erlang(3, 1)), line), Reason.DOMAIN)
    assert "abscissa of convergence" in answer.detail


def test_just_right_of_the_abscissa_of_convergence() -> None:
    # s (1 + s/3)^3 + 1 has four zeros, all right of the pole at -3: two pairs.
    found = rational_roots(Erlang(3, 1), Fraction(1), Fraction(0))
    assert counted(Erlang(3, 1), 1, "-2.5") == sum(re > Fraction("-2.5") for re, _, _ in found)


def test_lines_far_to_the_right() -> None:
    assert counted(Constant(1), 5, "10") == 0
    assert counted(Constant(1), 5, "1e30") == 0
    assert counted(Erlang(3, 1), -5, "1e6") == 0


def test_roots_too_many_to_count() -> None:
    undecided(root_count.prove(CharacteristicFunction(1, Constant(1)), -1000))
    undecided(root_count.prove(CharacteristicFunction("1e6", Constant(1))), Reason.BUDGET)


def test_numbers_beyond_floats_are_undecided() -> None:
    undecided(root_count.prove(CharacteristicFunction("1e-300", Constant("1e300"))))
    undecided(root_count.prove(CharacteristicFunction("1e400", Constant("1e-400"))))
    undecided(root_count.prove(CharacteristicFunction("1e3000", Constant(1))))
    undecided(root_count.prove(CharacteristicFunction(1, Constant("1e-3000")), "1e3000"))


def test_a_line_far_left_of_small_roots() -> None:
    # |h| on the line is far smaller than |c|: one root in view, at about -1e-9.
    assert counted(Constant("1e-9"), "1e-9", "-5e8") == 1


def test_a_box_of_parameters_has_one_count() -> None:
    h = CharacteristicFunction(("1.9", "2.1"), Constant(1), ("-1/10", "1/10"))
    assert proved(root_count.prove(h)).count == 2
    far = proved(root_count.prove(h, "-1.5")).count
    for a, b in ((Fraction(2), Fraction(0)), (Fraction("1.9"), Fraction("0.1")), (Fraction("2.1"), Fraction("-0.1"))):
        assert far == sum(re > Fraction("-1.5") for re, _, _ in lambert_roots(a, Fraction(1), b, 5))


def test_a_law_in_many_pieces_is_the_law() -> None:
    whole = Uniform(0, 2)
    halves = Mixture([("1/2", Uniform(0, 1)), ("1/2", Sum(Constant(1), Uniform(0, 1)))])
    grains = Lattice("1/4", [0, 0, 1])
    for a in ("1", "2.4", "2.5", "9", "30"):
        assert counted(halves, a) == counted(whole, a)
        assert counted(grains, a) == counted(Constant("1/2"), a)
