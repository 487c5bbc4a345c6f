"""The operations that leave the domain of transforms: back to time, and the integral of a square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy
from sympy import I, Integral, Symbol, oo, pi

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._evaluation import Point, evaluate
from sddeverify.derivations._operations import Operation, Pairs


@dataclass(frozen=True)
class InvertTransform(Operation):
    """Find the function of time whose Laplace transform a rational function of s is.

    Attributes:
        time: The positive symbol that the result is a function of.
    """

    time: Symbol

    verb = "find the function of time that has this transform"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        terms = sympy.Add.make_args(sympy.apart(sympy.together(before), sym.s))
        return sympy.expand(sympy.Add(*[self._term(term) for term in terms]))

    def _term(self, term: sympy.Expr) -> sympy.Expr:
        # factor / (p s + q)^n is the transform of factor t^(n-1) exp(-q t/p) / (p^n (n-1)!).
        factor, rest = term.as_independent(sym.s, as_Add=False)
        base, power = (1 / rest).as_base_exp()
        p, q = sympy.Poly(base, sym.s).all_coeffs()
        decay = sympy.exp(-self.time * sympy.simplify(q / p))
        return factor * self.time ** (power - 1) * decay / (p**power * sympy.factorial(power - 1))

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.InverseLaplaceTransform(before, sym.s, self.time, None)

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # Forward again, by SymPy's transformer.
        positive = sympy.Dummy("s", positive=True)
        forward = sympy.laplace_transform(after, self.time, positive, noconds=True)
        return [forward - before.subs(sym.s, positive)]

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        # Forward again, by quadrature.
        forward = Integral(sympy.exp(-sym.s * self.time) * after, (self.time, 0, oo))
        return [(evaluate(before, point, ctx), evaluate(forward, point, ctx))]


@dataclass(frozen=True)
class SquareIntegral(Operation):
    """Integrate the square of the function whose transform a rational function of s is (Parseval's formula).

    Its poles must have Re s < 0; on the axis the integrand is the squared modulus of the transform.
    """

    verb = "integrate the squared modulus over all frequencies"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        # B with C C~ = B A~ + B~ A, where f~(s) = f(-s): B/A is the transform of the autocorrelation for t > 0, whose
        # value at 0 is the quotient of the leading coefficients.
        top, bottom = self._polynomials(before)
        degree = bottom.degree()
        unknowns = sympy.symbols(f"b_0:{degree}")
        half = sympy.Poly(list(reversed(unknowns)), sym.s)
        both = half * self._mirrored(bottom) + self._mirrored(half) * bottom - top * self._mirrored(top)
        solution = sympy.solve([one for one in both.all_coeffs() if one != 0], unknowns, dict=True)[0]
        return sympy.factor(sympy.simplify(solution[unknowns[-1]] / bottom.LC()))

    @staticmethod
    def _polynomials(before: sympy.Basic) -> tuple[sympy.Poly, sympy.Poly]:
        top, bottom = sympy.fraction(sympy.together(before))
        return sympy.Poly(top, sym.s), sympy.Poly(bottom, sym.s)

    @staticmethod
    def _mirrored(polynomial: sympy.Poly) -> sympy.Poly:
        return sympy.Poly(polynomial.as_expr().subs(sym.s, -sym.s), sym.s)

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        conjugates = before.subs(sym.s, I * sym.omega) * before.subs(sym.s, -I * sym.omega)
        return Integral(conjugates, (sym.omega, 0, oo)) / pi

    def display(self, before: sympy.Basic) -> sympy.Basic:
        squared = sympy.Abs(before.subs(sym.s, I * sym.omega), evaluate=False) ** 2
        return Integral(squared, (sym.omega, 0, oo)) / pi

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # By Lyapunov's equation of the companion matrix, where ``apply`` split the squared modulus.
        top, bottom = self._polynomials(before)
        degree = bottom.degree()
        monic = [one / bottom.LC() for one in bottom.all_coeffs()[1:]]
        companion = sympy.zeros(degree, degree)
        for row in range(degree - 1):
            companion[row, row + 1] = 1
        for column in range(degree):
            companion[degree - 1, column] = -monic[degree - 1 - column]
        gramian = sympy.Matrix(degree, degree, lambda r, c: sympy.Symbol(f"p_{min(r, c)}_{max(r, c)}"))
        force = sympy.zeros(degree, degree)
        force[degree - 1, degree - 1] = 1
        equations = companion * gramian + gramian * companion.T + force
        unknowns = sorted(gramian.free_symbols, key=str)
        solution = sympy.solve([equations[r, c] for r in range(degree) for c in range(r + 1)], unknowns, dict=True)[0]
        weights = [one / bottom.LC() for one in reversed(top.all_coeffs())]
        row = sympy.Matrix([weights + [sympy.S.Zero] * (degree - len(weights))])
        return [(row * gramian.subs(solution) * row.T)[0, 0] - after]

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        integral = evaluate(self.statement(before), point, ctx)
        return [(integral, evaluate(after, point, ctx))]

    @property
    def hint(self) -> str:
        return "Integrate |.|² over the imaginary axis: split it into a part for s and the same for -s."
