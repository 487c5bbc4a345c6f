"""The named operations that compute the next line of a derivation, and what each of them claims.

An operation does three separate things: ``apply`` computes the new line with SymPy; ``statement`` writes the
claim with the operation left undone (an integral, a limit, a substitution), for display and for the
numerical spot test; ``residuals`` gives expressions that vanish exactly if the new line is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

import sympy
from sympy import Eq, Matrix, Subs

from sddeverify.derivations._evaluation import Point, evaluate

Pairs = list[tuple[Any, Any]]


class Sign(Enum):
    """How a line is joined to the next: text for the terminal, LaTeX for documents."""

    EQUALS = ("=", "=")
    SOLVED_BY = ("⟸", r"\Longleftarrow")

    @property
    def text(self) -> str:
        """The sign as Unicode text."""
        return self.value[0]

    @property
    def latex(self) -> str:
        """The sign as LaTeX."""
        return self.value[1]


@dataclass(frozen=True)
class Operation:
    """Base: an operation whose claim is the equality of ``statement(before)`` and ``after``."""

    verb: ClassVar[str] = "rewrite"
    sign: ClassVar[Sign] = Sign.EQUALS

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        """Compute the next line."""
        raise NotImplementedError

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        """Return the left-hand side of the claim with the operation left undone."""
        return before

    def display(self, before: sympy.Basic) -> sympy.Basic:
        """Return the left-hand side as shown to readers."""
        return self.statement(before)

    def arguments(self) -> tuple[sympy.Basic, ...]:
        """Return the expressions that the operation brings in, where earlier results may stand."""
        return ()

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        """Return expressions that all vanish if and only if the step is right."""
        return differences(self.statement(before), after)

    def pairs(self, before: sympy.Basic, after: sympy.Basic, point: Point, ctx: Any) -> Pairs:
        """Return pairs of numbers that must agree at a random point."""
        return zip_pairs(evaluate(self.statement(before), point, ctx), evaluate(after, point, ctx))

    @property
    def hint(self) -> str:
        """What to do, without the result."""
        return f"{self.verb[0].upper()}{self.verb[1:]}."


def zip_pairs(left: Any, right: Any) -> Pairs:
    if isinstance(left, list) or hasattr(left, "rows"):
        return list(zip(list(left), list(right), strict=True))
    return [(left, right)]


def differences(left: sympy.Basic, right: sympy.Basic) -> list[sympy.Basic]:
    if isinstance(right, Eq):
        return [left.lhs - right.lhs, left.rhs - right.rhs]
    if isinstance(right, sympy.MatrixBase | sympy.Tuple):
        return [one - other for one, other in zip(list(explicit(left)), list(right), strict=True)]
    return [left - right]


def generic(expression: sympy.Basic) -> sympy.Basic:
    """Return the expression without case distinctions: the branch that does not ask for a special value.

    Transforms have removable singularities (s = 0 for the uniform law), which SymPy keeps as special cases.
    """

    def branch(*cases: sympy.Tuple) -> sympy.Expr:
        return next(case[0] for case in cases if not isinstance(case[1], Eq))

    return expression.replace(sympy.Piecewise, branch)


def explicit(expression: sympy.Basic) -> sympy.Basic:
    """Return the expression with everything in it carried out, a matrix with its entries written out."""
    # conds="none": integrals over the delay converge for Re s >= 0, which is all that is claimed.
    done = expression.doit(conds="none")
    return done.as_explicit() if isinstance(done, sympy.MatrixExpr) else done


@dataclass(frozen=True)
class Expand(Operation):
    """Multiply out."""

    verb = "multiply out"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.expand(before)


@dataclass(frozen=True)
class Factor(Operation):
    """Write as a product."""

    verb = "factor"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.factor(sympy.expand(before))


@dataclass(frozen=True)
class Simplify(Operation):
    """Simplify."""

    verb = "simplify"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.simplify(before)


@dataclass(frozen=True)
class Collect(Operation):
    """Collect the powers of a symbol."""

    symbol: sympy.Expr

    verb = "collect"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.collect(sympy.expand(before), self.symbol)

    @property
    def hint(self) -> str:
        return f"Collect the powers of {self.symbol}."


@dataclass(frozen=True)
class Substitute(Operation):
    """Put values for symbols."""

    equations: tuple[Eq, ...]

    verb = "substitute"

    def __init__(self, *equations: Eq) -> None:
        object.__setattr__(self, "equations", equations)

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return before.subs({eq.lhs: eq.rhs for eq in self.equations}, simultaneous=True)

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return Subs(before, [eq.lhs for eq in self.equations], [eq.rhs for eq in self.equations])

    def arguments(self) -> tuple[sympy.Basic, ...]:
        return self.equations

    def residuals(self, before: sympy.Basic, after: sympy.Basic) -> list[sympy.Basic]:
        # xreplace, one symbol after another through fresh names, where ``apply`` used subs.
        fresh = {eq.lhs: sympy.Dummy(**eq.lhs.assumptions0) for eq in self.equations}
        values = {fresh[eq.lhs]: eq.rhs for eq in self.equations}
        return differences(before.xreplace(fresh).xreplace(values), after)

    @property
    def hint(self) -> str:
        return "Substitute " + ", ".join(f"{eq.lhs} = {eq.rhs}" for eq in self.equations) + "."


@dataclass(frozen=True)
class Multiply(Operation):
    """Multiply by a factor that is not zero, and simplify.

    Attributes:
        factor: The factor.
        expanded: Whether the product is multiplied out.
    """

    factor: sympy.Expr
    expanded: bool = True

    verb = "multiply"

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        product = sympy.expand(before * self.factor)
        if not product.has(sympy.Integral):  # which simplify would only try, and fail, to carry out
            product = sympy.simplify(product)
        return sympy.expand(product) if self.expanded else sympy.factor_terms(product)

    def statement(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.Mul(self.factor, before, evaluate=False)

    def arguments(self) -> tuple[sympy.Basic, ...]:
        return (self.factor,)

    @property
    def hint(self) -> str:
        return f"Multiply by {self.factor}."


def matrix(rows: Sequence[Sequence[sympy.Expr]]) -> sympy.ImmutableDenseMatrix:
    """Return an immutable matrix, which can stand in an expression."""
    return Matrix(rows).as_immutable()
