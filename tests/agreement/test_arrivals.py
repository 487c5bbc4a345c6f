import pytest

from sddeverify.agreement import Verdict, arrivals
from sddeverify.delays import Constant, Erlang, Exponential
from tests.agreement.pool import simulate
from tests.emulator.page import measured

ERLANG = Erlang(3, "1/20")
Z = 2.576  # what sampling errors at the level 1 % are in standard errors


def erlang(rng):
    return rng.gamma(3, 1 / 60)


@pytest.mark.parametrize("seed", range(5))
def test_right_law(seed):
    check = arrivals.check(simulate(erlang, 8, 4000, seed), ERLANG, 8)
    assert check.verdict is Verdict.CONSISTENT
    assert check.expected == pytest.approx(160)


def test_wrong_mean():
    trace = simulate(erlang, 8, 4000, 0)
    right = arrivals.check(trace, ERLANG, 8)  # 160 in a unit of time
    measured("arrival rate of a trace, P = 8, Erlang 3 of mean 1/20", right.observed, right.sampling_error / Z)
    assert arrivals.check(trace, Erlang(3, "1/18"), 8).verdict is Verdict.INCONSISTENT


def test_wrong_number_of_workers():
    assert arrivals.check(simulate(erlang, 8, 4000, 0), ERLANG, 9).verdict is Verdict.INCONSISTENT


def test_idle_workers_are_seen():
    trace = simulate(erlang, 8, 4000, 0, idle=0.01)
    check = arrivals.check(trace, trace.to_empirical(), 8, fitted=True)
    assert check.verdict is Verdict.INCONSISTENT
    assert "idle" in check.note


def test_five_arrivals():
    assert arrivals.check(simulate(erlang, 8, 5, 0), ERLANG, 8).verdict is Verdict.TOO_LITTLE_DATA


def test_constant_law_has_no_sampling_error():
    check = arrivals.check(simulate(lambda rng: 0.5, 4, 400, 0), Constant("1/2"), 4)
    assert check.sampling_error == 0
    assert check.verdict is Verdict.CONSISTENT


def test_level_of_the_test():
    # 400 memoryless traces at level 10 %: with the allowance for the edges the number of false alarms has
    # mean below 40; more than 60 has probability below 1e-3 (binomial).
    law = Exponential("1")
    alarms = sum(
        arrivals.check(simulate(lambda rng: rng.exponential(), 4, 400, seed), law, 4, level=0.1).verdict
        is Verdict.INCONSISTENT
        for seed in range(400)
    )
    assert 5 < alarms <= 60
