"""One small study for all tests of the report: Erlang delays, two eigenvalues, short ensembles."""

import pytest

from sddeverify.report.source import Source
from sddeverify.report.study import conduct
from sddeverify.report.summary import rows
from sddeverify.scenario import Scenario


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="session")
def stages():
    return []


@pytest.fixture(scope="session")
def study(folder, stages):
    scenario = Scenario("1/10", 8, "erlang(3, 1)", hessian=("1/10", "1"), seed=5)
    source = Source(scenario, None, "", ("A note with <b>markup</b>.",))
    return conduct(source, folder, lambda stage, done: stages.append((stage, done)), arrivals=3000, budget=6000)


@pytest.fixture(scope="session")
def summary(study):
    return rows(study)
