"""Hypothesis strategies for property-based tests of code that uses sddeverify.

With Hypothesis installed, its entry point makes ``@given(...)`` infer :class:`~sddeverify.delays.Law`,
:class:`~sddeverify.scenario.Scenario` and :class:`~sddeverify.models.CharacteristicFunction` from annotations. The
other strategies are called by name, so that a test-suite that does not use them does not load NumPy and mpmath.

Stable and unstable points are what theorems say they are, at every example: none rests on a numerical verdict.
"""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from sddeverify.certificates import Certificate
    from sddeverify.delays import Law
    from sddeverify.emulator.faults import Fault
    from sddeverify.models import CharacteristicFunction
    from sddeverify.scenario import Scenario

_UNDER_HALF_PI, _OVER_HALF_PI = Fraction(157, 100), Fraction(158, 100)


def register() -> None:
    """Tell Hypothesis which strategies the types of this package have; called by its entry point."""
    from sddeverify.delays import Law
    from sddeverify.models import CharacteristicFunction
    from sddeverify.scenario import Scenario

    st.register_type_strategy(Law, laws())
    st.register_type_strategy(Scenario, scenarios())
    st.register_type_strategy(CharacteristicFunction, characteristic_functions())


def numbers(most: int = 30) -> st.SearchStrategy[Fraction]:
    """Positive rationals p/q with p <= ``most`` and q <= 10."""
    return st.builds(Fraction, st.integers(1, most), st.integers(1, 10))


def atoms(number: st.SearchStrategy[Fraction] | None = None) -> st.SearchStrategy[Law]:
    """Delay laws that are not made of others, with parameters from ``number`` (``numbers()`` by default)."""
    from sddeverify.delays import Constant, Empirical, Erlang, Exponential, Lattice, TruncatedExponential, Uniform

    number = numbers() if number is None else number
    counts = st.lists(st.integers(0, 1000), min_size=2, max_size=12).filter(lambda x: any(x[1:]))
    return st.one_of(
        st.builds(Constant, number),
        st.builds(Exponential, number),
        st.builds(Erlang, st.integers(1, 12), number),
        st.builds(lambda lo, width: Uniform(lo, lo + width), number, number),
        st.builds(lambda width: Uniform(0, width), number),
        st.builds(TruncatedExponential, number, number),
        st.builds(Lattice, number, counts),
        st.builds(Empirical, number, counts),
    )


def laws(number: st.SearchStrategy[Fraction] | None = None) -> st.SearchStrategy[Law]:
    """Delay laws of the algebra: atoms, and a few levels of mixtures and sums of them."""
    from sddeverify.delays import Mixture, Sum

    def mixture(parts: list[tuple[int, Law]]) -> Law:
        total = sum(weight for weight, _ in parts)
        return Mixture([(Fraction(weight, total), law) for weight, law in parts])

    return st.recursive(
        atoms(number),
        lambda inner: st.one_of(
            st.lists(st.tuples(st.integers(1, 100), inner), min_size=2, max_size=4).map(mixture),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: Sum(*parts)),
        ),
        max_leaves=6,
    )


def characteristic_functions(law: st.SearchStrategy[Law] | None = None) -> st.SearchStrategy[CharacteristicFunction]:
    """h(s) = s + b + a E[exp(-s tau)] with a > 0, and b = 0 for most."""
    from sddeverify.models import CharacteristicFunction

    undelayed = st.one_of(st.just(Fraction(0)), st.just(Fraction(0)), numbers())
    return st.builds(CharacteristicFunction, numbers(), laws() if law is None else law, undelayed)


def scenarios() -> st.SearchStrategy[Scenario]:
    """Scenarios with given Hessian eigenvalues, under the asynchronous policy."""
    from sddeverify.scenario import Scenario

    return st.builds(
        Scenario,
        learning_rate=st.builds(Fraction, st.integers(1, 100), st.integers(100, 10_000)),
        workers=st.integers(1, 64),
        compute=laws(),
        hessian=st.lists(numbers(), min_size=1, max_size=4),
        noise_variance=st.one_of(st.just(Fraction(0)), numbers()),
        seed=st.integers(0, 2**32 - 1),
    )


