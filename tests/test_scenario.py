"""Scenarios: written and read back, and every mistake answered with one sentence."""

import dataclasses
import json
import pickle
import time
import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.delays import Constant, Erlang, Exponential, Lattice, Law, Mixture, parse
from sddeverify.errors import InvalidScenario
from sddeverify.scenario import ObjectiveSpec, PolicySpec, Scenario
from tests.delays.strategies import EXAMPLES, laws, positive

MINIMAL = Scenario("1/10", 8, "erlang(3, 1)", ["1"])
FULL = Scenario(
    learning_rate="0.1",
    workers=16,
    compute="0.3*constant(1) + 0.7*uniform(0, 2)",
    hessian=["1/2", 1, Fraction(7, 3)],
    noise_variance="1e-4",
    policy=PolicySpec("k_async", {"k": 3, "theta": "0.5", "restart": True, "kind": "fast", "weights": ["1/2", 2]}),
    target="0.05",
    seed=2**64 - 1,
)
WITH_OBJECTIVE = Scenario("1/10", 8, Exponential(1), objective=ObjectiveSpec("ridge", {"regularization": "0.1"}))
SCENARIOS = [MINIMAL, FULL, WITH_OBJECTIVE]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=["minimal", "full", "objective"])
def test_written_forms_are_read_back(scenario: Scenario) -> None:
    for read in (
        Scenario.from_json(scenario.to_json()),
        Scenario.from_json(scenario.to_json().encode()),
        Scenario.from_json(b"\xef\xbb\xbf" + scenario.to_json().encode()),  # as some editors save it
        Scenario.from_toml(scenario.to_toml()),
        Scenario.from_toml(scenario.to_toml().encode()),
        pickle.loads(pickle.dumps(scenario)),  # noqa: S301  # of our own making: workers receive it so
        dataclasses.replace(scenario),
    ):
        assert read == scenario
        assert hash(read) == hash(scenario)
        assert read.to_json() == scenario.to_json()
        assert read.sha256 == scenario.sha256


@settings(deadline=None, max_examples=50)
@given(laws(), positive, st.lists(positive, min_size=1, max_size=4), st.integers(1, 10**6), st.integers(0, 2**64 - 1))
def test_round_trip(law: Law, number: Fraction, hessian: list[Fraction], workers: int, seed: int) -> None:
    scenario = Scenario(number, workers, law, hessian, noise_variance=number, seed=seed)
    assert Scenario.from_json(scenario.to_json()) == scenario
    assert Scenario.from_toml(scenario.to_toml()) == scenario


def test_values_and_defaults() -> None:
    assert MINIMAL.learning_rate == Fraction(1, 10)
    assert MINIMAL.compute == Erlang(3, 1)
    assert MINIMAL.hessian == (Fraction(1),)
    assert MINIMAL.objective is None
    assert MINIMAL.noise_variance == 0
    assert MINIMAL.policy == PolicySpec("asynchronous")
    assert MINIMAL.target == Fraction(1, 100)
    assert MINIMAL.seed == 0
    assert FULL.policy.parameters["theta"] == Fraction(1, 2)
    assert FULL.policy.parameters["k"] == 3
    assert FULL.policy.parameters["weights"] == (Fraction(1, 2), 2)
    assert dataclasses.replace(MINIMAL, workers=2).workers == 2


def test_a_decimal_in_a_file_means_what_it_says() -> None:
    text = '{"learning_rate": 0.3, "workers": 8, "compute": "constant(0.1)", "hessian": [1e-1, 2], "target": 1e-20}'
    scenario = Scenario.from_json(text)
    assert scenario.learning_rate == Fraction(3, 10)
    assert scenario.hessian == (Fraction(1, 10), Fraction(2))
    assert scenario.target == Fraction(1, 10**20)
    toml = "learning_rate = 0.30\nworkers = 8\ncompute = 'constant(0.1)'\nhessian = [0.1, 2]\ntarget = 1e-20\n"
    assert Scenario.from_toml(toml) == scenario
    assert scenario.sha256 == Scenario.from_toml(toml).sha256


def test_the_compute_law_may_be_an_object() -> None:
    law = EXAMPLES["nested"]
    text = json.dumps({"learning_rate": "1/3", "workers": 1, "compute": law.to_json(), "hessian": ["1"]})
    assert Scenario.from_json(text).compute == law
    toml = 'learning_rate = 1\nworkers = 1\nhessian = [1]\ncompute = {erlang = {mean = ["1", "1"], shape = 3}}'
    assert Scenario.from_toml(toml).compute == Erlang(3, 1)


