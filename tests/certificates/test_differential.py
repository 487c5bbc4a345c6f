"""Random laws of the algebra and random parameters, against Lambert W, polynomial roots and the argument principle.

No verdict may be wrong; "undecided" must be rare. Hypothesis is derandomised: see conftest.py.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sddeverify.certificates import Inconclusive, Reason, rightmost_root, root_count, stability, stability_boundary
from sddeverify.certificates.rightmost_root import RightmostRoot
from sddeverify.delays import Constant, Empirical, Lattice, Law
from sddeverify.models import CharacteristicFunction
from tests.certificates.numerical import Ball, holds_empirical, lambert_roots, rational_roots, sampled_count
from tests.certificates.proved import proved
from tests.delays.strategies import laws, moderate

RARE = 0.05


def fuzz(share: float = 1.0) -> settings:
    """So many of the examples of the profile: more with --slow."""
    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(max_examples=int(share * settings().max_examples), suppress_health_check=slow)


@st.composite
def functions(draw: st.DrawFn, delays: st.SearchStrategy[Law] | None = None) -> CharacteristicFunction:
    """A law and coefficients in units of its mean; zeros exactly on the axis are no question of this file."""
    law = draw(delays or laws(moderate).filter(lambda law: not holds_empirical(law)))
    unit = law.mean_enclosure().midpoint.limit_denominator(10**4)
    a = Fraction(draw(st.integers(5, 1200)), 100) * draw(st.sampled_from([1, 1, 1, 1, -1]))
    b = draw(st.sampled_from([Fraction(0)] * 3 + [Fraction(1, 3), Fraction(-7, 11), Fraction(5, 2)]))
    if unit == 0 or a + b == 0:
        unit, b = Fraction(1), Fraction(0)
    return CharacteristicFunction(a / unit, law, b / unit)


def all_roots(h: CharacteristicFunction) -> list[Ball] | None:
    """The rightmost zeros by another road than sampling, if there is one."""
    if isinstance(h.delay, Constant):
        return lambert_roots(h.damping.lo, h.delay.time, h.undelayed.lo, 12, bits=300)
    return rational_roots(h.delay, h.damping.lo, h.undelayed.lo)


def sampled(h: CharacteristicFunction, c: Fraction) -> int | None:
    return sampled_count(h.delay, float(h.damping.lo), float(h.undelayed.lo), float(c))


def assert_mostly_decided(answers: Counter[str]) -> None:
    total = sum(answers.values())
    assert answers["undecided"] <= RARE * total, answers
    assert answers["no oracle"] <= RARE * total, answers
    assert answers["confirmed"] >= 30


@st.composite
def lines(draw: st.DrawFn) -> tuple[CharacteristicFunction, Fraction]:
    """A function and an abscissa in the domain, not a likely real part of a root."""
    h = draw(functions())
    unit = h.delay.mean_enclosure().midpoint.limit_denominator(10**4) or Fraction(1)
    c = draw(st.sampled_from([Fraction(x) for x in ("0", "0", "-0.4871", "-0.971", "-1.313", "0.313")])) / unit
    edge = h.delay.abscissa
    return h, c if edge is None or c > edge else edge * Fraction(4871, 10000)


def test_counts() -> None:
    answers: Counter[str] = Counter()

    @fuzz()
    @given(lines())
    def examine(question: tuple[CharacteristicFunction, Fraction]) -> None:
        h, c = question
        answer = root_count.prove(h, c)
        if isinstance(answer, Inconclusive):
            answers["undecided"] += 1
            return
        exact = all_roots(h)
        if exact is not None:
            assert all(abs(re - c) > radius for re, _, radius in exact)
            expected: int | None = sum(re > c for re, _, _ in exact)
            if isinstance(h.delay, Constant) and exact[-1][0] > c:
                expected = sampled(h, c)  # more branches than were listed
        else:
            expected = sampled(h, c)
        answers["confirmed" if expected is not None else "no oracle"] += 1
        assert expected is None or answer.count == expected

    examine()
    assert_mostly_decided(answers)


def assert_rightmost(h: CharacteristicFunction, root: RightmostRoot) -> bool:
    """Check a rightmost root in another way; False if there is none."""
    exact = all_roots(h)
    if exact is not None:
        re, im, radius = exact[0]
        assert root.real.lo - radius <= re <= root.real.hi + radius
        assert root.imag.lo - radius <= abs(im) <= root.imag.hi + radius
        return True
    step = (abs(root.real.lo) + abs(root.imag.lo) + root.real.width) / 1000
    counts = sampled(h, root.real.hi + step), sampled(h, root.real.lo - step)
    assert counts[0] in (0, None)
    assert counts[1] is None or counts[1] >= root.roots
    s = complex(root.real.midpoint, root.imag.midpoint)
    residual = h.evaluate(np.array([s]), np.exp)[0]
    scale = (
        abs(s) + abs(float(h.undelayed.lo)) + abs(float(h.damping.lo)) * abs(h.delay.laplace(np.array([s]), np.exp)[0])
    )
    assert abs(residual) <= 1e-8 * scale
    return None not in counts


def test_rightmost_roots_and_stability() -> None:
    answers: Counter[str] = Counter()

    @fuzz()
    @given(functions())
    def examine(h: CharacteristicFunction) -> None:
        root, verdict = rightmost_root.prove(h), stability.prove(h)
        if isinstance(root, Inconclusive) and root.reason is Reason.DOMAIN:  # true, and no rare thing where b is large
            assert h.delay.abscissa is not None
            assert proved(verdict).stable is True
            assert sampled(h, h.delay.abscissa * Fraction(99, 100)) in (0, None)
            answers["none right of the abscissa"] += 1
            return
        if isinstance(root, Inconclusive) or isinstance(verdict, Inconclusive):
            answers["undecided"] += 1
            return
        assert verdict.stable is (root.real.hi < 0)
        answers["confirmed" if assert_rightmost(h, root) else "no oracle"] += 1

    examine()
    assert_mostly_decided(answers)


def test_boundaries() -> None:
    answers: Counter[str] = Counter()

    @fuzz(0.7)
    @given(laws(moderate).filter(lambda law: not holds_empirical(law)))
    def examine(law: Law) -> None:
        if law.support[1] == 0:
            return
        found = stability_boundary.prove(law)
        if isinstance(found, Inconclusive):
            answers["undecided"] += 1
            return
        lo, hi = found.damping.lo, found.damping.hi
        for part in (Fraction(1), Fraction(1, 3)):
            below = stability.prove(CharacteristicFunction(lo * part, law))
            assert isinstance(below, Inconclusive) or below.stable
            assert sampled_count(law, float(lo * part) * 0.98, 0.0, 0.0) in (0, None)
        if hi is not None:
            assert not proved(stability.prove(CharacteristicFunction(hi, law))).stable
            assert sampled_count(law, float(hi) * 1.02, 0.0, 0.0) != 0
        answers["confirmed"] += 1

    examine()
    assert_mostly_decided(answers)


@st.composite
def traces(draw: st.DrawFn) -> tuple[Empirical, Law]:
    """A finely rounded law, and one of the laws it stands for: every mass moved by at most half a step."""
    first = draw(st.integers(20, 200))
    counts = [0] * first + draw(st.lists(st.integers(0, 50), min_size=1, max_size=30)) + [1]
    moved = [0] * (4 * len(counts) + 4)
    for j, count in enumerate(counts):
        moved[4 * j + draw(st.integers(-2, 2))] += count
    step = Fraction(1, len(counts))
    return Empirical(step, counts), Lattice(step / 4, moved)


def test_empirical_laws_speak_for_all_laws_within_their_rounding() -> None:
    answers: Counter[str] = Counter()

    @fuzz(0.4)
    @given(traces(), st.integers(5, 400))
    def examine(pair: tuple[Empirical, Law], strength: int) -> None:
        law, member = pair
        a = Fraction(strength, 100)
        verdict, root = (x.prove(CharacteristicFunction(a, law)) for x in (stability, rightmost_root))
        if isinstance(verdict, Inconclusive) or isinstance(root, Inconclusive):
            answers["undecided"] += 1
        else:
            one = proved(rightmost_root.prove(CharacteristicFunction(a, member)))
            assert verdict.stable is (one.real.hi < 0)
            assert root.real.lo <= one.real.lo
            assert one.real.hi <= root.real.hi
            answers["confirmed"] += 1

    examine()
    assert answers["undecided"] <= 0.2 * sum(answers.values()), answers  # the rounding may hide the boundary
    assert answers["confirmed"] >= 20


def claims_in(unit: Fraction, h: CharacteristicFunction) -> list[Any]:
    """The answers for tau -> T tau, a -> a/T, b -> b/T, in units of T."""
    scaled = CharacteristicFunction(h.damping.lo / unit, h.delay.scaled(unit), h.undelayed.lo / unit)
    verdict, root = stability.prove(scaled), rightmost_root.prove(scaled)
    stable = None if isinstance(verdict, Inconclusive) else verdict.stable
    if isinstance(root, Inconclusive):
        return [stable, None]
    return [stable, (root.real.lo * unit, root.real.hi * unit, root.imag.lo * unit, root.imag.hi * unit)]


def test_units_of_time_do_not_matter() -> None:
    answers: Counter[str] = Counter()

    @fuzz(0.5)
    @given(functions(), st.sampled_from([Fraction(1, 10**9), Fraction(3, 10**4), Fraction(10**7), Fraction(2, 7)]))
    def examine(h: CharacteristicFunction, unit: Fraction) -> None:
        one, other = claims_in(Fraction(1), h), claims_in(unit, h)
        decided = None not in one and None not in other
        answers["confirmed" if decided else "undecided"] += 1
        assert one[0] == other[0] or None in (one[0], other[0])
        if decided:
            x, y = one[1], other[1]
            assert x[0] <= y[1]
            assert y[0] <= x[1]
            assert x[2] <= y[3]
            assert y[2] <= x[3]

    examine()
    assert_mostly_decided(answers)
