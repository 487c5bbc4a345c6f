"""Faults of every kind under every policy: nothing applied is lost, nothing is applied twice, the ledger tells all."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.emulator.clock import Deadlock, Stalled
from sddeverify.emulator.faults import Fault, FaultyRun, Kind, random_faults
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.policies import POLICIES
from sddeverify.emulator.uplink import Uplink
from sddeverify.errors import InvalidScenario
from sddeverify.scenario import Group, PolicySpec
from tests.emulator import choices, pools

SCHEDULES = 81  # for each policy; 26 policies make 2106 in all


# A third of the schedules each: what a scenario says beside the compute law. A gradient that hangs may end all
# progress, which other tests look at.
CIRCUMSTANCES = [
    lambda workers: {},
    lambda workers: {"uplink": 4, "downlink": "exponential(1/4)"},
    lambda workers: {"pool": [Group(workers, "erlang(2, 1)", on="exponential(5)", off="exponential(1)")]},
]


def faulty(name, faults, arrivals, **fields):
    emulation = pools.emulation(name, **fields)
    run = FaultyRun.create(emulation, faults, objective=pools.Noisy(), every=10)
    return run, run.run(arrivals)


def audited(emulation):
    """Everything is counted again from the trace and the server's books."""
    result, server = emulation.result(), emulation.server
    ledger, trace = result.ledger, result.trace
    assert sum(ledger.counts) + len(server.in_flight) + len(server.buffer) == ledger.started
    applied = trace.version_applied
    assert np.sum(applied >= 0) == ledger.applied
    assert set(applied[applied >= 0].tolist()) == set(range(server.version))
    # No gradient twice: a worker reads one iterate at a time, and each read has one row.
    rows = list(zip(trace.worker.tolist(), trace.read_time.tolist(), trace.push_time.tolist(), strict=True))
    assert len(set(rows)) == len(rows) == ledger.pushed
    assert np.sum(trace.staleness) == ledger.ages[Outcome.APPLIED].versions
    return result


@pytest.mark.parametrize("circumstances", range(3))
@pytest.mark.parametrize("name", POLICIES)
def test_without_faults_it_is_the_same_run(name, circumstances):
    fields = CIRCUMSTANCES[circumstances](5)
    whole = pools.emulation(name, "erlang(2, 1)", **fields).run(arrivals=150).result()
    _, emulation = faulty(name, [], 150, law="erlang(2, 1)", **fields)
    assert emulation.result().trace.csv() == whole.trace.csv()
    assert emulation.result().ledger == whole.ledger


