"""Pools of unequal workers from a scenario: groups, downlink, hung gradients, absences."""

import math

import numpy as np
import pytest

from sddeverify.delays import parse
from sddeverify.emulator.availability import Availability
from sddeverify.emulator.clock import Deadlock, Ticks
from sddeverify.emulator.run import Emulation, emulate
from sddeverify.emulator.team import mean_rate, ticks_of
from sddeverify.scenario import Group, PolicySpec
from tests.emulator import pools

MIXED = [
    Group(2, "constant(1)"),
    Group(1, "erlang(2, 3)", on="exponential(5)", off="uniform(1, 2)"),
    Group(1, "exponential(2)", hang="1/50"),
]


def availability(on, off, seed=1):
    return Availability(parse(on), parse(off), Ticks(1.0), np.random.default_rng(seed))


def test_groups_take_their_own_time():
    run = emulate(pools.scenario(workers=3, pool=[Group(1, "constant(1)"), Group(2, "constant(3)")]), until=300)
    assert np.bincount(run.trace.worker).tolist() == [300, 100, 100]
    assert np.allclose(run.trace.delays[run.trace.worker > 0], 3)
    assert run.audit.pool == 2 * run.ledger.updates  # conservation needs no equal workers


def test_downlink_adds_to_the_delay():
    run = emulate(pools.scenario("constant(1)", workers=3, downlink="constant(1/2)"), until=30)
    assert np.allclose(run.trace.delays, 1.5)
    run = emulate(pools.scenario("exponential(1)", workers=3, downlink="exponential(2)"), arrivals=6000)
    # Sum of two exponentials: mean 3, variance 5; 4 standard errors (error level 6e-5).
    assert abs(run.trace.delays.mean() - 3) < 4 * math.sqrt(5 / 6000)


@pytest.mark.parametrize("driver", ["heap", "asyncio"])
def test_hung_gradients_end_in_a_reported_deadlock(driver):
    emulation = pools.emulation(law="exponential(1)", workers=3, pool=[Group(3, "exponential(1)", hang="1/5")])
    with pytest.raises(Deadlock, match="3 workers will never finish") if driver == "heap" else pytest.raises(Deadlock):
        emulation.run(arrivals=10_000, driver=driver)
    pushed = emulation.server.ledger.pushed
    assert 0 < pushed < 100  # three hangs of probability 1/5: 12 gradients on average
    emulation.server.audit()


def test_how_often_gradients_hang():
    parameters = {"limit": 50, "trials": 1, "success": "3/4"}
    scenario = pools.scenario(
        workers=4, pool=[Group(4, "constant(1)", hang="1/4")], policy=PolicySpec("mindflayer", parameters)
    )
    ledger = Emulation.create(scenario).run(arrivals=3000).result().ledger
    trials = ledger.pushed + ledger.counts[3]
    assert abs(ledger.pushed / trials - 0.75) < 4 * math.sqrt(0.75 * 0.25 / trials)  # error level 6e-5


def test_a_pause_is_added_to_the_computation():
    """Present for 4, away for 3, and so on: by hand."""
    one = availability("constant(4)", "constant(3)")
    assert one.lasts(0, 4) == 4
    assert one.lasts(0, 5) == 8
    assert one.lasts(2, 2) == 2
    assert one.lasts(2, 3) == 6
    assert one.lasts(5, 1) == 3  # away: it begins at 7
    assert one.lasts(7, 9) == 15  # 7-11, 14-18, 21-22
    assert one.lasts(22, 0) == 0
    assert len(one.switches) < 5


def test_present_time_is_the_computation():
    """Whatever the times: the presence within the computation adds up, against a straightforward count."""
    for seed in range(20):
        one, ends = availability("exponential(9)", "lattice(1, 1, 2, 3)", seed), []
        rng, now = np.random.default_rng(seed), 0
        for _ in range(100):
            duration = int(rng.integers(1, 30))
            ends.append((now, duration, one.lasts(now, duration)))
            now += int(rng.integers(0, 2)) * ends[-1][2] // 2 + int(rng.integers(1, 9))  # also called off half-way
        again = availability("exponential(9)", "lattice(1, 1, 2, 3)", seed)
        again._next(2000)
        edges = np.array([0, *again.switches])
        for begin, duration, lasted in ends:
            seconds = np.arange(begin, begin + lasted)  # tick by tick; even intervals are presence
            assert np.sum(np.searchsorted(edges, seconds, side="right") % 2) == duration


def test_long_run_share_of_absence():
    """On for 3, away for 1 on average: a computation of mean 1 takes 4/3, whatever the laws."""
    scenario = pools.scenario(workers=4, pool=[Group(4, "exponential(1)", on="exponential(3)", off="exponential(1)")])
    run = emulate(scenario, arrivals=12_000)
    means = np.diff(run.trace.push_time[::375]) / 375
    error = means.std(ddof=1) / math.sqrt(len(means))
    assert abs(means.mean() - 1 / 3) < 4.5 * error
    assert abs(means.mean() - 1 / 4) > 6 * error


@pytest.mark.parametrize("policy", ["asynchronous", "k_async", "ringmaster", "mindflayer_adaptive"])
def test_drivers_and_checkpoints_of_a_mixed_pool(policy):
    def create():
        return pools.emulation(policy, workers=4, pool=MIXED, uplink=3, downlink="erlang(2, 1/4)")

    whole = create().run(arrivals=60).result()
    assert whole.trace.csv() == create().run(arrivals=60, driver="asyncio").result().trace.csv()
    stored = create().run(arrivals=25).checkpoint()
    rest = Emulation.restore(stored, objective=pools.Noisy()).run(arrivals=60).result()
    assert rest.trace.csv() == whole.trace.csv()
    assert rest.ledger == whole.ledger


def test_the_unit_of_time_suits_the_fastest():
    scenario = pools.scenario(workers=4, pool=[Group(3, "constant(1000)"), Group(1, "constant(1/1000)")])
    assert ticks_of(scenario).per_second > 2**39 * 1000
    assert mean_rate(scenario) == pytest.approx(1000.003)
    assert ticks_of(pools.scenario("constant(2)")) == Ticks.for_mean(2)


def test_mean_rate_of_workers_who_are_away_at_times():
    """20 workers, there a quarter of the time: 5 in a second, with a standard error of 1.1 %: at 4.5 of them."""
    pool = [Group(20, "constant(1)", on="exponential(1)", off="exponential(3)")]
    scenario = pools.scenario("constant(1)", 20, pool=pool, seed=3)
    assert mean_rate(scenario) == 5
    run = Emulation.create(scenario, objective=pools.Noisy()).run(until=2000).result()
    assert run.arrival_rate == pytest.approx(5, rel=0.05)  # 20 if absences did not count
