"""Hypothesis strategies for laws, and one example of each member of the family."""

from fractions import Fraction

from hypothesis import strategies as st

from sddeverify import strategies
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
)

positive = st.builds(Fraction, st.integers(1, 10**6), st.integers(1, 10**6))
moderate = st.builds(Fraction, st.integers(1, 30), st.integers(1, 10))


def atoms(number: st.SearchStrategy[Fraction] = positive) -> st.SearchStrategy[Law]:
    return strategies.atoms(number)


def laws(number: st.SearchStrategy[Fraction] = positive) -> st.SearchStrategy[Law]:
    """Every law of the algebra, with a few levels of mixtures and sums."""
    return strategies.laws(number)


EXAMPLES: dict[str, Law] = {
    "constant": Constant("3/2"),
    "exponential": Exponential("4/5"),
    "erlang": Erlang(3, "6/5"),
    "erlang_many": Erlang(60, 1),
    "uniform": Uniform("1/4", "7/4"),
    "uniform_from_0": Uniform(0, 2),
    "truncated_exponential": TruncatedExponential(1, "3/2"),
    "truncated_almost_uniform": TruncatedExponential("1e9", 1),
    "truncated_hardly": TruncatedExponential("1/2", 400),
    "lattice": Lattice("1/8", [0, 3, 0, 5, 7, 0, 1]),
    "empirical": Empirical("1/10", [4, 0, 9, 2]),
    "mixture": Mixture([("3/10", Constant(1)), ("7/10", Uniform(0, 2))]),
    "sum": Sum(Erlang(2, "1/2"), Uniform(0, "1/2"), Constant("1/5")),
    "shifted_exponential": ShiftedExponential("1/2", "1/2"),
    "hyperexponential": Hyperexponential([("1/3", 2), ("2/3", "1/2")]),
    "nested": Mixture(
        [("1/2", Mixture([("1/4", Constant(0)), ("3/4", Exponential(1))])), ("1/2", Sum(Constant(1), Erlang(2, 1)))]
    ),
}