@pytest.mark.parametrize("name", POLICIES)
def test_random_schedules(name):
    """Each schedule hits about a fifth of 60 gradients; the run goes on, and its books balance exactly."""
    happened, reported = np.zeros(len(Kind)), 0
    for seed in range(SCHEDULES):
        random = np.random.default_rng([seed, *name.encode()])
        workers = int(random.integers(1, 6))
        faults = random_faults(random, 60, 0.2, 1.0)
        law = ("exponential(1)", "constant(1)", "lattice(1/4, 0, 2, 0, 3)")[seed % 3]
        more = CIRCUMSTANCES[seed // 3 % 3](workers)
        law = "erlang(2, 1)" if more else law  # a constant with a downlink always exceeds MindFlayer's limit
        emulation = pools.emulation(name, law, workers=workers, seed=seed, **more)
        run = FaultyRun.create(emulation, faults, objective=pools.Noisy(), every=10)
        try:
            run.run(40)
        except (Deadlock, Stalled):
            reported += 1
        audited(run.emulation)
        assert run.emulation.server.version > 0 or reported
        happened += run.happened
    assert happened.min() > SCHEDULES / 3  # every kind, many times
    assert reported == 0


@pytest.mark.parametrize("name", [name for name, kind in POLICIES.items() if kind.parameters])
def test_random_parameters(name):
    """The books balance for other parameters as well; a run may end early, as long as it says so."""

    @settings(max_examples=settings().max_examples // 12)  # 8; many more with --slow
    @given(st.data(), st.integers(1, 5), st.integers(0, 10**6))
    def run(data, workers, seed):
        policy = PolicySpec(name, data.draw(choices.parameters(name, workers)))
        faults = random_faults(np.random.default_rng(seed), 60, 0.2, 1.0)
        emulation = pools.emulation(policy, "erlang(2, 1)", workers=workers, seed=seed)
        run = FaultyRun.create(emulation, faults, objective=pools.Noisy(), every=10)
        try:
            run.run(40)
            assert run.emulation.server.diverged or run.emulation.server.ledger.pushed == 40
        except (Deadlock, Stalled):
            assert run.emulation.server.ledger.pushed < 40
        audited(run.emulation)

    run()


@pytest.mark.parametrize(
    "name", ["asynchronous", "k_async", "k_sync", "round_robin", "bounded_staleness", "mindflayer"]
)
def test_a_schedule_is_reproducible(name):
    faults = random_faults(np.random.default_rng(1), 80, 0.3, 2.0)
    first, second = (faulty(name, faults, 60)[1].result() for _ in range(2))
    assert first.trace.csv() == second.trace.csv()
    assert first.ledger == second.ledger


def outcome(kind, delay=2.0, arrivals=30, name="asynchronous"):
    run, emulation = faulty(name, [Fault(4, kind, delay)], arrivals, law="constant(1)")
    assert run.happened[kind] == 1
    assert sum(run.happened) == 1
    return audited(emulation)


def test_each_kind_by_hand():
    """Five equal workers, 30 pushes; the fault hits the first gradient of the last worker."""
    ledger = outcome(Kind.CRASH).ledger  # dies at 1/2, back at 5/2: two rounds of four updates without it
    assert ledger.counts[Outcome.LOST] == 1
    assert ledger.absences == 8
    ledger = outcome(Kind.LOSS).ledger  # computed at 1, away until 3
    assert ledger.counts[Outcome.LOST] == 1
    ledger = outcome(Kind.DUPLICATE).ledger
    assert (ledger.duplicates, ledger.counts[Outcome.LOST], ledger.pushed) == (1, 0, 30)
    for kind in (Kind.LATE, Kind.STALL):
        result = outcome(kind)
        mine = result.trace.worker == 4
        assert result.trace.push_time[mine][0] == 3
        assert result.trace.staleness[mine][0] == 4 * 3
        assert result.ledger.counts[Outcome.LOST] == 0


def test_a_restart_loses_only_what_came_after_the_checkpoint():
    run, emulation = faulty("asynchronous", [Fault(27, Kind.RESTART, 0)], 60, law="constant(1)")
    result = audited(emulation)
    assert run.happened[Kind.RESTART] == 1
    assert result.ledger.counts[Outcome.LOST] == 5  # in flight at the kill
    whole = pools.emulation(law="constant(1)").run(arrivals=60).result()
    kept = 20  # pushes up to the last checkpoint: these are as they would have been
    for column in ("worker", "read_time", "push_time", "version_read", "version_applied"):
        assert np.array_equal(getattr(result.trace, column)[:kept], getattr(whole.trace, column)[:kept])


@pytest.mark.parametrize("driver", ["heap", "asyncio"])
def test_one_gradient_on_the_line_at_a_time(driver, monkeypatch):
    """First come, first served: what is sent starts when the line is free, and keeps it busy without a gap."""
    sent = []
    send = Uplink.send

    def recorded(line, now):
        start = max(line.free, now)
        sent.append((now, start, send(line, now)))
        return sent[-1][2]

    monkeypatch.setattr(Uplink, "send", recorded)
    run = pools.emulation("k_async", workers=12, uplink=3).run(arrivals=300, driver=driver).result()
    assert [now for now, _, _ in sent] == sorted(now for now, _, _ in sent)
    for (_, _, end), (now, start, _) in pairwise(sent):
        assert start == max(end, now)
    assert len(run.trace.push_time) == 300


def test_a_killed_server_takes_what_is_on_the_line_with_it(monkeypatch):
    """Twelve workers behind a slow line: at the kill most gradients wait, and the line is free after the restart."""
    seen = []
    restart = FaultyRun._restart

    def watched(run, now):
        before = run.emulation.workers[0].uplink.free
        restart(run, now)
        seen.append((before, now, run.emulation.workers[0].uplink.free))

    monkeypatch.setattr(FaultyRun, "_restart", watched)
    _, emulation = faulty("asynchronous", [Fault(7, Kind.RESTART, 0)], 30, law="constant(1)", workers=12, uplink="1/4")
    ((before, killed, after),) = seen
    assert before > killed == after
    audited(emulation)


def test_a_worker_that_never_comes_back_is_a_reported_deadlock():
    """Synchronous SGD cannot go on without a worker that does not return within reach."""
    emulation = pools.emulation("synchronous", "constant(1)")
    run = FaultyRun.create(emulation, [Fault(2, Kind.CRASH, 1e6)], objective=pools.Noisy())
    assert run.run(5).ticks.seconds(run.emulation.now) > 1e6 - 2  # it waited for it
    audited(run.emulation)


def test_bad_schedules():
    for faults in (
        [Fault(1, Kind.LATE, 1), Fault(1, Kind.LOSS, 1)],
        [Fault(1, Kind.LATE, -1)],
        [Fault(-1, Kind.LATE, 1)],
    ):
        with pytest.raises(InvalidScenario, match="faults"):
            FaultyRun.create(pools.emulation(), faults)
