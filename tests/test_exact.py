"""Exact numbers: what is read, what is refused, how it is spelled and rounded."""

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.errors import InvalidScenario
from sddeverify.exact import (
    Enclosure,
    decimal_down,
    decimal_up,
    enclosure,
    integer,
    non_negative,
    pair,
    positive,
    rational,
    spell,
)

patient = settings(deadline=None)
SPELLING = re.compile(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?", re.ASCII)
fractions = st.fractions() | st.builds(
    lambda p, q, k: Fraction(p, q) * Fraction(10) ** k, st.integers(), st.integers(1), st.integers(-60, 60)
)


@patient
@given(fractions)
def test_spelling_round_trip(value: Fraction) -> None:
    text = spell(value)
    assert SPELLING.fullmatch(text)
    assert rational(text, "x") == value
    assert "/1" not in text or value.denominator != 1


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("3", Fraction(3)),
        ("-3/10", Fraction(-3, 10)),
        ("6/4", Fraction(3, 2)),
        ("0.3", Fraction(3, 10)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("+1e-9", Fraction(1, 10**9)),
        ("1.5E3", Fraction(1500)),
        ("0.5/3", Fraction(1, 6)),
        (" 7 ", Fraction(7)),
        (7, Fraction(7)),
        (Fraction(2, 6), Fraction(1, 3)),
        (Decimal("0.10"), Fraction(1, 10)),
        (Decimal("1E+2"), Fraction(100)),
        (Decimal("-0"), Fraction(0)),
    ],
)
def test_written_numbers(written: Any, value: Fraction) -> None:
    assert rational(written, "x") == value


@patient
@given(st.decimals(allow_nan=False, allow_infinity=False, places=12))
def test_decimals_keep_their_written_value(number: Decimal) -> None:
    assert rational(number, "x") == Fraction(number) == rational(str(number), "x")


REFUSED: list[Any] = [
    0.3,
    math.nan,
    math.inf,
    np.float64(0.3),
    True,
    None,
    1j,
    b"1",
    [1],
    "",
    "-",
    "nan",
    "inf",
    "1/0",
    "1/-2",
    "1//2",
    "1 / 2",
    "1_000",
    "0x10",
    "１",
    "1,5",
    "1e",
    "--1",
    "1\n2",
    Decimal("NaN"),
    Decimal("Infinity"),
    "1e5000",
    "9" * 4001,
    "1e99999",
    10**4000,
    Fraction(1, 10**4000),
    "9" * 3000 + "e2000",
    "1/3e4000",
    Decimal("1e-5000"),
]


@pytest.mark.parametrize("value", REFUSED, ids=range(len(REFUSED)))  # some are too long to be shown
def test_refused_with_one_sentence(value: Any) -> None:
    with pytest.raises(InvalidScenario, match=r"^x: .* is not allowed; write ") as caught:
        rational(value, "x")
    assert len(str(caught.value)) < 250
    assert "\n" not in str(caught.value)


def test_a_float_is_told_what_to_write() -> None:
    for value in (0.3, np.float64(0.3)):
        with pytest.raises(InvalidScenario, match=re.escape('a string such as "0.3"')):
            rational(value, "damping")


def test_the_limit_is_4000_digits() -> None:
    largest = 10**4000 - 1
    assert spell(rational(largest, "x")) == "9" * 4000
    assert rational("9" * 4000, "x") == largest
    assert rational("1e-3999", "x") == Fraction(1, 10**3999)


@pytest.mark.parametrize(("check", "refused"), [(positive, ["0", -1, "-1/2"]), (non_negative, [-1, "-1/2"])])
def test_signs(check: Any, refused: list[Any]) -> None:
    assert check("1/2", "x") == Fraction(1, 2)
    for value in refused:
        with pytest.raises(InvalidScenario, match=r"x: .* exact rational such as"):
            check(value, "x")
    assert non_negative(0, "x") == 0


@pytest.mark.parametrize("value", [0, 11, True, 1.0, "1", None, Fraction(1, 2), Decimal(1)])
def test_integers_of_a_range_refuse(value: Any) -> None:
    with pytest.raises(InvalidScenario, match=r"x: .* an integer from 1 to 10"):
        integer(value, "x", 1, 10)


def test_integers_of_a_range() -> None:
    with pytest.raises(InvalidScenario, match="more than 4000 digits"):
        integer(10**5000, "x", 1, 10)  # which Python would not even print
    assert [integer(value, "x", 1, 10) for value in (1, 10, Fraction(4))] == [1, 10, 4]
    assert type(integer(Fraction(4), "x", 1, 10)) is int


def test_enclosures() -> None:
    assert enclosure("0.3", "x") == Enclosure(Fraction(3, 10), Fraction(3, 10))
    third = enclosure(("1/3", "1/2"), "x")
    assert (third.width, third.midpoint) == (Fraction(1, 6), Fraction(5, 12))
    assert enclosure(third, "x") is third
    assert Fraction(1, 3) in third
    assert Fraction(1, 2) in third
    assert Fraction(51, 100) not in third
    assert pair(third) == ["1/3", "1/2"]
    assert pair(Fraction(3)) == ["3", "3"]
    for value in (("1/2", "1/3"), (1,), (1, 2, 3), (0.1, 1), "x"):
        with pytest.raises(InvalidScenario, match="x"):
            enclosure(value, "x")


@patient
@given(fractions, st.integers(1, 25))
def test_decimals_round_outward_and_narrowly(value: Fraction, digits: int) -> None:
    down, up = Fraction(decimal_down(value, digits)), Fraction(decimal_up(value, digits))
    assert down <= value <= up
    assert up - down <= abs(value) * Fraction(10) ** (1 - digits)
    for text in (decimal_down(value, digits), decimal_up(value, digits)):
        figures = re.sub(r"e.*|[-.]", "", text).strip("0")
        assert len(figures) <= digits
        assert rational(text, "x") == Fraction(text)


@patient
@given(fractions, fractions)
def test_an_enclosure_is_shown_rounded_outward(a: Fraction, b: Fraction) -> None:
    shown = str(Enclosure(min(a, b), max(a, b)))
    lo, hi = shown.strip("[]").split(", ")
    assert Fraction(lo) <= min(a, b)
    assert max(a, b) <= Fraction(hi)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("1/3", ("0.3333333333", "0.3333333334")),
        ("-1/3", ("-0.3333333334", "-0.3333333333")),
        ("0", ("0", "0")),
        ("1e-30", ("1e-30", "1e-30")),
        ("2e20", ("2e20", "2e20")),
        ("99999999999", ("99999999990", "100000000000")),
    ],
)
def test_decimal_examples(value: str, shown: tuple[str, str]) -> None:
    number = rational(value, "x")
    assert (decimal_down(number), decimal_up(number)) == shown
