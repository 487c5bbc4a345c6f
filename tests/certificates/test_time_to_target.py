"""The last passage of the mean path against its series, its asymptotics, and an integration in small steps."""

from __future__ import annotations

import math
from fractions import Fraction
from math import factorial
from typing import Any

import numpy as np
import pytest

from sddeverify import checker
from sddeverify.certificates import Inconclusive, Reason, time_to_target
from sddeverify.checker.document import digest
from sddeverify.checker.verdict import read
from sddeverify.delays import Constant, Exponential
from sddeverify.errors import InvalidScenario
from sddeverify.models import CharacteristicFunction
from tests.certificates.proved import proved, undecided

H = CharacteristicFunction


def series(c: Fraction, t: Fraction) -> Fraction:
    """r(t) = sum over k of (-c)^k (t - k)_+^k/k!, in rational arithmetic; the delay is 1."""
    return sum(
        ((-c) ** k * (t - k) ** k / factorial(k) for k in range(math.floor(t) + 1)), Fraction(0)
    )  # fmt: skip


# c, and the last time of |r| >= 1/100 in units of the delay
SENSITIVITY = [("37/100", 7.2), ("1", 15.2), ("13/10", 34.9), ("3/2", 142.7)]


@pytest.mark.parametrize(("c", "last"), SENSITIVITY)
def test_last_passage_of_the_elasticity_table(c: str, last: float) -> None:
    found = proved(time_to_target.prove(H(c, Constant(1)))).time
    assert float(found.lo) == pytest.approx(last, abs=0.05)
    assert found.width < found.lo / 10**8
    assert abs(series(Fraction(c), found.lo)) >= Fraction(1, 100) > abs(series(Fraction(c), found.hi))


@pytest.mark.parametrize(("c", "eps"), [("1/5", "1/1000"), ("9/10", "1/3"), ("5/4", "1/50"), ("36/100", "1/10")])
def test_nothing_passes_later(c: str, eps: str) -> None:
    """Euler's method with 2000 steps to a delay sees no later passage for another 60 delays."""
    found = proved(time_to_target.prove(H(c, Constant(1)), eps, digits=5)).time
    steps = 2000
    r = np.ones((60 + math.ceil(found.hi)) * steps)
    for n in range(1, len(r)):
        # midpoint rule; nothing before t = 0
        r[n] = r[n - 1] - (float(Fraction(c)) / steps * (r[n - steps - 1] + r[n - steps]) / 2 if n > steps else 0.0)
    late = np.flatnonzero(np.abs(r) >= float(Fraction(eps)))[-1] / steps
    assert late == pytest.approx(float(found.lo), abs=0.01)


def test_time_is_in_the_units_of_the_delay() -> None:
    one = proved(time_to_target.prove(H("1", Constant(1)))).time
    slow = proved(time_to_target.prove(H("1/1000", Constant(1000)))).time
    fast = proved(time_to_target.prove(H("1000", Constant("1/1000")))).time
    assert float(slow.lo / 1000) == pytest.approx(float(one.lo), rel=1e-8)
    assert float(fast.lo * 1000) == pytest.approx(float(one.lo), rel=1e-8)


def test_many_digits() -> None:
    found = proved(time_to_target.prove(H("1", Constant(1)), digits=60)).time
    assert found.width < Fraction(1, 10**58)
    assert abs(series(Fraction(1), found.lo)) >= Fraction(1, 100) > abs(series(Fraction(1), found.hi))


def test_an_interval_of_dampings() -> None:
    h = H(("1", "1.0000001"), Constant(1))
    found = proved(time_to_target.prove(h, "1/10")).time
    for c in (Fraction(1), Fraction(10000001, 10**7)):
        assert abs(series(c, found.lo)) >= Fraction(1, 10) > abs(series(c, found.hi))


def test_undecided() -> None:
    undecided(time_to_target.prove(H(2, Constant(1))), Reason.DOMAIN)
    undecided(time_to_target.prove(H("1/1000000", Constant(1))), Reason.BUDGET)
    # r falls to -1/2 at t = 3, touches the target from within, and turns
    undecided(time_to_target.prove(H(1, Constant(1)), "1/2"), Reason.PRECISION)


