"""Lambert's function in derivations: the operation that solves z exp(z) = c."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Eq, LambertW, Symbol

from sddeverify.derivations._evaluation import Point, evaluate
from sddeverify.derivations._operations import Operation, Pairs, Sign

_BRANCHES = range(-3, 4)


@dataclass(frozen=True)
class SolveByLambert(Operation):
    """Solve z exp(z) + r = 0 for z: the branches W_k(-r) of the inverse function, here the principal one, k = 0.

    Attributes:
        unknown: z.
    """

    unknown: Symbol

    verb = "solve by the inverse function of z exp(z)"
    sign = Sign.SOLVED_BY

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        rest = self._rest(before)
        if rest.has(self.unknown):
            raise NotImplementedError(f"{before} is not of the form z exp(z) + r = 0")
        return Eq(self.unknown, LambertW(-rest), evaluate=False)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # W exp(W)/c is constant in c (by SymPy's derivative of W) and 1 at c = e; so W(c) solves z exp(z) = c.
        c = sympy.Dummy("c", positive=True)
        share = LambertW(c) * sympy.exp(LambertW(c)) / c
        solved = [sympy.simplify(sympy.diff(share, c)), share.subs(c, sympy.E) - 1]
        return [*solved, after.rhs - LambertW(-self._rest(before)), after.lhs - self.unknown]

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        # Every branch solves the equation, and the principal one has the largest real part.
        value, first = evaluate(-self._rest(before), point, ctx), evaluate(after.rhs, point, ctx)
        found = [ctx.lambertw(value, k) for k in _BRANCHES]
        difference = before.lhs - before.rhs
        roots = [first, *found]
        pairs: Pairs = [(evaluate(difference, {**point, self.unknown: root}, ctx), ctx.zero) for root in roots]
        return [*pairs, (first.real, max(root.real for root in found))]

    def _rest(self, before: sympy.Basic) -> sympy.Expr:
        return before.lhs - before.rhs - self.unknown * sympy.exp(self.unknown)

    @property
    def hint(self) -> str:
        return f"Solve for {self.unknown} by Lambert's function W, the inverse of z exp(z)."
