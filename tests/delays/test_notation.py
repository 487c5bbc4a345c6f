"""The textual notation: what it means, and what it says of mistakes."""

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.delays import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Hyperexponential,
    Lattice,
    Law,
    Mixture,
    ShiftedExponential,
    Sum,
    TruncatedExponential,
    Uniform,
    parse,
)
from sddeverify.errors import InvalidScenario

MEANINGS: dict[str, Law] = {
    "constant(1)": Constant(1),
    " constant ( 1/2 ) ": Constant("1/2"),
    "exponential(0.3)": Exponential("3/10"),
    "exponential(1e-9)": Exponential(Fraction(1, 10**9)),
    "exponential(.5)": Exponential("1/2"),
    "erlang(3, 1)": Erlang(3, 1),
    "uniform(0,\n2)": Uniform(0, 2),
    "truncated_exponential(1, 2)": TruncatedExponential(1, 2),
    "lattice(1/10, 0, 3, 5)": Lattice("1/10", [0, 3, 5]),
    "empirical(1/10, 0, 3, 5)": Empirical("1/10", [0, 3, 5]),
    "shifted_exponential(1/2, 1/2)": ShiftedExponential("1/2", "1/2"),
    "hyperexponential(1/3, 2, 2/3, 1/2)": Hyperexponential([("1/3", 2), ("2/3", "1/2")]),
    "0.3*constant(1) + 0.7*uniform(0, 2)": Mixture([("3/10", Constant(1)), ("7/10", Uniform(0, 2))]),
    "sum(constant(1), erlang(2, 1), uniform(0, 1))": Sum(Constant(1), Erlang(2, 1), Uniform(0, 1)),
    "(erlang(3, 1))": Erlang(3, 1),
    "((1/2*constant(1) + 1/2*constant(2)))": Mixture([("1/2", Constant(1)), ("1/2", Constant(2))]),
    "1/2*(0.5*constant(1) + 0.5*constant(2)) + 1/2*constant(3)": Mixture(
        [("1/2", Mixture([("1/2", Constant(1)), ("1/2", Constant(2))])), ("1/2", Constant(3))]
    ),
    "sum(1/2*constant(0) + 1/2*constant(2), exponential(1))": Sum(
        Mixture([("1/2", Constant(0)), ("1/2", Constant(2))]), Exponential(1)
    ),
}


@pytest.mark.parametrize("text", MEANINGS)
def test_meaning(text: str) -> None:
    assert parse(text) == MEANINGS[text]
    assert parse(str(parse(text))) == MEANINGS[text]


