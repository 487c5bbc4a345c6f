"""The operations of a derivation that belong to lattice laws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._evaluation import Point, evaluate
from sddeverify.derivations._operations import Operation, Pairs


@dataclass(frozen=True)
class AverageOverLattice(Operation):
    """Average over the lattice points, with their probabilities as weights."""

    verb = "average over the lattice points"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.Sum(before * sym.p[sym.j], (sym.j, 0, sym.last))

    def display(self, before: sympy.Basic) -> sympy.Basic:
        return sym.expectation(before)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # Written out for the first few numbers of points.
        residuals = []
        for last in range(4):
            written = sympy.Add(*[sym.p[place] * before.subs(sym.j, place) for place in range(last + 1)])
            residuals.append(after.subs(sym.last, last).doit() - written)
        return residuals

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        places = range(int(point[sym.last]) + 1)
        values = [evaluate(before, {**point, sym.j: ctx.mpf(place)}, ctx) for place in places]
        average = sum((point[sym.p][place] * values[place] for place in places), ctx.zero)
        return [(average, evaluate(after, point, ctx))]


@dataclass(frozen=True)
class Tabulate(Operation):
    """Write out a sum over a lattice with its numbers.

    Attributes:
        values: The probabilities of the lattice points 0, 1, 2, ...
        step: The distance of the points.
    """

    values: tuple[sympy.Rational, ...]
    step: sympy.Rational

    verb = "put in the numbers of the law"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        body = before.function
        (index, _, _) = before.limits[0]
        terms = [
            body.xreplace({sym.p[index]: value, sym.step: self.step}).subs(index, place)
            for place, value in enumerate(self.values)
            if value != 0
        ]
        return sympy.Add(*terms)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        written = before.subs({sym.last: len(self.values) - 1, sym.step: self.step}).doit()
        return [written.xreplace({sym.p[place]: value for place, value in enumerate(self.values)}) - after]

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        numbers = {
            sym.p: [evaluate(value, point, ctx) for value in self.values],
            sym.last: ctx.mpf(len(self.values) - 1),
            sym.step: evaluate(self.step, point, ctx),
        }
        return [(evaluate(before, {**point, **numbers}, ctx), evaluate(after, point, ctx))]
