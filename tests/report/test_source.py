from dataclasses import replace

import pytest

from sddeverify.delays import Empirical
from sddeverify.errors import InvalidScenario
from sddeverify.objectives import build
from sddeverify.report import source
from sddeverify.scenario import Scenario
from tests.agreement.pool import simulate

TRACE = simulate(lambda rng: rng.gamma(4, 0.002), 3, 300, 0)


@pytest.fixture
def files(tmp_path):
    scenario, trace = tmp_path / "question.toml", tmp_path / "times.csv"
    scenario.write_text(Scenario("1/10", 4, "constant(1/2)", hessian=("1",)).to_toml())
    TRACE.to_csv(trace)
    return scenario, trace


def test_scenario_alone(files):
    found = source.load(files[0], None)
    assert found.trace is None
    assert not found.fitted
    assert str(found.scenario.compute) == "constant(1/2)"


def test_trace_alone_takes_the_packaged_question(files):
    found = source.load(None, files[1])
    assert found.scenario.workers == 3
    assert found.scenario.objective == source.OBJECTIVE
    assert isinstance(found.scenario.compute, Empirical)
    assert sum(found.scenario.compute.counts) == 300
    assert found.fitted


def test_a_trace_replaces_the_law_of_the_scenario_and_says_so(files):
    found = source.load(*files)
    assert found.scenario == replace(Scenario.load(files[0]), compute=TRACE.to_empirical(source.CELLS))
    assert any("constant(1/2)" in note for note in found.notes)
    assert any("3 workers" in note and "4" in note for note in found.notes)


def test_nothing_to_load():
    with pytest.raises(InvalidScenario):
        source.load(None, None)


@pytest.mark.parametrize("workers", [1, 8, 64])
def test_the_packaged_question_is_stable_for_every_law(workers):
    # a E[T] = learning rate x h x P < pi/2 suffices whatever the delay law; no eigenvalue is 0.
    scenario = source.packaged(TRACE, workers)
    bounds = build(source.OBJECTIVE.name, source.OBJECTIVE.parameters).hessian_bounds()
    assert bounds[0] > 0
    assert scenario.learning_rate * bounds[-1] * workers < 1.5
