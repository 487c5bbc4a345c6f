"""Every law whose mean, times the damping, is below pi/2: the claim, and random laws just below the bound."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify import checker
from sddeverify.certificates import Reason, law_free_bound, root_count, stability
from sddeverify.delays import Constant, Law
from sddeverify.errors import InvalidScenario
from sddeverify.models import CharacteristicFunction
from sddeverify.regions import certified_region
from tests.certificates.proved import HALF_PI, proved, undecided
from tests.delays.strategies import laws, moderate


def test_the_greatest_damping() -> None:
    found = proved(law_free_bound.prove("3/10"))
    assert found.mean_delay == Fraction(3, 10)
    assert HALF_PI - Fraction(1, 10**11) < found.strength < HALF_PI
    assert found.learning_rate("15", 8) == found.strength / 120
    assert "a E[tau] = learning rate x" not in found.statement


@pytest.mark.parametrize("damping", ["1", "5.2359877559"])
def test_a_damping_below(damping: str) -> None:
    assert proved(law_free_bound.prove("0.3", damping)).damping == Fraction(damping)


@pytest.mark.parametrize("damping", ["5.23598775599", "6", "100"])
def test_a_damping_beyond_is_undecided(damping: str) -> None:
    assert "pi/2" in undecided(law_free_bound.prove("0.3", damping), Reason.DOMAIN).detail
    # and rightly so: at a constant delay of that mean it is unstable
    assert not proved(stability.prove(CharacteristicFunction(damping, Constant("0.3")))).stable


@pytest.mark.parametrize("arguments", [("0",), ("-1",), (0.3,), ("1", "0"), ("nan",), ("1", float("inf"))])
def test_bad_input(arguments: Any) -> None:
    with pytest.raises(InvalidScenario, match="is not allowed; write "):
        law_free_bound.prove(*arguments)


def holds_many(law: Law) -> bool:
    return any(name in json.dumps(law.to_json()) for name in ("empirical", "band"))


@settings(max_examples=40)
@given(laws(moderate).filter(lambda law: not holds_many(law)))
def test_random_laws_just_below_the_bound_are_stable(law: Law) -> None:
    """For each law of the algebra, by the kernel's own count of its roots; the law-free claim knows nothing of it."""
    damping = Fraction(round((HALF_PI - Fraction(1, 1000)) / law.mean_enclosure().hi * 10**12), 10**12)
    h = CharacteristicFunction(damping, law)
    assert proved(law_free_bound.prove(law.mean_enclosure().hi, damping)).strength < HALF_PI
    result = stability.prove(h)
    if not isinstance(result, stability.Inconclusive):  # only budget: atoms far apart
        assert result.stable


def test_the_constant_law_attains_the_bound() -> None:
    for sign, roots in ((-1, 0), (1, 2)):
        damping = HALF_PI + Fraction(sign, 10**9)
        assert proved(root_count.prove(CharacteristicFunction(damping, Constant(1)))).count == roots


@given(
    st.fractions(Fraction(1, 1000), 4, max_denominator=1000), st.fractions(Fraction(1, 1000), 4, max_denominator=1000)
)
def test_the_kernel_agrees_with_pi(damping: Fraction, mean: Fraction) -> None:
    from tests.checker.make_corpus import seal

    claim = {"type": "law_free_bound", "damping": str(damping), "mean_delay": str(mean)}
    status = checker.check(seal(claim, None)).status
    assert (status is checker.Status.ACCEPTED) == (damping * mean < HALF_PI)


def test_region() -> None:
    region = certified_region(proved(law_free_bound.prove("3/10")).document)
    assert region.contains(learning_rate=0.013, hessian=15, workers=8)
    assert not region.contains(learning_rate=0.0131, hessian=15, workers=8)
    assert region.contains(damping="5.2")
    assert not region.contains(damping="5.3")
    with pytest.raises(InvalidScenario, match="hessian"):
        region.contains(learning_rate=0.013, workers=8)
