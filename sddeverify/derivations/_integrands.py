"""Integrands as plain functions of one variable: what does not depend on it is evaluated once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

Function = Callable[[Any], Any]


def compiled(
    expression: sympy.Basic,
    variable: sympy.Symbol,
    value_of: Callable[..., Any],
    functions: Callable[[Any], Function | None],
    ctx: Any,
) -> Function:
    """Return the expression as a function of the variable.

    Args:
        expression: The integrand.
        variable: The variable of integration.
        value_of: ``value_of(tree)`` evaluates a tree without the variable, ``value_of(tree, value)`` one with it.
        functions: How to evaluate a function of one argument, such as ``sympy.exp``; None if unknown.
        ctx: The context of the numbers.
    """
    if variable not in expression.free_symbols:
        constant = value_of(expression)
        return lambda value: constant
    if expression == variable:
        return lambda value: value

    def part(tree: sympy.Basic) -> Function:
        return compiled(tree, variable, value_of, functions, ctx)

    if isinstance(expression, sympy.Add | sympy.Mul):
        free, bound = expression.as_independent(variable)
        constant, parts = value_of(free), [part(one) for one in type(expression).make_args(bound)]
        return _total(constant, parts) if isinstance(expression, sympy.Add) else _product(constant, parts)
    if isinstance(expression, sympy.Pow) and not isinstance(expression, sympy.exp):
        base, power = part(expression.base), part(expression.exp)
        return lambda value: ctx.power(base(value), power(value))
    if len(expression.args) == 1:
        function = functions(expression)
        if function is not None:
            inner = part(expression.args[0])
            return lambda value: function(inner(value))
    return lambda value: value_of(expression, value)


def _total(constant: Any, parts: list[Function]) -> Function:
    def total(value: Any) -> Any:
        result = constant
        for part in parts:
            result = result + part(value)
        return result

    return total


def _product(constant: Any, parts: list[Function]) -> Function:
    def product(value: Any) -> Any:
        result = constant
        for part in parts:
            result = result * part(value)
        return result

    return product
