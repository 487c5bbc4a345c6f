"""A scenario's exact numbers as SymPy rationals."""

from __future__ import annotations

from fractions import Fraction

import sympy
from sympy import Eq, Rational

from sddeverify.derivations import _symbols as sym
from sddeverify.models import eigenvalues
from sddeverify.scenario import Scenario


def exactly(value: Fraction | int) -> Rational:
    """Return the same number as a SymPy rational."""
    value = Fraction(value)
    return Rational(value.numerator, value.denominator)


def fraction(value: sympy.Rational) -> Fraction:
    """Return the same number as a ``Fraction``."""
    return Fraction(int(value.p), int(value.q))


def equal(symbol: sympy.Symbol, value: sympy.Expr) -> Eq:
    """Return ``symbol = value`` as an equation that SymPy leaves alone."""
    return Eq(symbol, value, evaluate=False)


def known_numbers(scenario: Scenario) -> tuple[Eq, ...]:
    """Return η, P, the largest h, and m where the mean delay is a single rational number."""
    numbers = [
        equal(sym.eta, exactly(scenario.learning_rate)),
        equal(sym.P, exactly(scenario.workers)),
        equal(sym.h, exactly(max(eigenvalues(scenario)))),
    ]
    mean = scenario.compute.mean_enclosure()
    if mean.width == 0:
        numbers.append(equal(sym.m, exactly(mean.lo)))
    return tuple(numbers)
