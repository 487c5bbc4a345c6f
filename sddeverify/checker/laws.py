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
from math import comb, factorial
from typing import Any

from .document import Malformed, integer, members, pair
from .interval import Arithmetic, Pair, Refusal

_DEPTH = 8
_CELLS = 4096


def _point(value: int | Fraction) -> Pair:
    return Pair(Fraction(value), Fraction(value))


class Law:
    """A law: ``text`` names it in statements, ``size`` weighs the cost of one evaluation."""

    text: str
    size = 1
    mean: Pair
    abscissa: Fraction | None = (
        None  # Phi is analytic right of it for every allowed parameter; None: everywhere
    )

    def jet(self, ar: Any, s: Any, order: int) -> list[Any]:
        """Return Phi^(k)(s)/k! for k = 0..order."""
        raise NotImplementedError


def _spelled(value: Pair) -> str:
    return str(value.lo) if value.lo == value.hi else f"[{value.lo}, {value.hi}]"


def _powers(first: Any, factor: Callable[[Any], Any], order: int) -> list[Any]:
    jet = [first]
    for _ in range(order):
        jet.append(factor(jet[-1]))
    return jet


class Constant(Law):
    """tau = d: Phi(s) = exp(-d s)."""

    def __init__(self, body: dict[str, Any]) -> None:
        (time,) = members(body, "time")
        self.mean = pair(time, least=0)
        self.text = f"constant({_spelled(self.mean)})"

    def jet(self, ar: Any, s: Any, order: int) -> list[Any]:
        first = ar.exponential(ar.scale(s, self.mean))
        minus = Pair(-self.mean.hi, -self.mean.lo)
        jet = _powers(first, lambda x: ar.scale(x, minus), order)
        return [x if k < 2 else ar.divide(x, factorial(k)) for k, x in enumerate(jet)]


class Gamma(Law):
    """Erlang(k, mean k m), exponential for k = 1: Phi(s) = (1 + m s)^-k for Re(1 + m s) > 0."""

    def __init__(self, body: dict[str, Any], shape: int, name: str) -> None:
        self.shape = shape
        self.mean = pair(body["mean"], above=0)
        self.stage = Pair(self.mean.lo / shape, self.mean.hi / shape)
        self.text = name.format(_spelled(self.mean))
        self.abscissa = -1 / self.stage.hi

    def jet(self, ar: Any, s: Any, order: int) -> list[Any]:
        base = ar.add(ar.one, ar.scale(s, self.stage))
        if not ar.is_right(base):
            raise Refusal(f"{self.text} is evaluated left of its abscissa of convergence")
        inverse = ar.inverse(base)
        value, square, power = ar.one, inverse, self.shape
        while power:  # by squaring
            if power & 1:
                value = ar.multiply(value, square)
            power >>= 1
            if power:
                square = ar.multiply(square, square)
        # The k-th coefficient is (-m)^k binomial(shape + k - 1, k) (1 + m s)^(-shape - k).
        minus = Pair(-self.stage.hi, -self.stage.lo)
        jet = _powers(value, lambda x: ar.scale(ar.multiply(x, inverse), minus), order)
        return [x if k == 0 else ar.scale(x, _point(comb(self.shape + k - 1, k))) for k, x in enumerate(jet)]


def _exponential(body: dict[str, Any], depth: int) -> Law:
    members(body, "mean")
    return Gamma(body, 1, "exponential({})")


def _erlang(body: dict[str, Any], depth: int) -> Law:
    _, shape = members(body, "mean", "shape")
    k = integer(shape, 1, 1000)
    return Gamma(body, k, f"erlang({k}, {{}})")


class Uniform(Law):
    """Uniform on [lo, hi]: Phi(s) = exp(-lo s) I_0((hi - lo) s)."""

    def __init__(self, body: dict[str, Any]) -> None:
        lo, hi = members(body, "lo", "hi")
        self.lo, end = pair(lo, least=0), pair(hi, above=0)
        self.width = Pair(end.lo - self.lo.hi, end.hi - self.lo.lo)
        if self.width.lo <= 0:
            raise Malformed("uniform: lo must be less than hi")
        self.mean = Pair((self.lo.lo + end.lo) / 2, (self.lo.hi + end.hi) / 2)
        self.text = f"uniform({_spelled(self.lo)}, {_spelled(end)})"

    def jet(self, ar: Any, s: Any, order: int) -> list[Any]:
        moments = ar.moments(ar.scale(s, self.width), order)
        jet = _moment_jet(ar, moments, self.width)
        if self.lo.hi == 0:
            return jet
        minus = Pair(-self.lo.hi, -self.lo.lo)
        shift = _powers(ar.exponential(ar.scale(s, self.lo)), lambda x: ar.scale(x, minus), order)
        return multiply(ar, jet, [x if k < 2 else ar.divide(x, factorial(k)) for k, x in enumerate(shift)])


