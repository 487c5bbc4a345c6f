"""The critical damping: which crossing is the first, both of its ends, none at all, and what a model makes of it."""

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest

from sddeverify.certificates import Inconclusive, Reason, stability, stability_boundary
from sddeverify.certificates.stability_boundary import StabilityBoundary
from sddeverify.delays import (
    Constant,
    Empirical,
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
from sddeverify.errors import InvalidScenario
from sddeverify.exact import OpenEnclosure
from sddeverify.models import CharacteristicFunction
from tests.certificates.numerical import sampled_count
from tests.certificates.proved import HALF_PI, constant, proved, undecided

LAWS = [
    Constant(1),
    Constant("3/7"),
    Erlang(2, 1),
    Erlang(3, 1),
    Erlang(40, 2),
    Uniform(0, 2),
    Uniform("1/2", "3/2"),
    ShiftedExponential("1/2", "1/2"),
    ShiftedExponential("1/10", "9/10"),
    Sum(Uniform(0, 1), Exponential("1/3")),
    Mixture([("1/2", Constant(10)), ("1/2", Exponential("1/10"))]),
    Lattice("1/8", [0, 3, 0, 5, 7, 0, 1]),
    TruncatedExponential(5, 1),
]


def boundary(law: Law, digits: int = 12, up_to: object = None) -> StabilityBoundary:
    return proved(stability_boundary.prove(law, digits, up_to))


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_both_ends_are_what_stability_says(law: Law) -> None:
    found = boundary(law)
    assert found.damping.hi is not None
    assert found.frequency is not None
    assert found.damping.hi - found.damping.lo <= 2 * found.damping.lo / 10**12
    for part in (1, Fraction(1, 2), Fraction(1, 10)):
        assert proved(stability.prove(CharacteristicFunction(found.damping.lo * part, law))).stable
    assert not proved(stability.prove(CharacteristicFunction(found.damping.hi, law))).stable
    # h(i w) = 0 at the crossing: i w + a Phi(i w) is small in the middle of the enclosures
    s = 1j * float(found.frequency.midpoint)
    residual = s + float(found.damping.lo) * complex(np.asarray(law.laplace(np.array([s]), np.exp))[0])
    assert abs(residual) < 1e-9 * abs(s)


def test_boundary_is_the_smallest_damping_not_the_first_frequency() -> None:
    # certification.md's example: the first zero of Re Phi(i w), w = 8.60, gives a = 20.96; the second one 15.39.
    law = Mixture([("447/1000", Constant("0.096")), ("191/1000", Constant("0.513")), ("362/1000", Constant(1))])
    found = boundary(law)
    assert 15 < found.damping.lo < 16
    assert found.frequency is not None
    assert 14 < found.frequency.lo < 15
    for a, roots in ((15, 0), (16, 2)):
        assert sampled_count(law, a, 0.0, 0.0) == roots


@pytest.mark.parametrize("unit", ["1e-9", "1e-6", "1/3", "1e6", "1.6e9"])
@pytest.mark.parametrize("law", [Constant(1), Erlang(3, 1), ShiftedExponential("1/2", "1/2"), Uniform(0, 2)], ids=str)
def test_scale_families(law: Law, unit: str) -> None:
    # tau -> T tau: a* -> a*/T, w* -> w*/T
    one, scaled = boundary(law), boundary(law.scaled(unit))
    factor = Fraction(unit)
    assert one.damping.hi is not None
    assert scaled.damping.hi is not None
    assert scaled.damping.lo * factor < one.damping.hi
    assert one.damping.lo < scaled.damping.hi * factor
    assert one.frequency is not None
    assert scaled.frequency is not None
    assert scaled.frequency.lo * factor <= one.frequency.hi
    assert one.frequency.lo <= scaled.frequency.hi * factor


@pytest.mark.parametrize("law", [Exponential(1), Hyperexponential([("1/2", 1), ("1/2", "1/10")]), Exponential("1e-6")])
def test_laws_without_a_boundary(law: Law) -> None:
    # A decreasing convex density has Re Phi(i w) > 0 for all w: stable for every a.
    found = boundary(law)
    assert (found.damping.hi, found.frequency) == (None, None)
    assert found.damping.lo == 100 / law.mean
    assert "some zero" not in found.statement
    further = boundary(law, up_to=1000 / law.mean)
    assert further.damping.lo == 1000 / law.mean


def test_nothing_is_said_beyond_up_to() -> None:
    assert boundary(Constant(1), up_to="1.5").damping == OpenEnclosure(Fraction(3, 2), None)
    assert boundary(Constant(1), up_to="1.5707").damping.hi is None
    assert boundary(Constant(1), up_to="1.5708").damping.hi is not None
    assert boundary(Constant(1), up_to="1e-9").damping.lo == Fraction("1e-9")


@pytest.mark.parametrize("distance", ["1e-3", "1e-6", "1e-12", "1e-30"])
def test_up_to_next_to_the_boundary(distance: str) -> None:
    below = boundary(Constant(1), up_to=HALF_PI - Fraction(distance))
    assert below.damping == OpenEnclosure(HALF_PI - Fraction(distance), None)
    above = stability_boundary.prove(Constant(1), up_to=HALF_PI + Fraction(distance))
    if not isinstance(above, Inconclusive):
        assert above.damping.hi is None or above.damping.lo < HALF_PI < above.damping.hi
        assert above.damping.lo < HALF_PI


@pytest.mark.parametrize("digits", [1, 2, 5, 12, 40, 100, 250])
def test_digits(digits: int) -> None:
    found = boundary(Constant(1), digits)
    exact = constant(lambda: +mpmath.pi / 2, 300)
    assert found.damping.lo < exact < found.damping.hi
    assert found.damping.hi - found.damping.lo <= 2 * exact / 10**digits


def two_atoms(weight: Fraction) -> Law:
    return Mixture([(weight, Constant("1/5")), (1 - weight, Constant(1))])


def sampled_dampings(law: Law, top: float) -> list[float]:
    """The dampings at which a root is on the imaginary axis, by sign changes of Re Phi on a grid and bisection."""

    def phi(w: np.ndarray) -> np.ndarray:
        return np.asarray(law.laplace(1j * w, np.exp))

    w = np.linspace(1e-6, top, 20_001)
    change = np.nonzero(np.diff(np.sign(phi(w).real)))[0]
    lo, hi = w[change], w[change + 1]
    sign = np.sign(phi(lo).real)
    for _ in range(60):
        middle = (lo + hi) / 2
        left = np.sign(phi(middle).real) == sign
        lo, hi = np.where(left, middle, lo), np.where(left, hi, middle)
    a = -lo / np.where(phi(lo).imag == 0, np.inf, phi(lo).imag)
    return sorted(float(x) for x in a if 0 < x <= top)


def test_two_roots_cross_at_almost_the_same_damping() -> None:
    # Both cosines vanish at w = 5 pi/2: a = 5 pi/2 for every weight; another crossing passes it near weight 0.544.
    fixed = 5 * math.pi / 2
    lo, hi = Fraction(1, 2), Fraction(11, 20)
    for _ in range(45):
        middle = (lo + hi) / 2
        lo, hi = (middle, hi) if sampled_dampings(two_atoms(middle), 80.0)[0] < fixed * (1 - 1e-12) else (lo, middle)
    assert Fraction(54, 100) < lo < Fraction(11, 20)
    for offset in ("-1e-3", "-1e-6", "-1e-9", "0", "1e-9", "1e-6", "1e-3"):
        law = two_atoms(lo + Fraction(offset))
        found = stability_boundary.prove(law)
        if isinstance(found, Inconclusive):
            assert abs(Fraction(offset)) <= Fraction("1e-9")
            continue
        damping = proved(found).damping
        assert damping.hi is not None
        expected = sampled_dampings(law, 80.0)[0]
        assert float(damping.lo) <= expected * (1 + 1e-9)
        assert expected * (1 - 1e-9) <= float(damping.hi)


def test_a_tangential_zero_is_passed_or_undecided() -> None:
    # Re Phi(i w) = (1 - p) cos(w)^2-like touching: exponential plus cosine with a double zero at w = pi.
    # p/(1 + w^2) + (1 - p) cos w touches 0 from above at no w for p large; near the touching p nothing may be wrong.
    def lowest(p: float) -> float:
        w = np.linspace(0.1, 12.0, 400_000)
        return float((p / (1 + w**2) + (1 - p) * np.cos(w)).min())

    lo, hi = 0.5, 0.999999
    for _ in range(60):
        middle = (lo + hi) / 2
        lo, hi = (lo, middle) if lowest(middle) > 0 else (middle, hi)
    for p in (Fraction(lo).limit_denominator(10**9) + Fraction(k, 10**9) for k in (-1000, -1, 0, 1, 1000)):
        law = Mixture([(p, Exponential(1)), (1 - p, Constant(1))])
        found = stability_boundary.prove(law, up_to=20)
        if not isinstance(found, Inconclusive):
            assert sampled_count(law, float(proved(found).damping.lo) * 0.999, 0.0, 0.0) in (0, None)
            if found.damping.hi is not None:
                assert sampled_count(law, float(found.damping.hi) * 1.001, 0.0, 0.0) in (2, None)


def test_empirical_law_holds_for_every_law_it_stands_for() -> None:
    law = Empirical("1/200", [0] * 100 + [3, 5, 9, 7, 2, 1, 0, 0, 4])
    found = boundary(law)
    assert found.damping.hi is not None
    total = sum(law.counts)
    for move in (Fraction(-1, 2), Fraction(0), Fraction(1, 2), None):
        parts = [
            (Fraction(n, total), Constant((j + (move if move is not None else Fraction((-1) ** j, 2))) * law.step))
            for j, n in enumerate(law.counts)
            if n
        ]
        one = boundary(Mixture(parts), 8)
        assert one.damping.hi is not None
        assert found.damping.lo <= one.damping.lo
        assert one.damping.hi <= found.damping.hi
    assert found.damping.hi < Fraction(11, 10) * found.damping.lo


def test_empirical_law_that_says_too_little() -> None:
    undecided(stability_boundary.prove(Empirical(1, [1, 1])), Reason.BOUNDARY_IN_BOX, Reason.DOMAIN, Reason.PRECISION)


def test_model_gives_the_critical_learning_rate() -> None:
    found = proved(stability_boundary.prove(Erlang(3, "1/2"), model={"hessian": "12.35", "workers": 8}))
    rate = found.learning_rate
    assert rate is not None
    assert rate.hi is not None
    critical = Fraction(8, 3) / (Fraction("12.35") * 8)  # a* m = 8/3
    assert rate.lo < critical < rate.hi
    assert rate.hi - rate.lo < critical / 10**11
    assert found.claim["model"]["mean_delay"] == ["1/2", "1/2"]
    assert "learning rate" in found.statement
    # The sides of the learning rate are the sides of stability.
    for eta, stable in ((rate.lo, True), (rate.hi, False)):
        damping = eta * Fraction("12.35") * 8 / Fraction(1, 2)
        assert proved(stability.prove(CharacteristicFunction(damping, Erlang(3, "1/2")))).stable is stable
    assert boundary(Erlang(3, 1)).learning_rate is None


def test_model_with_intervals() -> None:
    model = {"hessian": ("12", "12.35"), "workers": 8, "mean_delay": 1}
    found = proved(stability_boundary.prove(Erlang(3, 1), model=model))
    rate = found.learning_rate
    assert rate is not None
    assert rate.hi is not None
    # the lowest rate belongs to the highest eigenvalue
    assert rate.lo <= Fraction(8, 3) / (Fraction("12.35") * 8)
    assert rate.hi >= Fraction(8, 3) / (12 * 8)


def test_model_of_a_law_without_boundary() -> None:
    found = proved(stability_boundary.prove(Exponential(2), model={"hessian": 1, "workers": 4}))
    assert found.learning_rate == OpenEnclosure(Fraction(50) * 2 / 4, None)


def test_model_that_contradicts_the_law() -> None:
    answer = stability_boundary.prove(Constant(1), model={"hessian": 1, "workers": 1, "mean_delay": 2})
    assert "mean" in undecided(answer, Reason.DOMAIN).detail


@pytest.mark.parametrize(("rate", "hessian"), [("1/100", 1), ("1/7", "3/11"), ("1e-6", "12.35"), ("1/1000", "1/1000")])
def test_largest_stable_workers(rate: str, hessian: object) -> None:
    for law in (Constant(1), ShiftedExponential("1/2", "1/2"), TruncatedExponential(5, 1)):
        found = boundary(law)
        most = found.largest_stable_workers(rate, hessian)
        step = Fraction(rate) * Fraction(str(hessian)) / law.mean_enclosure().lo
        assert most * step <= found.damping.lo < (most + 1) * step
        beyond = found.first_workers_beyond(rate, hessian)
        step = Fraction(rate) * Fraction(str(hessian)) / law.mean_enclosure().hi
        assert found.damping.hi is not None
        assert beyond is not None
        assert (beyond - 1) * step < found.damping.hi <= beyond * step


def test_largest_stable_workers_next_to_a_whole_number() -> None:
    # Erlang(2): the boundary is 4. A rate of 4/P exactly leaves P undecided, so P - 1 is what is proved.
    found = boundary(Erlang(2, 1), 30)
    for workers in (1, 8, 1000):
        critical = Fraction(4, workers)
        assert found.largest_stable_workers(critical, 1) == workers - 1
        assert found.first_workers_beyond(critical, 1) == workers + 1
        just_below, just_above = critical * (1 - Fraction("1e-25")), critical * (1 + Fraction("1e-25"))
        assert found.largest_stable_workers(just_below, 1) == workers
        assert found.largest_stable_workers(just_above, 1) == workers - 1
        for rate, stable in ((just_below, True), (just_above, False)):
            h = CharacteristicFunction(rate * workers, Erlang(2, 1))
            assert proved(stability.prove(h)).stable is stable
    with pytest.raises(InvalidScenario, match="learning_rate"):
        found.largest_stable_workers("0", 1)
    with pytest.raises(InvalidScenario, match="hessian"):
        found.largest_stable_workers("1/2", 0.5)  # type: ignore[arg-type]  # a float is what is refused


def test_one_worker_may_be_too_many() -> None:
    assert boundary(Constant(1)).largest_stable_workers(2, 1) == 0


def test_a_long_shot() -> None:
    # One delay in a million is a million times longer: still the boundary of the others, to 12 digits and proved.
    law = Mixture([("1/1000", Constant(1000)), ("999/1000", Constant(1))])
    found = boundary(law)
    assert math.isclose(float(found.damping.lo), 1.57, rel_tol=0.01)
