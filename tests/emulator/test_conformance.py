"""What every policy promises, on random scenarios: parameters, laws, pools, hung gradients, absences, networks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.emulator.clock import Deadlock, Stalled
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.policies import POLICIES
from sddeverify.emulator.run import Emulation
from sddeverify.scenario import Group, PolicySpec
from tests.emulator import choices, pools

ARRIVALS = 80

quarters = st.integers(1, 12).map(lambda n: f"{n}/4")
# Many coincidences of times (lattices, constants) among them.
atoms = st.one_of(
    quarters.map(lambda mean: f"constant({mean})"),
    quarters.map(lambda mean: f"exponential({mean})"),
    st.tuples(st.integers(1, 9), quarters).map(lambda pair: f"erlang({pair[0]}, {pair[1]})"),
    quarters.map(lambda mean: f"uniform({mean}, 9)"),
    st.tuples(quarters, st.integers(1, 5)).map(lambda pair: f"truncated_exponential({pair[0]}, {pair[1]})"),
    st.tuples(st.integers(0, 1), st.integers(1, 3), st.integers(0, 3)).map(
        lambda n: f"lattice(1/4, {n[0]}, {n[1]}, 0, {n[2]})"
    ),
)
laws = st.one_of(
    atoms,
    st.tuples(st.integers(1, 9), atoms, atoms).map(lambda x: f"{x[0]}/10*{x[1]} + {10 - x[0]}/10*{x[2]}"),
    st.tuples(atoms, atoms).map(lambda pair: f"sum({pair[0]}, {pair[1]})"),
)
groups = st.builds(
    lambda workers, law, hang, times: Group(workers, law, hang, *times),
    st.integers(1, 4),
    laws,
    st.sampled_from([0, 0, 0, "1/50", "1/5", 1]),
    st.just((None, None)) | st.tuples(atoms, atoms),
)


@st.composite
def scenarios(draw, name):
    """A scenario of 1 to 9 workers under one policy, with its default parameters or others."""
    pool = draw(st.lists(groups, min_size=1, max_size=3).filter(lambda some: sum(one.workers for one in some) < 10))
    workers = sum(group.workers for group in pool)
    return pools.scenario(
        draw(laws),
        workers,
        policy=PolicySpec(name, draw(choices.parameters(name, workers))),
        learning_rate=f"1/{draw(st.integers(10, 200))}",
        seed=draw(st.integers(0, 10**6)),
        pool=pool,
        uplink=draw(st.none() | st.integers(1, 20)),
        downlink=draw(st.none() | atoms),
    )


def finished(scenario, arrivals=ARRIVALS, driver="heap", after=None):
    """Run from the start or from a checkpoint; return the run, its server, and whether it ended as it should."""
    start = Emulation.create(scenario, objective=pools.Noisy()) if after is None else after
    try:
        start.run(arrivals=arrivals, driver=driver)
        end = "done"
    except (Deadlock, Stalled) as error:
        end = str(error).split(":")[0]
    return start.result(), start, end


def same(one, other):
    assert one[2] == other[2]
    assert one[0].trace.csv() == other[0].trace.csv()
    assert one[0].ledger == other[0].ledger
    assert one[0].audit == other[0].audit
    assert np.array_equal(one[0].path.iterates, other[0].path.iterates)
    assert np.array_equal(one[0].path.times, other[0].path.times)


@pytest.mark.parametrize("name", POLICIES)
def test_one_run_whoever_drives_it(name):
    """Determinism, both drivers, and a checkpoint in the middle: always the same, bit for bit."""

    @settings(max_examples=settings().max_examples // 12)  # 8; many more with --slow
    @given(scenarios(name), st.integers(0, ARRIVALS - 1))
    def run(scenario, stop):
        whole = finished(scenario)
        same(whole, finished(scenario))
        same(whole, finished(scenario, driver="asyncio"))
        _, half, end = finished(scenario, stop)
        if end == "done":
            same(whole, finished(scenario, after=Emulation.restore(half.checkpoint(), objective=pools.Noisy())))
        tell_one_story(*whole)

    run()


def tell_one_story(run, emulation, end):
    """The trace, the ledger and the server's books, each counted by itself: nothing is lost or doubled."""
    ledger, server, trace = run.ledger, emulation.server, run.trace
    assert len(trace) == ledger.pushed
    # Progress, or a reported end: nobody is due any more, or all run into the limit.
    assert (ledger.pushed == ARRIVALS) == (end == "done")
    if end.startswith("deadlock"):
        assert all(worker.due is None for worker in emulation.workers)
    elif end != "done":
        assert ledger.counts[Outcome.TIMED_OUT] > 1000
    assert ledger.updates == server.version
    assert sum(ledger.counts) + len(server.in_flight) + len(server.buffer) == ledger.started
    waiting = len(server.buffer)
    applied = trace.version_applied
    assert np.sum(applied >= 0) == ledger.applied
    assert np.sum(applied < 0) == ledger.counts[Outcome.DISCARDED] + waiting
    assert set(applied[applied >= 0].tolist()) == set(range(server.version))  # every update has its gradients
    assert np.sum(trace.staleness) == ledger.ages[Outcome.APPLIED].versions
    assert np.all(np.diff(trace.push_time) >= 0)
    # A worker has one gradient at a time: reads and pushes alternate.
    for worker in range(server.workers):
        mine = trace.worker == worker
        assert np.all(trace.read_time[mine][1:] >= trace.push_time[mine][:-1])
    if run.audit.pool is not None:
        assert run.audit.total.versions == run.audit.pool == server.policy.remaining(server.workers) * server.version