def _moment_jet(ar: Any, moments: list[Any], width: Pair) -> list[Any]:
    """Coefficients of I_0(z0 + width s): (-width)^k I_k/k!."""
    jet, minus = [], Pair(-width.hi, -width.lo)
    for k, moment in enumerate(moments):
        for _ in range(k):
            moment = ar.scale(moment, minus)
        jet.append(moment if k < 2 else ar.divide(moment, factorial(k)))
    return jet


class TruncatedExponential(Law):
    """Exponential of the given mean conditioned on tau <= T: Phi(s) = I_0(T/mean + T s)/I_0(T/mean)."""

    def __init__(self, body: dict[str, Any]) -> None:
        mean, cap = members(body, "mean", "cap")
        scale, self.cap = pair(mean, above=0), pair(cap, above=0)
        self.rate = Pair(self.cap.lo / scale.hi, self.cap.hi / scale.lo)
        slope = self.jet(Arithmetic(192), (0, 0, 0, 0), 1)[1]  # -Phi'(0), the only mean that is irrational
        self.mean = Pair(Fraction(-slope[1], 1 << 192), Fraction(-slope[0], 1 << 192))
        self.text = f"truncated_exponential({_spelled(scale)}, {_spelled(self.cap)})"

    def jet(self, ar: Any, s: Any, order: int) -> list[Any]:
        start = ar.scale(ar.one, self.rate)
        moments = ar.moments(ar.add(start, ar.scale(s, self.cap)), order)
        norm = ar.inverse(ar.moments(start, 0)[0])
        return [ar.multiply(x, norm) for x in _moment_jet(ar, moments, self.cap)]


class Lattice(Law):
    """Mass counts[j]/n at j step. With ``rounded``: every law that moves each mass by at most delta = step/2.

    Rounding: |x^k e^(-s x) - y^k e^(-s y)| <= |x - y| sup over t between of t^(k-1) |k - s t| e^(-t Re s), so with
    X_j = j step + delta the k-th coefficient moves by at most
    delta/k! (k B_(k-1) + |s| B_k), B_n = e^(|Re s| delta) sum_j w_j X_j^n e^(-j step Re s).
    """

    def __init__(self, body: dict[str, Any], rounded: bool, name: str) -> None:
        step, counts = members(body, "step", "counts")
        self.step, self.rounded = pair(step, above=0), rounded
        if not isinstance(counts, list) or not 1 <= len(counts) <= _CELLS:
            raise Malformed(f"{name}: counts must be a list of 1 to {_CELLS} integers")
        self.counts = [integer(x, 0, 10**15) for x in counts]
        self.total = sum(self.counts)
        first = sum(j * x for j, x in enumerate(self.counts))
        if first == 0:
            raise Malformed(f"{name}: some mass must lie at a positive time")
        average = Fraction(first, self.total)
        slack = Fraction(1, 2) if rounded else Fraction(0)
        self.mean = Pair(max(average - slack, Fraction(0)) * self.step.lo, (average + slack) * self.step.hi)
        self.size = 1 + len(counts) // 16
        self.text = f"{name}(step {_spelled(self.step)}, {self.total} times in {len(counts)} cells)"

    def jet(self, ar: Any, s: Any, order: int) -> list[Any]:
        z = ar.exponential(ar.scale(s, self.step))
        jet = [self._sum(ar, z, k, 1, 0) for k in range(order + 1)]
        if not self.rounded:
            return [x if k % 2 == 0 else ar.negative(x) for k, x in enumerate(jet)]
        real = ar.real_part(s)
        half = Pair(self.step.lo / 2, self.step.hi / 2)
        decay = ar.exponential(ar.scale(real, self.step))
        spread = ar.inverse(ar.exponential(ar.scale(ar.size(real), half)))
        bounds = [ar.multiply(self._sum(ar, decay, k, 2, 1), spread) for k in range(order + 1)]
        size = ar.size(s)
        result = []
        for k, x in enumerate(jet):
            radius = ar.multiply(size, bounds[k])  # bounds[n] is B_n/n!
            if k:
                radius = ar.add(radius, bounds[k - 1])
            x = x if k % 2 == 0 else ar.negative(x)
            result.append(ar.inflate(x, ar.magnitude(ar.scale(radius, half))))
        return result

    def _sum(self, ar: Any, z: Any, k: int, stretch: int, shift: int) -> Any:
        """sum_j w_j ((stretch j + shift) step/stretch)^k z^j/k!."""
        coefficients = [x * (stretch * j + shift) ** k for j, x in enumerate(self.counts)]
        value = ar.polynomial(coefficients, z)
        for _ in range(k):
            value = ar.scale(value, self.step)
        return ar.divide(value, self.total * stretch**k * factorial(k))


