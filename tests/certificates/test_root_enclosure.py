"""Discs around single roots: which one is found, how small the disc is, and what is no root."""

from fractions import Fraction

import pytest

from sddeverify.certificates import Inconclusive, Reason, root_enclosure
from sddeverify.delays import Constant, Erlang, Exponential, Uniform
from sddeverify.models import CharacteristicFunction
from tests.certificates.numerical import Ball, lambert_roots, rational_roots
from tests.certificates.proved import INVERSE_E, proved, undecided

ONE = CharacteristicFunction(1, Constant(1))


def inside(disc: root_enclosure.RootEnclosure, expected: Ball) -> bool:
    re, im, radius = expected
    centre = [Fraction(x) for x in disc.claim["centre"]]
    return (re - centre[0]) ** 2 + (im - centre[1]) ** 2 <= (disc.radius + radius) ** 2


@pytest.mark.parametrize("branch", range(8))
@pytest.mark.parametrize("digits", [3, 20, 300])
def test_every_root_from_its_first_digits(branch: int, digits: int) -> None:
    upper = [root for root in lambert_roots(Fraction(1), Fraction(1), Fraction(0), 10) if root[1] > 0]
    expected = upper[branch]
    near = (round(expected[0], 3), round(expected[1], 3))
    disc = proved(root_enclosure.prove(ONE, near=near, digits=digits))
    assert disc.roots == 1
    assert inside(disc, expected)
    assert disc.radius <= min(abs(expected[0]), abs(expected[1])) / 10**digits
    assert disc.real.lo <= expected[0] <= disc.real.hi
    assert disc.imag.lo <= expected[1] <= disc.imag.hi


def test_starting_points_may_be_written_in_many_ways() -> None:
    for near in ((-0.318, 1.337), complex(-0.318, 1.337), ("-0.318", "1337/1000"), [Fraction(-318, 1000), "1.337"]):
        if isinstance(near, tuple) and isinstance(near[0], float):
            near = complex(*near)
        assert (
            proved(root_enclosure.prove(ONE, near=near)).claim["centre"]
            == (proved(root_enclosure.prove(ONE, near=-0.318 + 1.337j)).claim["centre"])
        )
    below = proved(root_enclosure.prove(ONE, near=-0.318 - 1.337j))
    assert below.imag.hi < 0


def test_real_roots_have_no_imaginary_part() -> None:
    h = CharacteristicFunction("1/5", Constant(1))
    expected = lambert_roots(Fraction(1, 5), Fraction(1), Fraction(0), 2)
    for re, im, _ in expected[:2]:
        assert im == 0
        disc = proved(root_enclosure.prove(h, near=float(re)))
        assert (disc.imag.lo, disc.imag.hi) == (0, 0)
        assert re in disc.real


def test_double_root_is_a_cluster() -> None:
    disc = proved(root_enclosure.prove(CharacteristicFunction("1/4", Exponential(1)), near=-0.4, digits=30))
    assert disc.roots == 2
    assert Fraction(-1, 2) in disc.real
    assert disc.imag.lo < 0 < disc.imag.hi
    at_zero = proved(root_enclosure.prove(CharacteristicFunction(1, Constant(1), -1), near=0))
    assert (at_zero.roots, 0 in at_zero.real) == (2, True)


@pytest.mark.parametrize("distance", ["1e-6", "1e-12", "1e-30"])
def test_close_pairs_are_told_apart_or_held_together(distance: str) -> None:
    a = INVERSE_E * (1 + Fraction(distance))
    expected = lambert_roots(a, Fraction(1), Fraction(0), 2)[:2]
    near = (round(expected[0][0], 40), round(abs(expected[0][1]), 40))
    disc = proved(root_enclosure.prove(CharacteristicFunction(a, Constant(1)), near=near))
    assert sum(inside(disc, root) for root in expected) == disc.roots


def test_poles_and_far_points() -> None:
    law = Erlang(3, 1)
    h = CharacteristicFunction(1, law)
    assert inside(proved(root_enclosure.prove(h, near=-0.4 + 1.1j)), rational_roots(law, Fraction(1), Fraction(0))[0])
    for near in (-3, -3.5, -100, 1e300, -1e300, 1e-300, complex(1e300, 1e300), complex(-2.9, 1e9), ("1e999", -1)):
        answer = root_enclosure.prove(h, near=near)  # wherever the iteration went: a root, or undecided
        if not isinstance(answer, Inconclusive):
            proved(answer)


def test_nothing_is_found_where_there_is_nothing() -> None:
    # s - 1 + exp(-s/1000)/1000 has one root near 1 and none near 50 i: Newton's method may go to it, or give up.
    answer = root_enclosure.prove(CharacteristicFunction("1/1000", Constant("1/1000"), -1), near=50j)
    if not isinstance(answer, Inconclusive):
        assert Fraction(1) - answer.real.lo < Fraction(1, 100)


def test_parameter_intervals() -> None:
    disc = proved(root_enclosure.prove(CharacteristicFunction(("1", "1.001"), Uniform(0, 2)), near=-0.35 + 1.12j))
    assert disc.roots == 1
    assert disc.radius < Fraction(1, 100)
    far = root_enclosure.prove(CharacteristicFunction(("1", "1000"), Constant(1)), near=-0.3 + 1.3j)
    undecided(far, Reason.BOUNDARY_IN_BOX)


def test_more_digits_than_any_precision_gives() -> None:
    # A cluster of radius r needs twice the bits: 1000 digits of a double root are out of reach, 400 are not.
    h = CharacteristicFunction(1, Constant(1), -1)
    undecided(root_enclosure.prove(h, near=0, digits=1000), Reason.PRECISION)
    assert proved(root_enclosure.prove(h, near=0, digits=400)).radius < Fraction(1, 10**400)
