"""The operation that writes the expectation of a quadratic form in terms of second moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import sympy
from sympy import Symbol

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._evaluation import Point, evaluate
from sddeverify.derivations._operations import Operation, Pairs


@dataclass(frozen=True)
class TakeMoments(Operation):
    """Take the expectation of a quadratic form in x, the mean read and one read, all reads being equally likely.

    Given the path, the one read has the mean read as mean; so six products have four second moments.
    """

    verb = "take the expectation, in terms of second moments"

    variables: ClassVar[tuple[Symbol, ...]] = (sym.x_now, sym.x_mean, sym.x_read)
    moments: ClassVar[dict[tuple[int, ...], sympy.Expr]] = {
        (0, 0, 0): sympy.S.One,
        (2, 0, 0): sym.v_xx,
        (1, 1, 0): sym.v_xr,
        (1, 0, 1): sym.v_xr,
        (0, 2, 0): sym.v_rr,
        (0, 1, 1): sym.v_rr,
        (0, 0, 2): sym.v_ii,
    }

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        terms = sympy.Poly(before, *self.variables).terms()
        return sympy.expand(sympy.Add(*[factor * self.moments[powers] for powers, factor in terms]))

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return sym.expectation(before)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # Three workers written out, where ``apply`` knew the moments: the factors are free of what is read.
        reads = sympy.symbols("read_1:4", real=True)
        mean = sympy.Add(*reads) / len(reads)
        inside = before.subs(sym.x_mean, mean)
        average = sympy.Add(*[inside.subs(sym.x_read, read) for read in reads]) / len(reads)
        return [average - after.xreplace(self._values(sym.x_now, list(reads)))]

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        x = ctx.mpf(point.get(sym.x_now, 1))
        reads = [x + 1, ctx.mpf(point.get(sym.x_read, 2)), -x / 3, ctx.mpf(1) / 7]
        mean = sum(reads) / len(reads)
        inside = {**point, sym.x_now: x, sym.x_mean: mean}
        values = [evaluate(before, {**inside, sym.x_read: read}, ctx) for read in reads]
        return [(sum(values) / len(values), evaluate(after, {**point, **self._values(x, reads)}, ctx))]

    @staticmethod
    def _values(x: Any, reads: list[Any]) -> dict[sympy.Symbol, Any]:
        mean = sum(reads) / len(reads)
        squares = sum(read**2 for read in reads) / len(reads)
        return {sym.v_xx: x**2, sym.v_xr: x * mean, sym.v_rr: mean**2, sym.v_ii: squares}
