"""Operations: what they compute, what they claim, and that a wrong claim is noticed by each of the two re-checks."""

from dataclasses import dataclass

import pytest
import sympy
from sympy import Derivative, Eq, I, Integral, Lambda, Rational, Symbol, oo

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import (
    AverageOverCount,
    Evaluate,
    Insert,
    Integrate,
    TakeLimit,
    TakeMean,
    TakeRate,
)
from sddeverify.derivations._checking import vanishes
from sddeverify.derivations._complex import TakeImaginary, TakeMinusImaginary, TakeReal
from sddeverify.derivations._evaluation import context, random_point
from sddeverify.derivations._forms import Abbreviate, RaiseToPower, Solve, TakeRoot, WriteAs
from sddeverify.derivations._lattices import AverageOverLattice, Tabulate
from sddeverify.derivations._operations import Collect, Expand, Factor, Multiply, Operation, Simplify, Substitute
from sddeverify.derivations._sums import SplitIntegral

x, y = Symbol("x", real=True), Symbol("y", positive=True)
f, u, t, k = sym.density, sym.u, sym.t, sym.k
HALF = Rational(1, 2)
POISSON = sympy.exp(-y) * y**sym.n / sympy.factorial(sym.n)


@dataclass(frozen=True)
class Case:
    """An operation, a line, and what it should become."""

    operation: Operation
    before: sympy.Basic
    after: sympy.Basic


CASES = [
    Case(Expand(), (x + y) ** 2, x**2 + 2 * x * y + y**2),
    Case(Factor(), x**2 - y**2, (x - y) * (x + y)),
    Case(Simplify(), (x**2 - 1) / (x - 1), x + 1),
    Case(Collect(x), x * y + 3 * x, x * (y + 3)),
    Case(Substitute(Eq(x, y**2, evaluate=False), Eq(y, 3, evaluate=False)), x + y, y**2 + 3),
    Case(Multiply(y), x / y + 1, x + y),
    Case(TakeRoot(), y**2 * 4, 2 * y),
    Case(RaiseToPower(k), 3 * sympy.exp(-I * y), 3**k * sympy.exp(-I * k * y)),
    Case(WriteAs(sympy.cos(x) * 2), sympy.exp(I * x) + sympy.exp(-I * x), 2 * sympy.cos(x)),
    Case(Abbreviate(sym.c, x**2), x**2 + y, sym.c + y),
    Case(Solve(y), Eq(3 * y - x, 0, evaluate=False), Eq(y, x / 3, evaluate=False)),
    Case(Solve(y, smallest=True), Eq(sympy.cos(2 * y), 0, evaluate=False), Eq(y, sympy.pi / 4, evaluate=False)),
    Case(TakeReal(), (x + I * y) ** 2, x**2 - y**2),
    Case(TakeImaginary(), (x + I * y) ** 2, 2 * x * y),
    Case(TakeMinusImaginary(), sympy.exp(-I * x), sympy.sin(x)),
    Case(Evaluate(), Derivative(x**3, x), 3 * x**2),
    Case(Evaluate(), sympy.Sum(y, (sym.i, 1, k)), k * y),
    Case(
        Evaluate(),
        sympy.MatMul(sympy.Matrix([[x, y]]).as_immutable(), sympy.Matrix([[1], [2]]).as_immutable()),
        sympy.Matrix([[x + 2 * y]]).as_immutable(),
    ),
    Case(Insert(sym.path, Lambda(t, sympy.exp(3 * t))), Derivative(sym.path(t), t), 3 * sympy.exp(3 * t)),
    Case(
        SplitIntegral(),
        Integral(f(u) * (x + sympy.exp(x - u)), (u, 0, oo)),
        x * Integral(f(u), (u, 0, oo)) + sympy.exp(x) * Integral(f(u) * sympy.exp(-u), (u, 0, oo)),
    ),
    Case(TakeMean(x, y), 3 * x**2 + 5 * x + 7, 3 * y + 7),
    Case(Integrate(sympy.exp(-u / y) / y, u, sympy.S.Zero, oo), u, y),
    Case(Integrate(1 / y, u, sympy.S.Zero, y), sympy.exp(-sym.s * u), (1 - sympy.exp(-sym.s * y)) / (sym.s * y)),
    Case(Integrate(sympy.DiracDelta(u - y), u, sympy.S.Zero, oo), u**2, y**2),
    Case(AverageOverCount(sym.n, POISSON), sym.n**2, y**2 + y),
    Case(TakeLimit(y), sympy.sin(3 * y) / y, sympy.Integer(3)),
    Case(TakeRate(y), 3 * y + x * y**2, sympy.Integer(3)),
    Case(AverageOverLattice(), sym.j * x, sympy.Sum(sym.j * x * sym.p[sym.j], (sym.j, 0, sym.last))),
    Case(
        Tabulate((Rational(1, 3), sympy.S.Zero, Rational(2, 3)), HALF),
        sympy.Sum(sym.p[sym.j] * sympy.exp(-x * sym.j * sym.step), (sym.j, 0, sym.last)),
        Rational(1, 3) + 2 * sympy.exp(-x) / 3,
    ),
]
IDS = [f"{type(case.operation).__name__}-{case.before}" for case in CASES]


def agrees(case: Case, after: sympy.Basic) -> tuple[bool, bool]:
    """Whether SymPy, and whether the spot test, takes ``after`` for right."""
    operation = case.operation
    symbolic = all(vanishes(one) for one in operation.residuals(case.before, after))
    ctx = context(30)
    trees = [case.before, after, operation.statement(case.before), *operation.arguments()]
    point = random_point(trees, "operations", 0, ctx)
    pairs = operation.pairs(case.before, after, point, ctx)
    return symbolic, all(abs(a - b) < 1e-16 * (1 + abs(a) + abs(b)) for a, b in pairs)


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_computes_and_claims_the_right_thing(case: Case) -> None:
    after = case.operation.apply(case.before)
    if not isinstance(after, Eq | sympy.MatrixBase):
        assert sympy.simplify((after - case.after).doit()) == 0
    else:
        assert after == case.after
    assert agrees(case, after) == (True, True)
    assert agrees(case, case.after) == (True, True)
    assert case.operation.hint.endswith(".")


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_a_wrong_result_is_noticed_both_ways(case: Case) -> None:
    right = case.after
    if isinstance(right, Eq):
        wrong: sympy.Basic = Eq(right.lhs, right.rhs * Rational(11, 10), evaluate=False)
    elif isinstance(right, sympy.MatrixBase):
        wrong = (right * Rational(11, 10)).as_immutable()
    else:
        wrong = right * Rational(11, 10)
    assert agrees(case, wrong) == (False, False)


def test_a_later_solution_is_not_the_smallest() -> None:
    """3π/4 solves cos 2y = 0, too: only the spot test sees that a solution lies before it."""
    case = Case(Solve(y, smallest=True), Eq(sympy.cos(2 * y), 0, evaluate=False), sympy.S.Zero)
    assert agrees(case, Eq(y, 3 * sympy.pi / 4, evaluate=False)) == (True, False)


def test_solving_for_one_of_several_needs_a_word() -> None:
    with pytest.raises(NotImplementedError, match="solutions"):
        Solve(y).apply(Eq(sympy.cos(y), 0, evaluate=False))


def test_third_moments_are_not_made_up() -> None:
    with pytest.raises(NotImplementedError, match="third moment"):
        TakeMean(x, y).apply(x**3)