def test_large_laws_fit_a_file() -> None:
    largest = Lattice("1/3", [10**15] * 4096)
    for law in (largest, Mixture([("1/2", largest), ("1/2", largest)])):
        scenario = Scenario(1, 1, law, [1])
        assert Scenario.from_json(scenario.to_json()) == scenario
        assert Scenario.from_toml(scenario.to_toml()) == scenario


def test_canonical_text_is_stable() -> None:
    # The digest is an identity: a change of it is a change of the format, and has to be meant.
    assert MINIMAL.sha256 == Scenario(Decimal("0.1"), 8, parse("erlang(3, 1.0)"), (1,)).sha256
    assert json.loads(MINIMAL.to_json()) == {
        "learning_rate": "1/10",
        "workers": 8,
        "compute": {"erlang": {"mean": ["1", "1"], "shape": 3}},
        "hessian": ["1"],
        "noise_variance": "0",
        "policy": {"name": "asynchronous"},
        "target": "1/100",
        "seed": 0,
    }
    assert tomllib.loads(MINIMAL.to_toml())["compute"] == "erlang(3, 1)"
    assert len({scenario.sha256 for scenario in SCENARIOS}) == 3


GOOD: dict[str, Any] = {"learning_rate": "1/10", "workers": 8, "compute": "constant(1)", "hessian": ["1"]}

# Each: what replaces the good value, the field that the sentence names, what it says is allowed.
MISTAKES: list[tuple[str, Any, str, str]] = [
    ("learning_rate", 0.1, "learning_rate", "not a Python float"),
    ("learning_rate", "0", "learning_rate", "positive"),
    ("learning_rate", "-1/10", "learning_rate", "positive"),
    ("learning_rate", "fast", "learning_rate", "exact rational"),
    ("learning_rate", None, "learning_rate", "exact rational"),
    ("learning_rate", True, "learning_rate", "exact rational"),
    ("learning_rate", Decimal("NaN"), "learning_rate", "exact rational"),
    ("workers", 0, "workers", "from 1 to"),
    ("workers", -1, "workers", "from 1 to"),
    ("workers", 10**6 + 1, "workers", "from 1 to 1000000"),
    ("workers", True, "workers", "an integer"),
    ("workers", "8", "workers", "an integer"),
    ("workers", 8.0, "workers", "an integer"),
    ("workers", Decimal("8.0"), "workers: '8.0'", "an integer"),
    ("compute", Constant(0), "compute", "positive mean"),
    ("compute", "constant(0)", "compute", "positive mean"),
    ("compute", "1/2*constant(0) + 1/2*constant(0)", "compute", "positive mean"),
    ("compute", "exponential(-1)", "exponential.mean", "positive"),
    ("compute", "0.5*constant(1) + 0.6*constant(2)", "weights", "sum to exactly 1"),
    ("compute", "cauchy(1)", "cauchy", "one of constant"),
    ("compute", 1, "compute", "a delay law"),
    ("hessian", [], "hessian, objective", "exactly one"),
    ("hessian", ["0"], "hessian[0]", "positive"),
    ("hessian", ["1", "-1"], "hessian[1]", "positive"),
    ("hessian", ["1", 0.5], "hessian[1]", "not a Python float"),
    ("hessian", 1, "hessian", "a list"),
    ("hessian", "12", "hessian", "a list"),
    ("hessian", {"1": 1}, "hessian", "a list"),
    ("hessian", ["1"] * 10_001, "hessian", "1 to 10000"),
    ("objective", "ridge", "hessian, objective", "exactly one"),
    ("noise_variance", "-1", "noise_variance", "non-negative"),
    ("noise_variance", 0.5, "noise_variance", "not a Python float"),
    ("policy", "K-async", "policy", "lower-case"),
    ("policy", "", "policy", "lower-case"),
    ("target", "0", "target", "positive"),
    ("target", "1", "target", "between 0 and 1"),
    ("seed", -1, "seed", "from 0 to"),
    ("seed", 2**64, "seed", "from 0 to"),
    ("seed", 1.0, "seed", "an integer"),
]


@pytest.mark.parametrize(("key", "value", "field", "allowed"), MISTAKES, ids=lambda x: str(x)[:20])
def test_mistakes_are_one_sentence(key: str, value: Any, field: str, allowed: str) -> None:
    with pytest.raises(InvalidScenario) as caught:
        Scenario(**{**GOOD, key: value})
    assert_sentence(str(caught.value), field, allowed)


