"""Verdicts on stability next to the boundary, in odd units of time, and for intervals: right or undecided."""

import math
from fractions import Fraction

import mpmath
import pytest

from sddeverify.certificates import Inconclusive, Reason, stability
from sddeverify.certificates.stability import Stability
from sddeverify.delays import Constant, Erlang, Exponential, Law, ShiftedExponential, Uniform
from sddeverify.models import CharacteristicFunction
from tests.certificates.proved import HALF_PI, constant, proved, undecided

DISTANCES = [f"1e-{k}" for k in (*range(3, 15), 30, 100)]


def verdict(a: object, law: Law, b: object = 0) -> Stability | Inconclusive:
    return stability.prove(CharacteristicFunction(a, law, b))


@pytest.mark.parametrize("distance", DISTANCES)
def test_constant_delay_next_to_half_pi(distance: str) -> None:
    for sign in (-1, 1):
        strength = HALF_PI + sign * Fraction(distance)
        assert proved(verdict(strength, Constant(1))).stable is (sign < 0)
        assert proved(verdict(strength / Fraction("1e-6"), Constant("1e-6"))).stable is (sign < 0)


def test_doubles_around_half_pi() -> None:
    # The double nearest to pi/2 lies 6e-17 below it; taken at their exact values, the doubles alternate exactly there.
    doubles = [math.pi / 2]
    for _ in range(3):
        doubles = [math.nextafter(doubles[0], 0), *doubles, math.nextafter(doubles[-1], 9)]
    verdicts = [proved(verdict(1, Constant(Fraction(x)))).stable for x in doubles]
    assert verdicts == [Fraction(x) < HALF_PI for x in doubles]
    assert verdicts == [True] * 4 + [False] * 3


def test_closer_to_the_boundary_than_any_precision_is_undecided() -> None:
    pi = constant(lambda: +mpmath.pi, 2000)
    undecided(verdict(pi / 2, Constant(1)), Reason.PRECISION)


@pytest.mark.parametrize(
    ("a", "tau"),
    [
        *[(a, t) for a in ("1e9", "1e-9", "1") for t in ("1e-9", "1e-6", "1", "100", "1.6e9")],
        ("1e-30", "1e30"),
        ("1e30", "1e-30"),
        ("1e30", "16e-31"),
        ("1e100", "1e-100"),
        ("1e-140", "1.5e140"),
        ("157/100", 1),
        ("158/100", 1),
    ],
)
def test_units_of_time_do_not_matter(a: str, tau: str) -> None:
    strength = Fraction(a) * Fraction(tau)
    result = verdict(a, Constant(tau))
    if strength < 1000:
        assert proved(result).stable is (strength < HALF_PI)
    elif not isinstance(result, Inconclusive):  # very many roots to count, but never "stable"
        assert not result.stable
    else:
        undecided(result, Reason.BUDGET)


@pytest.mark.parametrize(
    ("law", "critical"),
    [
        (Erlang(2, 1), Fraction(4)),
        (Erlang(3, 1), Fraction(8, 3)),
        (Uniform(0, 1), constant(lambda: mpmath.pi**2 / 2)),
    ],
    ids=str,
)
def test_other_laws_next_to_their_boundary(law: Law, critical: Fraction) -> None:
    for distance in ("1e-3", "1e-6", "1e-12", "1e-30"):
        assert proved(verdict(critical - Fraction(distance), law)).stable
        assert not proved(verdict(critical + Fraction(distance), law)).stable


@pytest.mark.parametrize("law", [Erlang(2, 1), Erlang(3, 1)], ids=str)
def test_exactly_critical_is_undecided(law: Law) -> None:
    # whether the precision or the effort ends first is not the point
    answer = verdict({2: Fraction(4), 3: Fraction(8, 3)}[law.shape], law)
    assert isinstance(answer, Inconclusive)
    assert answer.reason in {Reason.PRECISION, Reason.BUDGET}


def test_a_root_at_the_origin_is_undecided() -> None:
    undecided(verdict(1, Constant(1), -1), Reason.PRECISION)  # s - 1 + exp(-s): double
    undecided(verdict("1/2", Uniform(0, 2), "-1/2"), Reason.PRECISION)  # simple


@pytest.mark.parametrize("law", [Constant(1), Exponential(1), Erlang(3, 1), Uniform(0, 2)], ids=str)
@pytest.mark.parametrize("a", ["-1e-9", "-1/3", "-5"])
def test_negative_damping_is_unstable(law: Law, a: str) -> None:
    assert not proved(verdict(a, law)).stable


@pytest.mark.parametrize("distance", ["1e-3", "1e-9", "1e-20"])
def test_undelayed_term(distance: str) -> None:
    # s + 1 + a exp(-s): the first pair crosses at i w with tan w = -w, a = -1/cos w (w in (pi/2, pi)).
    w = constant(lambda: mpmath.findroot(lambda x: mpmath.tan(x) + x, 2.03))
    with mpmath.workdps(140):
        a = constant(lambda: -1 / mpmath.cos(mpmath.mpf(w.numerator) / w.denominator))
    assert proved(verdict(a - Fraction(distance), Constant(1), 1)).stable
    assert not proved(verdict(a + Fraction(distance), Constant(1), 1)).stable
    # |a| < b: stable for every delay; a < -b: a positive real root, whatever the delay
    assert proved(verdict(1 - Fraction(distance), Constant(100), 1)).stable
    assert proved(verdict(-1 + Fraction(distance), Constant(1), 1)).stable
    assert not proved(verdict(-1 - Fraction(distance), Constant(1), 1)).stable


@pytest.mark.parametrize("law", [Exponential(1), Exponential("1e-6")], ids=str)
def test_one_exponential_stage_is_always_stable(law: Law) -> None:
    # s + a/(1 + s): both roots have negative sum and positive product
    for strength in ("1/1000", "1/4", "1", "10", "1000"):
        assert proved(verdict(Fraction(strength) / law.mean, law)).stable


@pytest.mark.parametrize(
    ("lo", "hi", "answer"),
    [
        ("1", "1.57", True),
        ("1/1000", "3/2", True),
        ("1.5707", "1.57079632679", True),
        ("1.5707963268", "1.5708", False),
        ("1.58", "2", False),
        ("2", "3", False),
        ("1", "2", None),
        ("1.57", "1.58", None),
        ("1.57079632679", "1.5707963268", None),
        ("-2", "-1", False),
    ],
)
def test_intervals_of_damping(lo: str, hi: str, answer: bool | None) -> None:
    result = verdict((lo, hi), Constant(1))
    if answer is None:
        undecided(result, Reason.BOUNDARY_IN_BOX)
    else:
        assert proved(result).stable is answer
        assert result.claim["damping"] == [str(Fraction(lo)), str(Fraction(hi))]


def test_interval_of_undelayed_terms() -> None:
    h = CharacteristicFunction(("1", "3/2"), ShiftedExponential("1/2", "1/2"), ("0", "1/10"))
    assert proved(stability.prove(h)).stable
    across = CharacteristicFunction(("1", "3/2"), ShiftedExponential("1/2", "1/2"), ("-2", "1/10"))
    undecided(stability.prove(across), Reason.BOUNDARY_IN_BOX)
