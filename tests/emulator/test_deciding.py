"""The inner loop that asks the policy's questions, against asyncio tasks and the very same state machines."""

import pytest

from sddeverify.emulator import at_once, deciding, in_rounds
from sddeverify.emulator.clock import Deadlock, Stalled
from sddeverify.emulator.policies import POLICIES
from sddeverify.emulator.policies.k_batch_sync import KBatchSync
from sddeverify.emulator.run import Emulation
from sddeverify.objectives import Quadratic
from sddeverify.scenario import Group, PolicySpec
from tests.emulator import pools
from tests.emulator.plainly import OBJECTIVES, Hanging, emulation, run_plainly, same, state

SPECS = {name: PolicySpec(name) for name in POLICIES if not name.startswith("guided")} | {
    "drop_stale, 1": PolicySpec("drop_stale", {"threshold": 1}),
    "ringmaster, 1": PolicySpec("ringmaster", {"threshold": 1}),
    "k_batch_sync, 1": PolicySpec("k_batch_sync", {"k": 1}),
    "bounded_staleness, 0": PolicySpec("bounded_staleness", {"bound": 0}),
    "dasgd, linear": PolicySpec("dasgd", {"steps": "linear", "reads": "linear"}),
    "dc_asgd, exact": PolicySpec("dc_asgd", {"exact_hessian": True}),
    "mindflayer, 2": PolicySpec("mindflayer", {"limit": "3/2", "trials": [2, 1, 0, 3, 1], "success": "1/2"}),
    "event_triggered, 1": PolicySpec("event_triggered", {"threshold": 1}),
}


@pytest.fixture(autouse=True)
def only_this_loop(monkeypatch):
    for other in (at_once, in_rounds):
        monkeypatch.setattr(other, "applies", lambda _: False)


@pytest.mark.parametrize("objective", ["one dimension", "three dimensions"])
@pytest.mark.parametrize("policy", SPECS)
def test_the_same_state_after_every_piece(policy, objective):
    """Pieces end between two updates, too: with gradients that wait, and rows that wait for the fate of others."""
    fast, plain, tasks = (emulation(OBJECTIVES[objective](), policy=SPECS[policy]) for _ in range(3))
    for limits in ({"arrivals": 0}, {"arrivals": 1}, {"until": 9.5}, {"arrivals": 104}, {"until": 240.0}):
        fast.run(**limits)
        assert deciding.applies(fast)
        assert same(fast, run_plainly(plain, **limits))
    assert fast.result().trace == tasks.run(until=240.0, driver="asyncio").result().trace


@pytest.mark.parametrize("law", pools.LAWS[::3])
@pytest.mark.parametrize("policy", ["ringmaster, 1", "mindflayer, 2", "k_batch_sync", "bounded_staleness"])
def test_other_laws(policy, law):
    """Equal times too: many events at one instant, and gradients begun and called off at it."""
    for objective in ("another", "one dimension, no noise"):
        fast, plain = (emulation(OBJECTIVES[objective](), law, policy=SPECS[policy]) for _ in range(2))
        for limits in ({"until": 3.0}, {"arrivals": 60}):
            assert same(fast.run(**limits), run_plainly(plain, **limits))


class OneByOne(KBatchSync):
    """Two gradients make two updates at one instant: what begins after the first is called off by the second."""

    def ready(self, server):
        return server.buffer[:1] if len(server.buffer) == 2 or server.version % 2 else []

    def remaining(self, workers):
        return None


def test_gradients_begun_and_called_off_at_one_instant():
    fast, plain = (emulation(OBJECTIVES["one dimension"]()) for _ in range(2))
    for one in (fast, plain):
        one.server.policy = OneByOne(2)
    for limits in ({"arrivals": 1}, {"arrivals": 300}, {"until": 200.0}):
        assert same(fast.run(**limits), run_plainly(plain, **limits))
    assert fast.server.version == fast.server.ledger.pushed // 2 * 2


