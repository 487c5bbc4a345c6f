"""The rightmost roots of random laws: none is missed, checked by an independent dense search."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.analysis import roots as all_of
from sddeverify.analysis import search
from sddeverify.analysis.equation import Equation, transform
from sddeverify.analysis.newton import Root, iterate, polish, settle, total
from sddeverify.analysis.search import all_roots, leading_roots
from sddeverify.analysis.winding import limited
from sddeverify.delays import Constant, Erlang, Exponential, Lattice, Law, Mixture, Uniform, parse
from sddeverify.errors import UnsupportedScenario
from sddeverify.models import CharacteristicFunction
from tests.analysis.test_winding import dense_count
from tests.delays.strategies import laws, moderate


@settings(max_examples=60, deadline=None)
@given(
    law=laws(moderate), size=st.floats(-2, 1.3), sign=st.sampled_from([1, 1, 1, -1]),
    b=st.sampled_from([0.0, 0.0, 0.5, -0.4]),
)  # fmt: skip
def test_no_root_is_missed(law: Law, size: float, sign: int, b: float) -> None:
    equation = Equation(transform(law), sign * 10**size, b)
    roots = leading_roots(equation)
    assert all(one.z.real >= two.z.real for one, two in itertools.pairwise(roots))
    for root in roots:
        assert abs(equation.jet(root.z, 0)[0]) <= 100 * equation.noise(root.z)
    first, room = roots[0].z.real, 0.6 / math.sqrt(equation.transform.moments[1])
    places = [first + 1e-3 * (1 + abs(first)), *(root.z.real for root in roots)]
    for k, (right, left) in enumerate(itertools.pairwise(places)):
        c = max((left + right) / 2, right - room)
        if right - c > 1e-4 and c > equation.transform.abscissa:
            found = dense_count(equation, law, c)
            assert found is None or found == total(roots, c)
        if k > 0 and right - left >= 0.3 * room:
            break  # what follows is not promised


@settings(max_examples=40, deadline=None)
@given(law=laws(moderate), a=st.floats(0.05, 12), c=st.integers(-50, 20))
def test_all_roots_match_their_number(law: Law, a: float, c: float) -> None:
    equation, c = Equation(transform(law), a, 0.0), c / 100
    if c <= equation.transform.abscissa + 0.05:
        return
    roots = all_roots(equation, c)
    expected = dense_count(equation, law, c)
    assert expected is None or total(roots, c) == expected
    for root in roots:
        assert root.z.real >= c
        assert abs(equation.jet(root.z, 0)[0]) <= 100 * equation.noise(root.z)


def test_when_newton_finds_nothing_the_count_leads_to_the_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    for law in (Uniform(0, 2), Mixture([("1/2", Constant(1)), ("1/2", Erlang(2, 1))]), Lattice("1/4", [1, 0, 3, 4])):
        for a in (0.3, 2.0, 11.0, -1.0):
            equation = Equation(transform(law), a, 0.0)
            expected = leading_roots(equation)[0]
            with monkeypatch.context() as patch:
                patch.setattr(search, "iterate", lambda *_: [])
                patch.setattr(search, "_box", _boxes(equation))
                found = leading_roots(equation)[0]
            assert abs(found.z - expected.z) < 1e-12 * (1 + abs(expected.z))


def _boxes(equation: Equation) -> object:
    """The rectangle search with Newton's method back in its hands."""
    original = search._box

    def box(*arguments: object) -> list[Root]:
        search.iterate = iterate
        try:
            return original(*arguments)  # type: ignore[arg-type]  # handed through
        finally:
            search.iterate = lambda *_: []

    return box


def test_a_missing_root_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    # Newton's method is made to miss the rightmost pair: the count must bring it back.
    equation = Equation(transform(Uniform(0, 2)), 6.0, 0.0)
    expected = leading_roots(equation)
    first = expected[0].z
    calls = []

    def forgetful(e: Equation, starts: object, *rounds: int) -> list[complex]:
        calls.append(1)
        points = iterate(e, starts, *rounds)  # type: ignore[arg-type]  # handed through
        return points if len(calls) > 1 else [z for z in points if abs(z - first) > 0.1]

    monkeypatch.setattr(search, "iterate", forgetful)
    found = leading_roots(equation)
    assert len(calls) > 1
    assert abs(found[0].z - first) < 1e-12


def test_guesses_do_not_change_the_answer() -> None:
    law = transform(Uniform(0, 2))
    near = leading_roots(Equation(law, 3.0, 0.0))
    for a in (2.9, 3.2, 9.0):
        equation = Equation(law, a, 0.0)
        for guesses in (near, [Root(5 + 5j)], []):
            assert abs(leading_roots(equation, guesses)[0].z - leading_roots(equation)[0].z) < 1e-12


@pytest.mark.parametrize("exponent", range(1, 13))
def test_pairs_on_both_sides_of_a_double_root(exponent: int) -> None:
    # Exponential law: roots -1/2 +- sqrt(1/4 - a).
    for sign in (1, -1):
        h = CharacteristicFunction(Fraction(1, 4) + sign * Fraction(1, 10**exponent), Exponential(1))
        equation = Equation.of(h)
        roots = leading_roots(equation)
        offset = math.sqrt(10**-exponent)
        unit = float(equation.transform.unit)
        assert total(roots, -2.0) == 2
        expected = complex(-0.5, offset) if sign > 0 else complex(-0.5 + offset)
        assert abs(roots[0].z / unit - expected) < 4e-16 / offset + 1e-15


def test_polish_gives_up_without_a_root_nearby() -> None:
    equation = Equation(transform(Constant(1)), 1.0, 0.0)
    assert polish(equation, -3000 + 1j) is None
    assert settle(equation, [-3000 + 1j]) == []


def test_starting_points_anywhere_give_roots_or_nothing() -> None:
    equation = Equation(transform(Lattice("1/4", [1, 0, 3, 4])), 2.0, 0.0)
    starts = np.array([0j, 1e300 + 0j, -500 + 3j, 2 + 2j, complex(math.nan, 0)])
    for root in settle(equation, iterate(equation, starts)):
        assert abs(equation.jet(root.z, 0)[0]) < 1e-12


def test_the_search_ends_where_its_work_is_limited() -> None:
    """Times that differ by a factor of a thousand take millions of points for one root."""
    law = parse("0.999*constant(0) + 0.001*constant(1)")
    with pytest.raises(UnsupportedScenario, match="differ too much"), limited(100_000):
        all_of.rightmost(CharacteristicFunction(200, law))
    with limited(100_000):
        near = all_of.rightmost(CharacteristicFunction(1, parse("uniform(0, 2)")))
    assert float(near.real) == pytest.approx(-0.354211041307426, rel=1e-12)
