"""MindFlayer's plan of trials, its published expected times, and unequal workers that hang."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest
from scipy import integrate, stats

from sddeverify.emulator.clock import Deadlock
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.policies import create
from sddeverify.emulator.policies._trial_plan import plan
from sddeverify.emulator.run import Emulation
from sddeverify.errors import InvalidScenario
from sddeverify.objectives import Quadratic
from sddeverify.scenario import Group, PolicySpec
from tests.emulator import pools
from tests.emulator.page import measured


def test_the_plan_is_exact_and_best():
    """Sum of p_i b_i = S exactly, no share is negative, and no other set of workers gives a shorter time."""
    source = random.Random(3)
    for _ in range(200):
        size = source.randint(1, 7)
        lengths = [Fraction(source.randint(1, 60), source.randint(1, 9)) for _ in range(size)]
        success = [Fraction(source.randint(1, 8), 8) for _ in range(size)]
        wanted = Fraction(source.randint(1, 90), source.randint(1, 9))
        result = plan(lengths, success, wanted)
        assert sum(p * b for p, b in zip(success, result.shares, strict=True)) == wanted
        assert min(result.shares) >= 0
        assert sum(p * b for p, b in zip(success, result.trials, strict=True)) >= wanted
        assert result.trials == tuple(math.ceil(one) for one in result.shares)
        # By brute force over all sets of workers, not only the fastest m.
        times = []
        for chosen in range(1, 2**size):
            mine = [i for i in range(size) if chosen >> i & 1]
            total = wanted + sum(success[i] for i in mine)
            times.append(total / sum(success[i] / lengths[i] for i in mine))
        assert result.time == min(times)
        # The deliberately wrong plan, all workers alike, misses the sum.
        equal = [result.time / max(lengths) - 1] * size
        assert len(set(lengths)) == 1 or sum(p * b for p, b in zip(success, equal, strict=True)) != wanted


def test_parameters_of_each_worker():
    parameters = {"limit": [1, "1/2", 50], "success": ["1/2", "3/4", 1], "fixed": [1, 0, 0], "batch": 6}
    policy = create("mindflayer", PolicySpec("mindflayer", parameters).parameters, 3)
    # t(1) = (6 + 3/4)/(3/2), t(2) = (6 + 5/4)/(3/2 + 1/4) = 29/7, t(3) = (6 + 9/4)/(3/2 + 1/4 + 1/50) > 29/7
    assert policy.counts == [math.ceil(Fraction(29, 14) - 1), math.ceil(Fraction(58, 7) - 1), 0]
    assert policy.limits == [2.0, 0.5, 50.0]
    assert policy.expected == 0.5 * policy.counts[0] + 0.75 * policy.counts[1]
    assert create("mindflayer", {}, 2).counts == [1, 1]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"limit": [1, 2]}, r"policy\.limit: '2 values' .* list of 3"),
        ({"limit": [1, 2, 0]}, r"policy\.limit\[2\]"),
        ({"limit": -1}, r"policy\.limit"),
        ({"trials": [0, 0, 0]}, r"policy\.trials: 'zeros only'"),
        ({"trials": 0}, r"policy\.trials: 0"),
        ({"trials": 2, "batch": 3}, r"policy\.batch: 3 .* either batch or trials"),
        ({"batch": 0}, r"policy\.batch"),
        ({"success": "5/4"}, r"policy\.success"),
        ({"fixed": "-1/2"}, r"policy\.fixed"),
    ],
)
def test_mistakes(parameters, words):
    with pytest.raises(InvalidScenario, match=words):
        create("mindflayer", PolicySpec("mindflayer", parameters).parameters, 3)


ONE_PLUS_LOGNORMAL = "sum(constant(1), lognormal(1, 5/2))"  # heavy, but every moment is finite
LAW = stats.lognorm(2.5)
ONE_TRIAL = 1 + integrate.quad(LAW.sf, 0, 1)[0]  # 1 + E min(eta, 1): the time of a trial, not of a gradient


@pytest.mark.parametrize(
    ("name", "parameters", "published", "wrong", "arrivals", "limit"),
    [
        ("rennala", {"k": 1}, 23.760, 2.0, 40_000, "no limit"),  # wrong: the median in place of the mean
        (
            "mindflayer",
            {"limit": 1, "fixed": 1, "success": "1/2"},
            3.2827,
            ONE_TRIAL,
            4000,
            "the median as limit",
        ),  # wrong: one trial
        (
            "mindflayer",
            {"limit": 1000, "fixed": 1, "success": "99/100"},
            17.655,
            23.760,
            40_000,
            "limit 1000",
        ),  # wrong: no limit
    ],
)
def test_published_expected_times(name, parameters, published, wrong, arrivals, limit):
    """One device: mean seconds to a gradient, within 4.5 standard errors of 32 batches, and the wrong figure outside 4.

    The lognormal has a skewness of 10^7, so that the error of the first case is estimated from few large times: a fixed
    seed, and no claim beyond it."""
    policy = PolicySpec(name, parameters)
    scenario = pools.scenario(ONE_PLUS_LOGNORMAL, workers=1, policy=policy, learning_rate="1/100000", seed=2)
    emulation = Emulation.create(scenario, objective=Quadratic(["1"]))
    times = np.diff(emulation.run(arrivals=arrivals).result().trace.push_time, prepend=0.0)
    means = times.reshape(32, -1).mean(axis=1)
    mean, error = means.mean(), means.std(ddof=1) / math.sqrt(32)
    measured(f"seconds to a gradient, 1 + lognormal(2.5), {limit}", mean, error)
    assert abs(mean - published) < 4.5 * error
    assert abs(mean - wrong) > 4 * error


def test_an_unequal_pool_with_hung_workers():
    """Two fast workers, one slow, one that always hangs: the plan leaves the slow one out, nobody waits for the hung.

    Asynchronous SGD goes on without the hung worker; where all hang in the end, it and Rennala stop, with a sentence.
    """
    pool = [
        Group(2, "shifted_exponential(1, 1)", hang="1/4"),
        Group(1, "constant(90)"),
        Group(1, "constant(1)", hang=1),
    ]
    limits = {"limit": [1, 1, 1, "1/100"], "fixed": [1, 1, 90, 1], "batch": 6}
    p = Fraction(3, 4) * Fraction(1 - math.exp(-1)).limit_denominator(1000)
    success = [p, p, 1, "1/1000"]  # of the hung worker nobody knows that it is 0
    policy = PolicySpec("mindflayer", limits | {"success": success})
    scenario = pools.scenario(workers=4, pool=pool, policy=policy, learning_rate="1/100")
    emulation = Emulation.create(scenario, objective=Quadratic(["1"]))
    assert emulation.server.policy.counts[2] == 0
    assert all(emulation.server.policy.counts[i] > 0 for i in (0, 1, 3))
    run = emulation.run(arrivals=6000).result()
    assert set(run.trace.worker.tolist()) == {0, 1}
    trials = 6000 + run.ledger.counts[Outcome.TIMED_OUT]
    rounds = trials / sum(emulation.server.policy.counts)
    # Progress at rate p: the mean step of a round is the full one.
    assert math.log(run.path.iterates[-1, 0]) == pytest.approx(-rounds / 100, rel=0.03)
    for name in ("asynchronous", "rennala"):
        hung = pools.scenario(workers=4, pool=[Group(4, "exponential(1)", hang="1/4")], policy=PolicySpec(name))
        stopped = Emulation.create(hung)
        with pytest.raises(Deadlock):
            stopped.run(arrivals=6000)
        assert stopped.server.ledger.pushed < 200
