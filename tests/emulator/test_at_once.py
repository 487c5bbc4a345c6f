"""The inner loop for policies that apply at once, against asyncio tasks and the very same state machines."""

from dataclasses import fields

import pytest

from sddeverify.emulator import at_once, drivers
from sddeverify.emulator.clock import Deadlock
from sddeverify.emulator.policies import POLICIES
from sddeverify.emulator.run import Emulation
from sddeverify.emulator.worker import Worker
from sddeverify.objectives import Quadratic
from sddeverify.scenario import Group, PolicySpec
from tests.emulator import pools
from tests.emulator.plainly import OBJECTIVES, Hanging, emulation, run_plainly, same, state

WEIGHING = [
    PolicySpec("drop_stale", {"threshold": 1}),
    PolicySpec("drop_stale", {"threshold": 4}),
    PolicySpec("delay_adaptive"),
    PolicySpec("staleness_aware"),
    PolicySpec("event_triggered", {"threshold": 1}),
    PolicySpec("gradient_dropout"),
    PolicySpec("rescaled_asgd"),
]


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("law", pools.LAWS[::3])
def test_the_same_state_after_every_piece(objective, law):
    fast, plain, tasks = (emulation(OBJECTIVES[objective](), law) for _ in range(3))
    for limits in ({"arrivals": 0}, {"arrivals": 1}, {"until": 9.5}, {"arrivals": 600}, {"until": 150.0}):
        fast.run(**limits)
        assert same(fast, run_plainly(plain, **limits))
    assert at_once.applies(fast)
    assert fast.result().trace == tasks.run(until=150.0, driver="asyncio").result().trace


@pytest.mark.parametrize("law", ["exponential(1)", "constant(1)", "9/10*exponential(1/100) + 1/10*exponential(10)"])
def test_a_large_pool_waits_in_slots_of_time(law):
    """More workers than the heap holds at once; equal times, and times much shorter and longer than a slot."""
    fast, plain = (emulation(Quadratic(["1"], "1/10"), law, workers=700) for _ in range(2))
    assert at_once.Loop(start(emulation(Quadratic(["1"], "1/10"), law, workers=700))).later or law == "constant(1)"
    for limits in ({"arrivals": 1}, {"until": 1.25}, {"arrivals": 2000}):
        fast.run(**limits)
        assert same(fast, run_plainly(plain, **limits))


@pytest.mark.parametrize("objective", ["one dimension", "three dimensions"])
@pytest.mark.parametrize("policy", WEIGHING, ids=str)
def test_policies_that_weigh(policy, objective):
    """Weights, and gradients that are discarded: all books, after every piece."""
    fast, plain, tasks = (emulation(OBJECTIVES[objective](), policy=policy) for _ in range(3))
    for limits in ({"arrivals": 0}, {"arrivals": 1}, {"until": 9.5}, {"arrivals": 104}, {"until": 240.0}):
        fast.run(**limits)
        assert at_once.applies(fast)
        assert same(fast, run_plainly(plain, **limits))
    assert fast.result().trace == tasks.run(until=240.0, driver="asyncio").result().trace


def start(emulation):
    for job in emulation.begin():
        emulation.workers[job.worker].begin(job, 0)
    return emulation


def test_taking_turns_with_asyncio():
    objective = OBJECTIVES["one dimension"]()
    turns, whole = emulation(objective), emulation(objective).run(arrivals=400)
    for arrivals, driver in ((7, "heap"), (120, "asyncio"), (250, "heap"), (400, "asyncio")):
        turns.run(arrivals=arrivals, driver=driver)
    assert state(turns) == state(whole)


@pytest.mark.parametrize("learning_rate", ["1/20", "40"])  # the second diverges
def test_paths_and_divergence(learning_rate):
    times = [0, 0.5, 3, 17.25, 60]
    for path_times in (None, times):
        made = [
            emulation(Quadratic(["1"], 1), learning_rate=learning_rate, path_times=path_times, workers=3)
            for _ in range(2)
        ]
        one, other = made[0].run(arrivals=1300), run_plainly(made[1], arrivals=1300)
        assert one.server.diverged == (learning_rate == "40")
        assert same(one, other)


def test_hung_workers():
    """Gradients that never end stay in the books; when nobody is left, it is a deadlock."""

    def made():
        return Emulation.create(pools.scenario(), objective=Quadratic(["1"], 1), laws=[Hanging()] * 5)

    one, other = made(), made()
    assert same(one.run(arrivals=200), run_plainly(other, arrivals=200))
    assert any(worker.job is not None and worker.due is None for worker in one.workers)
    assert at_once.applies(one)
    for run in (one.run, lambda **limits: run_plainly(other, **limits)):
        with pytest.raises(Deadlock, match="5 workers will never finish"):
            run(arrivals=10**6)
    assert same(one, other)


def test_progress_is_reported_once_for_each_number():
    for run in (lambda one, **limits: one.run(**limits), run_plainly):
        seen = []
        run(emulation(Quadratic(["1"])), arrivals=2048, progress=seen.append)
        assert seen == [0, 1024, 2048]


def test_only_where_nothing_is_to_be_decided():
    alike = {name for name in POLICIES if at_once.applies(pools.emulation(name))}
    assert alike == {"asynchronous", "dpsgd"} | {policy.name for policy in WEIGHING}
    for changed in ({"uplink": "3"}, {"pool": [Group(5, "constant(1)", on="constant(1)", off="constant(1)")]}):
        assert not at_once.applies(pools.emulation(law="constant(1)", **changed)), changed
    assert not at_once.applies(pools.emulation(PolicySpec("mindflayer", {"trials": 2, "success": "1/2"})))
    # A new field of a worker may change what it does: look at applies() before adding it here.
    known = "index law ticks objective times noise drawn used block block_size job due gives_up uplink sending finished"
    assert {one.name for one in fields(Worker)} == {*known.split(), "availability"}
    assert drivers.at_once is at_once
