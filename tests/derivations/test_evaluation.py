"""The numerical evaluator against SymPy's own evaluation, and its random points."""

import mpmath
import pytest
import sympy
from sympy import Derivative, Determinant, DiracDelta, Function, I, Integral, Limit, Rational, Subs, Sum, Symbol, oo

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._evaluation import context, evaluate, random_point

x, y = Symbol("x", positive=True), Symbol("y", real=True)
n = Symbol("n", integer=True, nonnegative=True)
s = Symbol("s")
POINT = {x: Rational(7, 5), y: Rational(-3, 4), s: Rational(2, 3) + I * Rational(5, 7)}

EXPRESSIONS = [
    x**y + sympy.exp(-x) * sympy.sqrt(x) - Rational(1, 3),
    sympy.sin(x) * sympy.cos(y) + sympy.tan(y) / sympy.sec(x) + sympy.atan(x) + sympy.log(x),
    sympy.exp(-s * x) / (1 + s) ** 3 + sympy.pi * I + sympy.E,
    sympy.re(s * x) + 2 * sympy.im(sympy.exp(s)) + sympy.conjugate(s),
    sympy.factorial(4) + sympy.gamma(x),
    Integral(x * sympy.exp(-s * sym.u) * sym.u**2, (sym.u, 0, oo)),
    Integral(sympy.exp(-sym.u) * sympy.cos(sym.u * y), (sym.u, y**2, x)),
    Sum(x**n / sympy.factorial(n), (n, 0, oo)),
    Sum(n**2 * x, (n, 1, 6)),
    Sum(Sum(n * sym.j, (sym.j, 1, n - 1)), (n, 1, 4)),
    Derivative(sympy.exp(x) * x**2, x),
    Derivative(sympy.sin(x), (x, 2)),
    Subs(x**2 + y, x, y + 3),
    Determinant(sympy.Matrix([[x, 1], [y, x]])),
]


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=str)
def test_agrees_with_sympy(expression: sympy.Expr) -> None:
    ctx = context(30)
    point = {symbol: evaluate(value, {}, ctx) for symbol, value in POINT.items()}
    expected = complex(expression.doit(conds="none").subs(POINT).evalf(30))
    assert complex(evaluate(expression, point, ctx)) == pytest.approx(expected, rel=1e-14)


def test_a_dirac_mass_is_the_limit_of_narrow_laws() -> None:
    ctx = context()
    integral = Integral(sympy.exp(-s * sym.u) * DiracDelta(sym.u - x), (sym.u, 0, oo))
    point = {s: ctx.mpc(1, 2), x: ctx.mpf(3) / 4}
    assert abs(evaluate(integral, point, ctx) - ctx.exp(-ctx.mpc(1, 2) * 3 / 4)) < 1e-23


def test_a_limit_is_taken_close_to_its_end() -> None:
    ctx = context()
    limit = Limit((1 - sympy.exp(-x * y)) / x, x, 0, "+")
    assert abs(evaluate(limit, {y: ctx.mpf(3)}, ctx) - 3) < 1e-22


def test_indexed_symbols_and_functions_take_their_stand_ins() -> None:
    ctx = context()
    f = Function("f")
    point = {sym.p: [ctx.mpf(2), ctx.mpf(5)], f: lambda value: value**2, y: ctx.mpf(3)}
    assert evaluate(Sum(sym.p[sym.j] * f(y + sym.j), (sym.j, 0, 1)), point, ctx) == 2 * 9 + 5 * 16
    assert evaluate(Integral(f(sym.u) * y, (sym.u, 0, 1)), point, ctx) == pytest.approx(1.0)


def test_tuples_equations_and_matrices_are_evaluated_by_entry() -> None:
    ctx = context()
    point = {y: ctx.mpf(3)}
    assert evaluate(sympy.Tuple(y, 2 * y), point, ctx) == [3, 6]
    assert evaluate(sympy.Eq(y, 2 * y, evaluate=False), point, ctx) == [3, 6]
    product = sympy.MatMul(sympy.Matrix([[y, 1]]).as_immutable(), sympy.Matrix([[2], [y]]).as_immutable())
    assert evaluate(product, point, ctx)[0] == 9


def test_what_it_does_not_know_is_an_error_not_a_number() -> None:
    with pytest.raises(NotImplementedError, match="besselj"):
        evaluate(sympy.besselj(0, x), {x: 1}, context())


def test_the_context_is_private() -> None:
    before = mpmath.mp.dps
    evaluate(sympy.exp(x), {x: context().mpf(1)}, context())
    assert mpmath.mp.dps == before
    assert context() is not mpmath.mp
    assert context().dps == 50


def test_random_points_respect_assumptions_and_repeat() -> None:
    ctx = context()
    k, phi = sym.k, sym.phi
    trees: list[sympy.Basic] = [x + y + s + n + k + phi, sym.p[sym.j] * Function("f")(x)]
    for index in range(30):
        point = random_point(trees, "seed", index, ctx)
        assert point[x] > 0
        assert point[y].imag == 0
        assert point[s].real > 0
        assert ctx.isint(point[n])
        assert point[n] >= 0
        assert ctx.isint(point[k])
        assert point[k] >= 1
        assert 0 < point[phi] < 1.5
        assert len(point[sym.p]) == 8
    again = random_point(trees, "seed", 0, ctx)
    first = random_point(trees, "seed", 0, ctx)
    assert again[x] == first[x]
    assert random_point(trees, "other", 0, ctx)[x] != first[x]