@pytest.mark.parametrize("policy", ["rennala", "mindflayer_adaptive", "round_robin", "gradient_dropout"])
def test_taking_turns_with_asyncio_and_checkpoints(policy):
    turns, whole = (emulation(OBJECTIVES["one dimension"](), policy=SPECS[policy]) for _ in range(2))
    for arrivals, driver in ((7, "heap"), (121, "asyncio"), (253, "heap"), (404, "asyncio")):
        turns = Emulation.restore(turns.checkpoint(), objective=OBJECTIVES["one dimension"]())
        turns.run(arrivals=arrivals, driver=driver)
    assert state(turns) == state(whole.run(arrivals=404))


@pytest.mark.parametrize("policy", ["bounded_staleness", "ringmaster", "k_sync"])
def test_large_pools(policy):
    fast, plain = (emulation(Quadratic(["1"], "1/10"), workers=300, policy=SPECS[policy]) for _ in range(2))
    for limits in ({"arrivals": 250}, {"until": 4.0}, {"arrivals": 2500}):
        assert same(fast.run(**limits), run_plainly(plain, **limits))


@pytest.mark.parametrize("policy", ["delay_adaptive", "k_batch_async"])
@pytest.mark.parametrize("learning_rate", ["1/20", "40"])  # the second diverges
def test_paths_and_divergence(policy, learning_rate):
    for path_times in (None, [0, 0.5, 3, 17.25, 60]):
        fields = {"learning_rate": learning_rate, "path_times": path_times, "workers": 3, "policy": SPECS[policy]}
        made = [emulation(Quadratic(["1"], 1), **fields) for _ in range(2)]
        one, other = made[0].run(arrivals=1301), run_plainly(made[1], arrivals=1301)
        assert one.server.diverged == (learning_rate == "40")
        assert same(one, other)


def hanging(policy):
    return Emulation.create(
        pools.scenario(policy=SPECS[policy]), objective=Quadratic(["1"], 1), laws=[Hanging()] * 5
    )  # fmt: skip


@pytest.mark.parametrize("policy", ["bounded_staleness", "drop_stale"])
def test_hung_workers_end_in_a_deadlock(policy):
    one, other = hanging(policy), hanging(policy)
    for run in (one.run, lambda **limits: run_plainly(other, **limits)):
        with pytest.raises(Deadlock, match="will never finish"):
            run(arrivals=10**6)
    assert same(one, other)


@pytest.mark.parametrize("policy", ["mindflayer_adaptive", "ringmaster, 1", "k_sync"])
def test_hung_workers_that_are_called_off(policy):
    one, other = hanging(policy), hanging(policy)
    assert same(one.run(arrivals=900), run_plainly(other, arrivals=900))


def test_time_limits_that_nobody_meets():
    one, other = (
        emulation(Quadratic(["1"]), "constant(2)", policy=PolicySpec("mindflayer", {"limit": 1})) for _ in range(2)
    )
    for run in (one.run, lambda **limits: run_plainly(other, **limits)):
        with pytest.raises(Stalled, match="1501 gradients in a row"):
            run(arrivals=5)
    assert same(one, other)


def test_progress_is_reported_once_for_each_number():
    seen = []
    emulation(Quadratic(["1"]), policy=SPECS["drop_stale"]).run(arrivals=2048, progress=seen.append)
    assert seen == [0, 1024, 2048]


def test_not_where_workers_do_more_than_compute():
    for changed in ({"uplink": "3"}, {"pool": [Group(5, "constant(1)", on="constant(1)", off="constant(1)")]}):
        assert not deciding.applies(pools.emulation("drop_stale", law="constant(1)", **changed)), changed


def test_a_policy_that_lets_a_worker_read_twice_is_refused(monkeypatch):
    monkeypatch.setattr(POLICIES["drop_stale"], "readers", lambda self, server, worker, *, updated: (worker, worker))
    with pytest.raises(RuntimeError, match="while it computes"):
        emulation(Quadratic(["1"]), policy=SPECS["drop_stale"]).run(arrivals=2)
