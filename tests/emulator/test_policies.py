import re
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from sddeverify.emulator.policies import POLICIES, Asynchronous, create
from sddeverify.errors import InvalidScenario, invalid
from tests.emulator import pools


def k_up_to_workers(value, field, workers):
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= workers:
        raise invalid(field, value, f"an integer from 1 to {workers}")
    return value


@dataclass
class WithParameter(pools.KBatchAsync):
    parameters: ClassVar = {"k": k_up_to_workers}


def test_every_policy_is_a_dataclass_with_a_docstring():
    for policy in POLICIES.values():
        assert is_dataclass(policy)
        assert policy.__doc__


def test_parameters_are_read_and_checked():
    assert WithParameter.create({"k": 3}, 5).k == 3
    for parameters, words in [
        ({}, "policy.k: None"),
        ({"k": 6}, "policy.k: 6 .*1 to 5"),
        ({"k": 3, "j": 1}, "policy.j: 1 .*: k"),
    ]:
        with pytest.raises(InvalidScenario, match=words):
            WithParameter.create(parameters, 5)


def test_names():
    assert isinstance(create("asynchronous", {}, 3), Asynchronous)
    assert isinstance(create("k_sync", {}, 3), POLICIES["k_sync"])
    with pytest.raises(InvalidScenario, match="policy: 'Asynchronous' is not allowed; write one of asynchronous"):
        create("Asynchronous", {}, 3)


def test_the_page_describes_every_policy_and_its_parameters():
    page = (Path(__file__).parents[2] / "notebooks" / "reference" / "policies.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z_]+)` \| [^|]+ \|([^|]*)\|$", page, re.MULTILINE)
    assert [name for name, _ in rows] == list(POLICIES)
    for name, cell in rows:
        policy = POLICIES[name]
        assert re.findall(r"`([a-z_]+)`", cell) == list(policy.parameters)
        for default, parameter in zip(re.findall(r"\(([^)]+)\)", cell), policy.parameters, strict=True):
            values = {"P/2": 4, "2 P": 16, "P": 8, "false": False, "P/2, at most 4": 4, "none": None}
            assert str(policy.defaults[parameter](8)) == str(values.get(default, default))


WITHOUT_IDENTITY = {"adasync", "bounded_staleness", "dasgd", "mindflayer", "mindflayer_adaptive"}


@pytest.mark.parametrize("name", POLICIES)
def test_conservation_claims_hold(name):
    for workers in (1, 2, 5):
        run = pools.emulation(name, "erlang(2, 1)", workers=workers).run(arrivals=300).result()
        assert (run.audit.pool is None) == (name in WITHOUT_IDENTITY)
