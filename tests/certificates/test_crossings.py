"""Crossings of the imaginary axis: all of them, in order, with their directions; against formulas and the search."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest

from sddeverify.analysis.crossings import crossings as computed
from sddeverify.certificates import Reason, crossings, stability_boundary
from sddeverify.delays import Constant, Empirical, Erlang, Exponential, Law, Mixture, ShiftedExponential, Uniform
from sddeverify.errors import InvalidScenario
from tests.certificates.proved import agrees, constant, proved, undecided

ATOMS = Mixture([(".447", Constant(".096")), (".191", Constant(".513")), (".362", Constant(1))])
IN_AND_OUT = Mixture([("7/10", Constant("1/3")), ("3/10", Constant(1))])


def test_constant_delay_crosses_at_odd_multiples_of_a_quarter_turn() -> None:
    """Re exp(-i w) = 0 and Im < 0: a = w = pi/2 + 2 pi k, all on the way out."""
    found = proved(crossings.prove(Constant(1), 20, digits=15))
    assert [x.direction for x in found.crossings] == ["out"] * 3
    assert found.unstable_roots == [0, 2, 4, 6]
    for k, crossing in enumerate(found.crossings):
        exact = constant(lambda k=k: mpmath.pi / 2 + 2 * mpmath.pi * k, 40)
        assert crossing.damping.lo <= exact <= crossing.damping.hi
        assert crossing.frequency.lo <= exact <= crossing.frequency.hi
        assert crossing.damping.width <= exact / 10**14


def test_smallest_damping_is_not_at_the_first_frequency() -> None:
    """With three atoms the first zero of Re Phi in the frequency belongs to the second crossing."""
    found = proved(crossings.prove(ATOMS, 30, digits=6))
    first, second = found.crossings
    assert float(first.damping.midpoint) == pytest.approx(15.3676, abs=1e-4)
    assert float(second.damping.midpoint) == pytest.approx(20.9407, abs=1e-4)
    assert first.frequency.lo > second.frequency.hi
    # by mpmath: Newton's method for Re Phi(i w) = 0
    atoms = [(Fraction(447, 1000), Fraction(12, 125)), (Fraction(191, 1000), Fraction(513, 1000))]
    atoms.append((Fraction(181, 500), Fraction(1)))
    for crossing, start in ((first, 14.56), (second, 8.6)):
        w = mpmath.findroot(lambda w: sum(float(p) * mpmath.cos(w * float(d)) for p, d in atoms), start)
        a = w / sum(float(p) * mpmath.sin(w * float(d)) for p, d in atoms)
        assert abs(crossing.frequency.midpoint - Fraction(float(w))) < 1e-5
        assert abs(crossing.damping.midpoint - Fraction(float(a))) < 1e-4


def test_a_pair_comes_back() -> None:
    found = proved(crossings.prove(IN_AND_OUT, 20, digits=6))
    assert [x.direction for x in found.crossings] == ["out", "out", "in"]
    assert found.unstable_roots == [0, 2, 4, 2]


def test_no_crossing() -> None:
    found = proved(crossings.prove(Exponential(1), 50))
    assert (found.crossings, found.unstable_roots) == ([], [0])


def test_erlang_by_the_closed_form() -> None:
    """Erlang k of mean 1: k tan(pi/2k)/cos(pi/2k)^k; for k = 3 that is 8/3."""
    found = proved(crossings.prove(Erlang(3, 1), 20, digits=9))
    assert [agrees(x.damping, "2.66666667") for x in found.crossings] == [True]


@pytest.mark.parametrize(
    ("law", "up_to"),
    [(Uniform(0, 2), "30"), (ShiftedExponential("1/2", "1/2"), "20"), (IN_AND_OUT, "40"), (Erlang(8, 1), "9")],
    ids=["uniform", "shifted", "atoms", "erlang"],
)
def test_as_the_search_says(law: Law, up_to: str) -> None:
    found = proved(crossings.prove(law, up_to, digits=8))
    expected = computed(law, up_to=up_to)
    assert [{"out": 1, "in": -1}[x.direction] for x in found.crossings] == [x.direction for x in expected]
    for mine, theirs in zip(found.crossings, expected, strict=True):
        assert abs(float(mine.damping.midpoint) / float(theirs.damping) - 1) < 1e-7
        assert abs(float(mine.frequency.midpoint) / float(theirs.frequency) - 1) < 1e-7


def test_the_first_one_is_the_stability_boundary() -> None:
    first = proved(crossings.prove(ATOMS, 30, digits=6)).crossings[0]
    boundary = proved(stability_boundary.prove(ATOMS, digits=6)).damping
    assert boundary.hi is not None
    assert max(first.damping.lo, boundary.lo) <= min(first.damping.hi, boundary.hi)


def test_many_laws_at_once() -> None:
    law = Empirical("1/100", [0] * 40 + [1, 4, 9, 5, 1])
    found = proved(crossings.prove(law, 8, digits=3))
    (crossing,) = found.crossings
    alone = proved(crossings.prove(law.lattice, 8)).crossings[0]
    assert crossing.damping.lo < alone.damping.lo <= alone.damping.hi < crossing.damping.hi


def test_a_bound_on_a_crossing_is_undecided() -> None:
    undecided(crossings.prove(Erlang(3, 1), "8/3"), Reason.PRECISION, Reason.BOUNDARY_IN_BOX)


def test_where_the_transform_vanishes_nothing_crosses() -> None:
    """Atoms 1/3 and 1 of weight 1/2: Re Phi = cos(2 w/3) cos(w/3), -Im Phi = sin(2 w/3) cos(w/3), 0 at w = 3 pi/2."""
    found = proved(crossings.prove(Mixture([("1/2", Constant("1/3")), ("1/2", Constant(1))]), "20"))
    assert found.crossings
    for crossing in found.crossings:
        assert not crossing.frequency.lo <= constant(lambda: 3 * mpmath.pi / 2) <= crossing.frequency.hi


def test_crossings_that_are_not_told_apart_are_undecided() -> None:
    """Two crossings at 14.547 and 14.558: five digits tell them apart, two do not."""
    law = Mixture([("3/5", Constant("1/10")), ("2/5", Constant(1))])
    assert proved(crossings.prove(law, 16, digits=5)).unstable_roots == [0, 2, 4]
    undecided(crossings.prove(law, 16, digits=2), Reason.PRECISION)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((Constant(1), 0), "up_to"), ((Constant(1), "-1"), "up_to"), ((Constant(1), 1.5), "up_to"),
        ((Constant(1), 5, 0), "digits"), ((Constant(1), 5, 10**5), "digits"), (("constant(1)", 5), "delay"),
    ],
    ids=["zero", "negative", "float", "no digits", "many digits", "text"],
)  # fmt: skip
def test_bad_input(arguments: tuple[object, ...], field: str) -> None:
    with pytest.raises(InvalidScenario, match=field):
        crossings.prove(*arguments)  # type: ignore[arg-type]  # bad input on purpose