@pytest.mark.parametrize(
    ("h", "arguments", "named"),
    [
        (H(1, Constant(1)), {"target": 1}, "target"),
        (H(1, Constant(1)), {"target": "0"}, "target"),
        (H(1, Constant(1)), {"target": 0.01}, "target"),
        (H(1, Exponential(1)), {}, "delay"),
        (H(1, Constant(1), undelayed=1), {}, "undelayed"),
        (H(-1, Constant(1)), {}, "damping"),
        (H(1, Constant(1)), {"digits": 0}, "digits"),
        (H(1, Constant(1)), {"digits": 10**5}, "digits"),
    ],
)
def test_bad_input(h: Any, arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidScenario, match=named):
        time_to_target.prove(h, **arguments)


def resealed(document: dict[str, Any], claim: dict[str, Any], witness: Any = None) -> checker.Status:
    """The verdict on another claim or witness with hash and statement that fit."""
    claim = document["claim"] | claim
    new = {"claim": claim, "claim_sha256": digest(claim), "statement": read(claim)[0]}
    return checker.check(document | new | ({"witness": witness} if witness else {})).status


def test_what_is_false_is_rejected() -> None:
    document = proved(time_to_target.prove(H(1, Constant(1)))).document
    hi = document["claim"]["time"][1]
    breaks = document["witness"]["breaks"]
    rejected = checker.Status.REJECTED
    assert resealed(document, {"time": [hi, hi]}) is rejected  # |r| is below the target there
    assert resealed(document, {"target": "1/50"}) is rejected
    assert resealed(document, {"target": "1/200"}) is rejected
    # from the first passage: r(3) = -1/2 is still to come
    early = {"bits": 120, "breaks": ["21/10", "43/20", "11/5", "5/2", "3", "4", "5", *map(str, range(6, 22))]}
    assert resealed(document, {"time": ["1", "21/10"]}, early) is rejected
    # too short: the rest is not bounded
    k = next(k for k, x in enumerate(breaks) if x == str(math.ceil(Fraction(hi))))
    assert resealed(document, {}, document["witness"] | {"breaks": breaks[: k + 1]}) is rejected
    assert resealed(document, {"damping": ["3/2", "3/2"]}) is rejected
    assert resealed(document, {}, document["witness"] | {"bits": 32}) is rejected


@pytest.mark.parametrize(
    "claim",
    [
        {"target": "1"},
        {"target": "0"},
        {"target": "-1/2"},
        {"time": ["-1", "20"]},
        {"delay": {"exponential": {"mean": ["1", "1"]}}},
        {"delay": {"constant": {"time": ["1", "2"]}}},
        {"undelayed": ["1", "1"]},
        {"damping": ["3", "3"]},
        {"damping": ["-1", "-1"]},
    ],
)
def test_what_is_not_in_the_format_is_malformed(claim: dict[str, Any]) -> None:
    document = proved(time_to_target.prove(H(1, Constant(1)), digits=4)).document
    changed = document["claim"] | claim
    new = document | {"claim": changed, "claim_sha256": digest(changed)}
    assert checker.check(new).status is checker.Status.MALFORMED


@pytest.mark.parametrize("breaks", [["16", "21"], ["1", "2"], ["1520/100", "31/2"], ["0"], [], ["20", "16"]])
def test_pieces_must_lead_from_the_end_to_a_whole_number(breaks: list[str]) -> None:
    document = proved(time_to_target.prove(H(1, Constant(1)), digits=4)).document
    witness = {"bits": 100, "breaks": breaks}
    assert checker.check(document | {"witness": witness}).status is checker.Status.MALFORMED


def test_the_result_is_not_a_truth_value() -> None:
    answer = time_to_target.prove(H(2, Constant(1)))
    assert isinstance(answer, Inconclusive)
    with pytest.raises(TypeError):
        bool(answer)
