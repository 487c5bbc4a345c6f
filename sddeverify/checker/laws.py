"""The delay laws of the format: their transforms Phi(s) = E exp(-s tau), with derivatives.

``law.jet(arithmetic, s, order)`` returns the Taylor coefficients Phi^(k)(s)/k! for k = 0..order, each enclosed
for every s in the given rectangle and every law that the parameters allow. The formulas are written
against the operations of :class:`~.interval.Arithmetic`; a prover may pass float arithmetic with the
same operations to search, the kernel passes the rigorous one.

Complete monotonicity: for Re s >= c right of the abscissa of convergence,
|Phi^(k)(s)| <= E[tau^k exp(-c tau)] = (-1)^k Phi^(k)(c).
"""

from collections.abc import Callable
from fractions import Fraction
from functools import partial, reduce
from itertools import accumulate, pairwise
from math import factorial
from typing import Any, NamedTuple

from .document import MAX_CELLS, MAX_DEPTH, integer, listed, members, pair, spelled, well_formed
from .interval import Arithmetic, Pair, require

ZERO, ONE = Fraction(0), Fraction(1)


class Law(NamedTuple):
    """A law; a jet costs ``size``; Phi is analytic right of ``abscissa`` (None: everywhere).

    It ends at ``end`` (None: nowhere), of an empirical one the lattice does.
    """

    text: str
    mean: Pair
    jet: Callable[[Any, Any, int], list[Any]]
    abscissa: Fraction | None = None
    size: int = 1
    end: Fraction | None = None


def multiply(ar: Any, x: list[Any], y: list[Any]) -> list[Any]:
    """Return the product of two jets."""
    terms = [[ar.multiply(x[j], y[k - j]) for j in range(k + 1)] for k in range(len(x))]
    return [reduce(ar.add, row) for row in terms]


def _inner(ar: Any, derivatives: list[Any], p: Pair) -> list[Any]:
    """Return (-p)^k f_k/k!: the jet of f(p s), from the values f_k of (-d/dz)^k f(z) at z = p s."""
    minus = Pair(-p.hi, -p.lo)
    rows = [reduce(ar.scale, [minus] * k, x) for k, x in enumerate(derivatives)]
    return [ar.divide(x, factorial(k)) for k, x in enumerate(rows)]


def _constant(body: Any, depth: int) -> Law:
    """Tau = d: Phi(s) = exp(-d s)."""
    time = pair(*members(body, "time"), least=0)
    return Law(f"constant({spelled(time)})", time, lambda ar, s, order: _shift(ar, s, time, order), end=time.hi)


def _shift(ar: Any, s: Any, time: Pair, order: int) -> list[Any]:
    return _inner(ar, [ar.exponential(ar.scale(s, time))] * (order + 1), time)


