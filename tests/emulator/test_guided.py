"""Guided SGD: nothing changes without replays; with them the batches and steps of an independent account."""

import pickle

import numpy as np
import pytest

from sddeverify.emulator import policies
from sddeverify.emulator.policies._guided import Remembering, _read
from sddeverify.emulator.run import Emulation, emulate
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.objectives import Logistic, Quadratic, Ridge
from sddeverify.scenario import PolicySpec
from tests.emulator import pools
from tests.emulator.page import measured

PLAIN = {"guided_asynchronous": "asynchronous", "guided_synchronous": "synchronous"}


def run(name, arrivals=400, objective=None, law="exponential(1)", rate="1/20", workers=6, **parameters):
    scenario = pools.scenario(law, workers, policy=PolicySpec(name, parameters), learning_rate=rate)
    emulation = Emulation.create(scenario, objective=objective or Quadratic(["1", "1/3"], 1))
    return emulation.run(arrivals=arrivals).result(), emulation.server.policy


@pytest.mark.parametrize("law", pools.LAWS)
@pytest.mark.parametrize("name", PLAIN)
def test_without_replays_nothing_changes(name, law):
    guided, policy = run(name, law=law, replays=0)
    plain, _ = run(PLAIN[name], law=law)
    assert guided.trace.csv() == plain.trace.csv()
    assert np.array_equal(guided.path.iterates, plain.path.iterates)
    assert guided.ledger == plain.ledger
    assert policy.extra_gradients == 0
    assert type(guided.path.iterates[0]) is np.ndarray


def test_replays_by_an_independent_account():
    """One worker, window 3: every number from the objective and the streams alone."""
    objective = Quadratic(["1"], 1)
    result, policy = run("guided_asynchronous", 60, objective, "constant(1)", "1/5", 1, window=3, replays=2)
    noise = np.random.Generator(np.random.PCG64(np.random.SeedSequence(7, spawn_key=(0,)).spawn(2)[1])).standard_normal(
        60
    )
    checks = policies.generator(7).standard_normal(60)
    x, error, replayed, path = 1.0, None, 0, [1.0]
    recent: list[int] = []
    scores: dict[int, float] = {}
    for step in range(60):
        recent.append(step)
        x -= 0.2 * (x + noise[step])
        before, error = error, x * x / 2 + checks[step] * x
        for one in recent if before is not None else ():
            gain = before - (x * x / 2 + noise[one] * x)
            scores[one] = scores.get(one, 0.0) + (gain if error < before else -gain)
        if step % 3 == 2:
            best = sorted((one for one in recent if scores.get(one, 0.0) > 0), key=lambda one: -scores[one])[:2]
            for one in best:
                x -= 0.2 * (x + noise[one])
            replayed += len(best)
            recent, scores = [], {}
        path.append(x)
    assert result.path.iterates[:61, 0] == pytest.approx(path, abs=1e-12)
    assert policy.extra_gradients == replayed
    assert 0 < replayed < 40


@pytest.mark.parametrize("state", ["fresh", "half used"])
def test_a_batch_survives_its_code(state):
    rng, objective = np.random.default_rng(12345), Ridge(batch_size=3)
    if state == "half used":
        rng.integers(10, size=3, dtype=np.uint32)  # leaves half of a draw behind
    w = np.ones(64)
    pushed = pickle.loads(pickle.dumps(Remembering(objective))).gradient(w, rng)  # noqa: S301  # as processes get it
    batch = np.random.PCG64(0)
    batch.state = _read(pushed[64:])
    assert np.array_equal(pushed[:64], objective.gradient(w, np.random.Generator(batch)))
    with pytest.raises(UnsupportedScenario, match="PCG64"):
        Remembering(objective).gradient(w, np.random.Generator(np.random.MT19937(1)))


def test_memory_is_bounded():
    _, policy = run("guided_synchronous", 3000, window=5)
    assert len(policy.recent) <= 5 * 6


@pytest.mark.parametrize(
    ("plain", "objective", "rate", "budget", "verdict"),
    [
        (
            "synchronous",
            Ridge(),
            "1/20",
            600,
            "better",
        ),  # a replay is a step of its own: more steps for as many gradients
        (
            "asynchronous",
            Logistic(),
            "1/2",
            600,
            "better",
        ),  # a large step: replays are fresh where the others are stale
        ("asynchronous", Ridge(), "1/20", 1200, "worse"),
        ("asynchronous", Ridge(), "1/200", 600, "equal"),
    ],
)
def test_equal_budget(plain, objective, rate, budget, verdict):
    """At an equal number of gradients, replays included, on the digits: as measured, also where it does not help.

    Eight seeds in pairs; a sign test in which all eight agree has an error level of 2/256 for each case.
    """
    lowest, ratios = objective.loss(objective.minimum()), []
    for seed in range(8):
        ends = []
        for name in (f"guided_{plain}", plain):
            scenario = pools.scenario("exponential(1)", 8, policy=PolicySpec(name), learning_rate=rate, seed=seed)
            emulation = Emulation.create(scenario, objective=objective)
            server = emulation.server
            while server.ledger.pushed + server.policy.extra_gradients < budget:
                emulation.run(arrivals=server.ledger.pushed + 8)
            ends.append(objective.loss(server.iterate) - lowest)
        ratios.append(ends[0] / ends[1])
    mean = float(np.exp(np.mean(np.log(ratios))))
    kind = type(objective).__name__.lower()
    quantity = f"excess loss over that of `{plain}`, {budget} gradients, {kind}, η = {rate}"
    measured(quantity, f"{mean:.3g}")
    if verdict == "equal":
        assert mean == pytest.approx(1, abs=0.02)
    elif verdict == "better":
        assert max(ratios) < 1
    else:
        assert min(ratios) > 1


def test_batches_must_be_known():
    emulation = pools.emulation("guided_asynchronous")
    for worker in emulation.workers:
        worker.objective = pools.Noisy()
    with pytest.raises(UnsupportedScenario, match="do not tell their batches"):
        emulation.run(arrivals=10)
    assert Remembering(Ridge(batch_size=7)).batch_size == 7


@pytest.mark.parametrize(
    ("parameters", "words"), [({"window": 0}, "window: 0"), ({"replays": -1}, "replays"), ({"k": 2}, "policy.k")]
)
def test_parameters(parameters, words):
    for name in PLAIN:
        with pytest.raises(InvalidScenario, match=words):
            emulate(pools.scenario(policy=PolicySpec(name, parameters)), arrivals=5)