def assert_sentence(message: str, *parts: str) -> None:
    assert "\n" not in message
    assert len(message) < 400
    for part in parts:
        assert part in message


def in_json(**changes: Any) -> str:
    return json.dumps({**GOOD, **changes})


FILES: dict[str, tuple[str | bytes, str, str]] = {
    "unknown key": (in_json(learning_rat=1), "unknown key: 'learning_rat'", "learning_rate, workers"),
    "missing key": ('{"workers": 8}', "learning_rate", "missing"),
    "neither": ('{"learning_rate": 1, "workers": 1, "compute": "constant(1)"}', "hessian, objective", "exactly one"),
    "duplicate key": ('{"workers": 1, "workers": 2}', "duplicate key: 'workers'", "each key once"),
    "duplicate inside": ('{"policy": {"name": "a", "name": "b"}}', "duplicate key: 'name'", "each key once"),
    "NaN": (
        '{"learning_rate": NaN, "workers": 8, "compute": "constant(1)", "hessian": [1]}',
        "learning_rate: 'NaN'",
        "exact rational",
    ),
    "Infinity": (
        '{"learning_rate": -Infinity, "workers": 8, "compute": "constant(1)", "hessian": [1]}',
        "learning_rate: '-Infinity'",
        "exact rational",
    ),
    "long integer": ('{"workers": ' + "9" * 5000 + "}", "number", "4000 digits"),
    "large exponent": ('{"workers": 1e' + "9" * 30 + "}", "number", "finite"),
    "zero rate": (in_json(learning_rate=0), "learning_rate", "positive"),
    "no workers": (in_json(workers=0), "workers", "from 1"),
    "decimal workers": ('{"learning_rate": 1, "workers": 8.0, "compute": "constant(1)"}', "workers: '8.0'", "integer"),
    "interval law": (in_json(compute={"constant": {"time": ["1", "2"]}}), "constant.time", "equal"),
    "law of mean 0": (in_json(compute={"constant": {"time": ["0", "0"]}}), "compute", "positive mean"),
    "number for a law": (in_json(compute=3), "delay law", "an object"),
    "nested law": (in_json(compute={"sum": [{"sum": []}, {"sum": []}]}), "sum", "2 to 64"),
    "policy list": (in_json(policy=["asynchronous"]), "policy", "a name, or a table"),
    "policy without name": (in_json(policy={"k": 3}), "policy", "a name, or a table"),
    "policy nested": (in_json(policy={"name": "x", "k": {"a": 1}}), "policy.k", "exact number"),
    "policy bad key": (in_json(policy={"name": "x", "K": 1}), "policy.x", "lower-case"),
    "objective unknown": (in_json(hessian=[], objective="mnist"), "objective: 'mnist'", "one of quadratic"),
    "objective parameter": (in_json(hessian=[], objective={"name": "ridge", "x": 1}), "objective.ridge: 'x'", "only"),
    "objective value": (
        in_json(hessian=[], objective={"name": "ridge", "batch_size": 0}),
        "ridge.batch_size",
        "from 1",
    ),
    "null": (in_json(objective=None), "objective", "a name, or a table"),
    "no object": ("[1]", "JSON text", "one object"),
    "no JSON": ("learning_rate = 1", "not valid JSON", "write one JSON object"),
    "empty": ("", "not valid JSON", "write one JSON object"),
    "trailing": (in_json() + "}", "not valid JSON", "write one JSON object"),
    "no UTF-8": (b"\xff\xfe{}", "not valid JSON", "write one JSON object"),
    "nesting": ('{"a":' * 100_000, "deep nesting", "at most 64 levels"),
    "valid nesting": ('{"a": ' + "[" * 70 + "]" * 70 + "}", "deep nesting", "at most 64 levels"),
    "10 MB of nesting": ("[" * 10**7, "more than 1000000 bytes", "at most 1000000 bytes"),
}

