"""Numbers put into one line of a derivation: what both of its sides come to."""

from __future__ import annotations

from typing import Any

import sympy

from sddeverify.derivations._answers import read_answer, vocabulary
from sddeverify.derivations._bounded import bounded_context
from sddeverify.derivations._evaluation import QUADRATURE_DIGITS, context, evaluate, random_point
from sddeverify.derivations._operations import Sign
from sddeverify.derivations._steps import Step
from sddeverify.errors import InvalidScenario, invalid

_DIGITS = 8
_TINY = 1e-20
_MAX_COUNT = 100  # of terms in each of several nested sums


def free_symbols(step: Step) -> dict[str, sympy.Symbol]:
    """Return the symbols of a step that may be given values, by name."""
    free = step.before.free_symbols | step.after.free_symbols
    return {name: symbol for name, symbol in vocabulary(step).items() if symbol in free}


def example_values(step: Step) -> str:
    """Return values that can be put into a step, in the notation of :func:`values_at`."""
    solved = {getattr(step.operation, "unknown", None)}  # it follows from the others
    order = [symbol for symbol in _order(step) if symbol not in solved]
    point = {symbol: 2 if symbol.is_integer else sympy.Rational(k + 1, 2) for k, symbol in enumerate(order)}
    return ", ".join(f"{symbol.name} = {value}" for symbol, value in point.items())


def values_at(step: Step, text: str) -> list[tuple[str, str]]:
    """Return the numbers to which the sides of a step come, as pairs (left, right) of decimals.

    A step that solves an equation has one pair: the sides of the equation, brought to one side, at the solution.

    Args:
        step: An identity.
        text: Values such as ``omega = 1/2, tau = 1``. Symbols that are left out, and functions that stand for any
            function, get values of their own, the same at every call.

    Raises:
        InvalidScenario: for a text that cannot be read, a symbol that is not in the step, a value that the symbol
            cannot have, and a step that is an assumption.
    """
    if step.operation is None:
        raise InvalidScenario("values: an assumption has no two sides to compare; choose an identity")
    ctx = context(QUADRATURE_DIGITS)
    trees = [step.before, step.after, step.operation.statement(step.before), *step.operation.arguments()]
    point = random_point(trees, f"values:{step.id}", 0, ctx)
    known = free_symbols(step)
    given: dict[sympy.Symbol, Any] = {}
    for part in text.split(",") if text.strip() else []:
        try:
            symbol, value = _assignment(part, known)
        except OverflowError:  # SymPy asks for the sign of a number that is too large to be computed
            raise InvalidScenario(f"values: the line has no value at {text.strip()}") from None
        if symbol in given:
            raise invalid("values", part.strip(), f"one number for {symbol.name}")
        given[symbol] = value
    try:
        for symbol, value in given.items():
            exact = value.is_Rational
            point[symbol] = ctx.mpf(int(value.p)) / int(value.q) if exact else evaluate(value, {}, bounded_context())
        pairs = step.operation.pairs(step.before, step.after, point, ctx)
        if step.sign is Sign.SOLVED_BY:
            pairs = pairs[:1]  # the others test that there is no smaller solution
    except (ZeroDivisionError, ValueError, OverflowError, IndexError):
        raise InvalidScenario(f"values: the line has no value at {text.strip() or 'this point'}") from None
    # What is 0 but for the rounding of the evaluation is shown as 0.
    shown = [[ctx.nstr(ctx.chop(side, tol=_TINY), _DIGITS) for side in pair] for pair in pairs]
    return [(left, right) for left, right in shown]


def _assignment(text: str, known: dict[str, sympy.Symbol]) -> tuple[sympy.Symbol, Any]:
    read = read_answer(text, known)
    if not isinstance(read, sympy.Equality) or read.lhs not in known.values() or read.rhs.free_symbols:
        raise invalid("values", text.strip(), f"a symbol and its number, such as {next(iter(known), 'a')} = 1/2")
    symbol, value = read.lhs, read.rhs
    wrong = (symbol.is_positive and not value.is_positive) or (symbol.is_nonnegative and value.is_negative)
    if wrong or (symbol.is_integer and not value.is_integer) or (symbol.is_real and not value.is_real):
        kind = "a positive" if symbol.is_positive else "a non-negative" if symbol.is_nonnegative else "a real"
        raise invalid(f"values, {symbol.name}", str(value), f"{kind} {'integer' if symbol.is_integer else 'number'}")
    if symbol.is_integer and abs(value) > _MAX_COUNT:
        raise invalid(f"values, {symbol.name}", str(value), f"an integer of at most {_MAX_COUNT}")
    return symbol, value


def _order(step: Step) -> list[sympy.Symbol]:
    return list(free_symbols(step).values())
