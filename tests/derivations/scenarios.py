"""Scenarios whose derivations the tests look at, each derived once."""

from functools import cache

from sddeverify.derivations import DERIVATIONS, Derivation
from sddeverify.scenario import Scenario

# Every atom, both combinators, nesting, and laws too large to be written out.
LAWS = [
    "constant(2)",
    "exponential(3/2)",
    "erlang(3, 1)",
    "erlang(1, 2)",
    "uniform(0, 2)",
    "uniform(1/2, 2)",
    "truncated_exponential(1, 2)",
    "lattice(1/10, 0, 3, 5)",
    "empirical(1/10, 1, 3, 5)",
    "shifted_exponential(1/2, 1/3)",
    "0.3*constant(1) + 0.7*uniform(0, 2)",
    "sum(0.3*constant(1) + 0.7*erlang(2, 1), lattice(1/10, 1, 2), exponential(1))",
]
LARGE_LAWS = [
    "lattice(1/100, " + ", ".join(str(1 + index % 3) for index in range(100)) + ")",
    " + ".join(["0.1*erlang(4, 1)"] * 10),
]


@cache
def derivation(law: str, name: str) -> Derivation:
    return DERIVATIONS[name](scenario(law))


def scenario(law: str) -> Scenario:
    return Scenario("1/100", 8, law, hessian=["1/2", "3"], noise_variance="1/4")