def multiply(ar: Any, x: list[Any], y: list[Any]) -> list[Any]:
    """Return the product of two jets."""
    result = []
    for k in range(len(x)):
        total = ar.multiply(x[0], y[k])
        for j in range(1, k + 1):
            total = ar.add(total, ar.multiply(x[j], y[k - j]))
        result.append(total)
    return result


class Mixture(Law):
    """Law i with probability w_i, the weights summing to 1: Phi = sum of w_i Phi_i."""

    def __init__(self, body: list[Any], depth: int) -> None:
        if not isinstance(body, list) or not 2 <= len(body) <= 256:
            raise Malformed("mixture: a list of 2 to 256 parts is needed")
        split = [members(part, "weight", "law") for part in body]
        self.weights = [pair(weight, least=0) for weight, _ in split]
        self.laws = [parse(law, depth + 1, zero_mean=True) for _, law in split]
        if not sum(w.lo for w in self.weights) <= 1 <= sum(w.hi for w in self.weights):
            raise Malformed("mixture: the weights must be able to sum to 1")
        parts = list(zip(self.weights, self.laws, strict=True))
        self.mean = Pair(
            sum((w.lo * x.mean.lo for w, x in parts), Fraction(0)),
            sum((w.hi * x.mean.hi for w, x in parts), Fraction(0)),
        )
        self.size = sum(x.size for x in self.laws)
        self.abscissa = _rightmost(self.laws)
        text = " + ".join(f"{_spelled(w)}*{x.text}" for w, x in parts)
        self.text = f"({text})" if depth else text

    def jet(self, ar: Any, s: Any, order: int) -> list[Any]:
        total: list[Any] = []
        for weight, law in zip(self.weights, self.laws, strict=True):
            part = [ar.scale(x, weight) for x in law.jet(ar, s, order)]
            total = [ar.add(x, y) for x, y in zip(total, part, strict=True)] if total else part
        return total


class Sum(Law):
    """The sum of independent times: Phi = product of Phi_i."""

    def __init__(self, body: list[Any], depth: int) -> None:
        if not isinstance(body, list) or not 2 <= len(body) <= 64:
            raise Malformed("sum: a list of 2 to 64 laws is needed")
        self.laws = [parse(law, depth + 1, zero_mean=True) for law in body]
        self.mean = Pair(
            sum((x.mean.lo for x in self.laws), Fraction(0)), sum((x.mean.hi for x in self.laws), Fraction(0))
        )
        self.size = sum(x.size for x in self.laws)
        self.abscissa = _rightmost(self.laws)
        self.text = "sum(" + ", ".join(x.text for x in self.laws) + ")"

    def jet(self, ar: Any, s: Any, order: int) -> list[Any]:
        result = self.laws[0].jet(ar, s, order)
        for law in self.laws[1:]:
            result = multiply(ar, result, law.jet(ar, s, order))
        return result


def _rightmost(laws: list[Law]) -> Fraction | None:
    finite = [law.abscissa for law in laws if law.abscissa is not None]
    return max(finite) if finite else None


_LAWS: dict[str, Callable[[Any, int], Law]] = {
    "constant": lambda body, depth: Constant(body),
    "exponential": _exponential,
    "erlang": _erlang,
    "uniform": lambda body, depth: Uniform(body),
    "truncated_exponential": lambda body, depth: TruncatedExponential(body),
    "lattice": lambda body, depth: Lattice(body, rounded=False, name="lattice"),
    "empirical": lambda body, depth: Lattice(body, rounded=True, name="empirical"),
    "mixture": Mixture,
    "sum": Sum,
}


def parse(value: Any, depth: int = 0, *, zero_mean: bool = False) -> Law:
    """Return the law that a JSON object denotes.

    Raises:
        Malformed: if it is not exactly an object of the format, or its mean is 0 (a part of a mixture or of a
            sum may be the constant 0).
    """
    if not isinstance(value, dict) or len(value) != 1 or depth > _DEPTH:
        raise Malformed(f"a law must be an object with one member, nested at most {_DEPTH} deep")
    ((name, body),) = value.items()
    if name not in _LAWS:
        raise Malformed(f"unknown law {name[:40]!r}")
    law = _LAWS[name](body, depth)
    if law.mean.hi <= 0 and not zero_mean:
        raise Malformed("the delay law has mean 0")
    return law
