"""Delay margins against closed forms, and the answer "infinite"."""

from __future__ import annotations

import math

import mpmath
import pytest

from sddeverify.certificates import Reason, delay_margin
from sddeverify.delays import Constant, Erlang, Exponential, Uniform
from sddeverify.errors import InvalidScenario
from sddeverify.models import CharacteristicFunction
from tests.certificates.proved import proved, undecided


@pytest.mark.parametrize("delay", ["1/1000", "1/2", "3/2"])
def test_constant_delay(delay: str) -> None:
    """a (tau + d) = pi/2."""
    found = proved(delay_margin.prove(CharacteristicFunction(1, Constant(delay)))).margin
    assert found is not None
    exact = math.pi / 2 - float(Constant(delay).mean)
    assert found.lo <= exact <= found.hi
    assert found.width < 1e-5


def test_exponential_delay() -> None:
    """w^2 (1 + w^2) = a^2, and the phase of exp(-i w d)/(1 + i w) is -pi/2."""
    found = proved(delay_margin.prove(CharacteristicFunction(1, Exponential(1)), digits=9)).margin
    w = math.sqrt((math.sqrt(5) - 1) / 2)
    exact = (math.pi / 2 - math.atan(w)) / w
    assert found is not None
    assert found.lo <= exact <= found.hi
    assert found.width < 2e-9


def test_more_digits_than_floats_have() -> None:
    found = proved(delay_margin.prove(CharacteristicFunction(1, Exponential(1)), digits=16)).margin
    assert found is not None
    with mpmath.workdps(50):
        w = mpmath.sqrt((mpmath.sqrt(5) - 1) / 2)
        exact = (mpmath.pi / 2 - mpmath.atan(w)) / w
        lo, hi = (mpmath.mpf(end.numerator) / end.denominator for end in (found.lo, found.hi))
        assert lo <= exact <= hi
        assert hi - lo < mpmath.mpf(10) ** -15 * exact


def test_undelayed_term() -> None:
    """Without other delay w^2 = a^2 - b^2 and exp(i w d) = -a/(b + i w); here 1/1000 of d is there already."""
    h = CharacteristicFunction(1, Constant("1/1000"), undelayed="3/5")
    found = proved(delay_margin.prove(h)).margin
    assert found is not None
    assert float(found.midpoint) == pytest.approx((math.pi - math.atan2(0.8, 0.6)) / 0.8 - 0.001, rel=1e-5)


def test_infinite() -> None:
    assert proved(delay_margin.prove(CharacteristicFunction(1, Uniform(0, 1), undelayed="101/100"))).margin is None
    assert proved(delay_margin.prove(CharacteristicFunction(-1, Uniform(0, 1), undelayed="2"))).margin is None


def test_box_of_parameters() -> None:
    wide = proved(delay_margin.prove(CharacteristicFunction(("1", "11/10"), Erlang(2, 1)))).margin
    assert wide is not None
    for damping in ("1", "11/10"):
        one = proved(delay_margin.prove(CharacteristicFunction(damping, Erlang(2, 1)))).margin
        assert one is not None
        assert wide.lo <= one.lo <= one.hi <= wide.hi


def test_unstable_to_begin_with() -> None:
    undecided(delay_margin.prove(CharacteristicFunction(2, Constant(1))), Reason.DOMAIN)


@pytest.mark.parametrize("digits", [0, 31, 10**5, "6"])
def test_bad_digits(digits: int) -> None:
    with pytest.raises(InvalidScenario, match="digits"):
        delay_margin.prove(CharacteristicFunction(1, Constant(1)), digits=digits)
