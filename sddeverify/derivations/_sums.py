"""Geometric sums in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import oo

from sddeverify.derivations._operations import Operation, explicit, generic


@dataclass(frozen=True)
class SumUp(Operation):
    """Carry out a geometric sum, finite (up to a symbol less 1) or infinite.

    The case of a ratio of exactly 1, and conditions of convergence, are left out: ratios here are below 1.
    """

    verb = "sum the geometric series"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.factor_terms(sympy.simplify(generic(explicit(before))))

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # By induction, where ``apply`` summed.
        ((index, first, last),) = before.limits
        term = before.function
        if last is oo:  # F = first term + ratio F
            ratio = sympy.simplify(term.subs(index, index + 1) / term)
            return [term.subs(index, first) + ratio * after - after]
        (count,) = last.free_symbols
        return [
            after.subs(count, count + 1) - after - term.subs(index, last + 1),
            after.subs(count, first).subs(count, 0),
        ]
