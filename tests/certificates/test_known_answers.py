"""Published and recomputed answers, with sources in tests/data/known_answers.json: every claim finds them."""

from fractions import Fraction
from itertools import pairwise

import mpmath
import pytest

from sddeverify.certificates import (
    discrete_boundary,
    rightmost_root,
    root_count,
    root_enclosure,
    stability,
    stability_boundary,
    stationary_variance,
)
from sddeverify.delays import (
    LAWS,
    Constant,
    Erlang,
    Exponential,
    Hyperexponential,
    Law,
    Mixture,
    ShiftedExponential,
    Sum,
    TruncatedExponential,
    Uniform,
)
from sddeverify.models import CharacteristicFunction
from tests.analysis import known
from tests.analysis.known import CASES
from tests.certificates.proved import HALF_PI, agrees, constant, digits_of, proved

# Laws that certificates do not know (tests/analysis/test_crossings.py computes these); a test below fails as
# soon as one of them is known.
OUTSIDE = {
    "gamma-boundary-k1.5": ("gamma", "a gamma law of broken shape is no sum of exponential stages"),
    "gamma-boundary-k2.5": ("gamma", "a gamma law of broken shape is no sum of exponential stages"),
    "weibull-k2-mean1": ("weibull", "its transform is known by quadrature only"),
    "pareto-a3-mean1": ("pareto", "its transform is known by quadrature only"),
}


def of_kind(*kinds: str) -> list[str]:
    return [name for name, case in CASES.items() if case["kind"] in kinds and name not in OUTSIDE]


BOUNDARIES = [name for name in of_kind("boundary") if not name.startswith("discrete")]
DISCRETE = [name for name in of_kind("boundary") if name.startswith("discrete")]


def law_of(name: str) -> Law:
    """The delay law of a case."""
    return Exponential(1 / Fraction(CASES[name]["params"]["mu"])) if name == "sdde-var-exp" else known.delay(name)


def function_of(name: str) -> CharacteristicFunction:
    """The characteristic function of a case."""
    p = CASES[name]["params"]
    if name == "hayes-a1-b2":
        return CharacteristicFunction(p["b"], Constant(1), 1)
    return CharacteristicFunction(p["a"], law_of(name))


def test_every_case_is_tested_or_outside_the_algebra() -> None:
    tested = {
        *of_kind("rightmost_root", "boundary", "count_rhp", "count_region", "double_root", "theorem"),
        *of_kind("stationary_variance"),
    }
    assert tested | set(OUTSIDE) == set(CASES)
    assert not tested & set(OUTSIDE)
    assert not {law for law, _ in OUTSIDE.values()} & set(LAWS)


@pytest.mark.parametrize("name", of_kind("rightmost_root"))
def test_rightmost_root(name: str) -> None:
    expected = CASES[name]["expected"]
    real, imag = (expected, "0") if isinstance(expected, str) else (expected["re"], expected["im"])
    h = function_of(name)
    root = proved(rightmost_root.prove(h, digits=2 + max(digits_of(real), digits_of(imag))))
    assert agrees(root.real, real)
    if imag == "0":
        assert (root.roots, root.imag.lo, root.imag.hi) == (1, 0, 0)
    else:
        assert root.roots == 2
        assert agrees(root.imag, imag)
    # The other claims say the same of it.
    assert proved(stability.prove(h)).stable is (Fraction(real) < 0)
    near = proved(root_enclosure.prove(h, near=complex(float(real), float(imag)), digits=20))
    assert near.real.lo <= root.real.hi
    assert root.real.lo <= near.real.hi
    assert near.imag.lo <= root.imag.hi
    assert root.imag.lo <= near.imag.hi


@pytest.mark.parametrize("name", BOUNDARIES)
def test_boundary(name: str) -> None:
    # All laws of these cases have mean 1, or the case gives damping and frequency themselves.
    expected = {key.partition("*")[0]: value for key, value in CASES[name]["expected"].items()}
    boundary = proved(stability_boundary.prove(law_of(name), digits=2 + digits_of(expected["a"])))
    frequency = expected["a"] if expected["omega"] == "a" else expected["omega"]
    assert agrees(boundary.damping, expected["a"])
    assert boundary.frequency is not None
    assert agrees(boundary.frequency, frequency)


@pytest.mark.parametrize("name", DISCRETE)
def test_discrete_boundary(name: str) -> None:
    expected = CASES[name]["expected"]
    given = CASES[name]["params"]
    found = discrete_boundary.prove(given.get("d"), digits=32, geometric=given.get("q"))
    assert agrees(proved(found).step, expected)


@pytest.mark.parametrize("name", [name for name in of_kind("count_rhp") if name != "const-crossings"])
def test_count(name: str) -> None:
    assert proved(root_count.prove(function_of(name))).count == CASES[name]["expected"]