TOML: dict[str, tuple[str | bytes, str, str]] = {
    "unknown key": ("learning_rat = 1", "unknown key: 'learning_rat'", "learning_rate, workers"),
    "missing key": ("workers = 8", "learning_rate", "missing"),
    "duplicate key": ("workers = 1\nworkers = 2", "duplicate key", "write one TOML object"),
    "duplicate inline": ("policy = {name = 'a', name = 'b'}", "duplicate key", "write one TOML object"),
    "duplicate table": ("[policy]\nname = 'a'\n[policy]\nname = 'b'", "duplicate key", "write one TOML object"),
    "nan": (
        "learning_rate = nan\nworkers = 8\ncompute = 'constant(1)'\nhessian = [1]",
        "learning_rate: 'NaN'",
        "exact rational",
    ),
    "inf": (
        "learning_rate = -inf\nworkers = 8\ncompute = 'constant(1)'\nhessian = [1]",
        "learning_rate: '-Infinity'",
        "exact rational",
    ),
    "long integer": ("workers = " + "9" * 5000, "not valid TOML", "write one TOML object"),
    "date": (
        "learning_rate = 2024-06-17\nworkers = 1\ncompute = 'constant(1)'\nhessian = [1]",
        "learning_rate",
        "exact",
    ),
    "no TOML": ('{"learning_rate": 1}', "not valid TOML", "write one TOML object"),
    "no UTF-8": (b"\xff", "not valid TOML", "write one TOML object"),
    "nesting": ("a = " + "[" * 100_000, "deep nesting", "at most 64 levels"),
    "valid nesting": ("a = " + "[" * 70 + "]" * 70, "deep nesting", "at most 64 levels"),
    "nested tables": ("a = " + "{b = " * 100_000, "deep nesting", "at most 64 levels"),
    "dotted key": ("a." * 400_000 + "a = 1", "a key of many parts", "at most 64 levels"),
    "dotted header": ("[" + "'='.a . " * 100_000 + "a]", "a key of many parts", "at most 64 levels"),
    "dotted after strings": ('a = """ " "" \\""" """\n' + "b." * 100 + "b = 1", "a key of many parts", "at most 64"),
    "10 MB of nesting": ("a = " + "[" * 10**7, "more than 1000000 bytes", "at most 1000000 bytes"),
}


@pytest.mark.parametrize("name", FILES)
def test_bad_json(name: str) -> None:
    text, *parts = FILES[name]
    start = time.perf_counter()
    with pytest.raises(InvalidScenario) as caught:
        Scenario.from_json(text)
    assert_sentence(str(caught.value), *parts)
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("name", TOML)
def test_bad_toml(name: str) -> None:
    text, *parts = TOML[name]
    start = time.perf_counter()
    with pytest.raises(InvalidScenario) as caught:
        Scenario.from_toml(text)
    assert_sentence(str(caught.value), *parts)
    assert time.perf_counter() - start < 10


def test_toml_with_many_decimals_is_no_dotted_key() -> None:
    text = "".join(f"# version {k}.0.0.0.0.0.0.0.0\n" for k in range(200))
    text += "learning_rate = 0.1\nworkers = 8\ncompute = '0.5*constant(0.1) + 0.5*constant(0.2)'\n"
    text += f"hessian = [{', '.join('0.5' for _ in range(200))}]\n"
    assert len(Scenario.from_toml(text).hessian) == 200


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("a.=[]{}'\"\\#\n, 0-"), max_size=40) | st.binary(max_size=40))
def test_any_text_is_refused_in_words(text: str | bytes) -> None:
    for read in (Scenario.from_json, Scenario.from_toml):
        with pytest.raises(InvalidScenario):
            read(text)


def test_load(tmp_path: Path) -> None:
    for name, text in (("a.json", FULL.to_json()), ("a.toml", FULL.to_toml())):
        (tmp_path / name).write_text(text)
        assert Scenario.load(tmp_path / name) == FULL
        assert Scenario.load(str(tmp_path / name)) == FULL


def test_load_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text(in_json(workers=0))
    (tmp_path / "huge.toml").write_bytes(b"[" * 10**7)
    (tmp_path / "folder.json").mkdir()
    for name, parts in {
        "bad.json": ("bad.json: workers", "from 1"),
        "huge.toml": ("huge.toml: TOML text", "at most 1000000 bytes"),
        "folder.json": ("scenario file", "Is a directory"),
        "absent.json": ("scenario file", "No such file"),
        "scenario.yaml": ("scenario file", "ends in .json or .toml"),
    }.items():
        with pytest.raises(InvalidScenario) as caught:
            Scenario.load(tmp_path / name)
        assert_sentence(str(caught.value).replace(str(tmp_path), ""), *parts)


def test_specs() -> None:
    assert PolicySpec("a", {"x": "0.50", "y": 1}) == PolicySpec("a", {"y": Decimal("1.0"), "x": Fraction(1, 2)})
    assert len({PolicySpec("a"), ObjectiveSpec("a"), PolicySpec("a", {})}) == 2
    for value in (0.5, None, "Not a word", float("nan"), [0.5], ["x"]):
        with pytest.raises(InvalidScenario, match=r"policy\.x"):
            PolicySpec("a", {"x": value})  # type: ignore[dict-item]  # which is the point
