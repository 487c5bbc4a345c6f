"""Whatever is asked, a prover answers in bounded time: a certificate or "undecided"."""

import random
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from sddeverify.certificates import (
    Certificate,
    Inconclusive,
    Reason,
    _effort,
    rightmost_root,
    root_count,
    root_enclosure,
    stability,
    stability_boundary,
)
from sddeverify.certificates._certificate import Obstacle
from sddeverify.certificates._effort import Effort
from sddeverify.delays import Constant, Empirical, Erlang, Exponential, Hyperexponential, Lattice, Law, Mixture, Sum
from sddeverify.models import CharacteristicFunction

# Seconds of processor time, several times what is needed, so that only what is really unbounded fails.
ENOUGH = 25.0


def answered(call: Callable[[], Certificate | Inconclusive]) -> Certificate | Inconclusive:
    start = time.process_time()
    answer = call()
    assert time.process_time() - start < ENOUGH
    assert isinstance(answer, Certificate | Inconclusive)
    return answer


def atoms(count: int) -> Law:
    rng = random.Random(7)
    return Mixture([(Fraction(1, count), Constant(Fraction(rng.randint(1, 10**6), 10**5))) for _ in range(count)])


def cells(kind: type[Lattice] | type[Empirical], count: int) -> Law:
    rng = random.Random(8)
    return kind(Fraction(1, count), [rng.randint(0, 1000) for _ in range(count)])


LARGE: dict[str, Callable[[], Law]] = {
    "erlang 1000": lambda: Erlang(1000, 1),
    "200 atoms": lambda: atoms(200),
    "4096 cells": lambda: cells(Lattice, 4096),
    "4096 cells, rounded": lambda: cells(Empirical, 4096),
    "64 stages": lambda: Sum(*(Exponential(Fraction(k + 1, 2080)) for k in range(64))),
    "250 Erlang laws": lambda: Mixture([(Fraction(1, 250), Erlang(1 + k, Fraction(1 + k, 125))) for k in range(250)]),
    "times far apart": lambda: Mixture([("1/1000", Constant(1000)), ("999/1000", Constant(1))]),
}


@pytest.mark.parametrize("name", LARGE)
def test_large_laws(name: str) -> None:
    law = LARGE[name]()
    verdict = answered(lambda: stability.prove(CharacteristicFunction("1/10", law)))
    assert isinstance(verdict, stability.Stability)
    assert verdict.stable  # a E < pi/2 for all of them


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
@pytest.mark.parametrize("a", ["1/10", "1", "10"])
def test_every_claim_for_large_laws(name: str, a: str) -> None:
    law = LARGE[name]()
    h = CharacteristicFunction(a, law)
    answered(lambda: stability.prove(h))
    answered(lambda: root_count.prove(h, "-1/100"))
    answered(lambda: rightmost_root.prove(h))
    answered(lambda: root_enclosure.prove(h, near=-1 + 1j))
    answered(lambda: stability_boundary.prove(law))


@pytest.mark.parametrize("a", ["1e3", "1e6", "1e9", "1e300", "1e3999"])
def test_large_damping(a: str) -> None:
    for law in (Constant(1), Erlang(3, 1)):
        h = CharacteristicFunction(a, law)
        for answer in (
            answered(lambda h=h: stability.prove(h)),
            answered(lambda h=h: root_count.prove(h)),
            answered(lambda h=h: rightmost_root.prove(h)),
        ):
            if isinstance(answer, stability.Stability):
                assert not answer.stable


@pytest.mark.parametrize("up_to", ["1e3", "1e6", "1e9", "1e30", "1e300", "1e3999"])
@pytest.mark.parametrize("law", [Constant(1), Hyperexponential([("1/2", 1), ("1/2", "1/10")])], ids=str)
def test_boundaries_far_away(law: Law, up_to: str) -> None:
    answer = answered(lambda: stability_boundary.prove(law, up_to=up_to))
    if isinstance(law, Constant) and Fraction(up_to) < 10**300:
        assert isinstance(answer, stability_boundary.StabilityBoundary)
        assert answer.damping.hi is not None


@pytest.mark.parametrize("abscissa", ["-20", "-300", "-1e4", "-1e300"])
def test_lines_far_left(abscissa: str) -> None:
    answer = answered(lambda: root_count.prove(CharacteristicFunction(1, Constant(1)), abscissa))
    assert isinstance(answer, Inconclusive)


def test_long_numbers() -> None:
    a = Fraction(10**3999 + 1, 3 * 10**3998 + 7)
    for law in (Constant(1 / a), Erlang(3, 1 / a)):
        assert isinstance(answered(lambda law=law: stability.prove(CharacteristicFunction(a, law))), Certificate)


def test_effort_is_counted_by_size_and_precision() -> None:
    effort = Effort(100)
    effort.spend(10, 2, None)
    assert effort.left == 80
    effort.spend(10, 1, 160)  # floats and low precisions cost the same
    assert effort.left == 70
    effort.spend(10, 1, 640)
    assert effort.left == 30
    effort.require(30, 1)
    for call in (lambda: effort.require(31, 1), lambda: effort.require(16, 2), lambda: effort.spend(31, 1, 64)):
        with pytest.raises(Obstacle) as caught:
            call()
        assert caught.value.result.reason is Reason.BUDGET


def test_running_out_of_effort_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    h = CharacteristicFunction(1, Constant(1))
    calls: dict[str, Callable[[], Any]] = {
        "stability": lambda: stability.prove(h),
        "root_count": lambda: root_count.prove(h, "-3"),
        "rightmost_root": lambda: rightmost_root.prove(h),
        "root_enclosure": lambda: root_enclosure.prove(h, near=-0.3 + 1.3j),
        "stability_boundary": lambda: stability_boundary.prove(Constant(1)),
        "no boundary": lambda: stability_boundary.prove(Exponential(1), up_to=5),
    }
    for name, call in calls.items():
        assert isinstance(call(), Certificate), name
    monkeypatch.setattr(_effort, "MOST", 1)
    for name, call in calls.items():
        answer = call()
        assert isinstance(answer, Inconclusive), name
        assert answer.reason is Reason.BUDGET, name
