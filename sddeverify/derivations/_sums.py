"""Sums in closed form, geometric or proved by induction; sums and integrals split into those of their terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import sympy
from sympy import Integral, Sum, Symbol, oo

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


@dataclass(frozen=True)
class SumByInduction(Operation):
    """Give the value of a sum; the re-check proves it by induction on the number of terms.

    Attributes:
        form: The value.
        count: The symbol that the last index grows with, one by one, from an empty sum at 0.
    """

    form: sympy.Expr
    count: Symbol

    verb = "sum up"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return self.form

    def arguments(self) -> tuple[sympy.Basic, ...]:
        return (self.form,)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        ((index, first, last),) = before.limits
        growth = after.subs(self.count, self.count + 1) - after - before.function.subs(index, last + 1)
        return [
            sympy.expand_func(growth),
            after.subs(self.count, 0),
            last.subs(self.count, 0) - first + 1,
            sympy.diff(last, self.count) - 1,
        ]

    @property
    def hint(self) -> str:
        return f"Sum up: guess the value, and prove it by induction on {self.count}."


@dataclass(frozen=True)
class _Split(Operation):
    """Use that sums and integrals are linear: one for each term, constant factors in front."""

    whole: ClassVar[type[sympy.Basic]]

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return before.xreplace({one: self._split(one) for one in before.atoms(self.whole)})

    def _split(self, whole: sympy.Basic) -> sympy.Expr:
        done: sympy.Expr = sympy.S.Zero
        for term in sympy.Add.make_args(sympy.expand(whole.function)):
            factor, rest = term.as_independent(*whole.variables, as_Add=False)
            done += factor * self.whole(rest, *whole.limits)
        return done

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # All have the same range: put everything under one sign, and the terms must agree. (A term outside of all
        # of them must agree by itself, whatever stands in for the sign.)
        sign = sympy.Dummy("sign")
        one_sign = [tree.replace(self.whole, lambda inner, *limits: sign * inner) for tree in (before, after)]
        return [sympy.powsimp(sympy.expand(one_sign[0] - one_sign[1]))]


@dataclass(frozen=True)
class SplitSum(_Split):
    """Use that sums are linear: one sum for each term, constant factors in front."""

    verb = "split the sum"
    whole = Sum


@dataclass(frozen=True)
class SplitIntegral(_Split):
    """Use that integrals are linear: one integral for each term, constant factors in front."""

    verb = "split the integral"
    whole = Integral