@pytest.mark.parametrize("margin", ["1e-3", "1e-12", "1e-25"])
def test_count_between_all_crossings(margin: str) -> None:
    ends = {"-7pi/2": -7, "-3pi/2": -3, "0": 0, "pi/2": 1, "5pi/2": 5, "9pi/2": 9}
    for text, number in CASES["const-crossings"]["expected"]:
        lo, hi = (ends[end] * HALF_PI for end in text.split("<a tau<"))
        room = (hi - lo) * Fraction(margin)
        for strength in (lo + room, (lo + hi) / 2, hi - room):
            assert proved(root_count.prove(CharacteristicFunction(strength, Constant(1)))).count == number
            assert proved(root_count.prove(CharacteristicFunction(7 * strength, Constant("1/7")))).count == number


@pytest.mark.parametrize("name", of_kind("count_region"))
def test_count_far_to_the_left(name: str) -> None:
    count = proved(root_count.prove(function_of(name), abscissa=-5))
    assert count.count == CASES[name]["expected"]


def test_double_root_at_the_origin() -> None:
    case = CASES["hayes-tdscontrol-scalar"]["expected"]
    h = CharacteristicFunction(1, Constant(1), -1)
    cluster = proved(rightmost_root.prove(h, digits=25))
    assert cluster.roots == case["multiplicity"]
    assert Fraction(case["s"]) in cluster.real
    assert cluster.real.width < Fraction(1, 10**25)
    assert 0 in cluster.imag
    assert cluster.imag.hi < Fraction(1, 10**25)
    # "rest": Re < 0
    assert proved(root_count.prove(h, abscissa="-1/1000")).count == case["multiplicity"]
    assert proved(root_count.prove(h, abscissa="1/1000")).count == 0


def test_dominant_double_root_with_an_irrational_coefficient() -> None:
    # s - 2 + e exp(-s): e is irrational, so the claim is made for an interval that contains it.
    case = CASES["hayes-2-e"]["expected"]
    e = constant(lambda: +mpmath.e)
    h = CharacteristicFunction((e - Fraction(1, 10**40), e + Fraction(1, 10**40)), Constant(1), -2)
    cluster = proved(rightmost_root.prove(h, digits=15))
    assert cluster.roots == case["multiplicity"]
    assert Fraction(case["s"]) in cluster.real
    assert cluster.real.width < Fraction(1, 10**15)


def test_constant_delay_is_the_worst_for_its_mean() -> None:
    # bernard-crauste: a E < pi/2 implies stability for every law of mean E, so no boundary lies below pi/2.
    laws = [
        Constant(1),
        Uniform(0, 2),
        Uniform("9/10", "11/10"),
        Erlang(50, 1),
        Exponential(1),
        ShiftedExponential("1/2", "1/2"),
        Mixture([("1/2", Constant("1/2")), ("1/2", Constant("3/2"))]),
        Sum(Constant("9/10"), Uniform(0, "1/5")),
        Hyperexponential([("1/2", "1/2"), ("1/2", "3/2")]),
        TruncatedExponential("3/2", 2),
    ]
    below = [proved(stability_boundary.prove(law)).damping.lo * law.mean_enclosure().lo for law in laws]
    slack = Fraction(1, 10**11)
    assert all(strength > HALF_PI - slack for strength in below)
    assert below[0] < HALF_PI < below[1]
    for law in laws[:-1]:
        assert proved(stability.prove(CharacteristicFunction((HALF_PI - slack) / law.mean, law))).stable


def test_stationary_variance() -> None:
    exact = proved(stationary_variance.prove(function_of("sdde-var-exp"), digits=20)).variance
    assert CASES["sdde-var-exp"]["expected"].endswith("= 0.75")
    assert agrees(exact, "0.75")
    assert exact.width < Fraction(1, 10**19)
    name = "sdde-var-a1-tau0.5"
    assert agrees(proved(stationary_variance.prove(function_of(name), digits=32)).variance, CASES[name]["expected"])


@pytest.mark.parametrize(("stages", "critical"), [(2, Fraction(4)), (3, Fraction(8, 3))])
def test_erlang_boundaries_that_are_rational(stages: int, critical: Fraction) -> None:
    # k tan(pi/2k)/cos^k(pi/2k) for k = 2, 3 (the source of the gamma cases)
    found = [
        proved(stability_boundary.prove(Erlang(stages, 1), digits=digits)).damping for digits in (3, 9, 27, 81, 200)
    ]
    assert all(one.lo < critical < one.hi for one in found)
    for one, next_ in pairwise(found):
        assert (next_.hi - next_.lo) < (one.hi - one.lo) / 1000