@pytest.mark.parametrize("name", POLICIES)
def test_the_seed_matters(name):
    traces = {
        pools.emulation(name, "exponential(1)", seed=seed).run(arrivals=60).result().trace.csv() for seed in range(3)
    }
    assert len(traces) == 3


@pytest.mark.parametrize("name", POLICIES)
def test_real_progress(name):
    """Without noise on a quadratic, small steps make the loss fall, whatever the policy."""
    fields = {"workers": 4, "learning_rate": "1/20", "objective": pools.Noisy(noise=0)}
    run = pools.emulation(PolicySpec(name), "erlang(2, 1)", **fields).run(arrivals=800).result()
    losses = run.path.losses(run.objective)
    assert losses[-1] < losses[0] * (0.9 if name == "dasgd" else 0.3)
    assert not run.diverged


def test_a_stall_is_reported():
    """Trials that can never end in time make time pass, and nothing else."""
    for driver in ("heap", "asyncio"):
        emulation = pools.emulation("mindflayer", "constant(2)")
        with pytest.raises(Stalled, match="1501 gradients in a row ran into the time limit"):
            emulation.run(arrivals=10, driver=driver)
        assert emulation.server.ledger.counts[Outcome.TIMED_OUT] == 1501
        emulation.server.audit()


def test_the_random_scenarios_differ():
    """Hung gradients, absences, networks and reported ends are all among them."""
    ends, features = set(), set()

    @settings(max_examples=60)
    @given(scenarios("asynchronous"))
    def look(scenario):
        ends.add(finished(scenario)[2].split(" ")[0])
        features.update(one for one in ("uplink", "downlink") if getattr(scenario, one) is not None)
        features.update("hang" for group in scenario.pool if group.hang)
        features.update("absence" for group in scenario.pool if group.on is not None)
        features.update(["unequal"] if len(scenario.pool) > 1 else [])

    look()
    assert ends == {"done", "deadlock"}
    assert features == {"uplink", "downlink", "hang", "absence", "unequal"}


def test_every_parameter_takes_values():
    """Each parameter of each policy is among the random ones, and takes at least two values."""
    seen = {(name, parameter): set() for name, kind in POLICIES.items() for parameter in kind.parameters}

    @settings(max_examples=200, derandomize=True)
    @given(st.fixed_dictionaries({name: choices.parameters(name, 4) for name, kind in POLICIES.items()}))
    def look(drawn):
        for name, chosen in drawn.items():
            POLICIES[name].create(chosen, 4)
            for parameter, value in chosen.items():
                seen[name, parameter].add(str(value))

    look()
    assert not [one for one, values in seen.items() if len(values) < 2]
