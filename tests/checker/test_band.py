"""Every law in a band: jets against laws on the rim of the band, and what a naive disc gets wrong left of the axis."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pytest
from flint import acb
from hypothesis import given
from hypothesis import strategies as st

from sddeverify import certificates, checker
from sddeverify.checker.interval import Arithmetic
from sddeverify.checker.laws import parse
from sddeverify.delays import Band, Constant, Lattice
from sddeverify.models import CharacteristicFunction
from tests import oracles
from tests.checker.enclosures import ball, holds
from tests.checker.make_corpus import seal

LAMBDAS = st.lists(st.integers(0, 60), min_size=3, max_size=12).filter(lambda x: any(x[1:]))


def atoms(parts: list[tuple[Fraction, Fraction]]) -> Any:
    """The law that is ``time`` with probability ``weight``."""
    return oracles.mix([(w, {"constant": {"time": [str(t)] * 2}}) for w, t in parts if w])


def on_the_rim(counts: list[int], step: Fraction, epsilon: Fraction, end: Fraction, seed: int) -> Any:
    """A law whose distribution function is that of the lattice +- epsilon, cut to [0, 1]; sides change at random."""
    rng, total = random.Random(seed), sum(counts)
    heights, high = [], 0
    for j, count in enumerate(counts):
        high += count
        heights.append((j * step, Fraction(high, total)))
    places = sorted({t for t, _ in heights} | {end} | {end * rng.randrange(100) / 100 for _ in range(4)})
    parts, last = [], Fraction(0)
    for t in places:
        center = max((value for time, value in heights if time <= t), default=Fraction(0))
        value = Fraction(1) if t == end else center + rng.choice([-1, 1]) * epsilon
        value = min(max(value, last), Fraction(1))  # a distribution function does not fall
        value = min(max(value, center - epsilon), center + epsilon) if t < end else value
        if value > last:
            parts.append((value - last, t))
            last = value
    return atoms(parts)


@given(LAMBDAS, st.fractions(Fraction(1, 1000), 1, max_denominator=1000), st.integers(0, 10**6), st.data())
def test_jets_contain_laws_on_the_rim(counts: list[int], epsilon: Fraction, seed: int, data: st.DataObject) -> None:
    step = Fraction(1, 4)
    end = step * (len(counts) - 1) * data.draw(st.sampled_from([1, Fraction(5, 4), 3]))
    ar = Arithmetic(96)
    s = (data.draw(st.fractions(-5, 3, max_denominator=16)), data.draw(st.fractions(-30, 30, max_denominator=16)))
    found = parse(Band(Lattice(step, counts), epsilon, end).to_json()).jet(ar, ar.point(*s), 8)
    one = on_the_rim(counts, step, epsilon, end, seed)
    for k, x in enumerate(found):
        if k or s != (0, 0):  # Phi(0) = 1: balls cannot tell 1 from 1
            assert holds(ar, x, lambda k=k: oracles.derivatives(one, ball(s), k)[k], extra=256)


def test_the_disc_is_attained() -> None:
    """All of epsilon moved from the constant T to 0 shifts Phi(c) by epsilon (exp(-c T) - 1), the radius for c < 0."""
    ar, c = Arithmetic(128), Fraction(-2)
    found = parse(Band(Constant(1), "1/10", 1).to_json()).jet(ar, ar.point(c, Fraction(0)), 0)[0]
    low = oracles.derivatives(atoms([(Fraction(9, 10), Fraction(1)), (Fraction(1, 10), Fraction(0))]), acb(-2), 0)[0]
    gap = Fraction(float(low.real)) - Fraction(found[0], ar.unit)
    assert abs(gap) < Fraction(1, 10**14)


def naive(center: str, c: str, pieces: int = 400) -> Any:
    """A line of codes for the center alone."""
    from tests.checker.make_corpus import grid

    claim = {"type": "root_count", "damping": [center] * 2, "delay": Constant(1).to_json(), "undelayed": ["0", "0"]}
    return grid(claim, Fraction(c), pieces)


def test_left_of_the_axis_the_radius_grows() -> None:
    """The counterexample: |s| epsilon T bounds the change of Phi for Re s >= 0 only.

    A law of the band around constant(1) on [0, 2], epsilon = 1/10, has 1/10 of its mass at 2. At s = -3 its
    transform exceeds that of the center by (e^6 - e^3)/10 = 38, not by at most 3 x 2/10.
    """
    ar, s = Arithmetic(96), Fraction(-3)
    member = atoms([(Fraction(9, 10), Fraction(1)), (Fraction(1, 10), Fraction(2))])
    center, other = (oracles.derivatives(x, acb(-3), 0)[0].real for x in (Constant(1).to_json(), member))
    assert float(other - center) > 60 * float(abs(s) * 2 / 10)
    found = parse(Band(Constant(1), "1/10", 2).to_json()).jet(ar, ar.point(s, Fraction(0)), 0)[0]
    assert found[0] <= float(other) * ar.unit <= found[1]


def test_a_count_that_the_naive_radius_would_prove_is_false() -> None:
    """s + exp(-s)/4 has its two rightmost roots at -0.357 and -2.153; with 1/100 of the mass at 6 there are more.

    On Re s = -1 a naive disc of radius |s| epsilon T a = |s| 0.015 is far smaller than |h|, the true one is not.
    """
    h = CharacteristicFunction("1/4", Band(Constant(1), "1/100", 6))
    alone = CharacteristicFunction("1/4", Constant(1))
    count = certificates.root_count.prove(alone, abscissa="-1")
    assert count.count == 1
    member = atoms([(Fraction(99, 100), Fraction(1)), (Fraction(1, 100), Fraction(6))])
    assert oracles.count(oracles.Function((Fraction(1, 4),) * 2, (Fraction(0),) * 2, member), Fraction(-1)) > 1
    assert isinstance(certificates.root_count.prove(h, abscissa="-1"), certificates.Inconclusive)
    claim = {"type": "root_count", **h.to_json(), "abscissa": "-1", "roots": 1}
    assert checker.check(seal(claim, count.document["witness"])).status is checker.Status.REJECTED


@pytest.mark.parametrize("epsilon", ["0", "1/50"])
def test_mean_of_a_band(epsilon: str) -> None:
    law = parse(Band(Lattice("1/2", [1, 2, 1]), epsilon, "3/2").to_json())
    assert (law.mean.lo, law.mean.hi) == (
        Fraction(1, 2) - Fraction(epsilon) * 3 / 2,
        Fraction(1, 2) + Fraction(epsilon) * 3 / 2,
    )
    everything = parse(Band(Lattice("1/2", [1, 2, 1]), 1, "3/2").to_json())
    assert (everything.mean.lo, everything.mean.hi) == (0, Fraction(3, 2))


def test_a_band_of_width_0_is_its_center() -> None:
    ar = Arithmetic(128)
    center, band = (parse(x.to_json()) for x in (Lattice("1/8", [1, 2, 5]), Band(Lattice("1/8", [1, 2, 5]), 0, 1)))
    s = ar.point(Fraction(-1, 3), Fraction(7))
    for x, y in zip(center.jet(ar, s, 4), band.jet(ar, s, 4), strict=True):
        assert max(abs(a - b) for a, b in zip(x, y, strict=True)) <= 4
