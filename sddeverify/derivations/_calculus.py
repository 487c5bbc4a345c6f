"""The operations of a derivation that integrate, sum, differentiate, average or let something tend to 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Integral, Limit, Symbol, oo
from sympy.integrals.manualintegrate import manualintegrate

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._evaluation import Point, evaluate
from sddeverify.derivations._operations import Operation, Pairs, differences, explicit, generic, zip_pairs


@dataclass(frozen=True)
class Evaluate(Operation):
    """Carry out the integrals, sums, derivatives and products of matrices that the line contains.

    Attributes:
        simplified: Whether the result is simplified, or only multiplied out.
    """

    simplified: bool = True

    verb = "carry out the integral, sum, derivative or product"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        done = explicit(before)
        if isinstance(done, sympy.MatrixBase):
            return done.applyfunc(self._tidy).as_immutable()
        return self._tidy(done)

    def _tidy(self, expression: sympy.Expr) -> sympy.Expr:
        if not self.simplified:
            return sympy.expand(expression)
        return sympy.factor_terms(sympy.simplify(expression))


@dataclass(frozen=True)
class Insert(Operation):
    """Insert a trial function for an unknown function of one variable."""

    function: Any
    trial: sympy.Lambda

    verb = "insert the trial function"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        inserted = before.replace(self.function, self.trial)
        return inserted.xreplace({one: one.doit() for one in inserted.atoms(sympy.Derivative)})

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # By difference quotients, where ``apply`` differentiated.
        (variable,) = self.trial.variables
        step = sympy.Dummy("h", positive=True)
        quotients = {}
        for one in before.atoms(sympy.Derivative):
            inner = one.expr.replace(self.function, self.trial)
            quotients[one] = sympy.limit((inner.subs(variable, variable + step) - inner) / step, step, 0)
        return differences(before.xreplace(quotients).replace(self.function, self.trial), after)

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        (variable,) = self.trial.variables

        def trial(value: Any) -> Any:
            return evaluate(self.trial.expr, {**point, variable: value}, ctx)

        return zip_pairs(evaluate(before, {**point, self.function: trial}, ctx), evaluate(after, point, ctx))


@dataclass(frozen=True)
class TakeMean(Operation):
    """Take the expectation over a zero-mean quantity of known variance that enters at most squared."""

    variable: Symbol
    variance: sympy.Expr

    verb = "take the expectation"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        polynomial = sympy.Poly(sympy.expand(before), self.variable)
        if polynomial.degree() > 2:
            raise NotImplementedError("a third moment is not assumed known")
        moments = (sympy.S.One, sympy.S.Zero, self.variance)
        return sympy.Add(*[moments[power] * factor for (power,), factor in polynomial.terms()])

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return sym.expectation(before)

    def arguments(self) -> tuple[sympy.Basic, ...]:
        return (self.variance,)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # Every two-point law of that mean and variance must give the same expectation.
        ratio = sympy.Dummy("r", positive=True)
        deviation = sympy.sqrt(self.variance)
        high = before.subs(self.variable, deviation * ratio) / (1 + ratio**2)
        low = before.subs(self.variable, -deviation / ratio) * ratio**2 / (1 + ratio**2)
        return [high + low - after]

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        deviation = ctx.sqrt(evaluate(self.variance, point, ctx))
        ratio = 1 + abs(ctx.mpf(point.get(self.variable, 1)))
        high = evaluate(before, {**point, self.variable: deviation * ratio}, ctx) / (1 + ratio**2)
        low = evaluate(before, {**point, self.variable: -deviation / ratio}, ctx)
        return [(high + low * ratio**2 / (1 + ratio**2), evaluate(after, point, ctx))]

    @property
    def hint(self) -> str:
        return f"Take the expectation over {self.variable}, whose mean is 0 and variance {self.variance}."


@dataclass(frozen=True)
class Integrate(Operation):
    """Integrate against a density: the expectation over a continuous quantity."""

    density: sympy.Expr
    variable: Symbol
    lower: sympy.Expr
    upper: sympy.Expr

    verb = "integrate over the density"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        integrand = before * self.density
        if integrand.has(sympy.DiracDelta):
            return sympy.integrate(integrand, (self.variable, -oo, oo))
        factor, rest = sympy.powsimp(integrand).as_independent(self.variable, as_Add=False)
        done = sympy.integrate(rest, (self.variable, self.lower, self.upper), conds="none")
        done = generic(done)
        if self.upper is oo or not before.has(sympy.exp):
            return sympy.factor_terms(sympy.simplify(factor * done))
        return factor * sympy.factor_terms(sympy.powsimp(sympy.expand(done)))

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        masses = self.density.atoms(sympy.DiracDelta)
        if masses:
            # The sifting property, where ``apply`` integrated.
            (mass,) = masses
            (place,) = sympy.solve(mass.args[0], self.variable)
            return [before.subs(self.variable, place) - after]
        if self.upper is not oo:
            # An antiderivative by the rules of calculus, where ``apply`` used SymPy's general integrator.
            inner = generic(manualintegrate(sympy.powsimp(before * self.density), self.variable))
            ends = [inner.subs(self.variable, end) for end in (self.upper, self.lower)]
            return [ends[0] - ends[1] - after]
        # SymPy's Laplace transformer (a table), where ``apply`` integrated: E 1, E u and E exp(-su) from it.
        s = sympy.Dummy("s", positive=True)
        transform = sympy.laplace_transform(self.density, self.variable, s, noconds=True)
        if before == 1:
            return [sympy.limit(transform, s, 0, "+") - after]
        if before == self.variable:
            return [-sympy.limit(sympy.diff(transform, s), s, 0, "+") - after]
        exponent = -sympy.log(before) / self.variable
        rate = sympy.simplify(sympy.expand_log(exponent, force=True))
        return [transform.subs(s, rate) - after]

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return Integral(before * self.density, (self.variable, self.lower, self.upper))

    def arguments(self) -> tuple[sympy.Basic, ...]:
        return (self.density,)

    @property
    def hint(self) -> str:
        return f"Integrate over {self.variable} from {self.lower} to {self.upper} with the density as weight."


@dataclass(frozen=True)
class AverageOverCount(Operation):
    """Sum against the probabilities of a count 0, 1, 2, ...: the expectation over the count."""

    count: Symbol
    probability: sympy.Expr

    verb = "average over the count"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        polynomial = sympy.Poly(before, self.count)
        terms = [
            factor * sympy.simplify(sympy.Sum(self.count**power * self.probability, (self.count, 0, oo)).doit())
            for (power,), factor in polynomial.terms()
        ]
        return sympy.expand(sympy.Add(*terms))

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # By the generating function G(z) = E z^n, where ``apply`` summed: E n^k = (z d/dz)^k G at z = 1.
        z = sympy.Dummy("z", positive=True)
        generating = sympy.Sum(z**self.count * self.probability, (self.count, 0, oo)).doit()
        total: sympy.Expr = sympy.S.Zero
        for (power,), factor in sympy.Poly(before, self.count).terms():
            moment = generating
            for _ in range(power):
                moment = z * sympy.diff(moment, z)
            total += factor * moment.subs(z, 1)
        return [total - after]

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.Sum(before * self.probability, (self.count, 0, oo))

    def arguments(self) -> tuple[sympy.Basic, ...]:
        return (self.probability,)


@dataclass(frozen=True)
class TakeLimit(Operation):
    """Let a positive symbol tend to 0."""

    symbol: Symbol

    verb = "let a quantity tend to 0"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.limit(before, self.symbol, 0, "+")

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return Limit(before, self.symbol, 0, "+")

    @property
    def hint(self) -> str:
        return f"Let {self.symbol} tend to 0."


@dataclass(frozen=True)
class TakeRate(Operation):
    """Divide by a short time and let it tend to 0."""

    time: Symbol

    verb = "divide by a short time and let it tend to 0"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.limit(before / self.time, self.time, 0, "+")

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return Limit(sympy.Mul(1 / self.time, before, evaluate=False), self.time, 0, "+")

    def display(self, before: sympy.Basic) -> sympy.Basic:
        return Limit(sympy.UnevaluatedExpr(before) / self.time, self.time, 0, "+")

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # The derivative at 0, where ``apply`` took a limit (and the line must vanish at 0).
        return [sympy.diff(before, self.time).subs(self.time, 0) - after, before.subs(self.time, 0)]
