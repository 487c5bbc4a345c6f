"""Strict reading: what is not exactly in the format is malformed, whatever it is, and quickly; nothing raises."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sddeverify.checker import Status, Verdict, check, document
from sddeverify.checker.document import Malformed, digest, integer, listed, load, members, number, pair, pieces
from tests import second_opinion

FOLDER = Path(__file__).parent
BASE: dict[str, Any] = json.loads((FOLDER / "accepted" / "stability_constant.json").read_bytes())
ALL = [json.loads(path.read_bytes()) for path in sorted((FOLDER / "accepted").glob("*.json"))]


def test_number_has_one_spelling() -> None:
    assert [number(text) for text in ("0", "-7", "3/2", "3/11")] == [0, -7, Fraction(3, 2), Fraction(3, 11)]


@given(st.fractions())
def test_number_reads_what_fraction_writes(value: Fraction) -> None:
    assert number(str(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "-",
            "-0",
            "+1",
            "01",
            "1.5",
            "1e3",
            "1/0",
            "0/5",
            "2/4",
            "3/1",
            "-0/3",
            "1/-2",
            "1//2",
            "1/02",
            " 1",
            "1 ",
        ),
        *("1\n", "1_0", "\u0661", "\uff11", "\u00b2", "1/\u0662", "\u22121", "0x1", "inf", "nan", "1/2/3", "/2", "1/"),
        *("1\0", 1, 1.0, True, None, [], {}, Fraction(1, 2)),
    ],
    ids=repr,
)
def test_other_spellings_are_malformed(text: Any) -> None:
    with pytest.raises(Malformed):
        number(text)


@given(st.text(st.sampled_from("0123456789-/+._ e\u0661\n"), max_size=8))
def test_what_is_read_is_what_would_be_written(text: str) -> None:
    try:
        value = number(text)
    except Malformed:
        return
    assert str(value) == text


def test_digits() -> None:
    most = "7" * 4000
    assert number(most) == int(most)
    assert number("1/" + most) == Fraction(1, int(most))
    for text in ("7" * 4001, "1/" + "7" * 4001, "-" + "7" * 4001, "9" * 10**7):
        with pytest.raises(Malformed):
            number(text)


def test_integer_is_no_boolean() -> None:
    assert integer(3, 0, 3) == 3
    for value in (True, False, 4, -1, 3.0, "3", None):
        with pytest.raises(Malformed):
            integer(value, 0, 3)


def test_pair() -> None:
    assert pair(["1", "3/2"]) == (1, Fraction(3, 2))
    for value in (["1"], ["1", "2", "3"], ["2", "1"], "12", None, {"lo": "1", "hi": "2"}, [1, 2]):
        with pytest.raises(Malformed):
            pair(value)
    assert pair(["0", "1"], least=0).lo == 0
    for value in (["-1", "1"],):
        with pytest.raises(Malformed):
            pair(value, least=0)
    with pytest.raises(Malformed):
        pair(["0", "1"], above=0)


def test_members() -> None:
    assert members({"a": 1, "b": 2}, "b", "a") == [2, 1]
    assert members({"a": 1}, "a", optional="b") == [1, {}]
    assert members({"a": 1, "b": None}, "a", optional="b") == [1, None]
    for value in ({}, {"a": 1, "": 2}, {"a": 1, "c": 2}, {"b": 1}, [], None, "a"):
        with pytest.raises(Malformed):
            members(value, "a")


def test_listed() -> None:
    assert listed([1, 2], 2, 2) == [1, 2]
    for value in ([1], [1, 2, 3], (1, 2), "12", None, {"0": 1, "1": 2}):
        with pytest.raises(Malformed):
            listed(value, 2, 2)


def test_limits_of_a_witness() -> None:
    def witness(points: int, bits: int) -> dict[str, Any]:
        return {"bits": bits, "breaks": [str(k) for k in range(points)], "codes": [0] * (points - 1)}

    assert len(pieces(witness(200_000, 64), 1)[1]) == 199_999
    for points, bits, size in (
        (200_001, 64, 1),
        (2, 31, 1),
        (2, 4097, 1),
        (1, 64, 1),
        (70_000, 4096, 1),
        (70_000, 64, 64),
    ):
        with pytest.raises(Malformed):
            pieces(witness(points, bits), size)
    for breaks in (["1", "2"], ["0", "0"], ["0", "2", "1"], ["-1", "0"], ["0", 1]):
        with pytest.raises(Malformed):
            pieces({"bits": 64, "breaks": breaks, "codes": [0] * (len(breaks) - 1)}, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "null",
        "0",
        '"x"',
        "[]",
        "{}",
        "[1,2",
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": 1, "a": 1}',
        '{"a": {"b": 1, "b": 2}}',
        '{"a": 1.0}',
        '{"a": 1e5}',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 123456789012345678}',
        '{"a": 1} x',
        "\ufeff{}",
        "{}\0",
        b"\xff\xfe{\x00}\x00",
        b'{"a": "\xff"}',
        b"",
        '{"a": "\ud800"}',
        "\ud800",
        None,
        1,
        1.5,
        [],
        (),
        set(),
        pytest.param(object(), id="object"),
        bytearray(b"{}"),
        {1: 2},
        {"a": float("nan")},
        {"a": float("inf")},
        {"a": 1.5},
        {"a": Fraction(1, 2)},
        {"a": {1}},
        {"1": 0, 1: 0},
        {("a", "b"): 1},
    ],
    ids=lambda x: repr(x)[:30],
)
def test_what_is_no_certificate_is_malformed(text: Any) -> None:
    assert check(text).status is Status.MALFORMED


def _nested(opening: str, closing: str, size: int) -> Callable[[], str]:
    return lambda: opening * size + closing * size


@pytest.mark.parametrize(
    "make",
    [
        _nested("[", "]", 5_000_000),
        _nested('{"a":', "}", 1_500_000),
        lambda: "[" * 10_000_000,
        lambda: '{"claim": ' + "[" * 10_000_000,
        lambda: json.dumps(BASE)[:-1] + ', "provenance": ' + "[" * 500_000 + "]" * 500_000 + "}",
        lambda: '"' + "x" * (1 << 25) + '"',
        lambda: " " * (1 << 25) + " ",
        lambda: "9" * 10_000_000,
        lambda: "-" * 10_000_000,
        lambda: "[" + "1," * 500_000 + "1]",
        lambda: json.dumps(BASE | {"statement": "\\" * 8_000_000}),
    ],
    ids=[
        "lists",
        "objects",
        "open lists",
        "open in a claim",
        "provenance",
        "text",
        "spaces",
        "digits",
        "minus",
        "flat",
        "slashes",
    ],
)
def test_large_documents_are_refused_quickly(make: Callable[[], str]) -> None:
    text = make()
    start = time.perf_counter()
    verdict = check(text)
    assert verdict.status is not Status.ACCEPTED
    assert len(verdict.reason) < 1000
    assert time.perf_counter() - start < 20  # seconds; it takes a fraction of one, but machines are shared


def test_a_deep_dictionary() -> None:
    deep: Any = {}
    for _ in range(sys.getrecursionlimit() * 3):
        deep = {"a": deep}
    assert check(deep).status is Status.MALFORMED
    circular: dict[str, Any] = {}
    circular["a"] = circular
    assert check(circular).status is Status.MALFORMED


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["0", "1", "3/2", "-1"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(JSON | st.binary() | st.text())
def test_check_never_raises_nor_accepts_noise(value: Any) -> None:
    for form in (value, json.dumps(value)) if not isinstance(value, bytes) else (value,):
        assert check(form).status is Status.MALFORMED


@given(st.sampled_from(ALL), st.data())
def test_check_never_raises_on_damaged_certificates(base: dict[str, Any], data: st.DataObject) -> None:
    """A member anywhere is replaced by anything: no exception, and no accident that is taken for a proof."""
    copy = json.loads(json.dumps(base))
    place, holder, key = copy, copy, "claim"
    while isinstance(place, dict | list) and place:
        holder = place
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        place = holder[key]
        if data.draw(st.booleans()):
            break
    holder[key] = data.draw(JSON)
    verdict = check(copy)
    if verdict.status is Status.ACCEPTED and copy["claim"] == base["claim"]:
        second_opinion.confirm(copy)  # e.g. another member of the provenance, or more bits
    elif verdict.status is Status.ACCEPTED:
        pytest.fail(f"the claim was changed, the hash was not: {key}")


@given(st.sampled_from(ALL), st.data())
def test_damaged_bytes(base: dict[str, Any], data: st.DataObject) -> None:
    text = bytearray(json.dumps(base).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        text[data.draw(st.integers(0, len(text) - 1))] = data.draw(st.integers(0, 255))
    verdict = check(bytes(text))
    assert verdict.status in set(Status)
    if verdict.status is Status.ACCEPTED:
        assert json.loads(bytes(text))["claim"] == base["claim"]


def test_text_bytes_and_dictionary_agree() -> None:
    for path in sorted((FOLDER / "accepted").glob("*.json"))[::7] + sorted((FOLDER / "rejected").glob("*.json"))[::5]:
        text = path.read_text()
        value = json.loads(text)
        spaced = json.dumps(value, indent=7, sort_keys=True)
        assert len({check(form) for form in (text, text.encode(), value, spaced)}) == 1


def test_verdict_has_no_truth_value() -> None:
    for status in Status:
        with pytest.raises(TypeError):
            bool(Verdict(status))
        with pytest.raises(TypeError):
            _ = not Verdict(status)


def test_statuses_are_the_exit_statuses() -> None:
    assert {status.name: status.value for status in Status} == {"ACCEPTED": 0, "REJECTED": 1, "MALFORMED": 2}


def test_reasons_are_one_line_of_moderate_length() -> None:
    for path in sorted((FOLDER / "rejected").glob("*.json")) + sorted((FOLDER / "malformed").glob("*.json")):
        reason = check(path.read_bytes()).reason
        assert 0 < len(reason) < 1000
        assert len(reason.splitlines()) == 1


def test_digest_does_not_depend_on_the_order_of_members() -> None:
    claim = BASE["claim"]
    assert digest(claim) == digest(dict(reversed(claim.items()))) == BASE["claim_sha256"]
    assert digest(claim | {"stable": False}) != digest(claim)


def test_producer_and_provenance_are_no_part_of_the_identity() -> None:
    verdict = check(BASE | {"producer": {"name": "somebody", "x": [1, {"y": "z"}]}, "provenance": {"scenario": "..."}})
    assert (verdict.status, verdict.digest) == (Status.ACCEPTED, BASE["claim_sha256"])


def test_limits_are_stated() -> None:
    assert (document.MAX_CHARACTERS, document.MAX_DIGITS, document.MAX_POINTS) == (1 << 25, 4000, 200_000)
    assert (document.MIN_BITS, document.MAX_BITS, document.MAX_COST) == (32, 4096, 1 << 28)


def test_load_returns_what_was_written() -> None:
    assert load(json.dumps(BASE)) == load(BASE) == BASE