def stable_points() -> st.SearchStrategy[CharacteristicFunction]:
    """Functions all of whose zeros have Re s < 0, because a E[tau] <= 157/100 < pi/2.

    That suffices for every law (Krisztin 1990; Bernard & Crauste, arXiv:1405.7333).
    """
    from sddeverify.models import CharacteristicFunction

    def point(law: Law, share: Fraction) -> CharacteristicFunction:
        return CharacteristicFunction(share * _UNDER_HALF_PI / law.mean_enclosure().hi, law)

    return st.builds(point, laws(), st.builds(Fraction, st.integers(1, 100), st.just(100)))


def unstable_points() -> st.SearchStrategy[CharacteristicFunction]:
    """Functions with a zero of Re s > 0: constant delays with a tau >= 158/100 > pi/2, and Erlang-2 with a mean > 4.

    With two stages h is (m^2/4 s^3 + m s^2 + s + a)/(1 + s m/2)^2, which by Routh and Hurwitz has zeros of Re s > 0
    exactly for a m > 4.
    """
    from sddeverify.delays import Constant, Erlang
    from sddeverify.models import CharacteristicFunction

    excess = st.builds(lambda n: 1 + Fraction(n, 100), st.integers(1, 300))
    constant = st.builds(lambda t, x: CharacteristicFunction(_OVER_HALF_PI * x / t, Constant(t)), numbers(), excess)
    erlang = st.builds(lambda m, x: CharacteristicFunction(4 * x / m, Erlang(2, m)), numbers(), excess)
    return st.one_of(constant, erlang)


def certificates() -> st.SearchStrategy[Certificate]:
    """Accepted certificates about random functions: stability, counts and rightmost roots.

    Points where the provers are undecided are left out.
    """
    from sddeverify.certificates import Certificate, rightmost_root, root_count, stability

    provers = st.sampled_from([stability.prove, root_count.prove, rightmost_root.prove])
    functions = st.one_of(stable_points(), unstable_points())
    found = st.builds(lambda prove, h: prove(h), provers, functions)
    proved: st.SearchStrategy[Certificate] = found.filter(lambda x: isinstance(x, Certificate))
    return proved


def tampered_certificates() -> st.SearchStrategy[dict[str, Any]]:
    """Documents that were certificates until one of their numbers was changed, the hash of the claim renewed or not.

    Most are rejected or malformed. One that the kernel accepts must still be true: a mutation may claim less.
    """
    return st.builds(_tamper, certificates(), st.integers(0, 10**6), st.integers(-2, 2).filter(bool), st.booleans())


def _tamper(certificate: Certificate, place: int, change: int, renew: bool) -> dict[str, Any]:
    from sddeverify.checker.document import digest

    document = copy.deepcopy(certificate.document)
    places = _numbers(document["claim"]) + _numbers(document["witness"])
    holder, key = places[place % len(places)]
    value = holder[key]
    holder[key] = (
        value + change if isinstance(value, int) else str(Fraction(value) * (1 + Fraction(change, 7)) + change)
    )
    if renew:
        document["claim_sha256"] = digest(document["claim"])
    return document


def _numbers(value: Any) -> list[tuple[Any, Any]]:
    """Return (holder, key) of all numbers in a JSON value: integers, and texts that spell a rational."""
    found = []
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(item, dict | list):
            found += _numbers(item)
        elif type(item) is int or (isinstance(item, str) and item.lstrip("-").replace("/", "", 1).isdigit()):
            found.append((value, key))
    return found


def fault_schedules(jobs: int = 60, most: int = 15, longest: float = 5.0) -> st.SearchStrategy[list[Fault]]:
    """Faults for some of the first ``jobs`` gradients of an emulated run, at most one for each.

    Args:
        jobs: Gradients that may be hit, by their number in the order of reads.
        most: Most faults of a schedule.
        longest: Longest delay that goes with a fault, in the unit of the scenario.
    """
    from sddeverify.emulator.faults import Fault, Kind

    one = st.builds(Fault, st.integers(0, jobs - 1), st.sampled_from(list(Kind)), st.floats(0, longest))
    return st.lists(one, max_size=most, unique_by=lambda fault: fault.job)
