"""The operations of a derivation that change the form of a line: roots, powers, names, solved equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Eq, Symbol

from sddeverify.derivations._evaluation import Point, evaluate
from sddeverify.derivations._operations import Operation, Pairs, Sign, differences, zip_pairs


@dataclass(frozen=True)
class TakeRoot(Operation):
    """Take the positive square root."""

    verb = "take the square root"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.sqrt(before)

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.Pow(before, sympy.Rational(1, 2), evaluate=False)


@dataclass(frozen=True)
class RaiseToPower(Operation):
    """Raise to an integer power, factor by factor."""

    power: sympy.Expr

    verb = "raise to a power"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        factors = [sympy.powdenest(factor**self.power, force=True) for factor in sympy.Mul.make_args(before)]
        return sympy.Mul(*factors)

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.Pow(before, self.power, evaluate=False)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # The quotient, not the difference: powers with a symbol as exponent only cancel there.
        quotient = sympy.expand_power_base(before**self.power) / after
        return [sympy.powsimp(sympy.expand_power_base(sympy.simplify(quotient), force=True)) - 1]

    @property
    def hint(self) -> str:
        return f"Raise to the power {self.power}."


@dataclass(frozen=True)
class WriteAs(Operation):
    """Write in an equivalent form that is given; only the re-check says that it is equivalent."""

    form: sympy.Basic

    verb = "write in another form"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return self.form

    def arguments(self) -> tuple[sympy.Basic, ...]:
        return (self.form,)


@dataclass(frozen=True)
class Abbreviate(Operation):
    """Give an expression that occurs in the line a name."""

    name: Symbol
    expression: sympy.Expr

    verb = "abbreviate"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return before.xreplace({self.expression: self.name})

    def arguments(self) -> tuple[sympy.Basic, ...]:
        return (self.expression,)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        return differences(before, after.xreplace({self.name: self.expression}))

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        named = {**point, self.name: evaluate(self.expression, point, ctx)}
        return zip_pairs(evaluate(before, point, ctx), evaluate(after, named, ctx))

    @property
    def hint(self) -> str:
        return f"Write {self.name} for {self.expression}."


@dataclass(frozen=True)
class Solve(Operation):
    """Solve an equation for a positive unknown; of several solutions the smallest is taken.

    Attributes:
        unknown: The symbol to solve for.
        smallest: Whether the equation has many solutions; the spot test then looks for a change of sign
            before the one given.
    """

    unknown: Symbol
    smallest: bool = False

    verb = "solve"
    sign = Sign.SOLVED_BY

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        solutions = [sympy.simplify(one) for one in sympy.solve(before, self.unknown)]
        if len(solutions) == 1:
            return Eq(self.unknown, solutions[0], evaluate=False)
        if not solutions or not self.smallest:
            raise NotImplementedError(f"{len(solutions)} solutions of {before} for {self.unknown}")
        ones = {symbol: sympy.S.One for one in solutions for symbol in one.free_symbols}
        best = min((one for one in solutions if one.is_positive), key=lambda one: one.subs(ones))
        return Eq(self.unknown, best, evaluate=False)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        return [(before.lhs - before.rhs).subs(self.unknown, after.rhs), after.lhs - self.unknown]

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        difference = before.lhs - before.rhs
        root = evaluate(after.rhs, point, ctx)
        pairs: Pairs = [(evaluate(difference, {**point, self.unknown: root}, ctx), ctx.zero)]
        if self.smallest:
            values = [evaluate(difference, {**point, self.unknown: root * part / 64}, ctx) for part in range(1, 64)]
            pairs += [(ctx.sign(value), ctx.sign(values[0])) for value in values]
        return pairs

    @property
    def hint(self) -> str:
        return f"Solve for {self.unknown}" + (": the smallest positive solution." if self.smallest else ".")
