"""The shared uplink: both drivers, exact order, and the closed network's throughput."""

import math
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.emulator.run import Emulation
from sddeverify.emulator.uplink import Uplink
from sddeverify.errors import InvalidScenario
from sddeverify.scenario import PolicySpec
from tests.emulator import pools
from tests.emulator.page import measured


def emulation(policy="asynchronous", law="exponential(1)", workers=32, rate=8):
    return pools.emulation(policy, law, workers=workers, learning_rate="1/1000", uplink=rate)


@pytest.mark.parametrize("policy", ["asynchronous", "k_sync", "k_async", "round_robin", "mindflayer", "ringmaster"])
@pytest.mark.parametrize("law", ["exponential(1)", "constant(1)"])
def test_both_drivers_agree(policy, law):
    runs = [emulation(policy, law, 6).run(arrivals=200, driver=one).result() for one in ("heap", "asyncio")]
    assert runs[0].trace.csv() == runs[1].trace.csv()
    assert runs[0].ledger == runs[1].ledger


@pytest.mark.parametrize("law", ["exponential(1)", "constant(1)"])
def test_throughput_of_the_closed_network(law):
    """P = 32, B = 8, m = 1, any compute law: rate 8.00 and delay P/8 = 4, of which 3 on the uplink; not P/m = 32."""
    run = emulation(law=law).run(arrivals=20_000).result()
    delays = run.trace.delays[2000:]
    measured(f"rate behind an uplink of 8, P = 32, {law}", run.arrival_rate)
    # Service times are independent while the line is never idle: 4 standard errors are 2.8 % of the rate.
    assert run.arrival_rate == pytest.approx(8, rel=4 / math.sqrt(20_000))
    assert delays.mean() == pytest.approx(4, rel=0.03)
    # Little's invariance: (rate) x (mean delay) = P, up to what is in flight at the ends.
    assert run.arrival_rate * run.trace.delays.mean() == pytest.approx(32, rel=0.005)
    assert run.mean_staleness == pytest.approx(31, rel=0.005)


def test_mean_value_analysis_of_a_small_pool():
    """P = 3, B = 1, m = 1, exponential: R(n) = (1 + Q(n-1))/B, X = n/(m + R), Q = X R; the rate is X(3)."""
    queue = 0.0
    for n in range(1, 4):
        sojourn = 1 + queue
        rate = n / (1 + sojourn)
        queue = rate * sojourn
    run = emulation(workers=3, rate=1).run(arrivals=20_000).result()
    times = np.diff(run.trace.push_time[::625])  # 32 batches
    error = times.std(ddof=1) / math.sqrt(len(times)) / 625
    assert abs(times.mean() / 625 - 1 / rate) < 4.5 * error
    assert abs(times.mean() / 625 - 1) > 4.5 * error  # the line alone
    assert rate == pytest.approx(15 / 16)


@pytest.mark.parametrize(
    ("policy", "share"),
    [
        (PolicySpec("gradient_dropout", {"keep": "1/4"}), 1 / 4),
        (PolicySpec("event_triggered", {"threshold": "3/2"}), None),
    ],
)
def test_what_is_not_sent_does_not_queue(policy, share):
    """P = 16, B = 4, m = 1: a share p visits the line, R(n) = (1 + Q(n-1))/B, X = n/(m + p R), Q = X p R."""
    run = emulation(policy, workers=16, rate=4).run(arrivals=40_000).result()
    if share is None:  # the noise decides, independently of the times
        share = run.ledger.applied / run.ledger.pushed
        assert 0.1 < share < 0.9

    def rate(p):
        queue = found = 0.0
        for n in range(1, 17):
            sojourn = (1 + queue) / 4
            found = n / (1 + p * sojourn)
            queue = found * p * sojourn
        return found

    batches = np.diff(run.trace.push_time[::1250]) / 1250  # 32 of them
    error = batches.std(ddof=1) / math.sqrt(len(batches))
    assert abs(batches.mean() - 1 / rate(share)) < 4.5 * error
    assert abs(batches.mean() - 1 / rate(1)) > 4.5 * error  # as if all were sent


def test_a_policy_that_sends_nothing_leaves_the_line_alone():
    """At the full rate P/m of the workers, however slow the line is: constant times, so that it is exact."""
    never = PolicySpec("event_triggered", {"threshold": "1000000"})
    for driver in ("heap", "asyncio"):
        run = emulation(never, "constant(1)", 8, "1/100").run(arrivals=80, driver=driver).result()
        assert run.trace.push_time[-1] == pytest.approx(10)
        assert run.ledger.applied == 0


def test_replicas_have_lines_of_their_own():
    scenario = pools.scenario(workers=4, uplink=2)
    one, other = (Emulation.create(scenario, replica=k).run(arrivals=20).result().trace for k in (0, 1))
    assert one.csv() != other.csv()


@pytest.mark.parametrize("policy", ["asynchronous", "k_sync", "mindflayer", "event_triggered", "gradient_dropout"])
def test_a_checkpoint_holds_the_line(policy):
    whole = emulation(policy, workers=5).run(arrivals=200).result()
    for stop in (0, 7, 120):
        stored = emulation(policy, workers=5).run(arrivals=stop).checkpoint()
        run = Emulation.restore(stored, objective=pools.Noisy()).run(arrivals=200).result()
        assert run.trace.csv() == whole.trace.csv()
        assert run.ledger == whole.ledger
        assert np.array_equal(run.path.iterates, whole.path.iterates)


def test_bad_rates():
    for rate in (0, -1, "inf", 0.5):
        with pytest.raises(InvalidScenario, match="uplink"):
            emulation(rate=rate)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.integers(0, 3 * 10**6), min_size=1, max_size=60), st.sampled_from([0.5, 2.0, 40.0]))
def test_one_transmission_at_a_time(gaps, rate):
    """Whatever comes when: in order, one at a time, idle only when nothing waits, busy for the sum of service times.

    Exact, by the draws of a twin of the random stream; refused: a line that serves everybody at once."""
    ticks = pools.emulation("asynchronous", workers=1).ticks
    line = Uplink(rate, ticks, np.random.default_rng(7))
    twin = np.random.default_rng(7)
    services = [ticks.of(float(twin.exponential(1 / rate))) for _ in gaps]
    sent = list(accumulate(gaps))
    arrived = [line.send(now) for now in sent]
    begun = [end - service for end, service in zip(arrived, services, strict=True)]
    assert begun[0] == sent[0]
    for k in range(1, len(sent)):
        assert begun[k] == max(sent[k], arrived[k - 1])
    idle = sent[0] + sum(start - end for start, end in zip(begun[1:], arrived, strict=False))
    assert line.free - idle == sum(services)
    at_once = [now + service for now, service in zip(sent, services, strict=True)]
    waits = any(now < end for now, end in zip(sent[1:], arrived, strict=False))
    assert (at_once != arrived) is waits


def test_mean_service_is_one_over_the_rate():
    """20 000 gradients that come at once: 4.5 standard errors of a mean of exponentials, error level 1e-5."""
    ticks = pools.emulation("asynchronous", workers=1).ticks
    line = Uplink(8.0, ticks, np.random.default_rng(3))
    for _ in range(20_000):
        line.send(0)
    busy = ticks.seconds(line.free) / 20_000
    assert abs(busy - 1 / 8) < 4.5 / 8 / math.sqrt(20_000)
    assert abs(busy - 1 / 7) > 4.5 / 8 / math.sqrt(20_000)
