"""The inner loop for synchronous and K-async SGD, against asyncio tasks and the very same state machines."""

import pytest

from sddeverify.emulator import in_rounds
from sddeverify.emulator.clock import Deadlock
from sddeverify.emulator.policies import POLICIES
from sddeverify.emulator.run import Emulation
from sddeverify.objectives import Quadratic
from sddeverify.scenario import Group, PolicySpec
from tests.emulator import pools
from tests.emulator.plainly import OBJECTIVES, Hanging, emulation, run_plainly, same, state

SPECS = {
    "synchronous": PolicySpec("synchronous"),
    "K-async": PolicySpec("k_async", {"k": 3}),
    "K-async, K = 1": PolicySpec("k_async", {"k": 1}),
}


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("policy", SPECS)
@pytest.mark.parametrize("law", pools.LAWS[1::5])
def test_the_same_state_after_every_piece(law, policy, objective):
    """Pieces end between two updates, too: with gradients that wait."""
    fast, plain, tasks = (emulation(OBJECTIVES[objective](), law, policy=SPECS[policy]) for _ in range(3))
    waited = False
    for limits in ({"arrivals": 0}, {"arrivals": 1}, {"until": 9.5}, {"arrivals": 104}, {"until": 240.0}):
        fast.run(**limits)
        waited |= bool(fast.server.buffer)
        assert in_rounds.applies(fast)
        assert same(fast, run_plainly(plain, **limits))
    assert waited or policy == "K-async, K = 1"
    assert fast.result().trace == tasks.run(until=240.0, driver="asyncio").result().trace


@pytest.mark.parametrize("policy", ["synchronous", "K-async"])
def test_taking_turns_with_asyncio_and_checkpoints(policy):
    turns, whole = (emulation(OBJECTIVES["one dimension"](), policy=SPECS[policy]) for _ in range(2))
    for arrivals, driver in ((7, "heap"), (121, "asyncio"), (253, "heap"), (404, "asyncio")):
        turns = Emulation.restore(turns.checkpoint(), objective=OBJECTIVES["one dimension"]())
        turns.run(arrivals=arrivals, driver=driver)
    assert state(turns) == state(whole.run(arrivals=404))


@pytest.mark.parametrize("policy", [PolicySpec("synchronous"), PolicySpec("k_async", {"k": 300})], ids=["all", "some"])
@pytest.mark.parametrize("law", ["exponential(1)", "constant(1)"])
def test_large_pools(policy, law):
    fast, plain = (emulation(Quadratic(["1"], "1/10"), law, workers=700, policy=policy) for _ in range(2))
    for limits in ({"arrivals": 650}, {"until": 4.0}, {"arrivals": 3000}):
        assert same(fast.run(**limits), run_plainly(plain, **limits))


@pytest.mark.parametrize("learning_rate", ["1/20", "40"])  # the second diverges
def test_paths_and_divergence(learning_rate):
    for path_times in (None, [0, 0.5, 3, 17.25, 60]):
        made = [
            emulation(
                Quadratic(["1"], 1), learning_rate=learning_rate, path_times=path_times, workers=3,
                policy=PolicySpec("k_async", {"k": 2}),
            )
            for _ in range(2)
        ]  # fmt: skip
        one, other = made[0].run(arrivals=1301), run_plainly(made[1], arrivals=1301)
        assert one.server.diverged == (learning_rate == "40")
        assert same(one, other)


@pytest.mark.parametrize("policy", ["synchronous", "K-async"])
def test_hung_workers(policy):
    """Who waits for a gradient that never ends waits forever: a deadlock, with the books in order."""

    def made():
        scenario = pools.scenario(policy=SPECS[policy])
        return Emulation.create(scenario, objective=Quadratic(["1"], 1), laws=[Hanging()] * 5)

    one, other = made(), made()
    for run in (one.run, lambda **limits: run_plainly(other, **limits)):
        with pytest.raises(Deadlock, match="will never finish"):
            run(arrivals=10**6)
    assert same(one, other)


def test_only_where_nothing_is_to_be_decided():
    assert {name for name in POLICIES if in_rounds.applies(pools.emulation(name))} == {"synchronous", "k_async"}
    assert not in_rounds.applies(pools.emulation(PolicySpec("k_sync", {"k": 4})))
    for changed in ({"uplink": "3"}, {"pool": [Group(5, "constant(1)", on="constant(1)", off="constant(1)")]}):
        assert not in_rounds.applies(pools.emulation("k_async", law="constant(1)", **changed)), changed
