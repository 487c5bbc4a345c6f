"""Workers with different data, from a scenario: who computes what, checkpoints, and what cannot be had."""

import dataclasses

import numpy as np
import pytest

from sddeverify.derivations import derive
from sddeverify.emulator.policies import POLICIES
from sddeverify.emulator.run import Emulation, emulate
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.objectives import Mean, Quadratic, Ridge
from sddeverify.scenario import PolicySpec, Scenario
from tests.emulator import pools
from tests.emulator.test_at_once import run_plainly, same, state

MEMBERS = """
learning_rate = "1/100"
workers = 3
compute = "erlang(4, 1)"
seed = 3
"""
QUADRATIC = (
    MEMBERS
    + """
objective = {name = "quadratic", eigenvalues = [2, 1], noise_variance = "1/10"}

[[pool]]
workers = 1
data = {minimum = [1, 0]}

[[pool]]
workers = 2
compute = "erlang(4, 4)"
data = {minimum = [-1, "1/2"], noise_variance = 0}
"""
)
RIDGE = MEMBERS + 'objective = "ridge"\npool = [{workers = 1}, {workers = 2, data = {labels = [0, 1]}}]\n'


def test_each_worker_has_its_own():
    running = Emulation.create(Scenario.from_toml(QUADRATIC))
    assert [worker.objective.minimum().tolist() for worker in running.workers] == [[1, 0], [-1, 0.5], [-1, 0.5]]
    assert [float(worker.objective.noise_variance) for worker in running.workers] == [0.1, 0, 0]
    assert isinstance(running.objective, Mean)
    np.testing.assert_allclose(running.objective.minimum(), [-1 / 3, 1 / 3])
    running = Emulation.create(Scenario.from_toml(RIDGE))
    assert [len(worker.objective.data[0]) for worker in running.workers] == [1797, 360, 360]
    assert running.samples == 32


@pytest.mark.parametrize("text", [QUADRATIC, RIDGE], ids=["quadratic", "ridge"])
def test_drivers_and_pieces_agree(text):
    """The inner loop, the plain heap, asyncio, in turns, and after a checkpoint: bit for bit the same."""
    scenario = Scenario.from_toml(text)
    whole, plain, turns = (Emulation.create(scenario) for _ in range(3))
    whole.run(arrivals=300)
    assert same(whole, run_plainly(plain, arrivals=300))
    for arrivals, driver in ((7, "heap"), (120, "asyncio"), (200, "heap"), (300, "asyncio")):
        turns.run(arrivals=arrivals, driver=driver)
    assert state(turns) == state(whole)
    first = Emulation.create(scenario).run(arrivals=111)
    assert state(Emulation.restore(first.checkpoint()).run(arrivals=300)) == state(whole)


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_runs_or_says_why_not(name):
    policy = PolicySpec(name, pools.PARAMETERS.get(name))
    scenario = dataclasses.replace(Scenario.from_toml(QUADRATIC), policy=policy)
    if POLICIES[name].same_data:
        with pytest.raises(UnsupportedScenario, match=rf"policy {name}: .*the member data in pool"):
            Emulation.create(scenario)
        with pytest.raises(UnsupportedScenario, match="different data"):
            Emulation.create(pools.scenario(workers=3, policy=policy), objective=scenario.built())
    else:
        run = emulate(scenario, arrivals=60)
        assert run.ledger.pushed == 60
        assert run.ledger.updates > 0
    assert POLICIES[name].same_data == name.startswith("guided")


def test_a_mean_in_python_is_for_as_many_workers():
    parts = [Quadratic([1], minimum=[1]), Quadratic([1], minimum=[-1])]
    objective = Mean(Quadratic([1]), parts, [1, 1])
    run = emulate(pools.scenario("constant(1)", 2), objective=objective, arrivals=400)
    assert abs(run.path.iterates[-1, 0]) < 0.1
    with pytest.raises(InvalidScenario, match="objective: 'a mean over 2 workers' is not allowed; write one over 3"):
        emulate(pools.scenario(workers=3), objective=objective, arrivals=1)


def test_theory_and_certificates_refuse_it():
    with pytest.raises(UnsupportedScenario, match="pool: not covered"):
        derive(Scenario.from_toml(RIDGE))
    assert isinstance(Scenario.from_toml(RIDGE.replace(", data = {labels = [0, 1]}", "")).built(), Ridge)
