"""Crossings of the imaginary axis: known boundaries, closed forms, and agreement with counts of unstable roots."""

import cmath
import itertools
import math
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.analysis import roots
from sddeverify.analysis.crossings import Crossing, crossings
from sddeverify.delays import Constant, Erlang, Exponential, Lattice, Law, Mixture, Uniform
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.models import CharacteristicFunction
from tests.analysis import known
from tests.delays.strategies import EXAMPLES, laws, moderate

# The first zero of Re Phi(i w) is at w = 8.60 and gives a = 20.96; the boundary is a = 15.39 at w = 14.56.
LATER_FREQUENCY_FIRST = Mixture([
    (".447", Constant(".096")), (".191", Constant(".513")), (".362", Constant(1)),
])  # fmt: skip


def defect(law: Law, crossing: Crossing, undelayed: float = 0.0) -> float:
    """|h(i w)| relative to the size of its terms, by the law's own formula."""
    s = complex(0, float(crossing.frequency))
    value = s + undelayed + float(crossing.damping) * law.laplace(s, cmath.exp)
    return float(abs(value) / (abs(s) + abs(undelayed) + abs(float(crossing.damping))))


@pytest.mark.parametrize("name", known.ids("boundary"))
def test_known_boundaries(name: str) -> None:
    law, expected = known.delay(name), known.CASES[name]["expected"]
    text = next(expected[key] for key in ("a", "a*E", "a*tau", "a*T") if key in expected)
    # transforms by quadrature cost minutes beyond floats; a few sources give fewer digits than 28
    floats = name.startswith(("weibull", "pareto"))
    known_digits = 12 if floats else min(28, sum(map(str.isdigit, text)) - 2)
    first = crossings(law, up_to=20, digits=15 if floats else 40)[0]
    assert first.direction == 1
    with mpmath.workdps(50):
        itself = "a" in expected  # or a times mean, time or support
        scale = Fraction(1) if itself else law.support[1] if name == "uniform-boundary" else law.mean
        near = mpmath.mpf(10) ** -known_digits
        damping = mpmath.mpf(text)
        assert abs(first.damping * scale.numerator / scale.denominator - damping) <= near * damping
        other = next(expected[key] for key in ("omega", "omega*E", "omega*T") if key in expected)
        frequency = damping if other == "a" else mpmath.mpf(other)
        assert abs(first.frequency * scale.numerator / scale.denominator - frequency) <= near * frequency


def test_smallest_damping_is_not_the_first_frequency() -> None:
    first, second = crossings(LATER_FREQUENCY_FIRST, up_to=25)
    assert abs(first.damping - 15.39) < 0.03
    assert abs(first.frequency - 14.56) < 0.005
    assert abs(second.damping - 20.96) < 0.03
    assert abs(second.frequency - 8.60) < 0.01
    assert (
        roots.count(CharacteristicFunction(Fraction(first.damping) * Fraction(999, 1000), LATER_FREQUENCY_FIRST), 0)
        == 0
    )
    assert (
        roots.count(CharacteristicFunction(Fraction(first.damping) * Fraction(1001, 1000), LATER_FREQUENCY_FIRST), 0)
        == 2
    )


def test_constant_delay_crosses_at_odd_multiples_of_half_pi() -> None:
    found = crossings(Constant("1/3"), up_to=100, digits=50)
    assert [crossing.direction for crossing in found] == [1] * len(found)
    with mpmath.workdps(60):
        expected = [3 * mpmath.pi * (4 * k + 1) / 2 for k in range(6)]
        expected = [value for value in expected if value <= 100]
        assert len(found) == len(expected)
        for crossing, value in zip(found, expected, strict=True):
            assert abs(crossing.damping - value) < mpmath.mpf(10) ** -47
            assert abs(crossing.frequency - value) < mpmath.mpf(10) ** -47


@pytest.mark.parametrize("shape", [2, 3, 4, 7, 40])
def test_erlang_boundary(shape: int) -> None:
    (first,) = crossings(Erlang(shape, "1/2"), up_to=30)[:1]
    angle = math.pi / (2 * shape)
    assert math.isclose(first.damping / 2, shape * math.tan(angle) / math.cos(angle) ** shape, rel_tol=1e-13)


def test_exponential_law_never_crosses() -> None:
    assert crossings(Exponential(1), up_to=10**9) == []


def test_nothing_below_the_law_free_bound() -> None:
    assert known.CASES["bernard-crauste"]["expected"] == {"stable_if": "a*E < pi/2"}
    for law in EXAMPLES.values():
        assert crossings(law, up_to=1.57 / law.mean_float) == []


