"""A second opinion on SymPy: evaluate its expression trees numerically in a private mpmath context.

Unevaluated operations (integrals, sums, derivatives, limits, substitutions) are carried out by numerical
means, so that a spot test does not lean on the SymPy routine that it tests. A Dirac mass at d is taken as
what it is defined by, a uniform density on a tiny interval [d, d + e].
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import sympy
from sympy.core.function import AppliedUndef

from sddeverify.derivations._integrands import compiled
from sddeverify.derivations._meanings import RANGES

Point = Mapping[Any, Any]
"""Symbol, ``IndexedBase`` or undefined function -> number, sequence or callable."""

DIGITS = 50
QUADRATURE_DIGITS = 30
TINY = sympy.Rational(1, 10**25)
"""How near to its end a limit is taken, and how wide a Dirac mass is."""
_MAX_TERMS = 20_000


@cache
def context(digits: int = DIGITS) -> Any:
    """Return our private mpmath context of that many digits; it keeps its tables of quadrature nodes."""
    ctx = mpmath.MPContext()
    ctx.dps = digits
    return ctx


def evaluate(expression: sympy.Basic, point: Point, ctx: Any) -> Any:
    """Return the value of an expression: an ``mpf`` or ``mpc``, a list for a tuple, a matrix for a matrix.

    Args:
        expression: Any tree of the node types used by derivations.
        point: Values of the free symbols, indexed symbols and undefined functions.
        ctx: An mpmath context.

    Raises:
        NotImplementedError: for a node type that this evaluator does not know.
    """
    handler = _HANDLERS.get(type(expression))
    if handler is not None:
        return handler(expression, point, ctx)
    if isinstance(expression, sympy.Symbol):
        return point[expression]
    if isinstance(expression, sympy.Rational):
        return ctx.mpf(int(expression.p)) / int(expression.q)
    if isinstance(expression, AppliedUndef):
        return point[expression.func](*[evaluate(part, point, ctx) for part in expression.args])
    function = _FUNCTIONS.get(expression.func)
    if function is not None:
        return getattr(ctx, function)(*[evaluate(part, point, ctx) for part in expression.args])
    raise NotImplementedError(f"cannot evaluate {type(expression).__name__} in {expression}")


_FUNCTIONS: dict[Any, str] = {
    sympy.exp: "exp",
    sympy.log: "log",
    sympy.sin: "sin",
    sympy.cos: "cos",
    sympy.tan: "tan",
    sympy.cot: "cot",
    sympy.sec: "sec",
    sympy.atan: "atan",
    sympy.atan2: "atan2",
    sympy.erf: "erf",
    sympy.erfc: "erfc",
    sympy.factorial: "factorial",
    sympy.gamma: "gamma",
    sympy.harmonic: "harmonic",
    sympy.Abs: "fabs",
    sympy.re: "re",
    sympy.im: "im",
    sympy.conjugate: "conj",
}


def _with(point: Point, symbol: sympy.Symbol, value: Any) -> dict[Any, Any]:
    extended = dict(point)
    extended[symbol] = value
    return extended


def _add(node: sympy.Add, point: Point, ctx: Any) -> Any:
    return sum((evaluate(part, point, ctx) for part in node.args), ctx.zero)


def _mul(node: sympy.Mul, point: Point, ctx: Any) -> Any:
    product: Any = ctx.one
    for part in node.args:
        product = product * evaluate(part, point, ctx)
    return product


def _pow(node: sympy.Pow, point: Point, ctx: Any) -> Any:
    return ctx.power(evaluate(node.base, point, ctx), evaluate(node.exp, point, ctx))


def _integral(node: sympy.Integral, point: Point, ctx: Any) -> Any:
    (variable, lower, upper), *others = node.limits
    if others:
        raise NotImplementedError("iterated integrals")
    masses = node.function.atoms(sympy.DiracDelta)
    if masses:
        (mass,) = masses
        # δ(g(u)) with g(u) = u - d: the mass sits at d = u - g(u).
        place = evaluate(variable - mass.args[0], _with(point, variable, ctx.zero), ctx)
        tiny = evaluate(TINY, point, ctx)
        smooth = node.function.xreplace({mass: sympy.S.One})
        # Three Gauss points: the integrand is smooth on so short an interval.
        weights = ((5, -1), (8, 0), (5, 1))
        half, reach = tiny / 2, ctx.sqrt(ctx.mpf(3) / 5)
        return sum(
            weight * evaluate(smooth, _with(point, variable, place + half + half * reach * side), ctx) / 18
            for weight, side in weights
        )
    lo, hi = evaluate(lower, point, ctx), evaluate(upper, point, ctx)
    return ctx.quad(_integrand(node.function, variable, point, ctx), [lo, hi])


def _integrand(function: sympy.Expr, variable: sympy.Symbol, point: Point, ctx: Any) -> Callable[[Any], Any]:
    def value_of(tree: sympy.Basic, *value: Any) -> Any:
        return evaluate(tree, _with(point, variable, value[0]) if value else point, ctx)

    def functions(node: sympy.Basic) -> Callable[[Any], Any] | None:
        if isinstance(node, AppliedUndef):
            found: Callable[[Any], Any] = point[node.func]
            return found
        name = _FUNCTIONS.get(node.func)
        return None if name is None else getattr(ctx, name)

    return compiled(function, variable, value_of, functions, ctx)


def _sum(node: sympy.Sum, point: Point, ctx: Any) -> Any:
    (variable, lower, upper), *others = node.limits
    body = node.function
    if others:
        # SymPy lists the innermost index first.
        body = sympy.Sum(body, (variable, lower, upper), *others[:-1])
        variable, lower, upper = others[-1]
    first = int(evaluate(lower, point, ctx))
    total: Any = ctx.zero
    if upper is sympy.oo:
        index = first
        while True:
            term = evaluate(body, _with(point, variable, ctx.mpf(index)), ctx)
            total += term
            index += 1
            if index > first + 60 and abs(term) < ctx.eps * (1 + abs(total)):
                return total
            if index > first + _MAX_TERMS:
                raise ValueError(f"no convergence in {_MAX_TERMS} terms")
    for index in range(first, int(evaluate(upper, point, ctx)) + 1):
        total += evaluate(body, _with(point, variable, ctx.mpf(index)), ctx)
    return total


def _derivative(node: sympy.Derivative, point: Point, ctx: Any) -> Any:
    ((variable, order),) = node.variable_count
    return ctx.diff(lambda value: evaluate(node.expr, _with(point, variable, value), ctx), point[variable], int(order))


def _subs(node: sympy.Subs, point: Point, ctx: Any) -> Any:
    extended = dict(point)
    for variable, value in zip(node.variables, node.point, strict=True):
        extended[variable] = evaluate(value, point, ctx)
    return evaluate(node.expr, extended, ctx)


def _limit(node: sympy.Limit, point: Point, ctx: Any) -> Any:
    inner, variable, target, _ = node.args
    near = evaluate(target, point, ctx) + evaluate(TINY, point, ctx)
    return evaluate(inner, _with(point, variable, near), ctx)


def _indexed(node: sympy.Indexed, point: Point, ctx: Any) -> Any:
    (index,) = node.indices
    return point[node.base][int(evaluate(index, point, ctx))]


def _tuple(node: sympy.Tuple, point: Point, ctx: Any) -> list[Any]:
    return [evaluate(part, point, ctx) for part in node]


def _equation(node: sympy.Eq, point: Point, ctx: Any) -> list[Any]:
    return [evaluate(node.lhs, point, ctx), evaluate(node.rhs, point, ctx)]


def _matrix(node: sympy.ImmutableDenseMatrix, point: Point, ctx: Any) -> Any:
    return ctx.matrix([[evaluate(entry, point, ctx) for entry in row] for row in node.tolist()])


def _matmul(node: sympy.MatMul, point: Point, ctx: Any) -> Any:
    product: Any = ctx.one
    for part in node.args:
        product = product * evaluate(part, point, ctx)
    return product


_HANDLERS: dict[Any, Callable[[Any, Point, Any], Any]] = {
    sympy.Add: _add,
    sympy.Mul: _mul,
    sympy.Pow: _pow,
    sympy.Integral: _integral,
    sympy.Sum: _sum,
    sympy.Derivative: _derivative,
    sympy.Subs: _subs,
    sympy.Limit: _limit,
    sympy.Tuple: _tuple,
    sympy.Equality: _equation,
    sympy.Indexed: _indexed,
    sympy.ImmutableDenseMatrix: _matrix,
    sympy.MatMul: _matmul,
    sympy.LambertW: lambda node, point, ctx: ctx.lambertw(
        evaluate(node.args[0], point, ctx), int(node.args[1]) if len(node.args) > 1 else 0
    ),
    sympy.Determinant: lambda node, point, ctx: ctx.det(evaluate(node.arg, point, ctx)),
    type(sympy.pi): lambda node, point, ctx: +ctx.pi,
    type(sympy.E): lambda node, point, ctx: ctx.exp(1),
    type(sympy.I): lambda node, point, ctx: ctx.mpc(0, 1),
    type(sympy.oo): lambda node, point, ctx: ctx.inf,
    type(-sympy.oo): lambda node, point, ctx: -ctx.inf,
}


def random_point(expressions: list[sympy.Basic], seed: str, index: int, ctx: Any) -> dict[Any, Any]:
    """Return random rational values for everything free in the expressions, respecting the assumptions.

    Integers lie in 1..6 (0..6 where 0 is allowed), other symbols are fractions of size up to 3; complex
    symbols get a positive real part, where every transform converges. Indexed symbols get eight rationals,
    undefined functions a random smooth stand-in (also with rational coefficients).

    Args:
        expressions: The trees that will be evaluated.
        seed: Names the random stream; the same seed and index give the same point.
        index: Number of the point.
        ctx: The context of the numbers.
    """
    rng = random.Random(f"{seed}#{index}")
    symbols = sorted(set().union(*(tree.free_symbols for tree in expressions)), key=str)
    point: dict[Any, Any] = {}
    for symbol in symbols:
        if isinstance(symbol, sympy.Symbol):
            point[symbol] = _random_value(symbol, rng, ctx)
    for base in sorted(set().union(*(tree.atoms(sympy.IndexedBase) for tree in expressions)), key=str):
        point[base] = [_number(_fraction(rng, Fraction(0), Fraction(1)), ctx) for _ in range(8)]
    functions = {node.func for tree in expressions for node in tree.atoms(AppliedUndef)}
    for function in sorted(functions, key=str):
        point[function] = _stand_in(rng, ctx)
    return point


def _random_value(symbol: sympy.Symbol, rng: random.Random, ctx: Any) -> Any:
    if symbol in RANGES:
        return _number(_fraction(rng, *RANGES[symbol]), ctx)
    if symbol.is_integer:
        return ctx.mpf(rng.randint(1 if symbol.is_positive else 0, 6))
    positive = _number(_fraction(rng, Fraction(0), Fraction(3)), ctx)
    if symbol.is_nonnegative:
        return positive
    real = _number(_fraction(rng, Fraction(-3), Fraction(3)), ctx)
    return real if symbol.is_real else ctx.mpc(positive, real)


def _fraction(rng: random.Random, lo: Fraction, hi: Fraction) -> Fraction:
    bottom = rng.randint(30, 200)
    return lo + (hi - lo) * Fraction(rng.randint(1, bottom - 1), bottom)


def _number(value: Fraction, ctx: Any) -> Any:
    return ctx.mpf(value.numerator) / value.denominator


def _stand_in(rng: random.Random, ctx: Any) -> Callable[..., Any]:
    scale = _number(_fraction(rng, Fraction(0), Fraction(2)), ctx)
    rate = _number(_fraction(rng, Fraction(1), Fraction(2)), ctx)
    return lambda *values: scale * ctx.exp(-rate * sum(values[1:], values[0]))
