"""Wide boxes of parameters: proofs by parts, and why a box is undecided."""

from __future__ import annotations

import pytest

from sddeverify.certificates import Reason, root_count, stability
from sddeverify.delays import Constant, Erlang, Exponential, Uniform
from sddeverify.models import CharacteristicFunction
from tests.certificates.proved import proved, undecided


@pytest.mark.parametrize(
    ("h", "stable"),
    [
        (CharacteristicFunction(("1/100", "157/100"), Constant(1)), True),
        (CharacteristicFunction(("8/5", 7), Constant(1)), False),
        (CharacteristicFunction((1, 100), Exponential(1)), True),
        (CharacteristicFunction(("1/2", 1), (Uniform("1/10", "1/2"), Uniform("1/5", 1))), True),
        (CharacteristicFunction((1, 2), (Erlang(2, "1/2"), Erlang(2, "3/2")), ("0", "1")), True),
    ],
    ids=["constant", "unstable", "exponential", "uniform", "erlang"],
)
def test_wide_boxes(h: CharacteristicFunction, stable: bool) -> None:
    assert proved(stability.prove(h)).stable is stable
    assert proved(root_count.prove(h)).count == (0 if stable else 2)


@pytest.mark.parametrize("top", [9, 30])
def test_unstable_although_further_roots_cross(top: int) -> None:
    """Roots cross at a = pi/2 + 2 pi k: no count at Re s = 0 holds on the whole box, one right of it does by parts."""
    h = CharacteristicFunction((2, top), Constant(1))
    assert not proved(stability.prove(h)).stable
    undecided(root_count.prove(h), Reason.BOUNDARY_IN_BOX)


@pytest.mark.parametrize("damping", [(1, 2), ("157/100", "158/100"), ("1/2", "3/2")])
def test_the_boundary_in_the_box(damping: tuple[str, str]) -> None:
    h = CharacteristicFunction(damping, (Constant(1), Constant("11/10")))
    found = undecided(stability.prove(h), Reason.BOUNDARY_IN_BOX)
    assert "lower ends" in found.detail
    undecided(root_count.prove(h), Reason.BOUNDARY_IN_BOX)


def test_a_boundary_that_both_corners_do_not_show() -> None:
    """Stable at both ends in this order of ends, unstable between: the cut finds the place."""
    h = CharacteristicFunction((1, "3/2"), (Constant("1/2"), Constant(3)), ("0", "10"))
    assert "near" in undecided(stability.prove(h), Reason.BOUNDARY_IN_BOX).detail
