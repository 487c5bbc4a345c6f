"""Single decisions of policies, worked out by hand: rules that whole runs seldom reach, or do not depend on visibly."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from sddeverify.emulator import policies
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.policies.dasgd import STEPS
from sddeverify.emulator.policies.dpsgd import InnerSteps
from sddeverify.scenario import Group, PolicySpec
from tests.emulator import pools


class Losses:
    """An objective that has the losses of a list, one after the other."""

    def __init__(self, losses):
        self.left = list(losses)

    def loss(self, w):
        return self.left.pop(0)


def pushed(job=0, worker=0, version=0, gradient=1.0):
    return SimpleNamespace(job=SimpleNamespace(id=job, worker=worker, version=version), gradient=np.array([gradient]))


def test_adasync_never_takes_back_a_worker_and_waits_for_the_new_ones():
    """K = ceil(2 sqrt(4/loss)): 4 at loss 1, and still 4 at loss 4; two gradients are too few once K is 4."""
    policy = policies.create("adasync", {"k": 2, "every": 1}, 6)
    policy.prepare(Losses([4.0, 1.0, 4.0]), np.random.default_rng(0))
    few = SimpleNamespace(version=0, workers=6, iterate=None, buffer=[pushed(worker=one) for one in range(2)])
    many = SimpleNamespace(version=0, workers=6, iterate=None, buffer=[pushed(worker=one) for one in range(4)])
    assert len(policy.ready(few)) == 2
    assert policy.ready(few) == []
    assert policy.k == 4
    assert len(policy.ready(many)) == 4
    assert policy.k == 4


def test_bounded_staleness_keeps_a_worker_out_that_comes_back_too_early():
    policy = policies.create("bounded_staleness", {"bound": 2}, 3)
    server = SimpleNamespace(workers=3)
    assert policy.joins(server, 0)
    policy.clocks, policy.slowest = [5, 2, 3], 2
    assert [policy.joins(server, one) for one in range(3)] == [False, True, True]


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("constant", lambda n: 1),
        ("bounded", lambda n: 1 / math.sqrt(math.sqrt(n)) ** 3),
        ("sublinear", lambda n: 1 / n),
        ("linear", lambda n: 1 / n / math.log(n + 2)),
        ("polynomial", lambda n: 1 / n / math.log(n + 2) / math.log(math.log(n + 15))),
    ],
)
def test_the_ladder_of_dasgd(name, factor):
    """The rungs of the abstract, with the shifts that the docstring states; update n has the n-th step."""
    assert [STEPS[name](n) for n in (1, 2, 7, 1000)] == pytest.approx([factor(n) for n in (1, 2, 7, 1000)], rel=1e-12)
    policy = policies.create("dasgd", {"steps": name}, 2)
    assert policy.weigh(pushed(), SimpleNamespace(version=6)) == pytest.approx(factor(7), rel=1e-12)


def test_delay_adaptive_rates_of_the_least_concurrency():
    """min(1, C/staleness) with C = 1: nothing is taken off up to staleness 1."""
    policy = policies.create("delay_adaptive", {"concurrency": 1}, 2)
    weights = [policy.weigh(pushed(), SimpleNamespace(version=stale)) for stale in (0, 1, 2, 4)]
    assert weights == [1, 1, 1 / 2, 1 / 4]
    policy = policies.create("staleness_aware", {}, 2)
    assert [policy.weigh(pushed(), SimpleNamespace(version=stale)) for stale in (0, 1, 2)] == [1, 1, 1 / 2]


def test_the_samples_of_a_push_of_dpsgd():
    """Each of the B inner steps takes a batch."""
    assert InnerSteps(pools.Noisy(), 4, 2, 0.1).batch_size == 4 * pools.Noisy.batch_size
    run = pools.emulation(PolicySpec("dpsgd", {"steps": 4, "threads": 2}), "constant(1)", workers=3)
    trace = run.run(arrivals=30).result()
    assert trace.ledger.mean_staleness_samples == pytest.approx(trace.mean_staleness * 4 * pools.Noisy.batch_size)


def test_a_gradient_as_long_as_the_threshold_is_sent():
    policy = policies.create("event_triggered", {"threshold": "5"}, 2)
    lengths = {length: policy.uploads(pushed().job, np.array([3.0, 4.0]) * length) for length in (0.999, 1.0, 1.001)}
    assert lengths == {0.999: False, 1.0: True, 1.001: True}


def test_the_coin_of_gradient_dropout_is_tossed_once():
    """On an uplink the worker tosses; the server asks nobody again, and forgets the coin."""
    policy = policies.create("gradient_dropout", {"keep": "1/2"}, 2)
    tosses = [0.1, 0.9, 0.9, 0.1]
    policy.prepare(pools.Noisy(), SimpleNamespace(random=lambda: tosses.pop(0)))
    first, second = pushed(job=1), pushed(job=2)
    assert [policy.uploads(one.job, one.gradient) for one in (first, second)] == [True, False]
    assert [policy.weigh(one, None) for one in (second, first)] == [None, 1.0]
    assert len(tosses) == 2
    assert policy.weigh(pushed(job=3), None) is None  # without an uplink nobody has tossed yet
    assert not policy.tossed


def test_what_adaptive_mindflayer_learns():
    """By hand: -(1 - 1/4) for a trial in time, then 1/4 2^-0.6 for one that was not."""
    policy = policies.create("mindflayer_adaptive", {"limit": 3, "success": "1/4", "trials": 2}, 2)
    server = SimpleNamespace(workers=2, buffer=[pushed(gradient=3.0)], ticks=SimpleNamespace(of=lambda t: t))
    assert policy.joins(server, 1)
    policy.weigh(pushed(worker=1), server)
    assert policy.logarithms == [0, -0.75]
    assert policy.ready(server) == []
    policy.timed_out(pushed(worker=1).job, server)
    assert policy.logarithms[1] == pytest.approx(-0.75 + 0.25 * 2**-0.6)
    assert policy.time_limit(server, 1) == pytest.approx(max(1, 3 * math.exp(-0.75 + 0.25 * 2**-0.6)))
    assert policy.ready(server) == server.buffer
    assert policy.combine(server.buffer, server) == pytest.approx([3 / (1 / 4 * 2)])


def test_adaptive_mindflayer_cancels_what_a_round_leaves():
    """A slow worker beside a fast one, with a long limit: after each round its trial ends, and nothing is stale."""
    pool = [Group(1, "constant(1)"), Group(1, "constant(9)")]
    policy = PolicySpec("mindflayer_adaptive", {"limit": 100, "trials": 2})
    result = pools.emulation(policy, workers=2, pool=pool).run(arrivals=6).result()
    assert result.trace.staleness.tolist() == [0] * 6
    assert result.ledger.counts[Outcome.CANCELLED] == result.ledger.updates == 3
