"""Scenarios of unequal workers, of a network, and of comparisons: written, read back, refused with one sentence."""

import dataclasses
import json
import pickle
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.delays import Erlang, Exponential, Lattice, Law
from sddeverify.derivations import derive
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.scale.plan import chart, sweep
from sddeverify.scenario import Group, PolicySpec, Scenario
from tests.delays.strategies import atoms, moderate

FULL = Scenario(
    "1/10",
    6,
    "erlang(3, 1)",
    ["1"],
    pool=[
        Group(3, "constant(1)"),
        Group(2, "exponential(4)", hang="1/8", on="exponential(20)", off="uniform(0, 3)"),
        Group(1, Lattice("1/3", [1, 2, 3]), hang=1),
    ],
    uplink="8.5",
    downlink="erlang(2, 1/4)",
    policies=["asynchronous", PolicySpec("mindflayer", {"limit": ["1", "3/2"], "trials": 2})],
    arrivals=5000,
)
TEXT = """
learning_rate = "1/10"
workers = 6
compute = "erlang(3, 1)"
hessian = [1]
uplink = 8.5
downlink = {erlang = {mean = ["1/4", "1/4"], shape = 2}}
policies = ["asynchronous", {name = "mindflayer", trials = 2, limit = [1, 1.5]}]
arrivals = 5000

[[pool]]
workers = 3
compute = "constant(1)"

[[pool]]
workers = 2
compute = "exponential(4)"
hang = 0.125
on = "exponential(20)"
off = "uniform(0, 3)"

[[pool]]
workers = 1
compute = "lattice(1/3, 1, 2, 3)"
hang = 1
"""


def test_written_forms_are_read_back() -> None:
    for read in (
        Scenario.from_toml(TEXT),
        Scenario.from_json(FULL.to_json()),
        Scenario.from_toml(FULL.to_toml()),
        pickle.loads(pickle.dumps(FULL)),  # noqa: S301  # of our own making: workers receive it so
        dataclasses.replace(FULL),
    ):
        assert read == FULL
        assert hash(read) == hash(FULL)
        assert read.to_json() == FULL.to_json()
        assert read.sha256 == FULL.sha256
    assert FULL.pool[1].hang == Fraction(1, 8)
    assert FULL.pool[1].on == Exponential(20)
    assert FULL.downlink == Erlang(2, "1/4")


def test_each_member_counts() -> None:
    others = {
        dataclasses.replace(FULL, **{field: value})
        for field, value in (("pool", ()), ("uplink", None), ("downlink", None), ("policies", ()), ("arrivals", None))
    }
    assert len({one.sha256 for one in others} | {FULL.sha256}) == 6
    for one in others:
        assert Scenario.from_json(one.to_json()) == Scenario.from_toml(one.to_toml()) == one


groups = st.builds(
    lambda workers, law, hang, times, data: Group(workers, law, hang, *times, data=data),
    st.integers(1, 9),
    atoms(moderate),
    st.fractions(0, 1, max_denominator=20),
    st.just((None, None)) | st.tuples(atoms(moderate), atoms(moderate)),
    st.just({})
    | st.fixed_dictionaries({"regularization": st.fractions("1/9", 1, max_denominator=9)})
    | st.fixed_dictionaries({"labels": st.lists(st.integers(0, 9), min_size=1, unique=True)}),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(groups, max_size=4), st.none() | moderate, st.none() | atoms(moderate), st.none() | st.integers(1, 99))
def test_round_trip(pool: list[Group], uplink: Fraction | None, downlink: Law | None, arrivals: int | None) -> None:
    workers = sum(group.workers for group in pool) or 1
    what: dict[str, Any] = {"objective": "ridge"} if any(group.data for group in pool) else {"hessian": [1]}
    scenario = Scenario(
        1, workers, "constant(1)", **what, pool=pool, uplink=uplink, downlink=downlink, arrivals=arrivals
    )
    assert Scenario.from_json(scenario.to_json()) == scenario
    assert Scenario.from_toml(scenario.to_toml()) == scenario


def test_a_group_takes_the_common_law() -> None:
    text = 'learning_rate = 1\nworkers = 2\ncompute = "constant(3)"\nhessian = [1]\npool = [{workers = 2, hang = 0.5}]'
    assert Scenario.from_toml(text).pool == (Group(2, "constant(3)", "1/2"),)