# What is wrong, where it is (counted from 1), and a word of the advice.
MISTAKES = {
    "": (1, "the end of the text", "such as constant"),
    "3": (2, "the end of the text", "a law after a weight"),
    "erlang(3 1)": (10, "1", "','"),
    "erlang(3, 1": (12, "the end of the text", "')'"),
    "erlang(3, 1) x": (14, "x", "the end of the text"),
    "erlang(3, 1))": (13, ")", "the end of the text"),
    "erlang 3": (8, "3", "'('"),
    "erlang(3)": (1, "1 argument", "erlang(shape, mean)"),
    "erlang(3, 1, 1)": (1, "3 argument", "erlang(shape, mean)"),
    "erlang(,)": (8, ",", "a number such as"),
    "constant()": (1, "0 argument", "constant(time)"),
    "lattice(1)": (1, "1 argument", "lattice(step, counts, ...)"),
    "weibull(1)": (1, "1 argument", "weibull(shape, scale)"),
    "gamma(1)": (1, "1 argument", "gamma(shape, mean)"),
    "beta(1)": (1, "beta", "one of constant"),
    "band(1, 2, 3)": (1, "3 number(s)", "band(law, epsilon, T)"),
    "capped(lognormal(1, 1))": (1, "1 argument", "capped(law, T)"),
    "erlang(constant(1), 2)": (1, "constant(1)", "numbers only: erlang(shape, mean)"),
    "Constant(1)": (1, "Constant", "one of constant"),
    "mixture(1)": (1, "mixture", "one of constant"),
    "constant(1) + constant(2)": (13, "+", "sum(law, law)"),
    "1/2*constant(1) + constant(2)": (19, "constant", "a weight"),
    "1/2*constant(1)": (1, "1 part", "2 to 256"),
    "0.3*constant(1) + 0.8*constant(2)": (1, "11/10", "sum to exactly 1"),
    "0*constant(1) + 1*constant(2)": (1, "0", "positive"),
    "-1*constant(1) + 2*constant(2)": (1, "-1", "positive"),
    "constant(-1)": (1, "-1", "non-negative"),
    "exponential(0)": (1, "0", "positive"),
    "constant(nan)": (10, "nan", "one of constant"),
    "constant(1/0)": (10, "1/0", "exact rational"),
    "constant(0x10)": (11, "x10", "','"),
    "constant(1_000)": (11, "_000", "','"),
    "constant(١)": (10, "١", "names, numbers"),
    "constant(1);": (12, ";", "names, numbers"),
    "sum(1, 2)": (1, "1", "laws only"),
    "sum(constant(1))": (1, "1 part", "2 to 64"),
    "erlang(constant(1), 1)": (1, "constant(1)", "numbers only"),
    "erlang(2.5, 1)": (1, "5/2", "an integer"),
    "erlang(0, 1)": (1, "0", "an integer from 1"),
    "uniform(2, 1)": (1, "1", "greater than lo = 2"),
    "lattice(1, 5)": (1, "5", "positive"),
    "shifted_exponential(1)": (1, "1 argument", "shifted_exponential(shift, mean)"),
    "shifted_exponential(1, 0)": (1, "0", "positive"),
    "hyperexponential(1)": (1, "1 argument", "pairs"),
    "hyperexponential()": (1, "0 part", "2 to 256"),
    "__import__('os')": (12, "'", "names, numbers"),
    "(" * 40 + "constant(1)" + ")" * 40: (34, "(", "at most 32 nested"),
    "sum(" * 9 + "constant(1)" + ", constant(1))" * 9: (1, "", "nested deeper than 8"),
}


@pytest.mark.parametrize("text", MISTAKES, ids=lambda text: text[:40])
def test_mistakes_are_one_sentence_with_their_place(text: str) -> None:
    position, found, advice = MISTAKES[text]
    with pytest.raises(InvalidScenario) as caught:
        parse(text)
    message = str(caught.value)
    assert f"position {position}" in message
    assert found in message
    assert advice in message
    assert " is not allowed; write " in message
    assert "\n" not in message
    assert len(message) < 400


def test_no_text() -> None:
    for value in (None, 3, b"constant(1)"):
        with pytest.raises(InvalidScenario, match="textual notation"):
            parse(value)  # type: ignore[arg-type]  # which is the point


def test_size_is_bounded() -> None:
    with pytest.raises(InvalidScenario, match="at most 100000 characters"):
        parse("constant(1)" + " " * 100_000)
    largest = Lattice("1/3", [10**15] * 4096)
    assert parse(str(largest)) == largest
    assert len(parse(str(Mixture([(Fraction(1, 256), Exponential(k + 1)) for k in range(256)]))).parts) == 256  # type: ignore[attr-defined]  # a mixture


@pytest.mark.parametrize(
    "piece", ["(", "sum(", "1/2*(", "1*", "constant(", ")", "+", "1/2*constant(1)+", "-", "1" * 5000]
)
def test_long_nonsense_is_refused_quickly(piece: str) -> None:
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    start = time.perf_counter()
    with pytest.raises(InvalidScenario):
        parse(text)
    assert time.perf_counter() - start < 5


tokens = st.sampled_from(
    ["(", ")", ",", "*", "+", "1", "1/2", "0.5", "-1", "sum", "constant", "erlang", "uniform", "x", " ", "lattice"]
)


@settings(max_examples=300)
@given(st.lists(tokens, max_size=15).map("".join) | st.text(max_size=20))
def test_any_text_is_a_law_or_refused(text: str) -> None:
    try:
        law = parse(text)
    except InvalidScenario:
        return
    assert parse(str(law)) == law
