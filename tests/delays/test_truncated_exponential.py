"""The one atom whose moments are irrational."""

from fractions import Fraction
from typing import Any

import mpmath
import pytest

from sddeverify.delays import Mixture, Sum, TruncatedExponential
from sddeverify.errors import InvalidScenario, UnsupportedScenario

RATIOS = [Fraction(10) ** k for k in (-40, -9, -3, -1, 0, 1, 2)] + [Fraction(255), Fraction(256), Fraction(10**6)]


def moments(mean: Fraction, cap: Fraction) -> tuple[Any, Any]:
    """Mean and variance in closed form, in 400 digits."""
    mp = mpmath.MPContext()
    mp.dps = 400
    m, c = (mp.mpf(x.numerator) / x.denominator for x in (mean, cap))
    decay = mp.exp(-c / m)
    return m - c * decay / (1 - decay), m**2 - c**2 * decay / (1 - decay) ** 2


@pytest.mark.parametrize("ratio", RATIOS, ids=str)
@pytest.mark.parametrize("cap", [Fraction(1), Fraction(3, 700), Fraction(10**12)], ids=str)
def test_mean_enclosure_is_right_and_narrow(ratio: Fraction, cap: Fraction) -> None:
    law = TruncatedExponential(cap / ratio, cap)
    mean, variance = moments(cap / ratio, cap)
    enclosure = law.mean_enclosure()
    assert enclosure.lo.numerator <= mean * enclosure.lo.denominator
    assert mean * enclosure.hi.denominator <= enclosure.hi.numerator
    assert 0 < enclosure.width < enclosure.lo / 10**20
    assert law.mean_float == pytest.approx(float(mean), rel=1e-15)
    assert law.variance_float == pytest.approx(float(variance), rel=1e-14)


def test_irrational_moments_are_not_given_as_rationals() -> None:
    law = TruncatedExponential(1, 2)
    for composed in (law, Sum(law, law), Mixture([("1/2", law), ("1/2", law)])):
        with pytest.raises(UnsupportedScenario, match="mean_enclosure"):
            _ = composed.mean
        with pytest.raises(UnsupportedScenario, match="is irrational; use"):
            _ = composed.variance
        assert composed.mean_enclosure().width > 0


@pytest.mark.parametrize(
    ("arguments", "field"),
    [((0, 1), "mean"), ((1, 0), "cap"), ((-1, 1), "mean"), ((1, "-1/2"), "cap"), ((0.5, 1), "mean"), ((1, 0.5), "cap")],
)
def test_bad_parameters(arguments: tuple[Any, Any], field: str) -> None:
    with pytest.raises(InvalidScenario, match=rf"truncated_exponential\.{field}"):
        TruncatedExponential(*arguments)