def test_tangential_crossing_is_flagged() -> None:
    # Re Phi(i w) = 1/3 + (4/9) cos w + (2/9) cos 2w = (2/9)(1 + 2 cos w)^2/2 >= 0 touches 0 at w = 2 pi/3.
    law = Mixture([("1/3", Constant(0)), ("4/9", Constant(1)), ("2/9", Constant(2))])
    first = crossings(law, up_to=12)[0]
    assert first.tangential
    assert first.direction == 0
    assert math.isclose(first.frequency, 2 * math.pi / 3, rel_tol=1e-7)
    assert math.isclose(first.damping, 6 * math.pi / math.sqrt(3), rel_tol=1e-7)
    refined = crossings(law, up_to=12, digits=40)[0]
    with mpmath.workdps(50):
        assert abs(refined.frequency - 2 * mpmath.pi / 3) < mpmath.mpf(10) ** -39
        assert abs(refined.damping - 6 * mpmath.pi / mpmath.sqrt(3)) < mpmath.mpf(10) ** -38


def test_undelayed_term() -> None:
    found = crossings(Constant(1), up_to=20, undelayed=1, digits=30)
    for crossing in found:  # w = -tan w, a = sqrt(1 + w^2)
        with mpmath.workdps(40):
            assert abs(crossing.frequency + mpmath.tan(crossing.frequency)) < mpmath.mpf(10) ** -27
            assert abs(crossing.damping - mpmath.sqrt(1 + crossing.frequency**2)) < mpmath.mpf(10) ** -27
    assert len(found) == 3


def test_real_root_through_the_origin() -> None:
    first, second, *_ = crossings(Constant(1), up_to=5, undelayed="-1/2")
    assert (first.damping, first.frequency, first.direction) == (0.5, 0.0, -1)
    assert second.direction == 1
    for a, expected in (("49/100", 1), ("51/100", 0), (Fraction(second.damping) + Fraction(1, 100), 2)):
        assert roots.count(CharacteristicFunction(a, Constant(1), "-1/2"), 0) == expected
    # At b = -1/mean, a = 1/mean there is a double root at the origin: not decided in floats.
    first, *_ = crossings(Constant(1), up_to=5, undelayed=-1)
    assert (first.damping, first.frequency, first.tangential, first.direction) == (1.0, 0.0, True, 0)
    assert crossings(Constant(1), up_to=5, undelayed=-1, digits=30)[0].damping == 1


def test_negative_damping() -> None:
    found = crossings(Constant(1), up_to=-12)
    assert [round(2 * crossing.damping / math.pi) for crossing in found] == [-3, -7]
    for crossing in found:
        assert math.isclose(crossing.damping, round(2 * crossing.damping / math.pi) * math.pi / 2, rel_tol=1e-14)
        assert crossing.direction == -1


@settings(max_examples=80, deadline=None)
@given(law=laws(moderate), reach=st.floats(1, 20), undelayed=st.sampled_from([0, 0, 0, "1/3", "-1/5"]))
def test_directions_add_up_to_the_number_of_unstable_roots(law: Law, reach: float, undelayed: str) -> None:
    top = Fraction(round(1000 * reach / law.mean_float) + 1, 1000)
    found = crossings(law, up_to=top, undelayed=undelayed)
    for crossing in found:
        assert defect(law, crossing, float(Fraction(undelayed))) < 1e-12 * (1 + crossing.frequency * law.mean_float)
    if any(crossing.tangential for crossing in found):
        return
    number, marks = (1 if Fraction(undelayed) < 0 else 0), [0.0, *(crossing.damping for crossing in found), float(top)]
    for k, (low, high) in enumerate(itertools.pairwise(marks)):
        if k > 0:
            number += found[k - 1].direction * (1 if found[k - 1].frequency == 0 else 2)
        if high - low > 1e-6 * high and k % 5 == 0:
            middle = Fraction((low + high) / 2)
            assert roots.count(CharacteristicFunction(middle, law, undelayed), 0) == number


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(sorted(EXAMPLES)), factor=st.fractions(Fraction(1, 1000), 1000).filter(bool))
def test_scale_family(name: str, factor: Fraction) -> None:
    law = EXAMPLES[name]
    one = crossings(law, up_to=20 / law.mean_float)
    two = crossings(law.scaled(factor), up_to=20 / law.mean_float / float(factor))
    assert abs(len(one) - len(two)) <= 1  # one may lie at the bound itself
    for a, b in zip(one, two, strict=False):
        assert math.isclose(b.damping * float(factor), a.damping, rel_tol=1e-10)
        assert math.isclose(b.frequency * float(factor), a.frequency, rel_tol=1e-10)
        assert a.direction == b.direction


def test_arguments() -> None:
    with pytest.raises(InvalidScenario, match="up_to"):
        crossings(Constant(1), up_to=0)
    with pytest.raises(InvalidScenario, match="digits"):
        crossings(Constant(1), up_to=1, digits=0)
    with pytest.raises(InvalidScenario, match="up_to"):
        crossings(Constant(1), up_to="many")
    with pytest.raises(UnsupportedScenario, match="too many"):
        crossings(Lattice("1/8", [1] * 64), up_to=10**7)


def test_uniform_law_skips_the_zeros_of_its_transform() -> None:
    found = crossings(Uniform(0, 1), up_to=150)
    assert [round(crossing.frequency / math.pi, 12) for crossing in found] == [1, 3, 5]
    for crossing in found:
        assert math.isclose(crossing.damping, crossing.frequency**2 / 2, rel_tol=1e-13)
