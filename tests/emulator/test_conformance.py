"""What every policy promises, on random laws and pools."""

import random
from collections import Counter

import numpy as np
import pytest

from sddeverify.delays import parse
from sddeverify.emulator.clock import Stalled
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.policies import POLICIES
from sddeverify.emulator.run import Emulation
from sddeverify.scenario import PolicySpec
from tests.emulator import pools

SEEDS = range(6)
ARRIVALS = 120


def random_law(source, depth=0):
    """A law of the algebra, with many coincidences of times (lattices, constants) among them."""
    kinds = ["constant", "exponential", "erlang", "uniform", "lattice", "truncated"] + ["mixture", "sum"] * (depth < 2)
    kind = source.choice(kinds)
    mean = f"{source.randint(1, 12)}/4"
    if kind == "mixture":
        weight = source.randint(1, 9)
        return f"{weight}/10*{random_law(source, 2)} + {10 - weight}/10*{random_law(source, 2)}"
    if kind == "sum":
        return f"sum({random_law(source, 2)}, {random_law(source, 2)})"
    return {
        "constant": f"constant({mean})",
        "exponential": f"exponential({mean})",
        "erlang": f"erlang({source.randint(1, 9)}, {mean})",
        "uniform": f"uniform({mean}, 9)",
        "lattice": f"lattice(1/4, {source.randint(0, 1)}, {source.randint(1, 3)}, 0, {source.randint(0, 3)})",
        "truncated": f"truncated_exponential({mean}, {source.randint(1, 5)})",
    }[kind]


def create(name, seed):
    """A random pool: workers of one law or each of its own, a random learning rate."""
    source = random.Random(f"{name} {seed}")
    workers = source.randint(1, 9)
    rate = f"1/{source.randint(10, 200)}"
    # A trial that could never end in time would stall the run.
    name = PolicySpec(name, {"limit": 12, "trials": 2}) if name == "mindflayer" else name
    emulation = pools.emulation(name, random_law(source), workers=workers, learning_rate=rate, seed=seed)
    if source.random() < 0.5:
        for worker in emulation.workers:
            worker.law = parse(random_law(source))
    return emulation


def finished(emulation, **how):
    return emulation.run(arrivals=ARRIVALS, **how).result()


def same(one, other):
    assert one.trace.csv() == other.trace.csv()
    assert one.ledger == other.ledger
    assert one.audit == other.audit
    assert np.array_equal(one.path.iterates, other.path.iterates)
    assert np.array_equal(one.path.times, other.path.times)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", POLICIES)
def test_one_run_whoever_drives_it(name, seed):
    """Determinism, both drivers, and a checkpoint in the middle: always the same, bit for bit."""
    whole = finished(create(name, seed))
    same(whole, finished(create(name, seed)))
    same(whole, finished(create(name, seed), driver="asyncio"))
    stop = random.Random(seed).randint(0, ARRIVALS - 1)
    stored = create(name, seed).run(arrivals=stop).checkpoint()
    fresh = create(name, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Emulation, "create", classmethod(lambda cls, *_, **__: fresh))
        copy = Emulation.restore(stored)
    same(whole, finished(copy))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", POLICIES)
def test_nothing_is_lost_or_doubled(name, seed):
    """The trace, the ledger and the server's books, each counted by itself, tell one story."""
    emulation = create(name, seed)
    run = finished(emulation)
    ledger, server, trace = run.ledger, emulation.server, run.trace
    assert len(trace) == ledger.pushed == ARRIVALS
    assert ledger.updates == server.version > 0
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


def test_the_random_laws_differ():
    kinds = Counter(random_law(random.Random(seed)).split("(")[0] for seed in range(200))
    assert len(kinds) > 6