GOOD: dict[str, Any] = {"learning_rate": "1/10", "workers": 4, "compute": "constant(1)", "hessian": ["1"]}
BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "too few": ({"pool": [{"workers": 3}]}, "pool: '3 workers'", "4 together"),
    "no list": ({"pool": {"workers": 4}}, "pool", "a list of tables"),
    "no table": ({"pool": [4]}, "pool[0]: 4", "a table with workers"),
    "no number": ({"pool": [{"compute": "constant(1)"}]}, "pool[0].workers", "missing"),
    "none": ({"pool": [{"workers": 0}]}, "pool[0].workers: 0", "from 1"),
    "unknown": ({"pool": [{"workers": 4, "speed": 2}]}, "pool[0], unknown key: 'speed'", "only workers, compute"),
    "negative time": ({"pool": [{"workers": 4, "compute": "constant(-1)"}]}, "pool[0].compute", "non-negative"),
    "mean 0": ({"pool": [{"workers": 4, "compute": "constant(0)"}]}, "pool[0].compute", "positive mean"),
    "no law": ({"pool": [{"workers": 4, "compute": 3}]}, "delay law: 3", "an object"),
    "hang": ({"pool": [{"workers": 4, "hang": "5/4"}]}, "pool[0].hang: '5/4'", "probability from 0 to 1"),
    "hang below": ({"pool": [{"workers": 4, "hang": "-1/4"}]}, "pool[0].hang", "non-negative"),
    "data": ({"pool": [{"workers": 4, "data": [1]}]}, "pool[0].data: [1]", "a table of parameters"),
    "data of a Hessian": ({"pool": [{"workers": 4, "data": {"minimum": [1]}}]}, "pool[0].data", "in place of hessian"),
    "no data": ({"pool": [{"workers": 4, "data": {"minimum": "a b"}}]}, "pool[0].data.minimum: 'a b'", "exact number"),
    "on alone": ({"pool": [{"workers": 4, "on": "constant(9)"}]}, "pool[0].off", "both on and off"),
    "off alone": ({"pool": [{"workers": 4, "off": "constant(9)"}]}, "pool[0].on", "both on and off"),
    "flicker": (
        {"pool": [{"workers": 4, "on": "constant(1/9999)", "off": "constant(1)"}]},
        "pool[0].on: 'constant(1/9999)'",
        "at least 1/1000",
    ),
    "uplink": ({"uplink": 0}, "uplink", "positive"),
    "uplink negative": ({"uplink": "-8"}, "uplink", "positive"),
    "uplink null": ({"uplink": None}, "uplink: None", "leave the member out"),
    "downlink": ({"downlink": "constant(0)"}, "downlink", "positive mean"),
    "downlink negative": ({"downlink": "uniform(-1, 1)"}, "downlink: delay law", "non-negative"),
    "downlink null": ({"downlink": None}, "delay law", "an object"),
    "policies": ({"policies": "asynchronous"}, "policies: 'asynchronous'", "a list of names or tables"),
    "policies inside": ({"policies": [3]}, "policy: 3", "a name, or a table"),
    "arrivals": ({"arrivals": 0}, "arrivals", "from 1"),
    "arrivals null": ({"arrivals": None}, "arrivals: None", "leave the member out"),
}


@pytest.mark.parametrize("name", BAD)
def test_mistakes_are_one_sentence(name: str) -> None:
    changes, *parts = BAD[name]
    with pytest.raises(InvalidScenario) as caught:
        Scenario.from_json(json.dumps(GOOD | changes))
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    for part in parts:
        assert part in message


def test_python_values() -> None:
    for field, value in (("pool", "constant(1)"), ("pool", 3), ("pool", [3]), ("policies", [3]), ("policies", 3)):
        with pytest.raises(InvalidScenario, match=field):
            Scenario(**GOOD | {field: value})
    with pytest.raises(InvalidScenario, match="uplink"):
        Scenario(**GOOD, uplink=0.5)


def test_certificates_are_about_the_asynchronous_server() -> None:
    other = Scenario("1/10", 4, "constant(1)", hessian=["1"], policy=PolicySpec("k_sync", {"k": 2}))
    for refuses in (derive, lambda one: sweep(one, [1, 2]), lambda one: chart(one, [1], ("1/100", "1"))):
        with pytest.raises(UnsupportedScenario, match="policy: 'k_sync' is not covered by"):
            refuses(other)


@pytest.mark.parametrize("field", ["pool", "uplink", "downlink"])
def test_the_theory_refuses_what_it_does_not_cover(field: str) -> None:
    plain = dataclasses.replace(FULL, pool=(), uplink=None, downlink=None)
    derive(plain)
    one = dataclasses.replace(plain, **{field: getattr(FULL, field)})
    for refuses in (derive, lambda scenario: sweep(scenario, [1, 2])):
        with pytest.raises(UnsupportedScenario, match=f"{field}: not covered by"):
            refuses(one)
