"""The gap of delayed SGD: every sample of a small law, the recursion itself, binomial sums, small steps."""

from fractions import Fraction
from itertools import product
from math import comb
from typing import Any

import pytest
import sympy

from sddeverify.derivations import _symbols as sym
from tests.derivations.scenarios import LAWS, derivation


def result(wanted: str, **values: Any) -> Any:
    expression = derivation(LAWS[0], "generalization_gap").result(wanted)
    expression = getattr(expression, "rhs", expression)
    return expression.subs({getattr(sym, key): value for key, value in values.items()})


def left(lag: int, alpha: Fraction, steps: int, from_start: bool = False) -> Fraction:
    """What the steps leave of the start, by the recursion itself; no update, or one at the start, in the first lag."""
    path = [Fraction(1)]
    for k in range(steps):
        read = path[max(k - lag, 0)]
        path.append(path[-1] - (alpha * read if k >= lag or from_start else 0))
    return path[-1]


@pytest.mark.parametrize("lag", [1, 2, 5])
def test_generating_function_and_binomial_sum(lag: int) -> None:
    alpha, terms = Fraction(1, 7), 14
    series = sympy.series(result("generating_function", lag=lag, alpha=sympy.Rational(1, 7)), sym.z, 0, terms)
    polynomial = series.removeO()
    for k in range(terms):
        exact = left(lag, alpha, k)
        assert Fraction(str(polynomial.coeff(sym.z, k))) == exact
        assert sum(comb(k - lag * j, j) * (-alpha) ** j for j in range(k // (lag + 1) + 1)) == exact
    total = sum(left(lag, alpha, j) for j in range(terms))
    assert alpha * total == 1 - left(lag, alpha, terms + lag)
    assert left(lag, alpha, terms, from_start=True) == left(lag, alpha, terms + lag)


@pytest.mark.parametrize("steps", [1, 4, 6])
def test_the_gap_by_all_samples_and_all_draws(steps: int) -> None:
    """Data are 0 or 2 (variance 1), three in a sample; each draw of one of them is as likely: all cases."""
    h, eta, lag, start, size = Fraction(3, 2), Fraction(1, 4), 1, Fraction(5), 3
    gap, cases = Fraction(0), 0
    for sample in product((0, 2), repeat=size):
        for draws in product(sample, repeat=max(steps - lag, 0)):
            path = [start]
            for k in range(steps):
                path.append(path[-1] - (eta * h * (path[k - lag] - draws[k - lag]) if k >= lag else 0))
            everything = h / 2 * ((path[-1] - 1) ** 2 + 1)
            gap += everything - h / 2 * sum((path[-1] - one) ** 2 for one in sample) / size
            cases += 1
    share = sympy.Rational(str(left(lag, eta * h, steps)))
    found = result("gap", h=sympy.Rational(3, 2), spread_of_data=1, sample=size, response=share)
    assert Fraction(str(found)) == gap / cases


@pytest.mark.parametrize("lag", [1, 3])
def test_slow_part(lag: int) -> None:
    ratio = sympy.Rational(19, 20)
    alpha = Fraction(str(result("damping", ratio=ratio, lag=lag)))
    amplitude = float(result("amplitude", ratio=ratio, lag=lag))
    assert float(left(lag, alpha, 60)) == pytest.approx(amplitude * 0.95**60, rel=1e-9)


@pytest.mark.parametrize("reach", [Fraction(1, 4), Fraction(3, 4), Fraction(5, 4), Fraction(3)])
@pytest.mark.parametrize("lag", [1, 4])
def test_small_steps_change_as_derived(reach: Fraction, lag: int) -> None:
    steps = 1200
    alpha = reach / steps
    plain = left(0, alpha, steps)
    change = float((left(lag, alpha, steps) / plain - 1) / alpha)
    at_start = float((left(lag, alpha, steps, from_start=True) / plain - 1) / alpha)
    x = sympy.Rational(reach.numerator, reach.denominator)
    assert change == pytest.approx(float(result("change", lag=lag, reach=x)), abs=0.3)
    assert at_start == pytest.approx(float(result("change_from_start", lag=lag, reach=x)), abs=0.3)
    assert (change > 0) == (reach < result("sign_change"))  # more of the start is left: a smaller gap
    assert at_start < 0