def _gamma(value: Any, shape: Any) -> Law:
    """Sum of k exponentials of mean m: Phi(s) = (1 + m s)^-k for Re(1 + m s) > 0; (-d/dz)^j gives k...(k+j-1) more."""
    mean, stages = pair(value, above=0), integer(shape, 1, 1000)
    stage = Pair(mean.lo / stages, mean.hi / stages)

    def jet(ar: Any, s: Any, order: int) -> list[Any]:
        base = ar.add(ar.one, ar.scale(s, stage))
        require(ar.is_right(base), "an exponential law is evaluated left of its abscissa of convergence")
        inverse, factors = ar.inverse(base), [Pair(Fraction(k), Fraction(k)) for k in range(stages, stages + order)]
        first = reduce(ar.multiply, [inverse] * stages)
        derivatives = accumulate(factors, lambda x, k: ar.scale(ar.multiply(x, inverse), k), initial=first)
        return _inner(ar, [*derivatives], stage)

    return Law(f"erlang({stages}, {spelled(mean)})", mean, jet, -1 / stage.hi, 1 + stages // 8)


def _uniform(body: Any, depth: int) -> Law:
    """Uniform on [lo, hi]: Phi(s) = exp(-lo s) I_0((hi - lo) s)."""
    start, end = (pair(x, least=0) for x in members(body, "lo", "hi"))
    width = Pair(end.lo - start.hi, end.hi - start.lo)
    well_formed(width.lo > 0, "uniform: lo must be less than hi")

    def jet(ar: Any, s: Any, order: int) -> list[Any]:
        spread = _inner(ar, ar.moments(ar.scale(s, width), order), width)
        return multiply(ar, _shift(ar, s, start, order), spread) if start.hi else spread

    mean = Pair((start.lo + end.lo) / 2, (start.hi + end.hi) / 2)
    return Law(f"uniform({spelled(start)}, {spelled(end)})", mean, jet, end=end.hi)


def _truncated_exponential(body: Any, depth: int) -> Law:
    """Exponential of the given mean conditioned on tau <= T: Phi(s) = I_0(T/mean + T s)/I_0(T/mean)."""
    scale, cap = (pair(x, above=0) for x in members(body, "mean", "cap"))
    rate = Pair(cap.lo / scale.hi, cap.hi / scale.lo)

    def jet(ar: Any, s: Any, order: int) -> list[Any]:
        start = ar.scale(ar.one, rate)
        norm = ar.inverse(ar.moments(start, 0)[0])
        return [ar.multiply(x, norm) for x in _inner(ar, ar.moments(ar.add(start, ar.scale(s, cap)), order), cap)]

    slope = jet(Arithmetic(192), (0, 0, 0, 0), 1)[1]  # -Phi'(0), the only mean that is irrational
    mean = Pair(Fraction(-slope[1], 1 << 192), Fraction(-slope[0], 1 << 192))
    return Law(f"truncated_exponential({spelled(scale)}, {spelled(cap)})", mean, jet, end=cap.hi)


def _cells(body: Any, name: str, slack: Fraction) -> Law:
    """Mass counts[j]/n at j step; with slack 1/2, every law that moves each mass by at most delta = step/2.

    |x^k e^(-s x) - y^k e^(-s y)| <= |x - y| sup t^(k-1) |k - s t| e^(-t Re s) over t between x and y, so the k-th
    coefficient moves by at most delta (D_(k-1) + |s| D_k), D_k = e^(|Re s| delta) sum_j w_j X_j^k e^(-j step Re s)/k!,
    X_j = j step + delta.
    """
    width, counts = members(body, "step", "counts")
    step = pair(width, above=0)
    total = sum(integer(x, 0, 10**15) for x in listed(counts, 1, MAX_CELLS))
    well_formed(any(counts[1:]), f"{name}: some mass must lie at a positive time")
    half = Pair(step.lo / 2, step.hi / 2)

    def sums(ar: Any, z: Any, order: int, stretch: int, shift: int) -> list[Any]:
        """Return sum_j w_j (stretch j + shift)^k z^j for k = 0..order."""
        weights = [[x * (stretch * j + shift) ** k for j, x in enumerate(counts)] for k in range(order + 1)]
        return [ar.divide(ar.polynomial(x, z), total) for x in weights]

    def jet(ar: Any, s: Any, order: int) -> list[Any]:
        exact = _inner(ar, sums(ar, ar.exponential(ar.scale(s, step)), order, 1, 0), step)
        if not slack:
            return exact
        real = ar.real_part(s)
        spread = ar.inverse(ar.exponential(ar.scale(ar.size(real), half)))
        stretched = _inner(ar, sums(ar, ar.exponential(ar.scale(real, step)), order, 2, 1), half)
        return _blurred(ar, s, exact, [ar.multiply(x, spread) for x in stretched], half)

    average = Fraction(sum(j * x for j, x in enumerate(counts)), total)
    mean = Pair(max(average - slack, ZERO) * step.lo, (average + slack) * step.hi)
    text = f"{name}(step {spelled(step)}, {total} times in {len(counts)} cells)"
    return Law(text, mean, jet, None, 1 + len(counts) // 16, (len(counts) - 1) * step.hi)


def _blurred(ar: Any, s: Any, jet: list[Any], terms: list[Any], factor: Pair) -> list[Any]:
    """Inflate the k-th coefficient by factor (D_(k-1) + |s| D_k), D_k = |terms[k]|, D_(-1) = 0."""
    bounds = [ar.subtract(ar.one, ar.one), *(ar.size(x) for x in terms)]
    radii = [ar.add(x, ar.multiply(ar.size(s), y)) for x, y in pairwise(bounds)]
    return [ar.inflate(x, ar.scale(radius, factor)) for x, radius in zip(jet, radii, strict=True)]


def _band(body: Any, depth: int) -> Law:
    """Every law on [0, T] whose distribution function F is within eps of that, G, of a law of the center on [0, T].

    F = G = 1 from T on. So, by parts, the k-th derivative of Phi_F - Phi_G at s is (-1)^(k+1) times the integral over
    [0, T] of (F - G)(t) (t^k e^(-s t))' dt, (t^k e^(-s t))' = (k t^(k-1) - s t^k) e^(-s t): the k-th coefficient moves
    by at most eps (D_(k-1) + |s| D_k), D_k = T^(k+1) I_k(T Re s)/k!, the integral of t^k e^(-t Re s)/k!. This holds for
    every s, also left of the axis, where e^(-t Re s) > 1. The mean, the integral of 1 - F, moves by at most eps T. Each
    F is a law, so the bounds by complete monotonicity hold for each of them.
    """
    center, epsilon, support = members(body, "center", "epsilon", "support")
    law, eps, cap = parse(center, depth + 1), pair(epsilon, least=0), pair(support, above=0)
    well_formed(eps.hi <= 1 and law.end is not None and law.end <= cap.lo, "a band is at most 1 wide and not too short")

    def jet(ar: Any, s: Any, order: int) -> list[Any]:
        moments = _inner(ar, ar.moments(ar.scale(ar.real_part(s), cap), order), cap)
        return _blurred(ar, s, law.jet(ar, s, order), [ar.scale(x, cap) for x in moments], eps)

    mean = Pair(max(law.mean.lo - eps.hi * cap.hi, ZERO), min(law.mean.hi + eps.hi * cap.hi, cap.hi))
    text = f"any law on [0, {spelled(cap)}] with a distribution function within {spelled(eps)} of that of {law.text}"
    return Law(text, mean, jet, None, 1 + law.size, cap.hi)


def _mixture(body: Any, depth: int) -> Law:
    """Law i with probability w_i, the weights summing to 1: Phi = sum of w_i Phi_i."""
    split = [members(part, "weight", "law") for part in listed(body, 2, 256)]
    weights = [pair(weight, least=0) for weight, _ in split]
    well_formed(sum(w.lo for w in weights) <= 1 <= sum(w.hi for w in weights), "mixture: weights that cannot sum to 1")
    return _combined("mixture", weights, [law for _, law in split], depth)


def _combined(name: str, weights: list[Pair], bodies: list[Any], depth: int) -> Law:
    """A mixture; or the sum of independent times, Phi = product of Phi_i."""
    laws = [parse(body, depth + 1, zero_mean=True) for body in bodies]
    parts = list(zip(weights, laws, strict=True))

    def jet(ar: Any, s: Any, order: int) -> list[Any]:
        if name == "sum":
            return reduce(partial(multiply, ar), [law.jet(ar, s, order) for law in laws])
        rows = [[ar.scale(x, weight) for x in law.jet(ar, s, order)] for weight, law in parts]
        return [reduce(ar.add, column) for column in zip(*rows, strict=True)]

    text = ", ".join(x.text if name == "sum" else f"{spelled(w)} {x.text}" for w, x in parts)
    mean = Pair(sum((w.lo * x.mean.lo for w, x in parts), ZERO), sum((w.hi * x.mean.hi for w, x in parts), ZERO))
    abscissae = [law.abscissa for law in laws if law.abscissa is not None]
    return Law(f"{name}({text})", mean, jet, max(abscissae, default=None), sum(law.size for law in laws))


_LAWS: dict[str, Callable[[Any, int], Law]] = {
    "constant": _constant,
    "exponential": lambda body, depth: _gamma(members(body, "mean")[0], 1),
    "erlang": lambda body, depth: _gamma(*members(body, "mean", "shape")),
    "uniform": _uniform,
    "truncated_exponential": _truncated_exponential,
    "lattice": lambda body, depth: _cells(body, "lattice", ZERO),
    "empirical": lambda body, depth: _cells(body, "empirical", Fraction(1, 2)),
    "band": _band,
    "mixture": _mixture,
    "sum": lambda body, depth: _combined("sum", [Pair(ONE, ONE)] * len(listed(body, 2, 256)), body, depth),
}


def parse(value: Any, depth: int = 0, *, zero_mean: bool = False) -> Law:
    """Return the law that a JSON object denotes; only a part of a mixture or of a sum may have mean 0.

    Raises:
        Malformed: if it is not exactly an object of the format.
    """
    well_formed(isinstance(value, dict) and len(value) == 1 and depth <= MAX_DEPTH, "one member, nested up to 8 deep")
    ((name, body),) = value.items()
    well_formed(name in _LAWS, f"unknown law {name[:40]!r}")
    law = _LAWS[name](body, depth)
    well_formed(law.mean.hi > 0 or zero_mean, "the delay law has mean 0")
    return law
