"""Zeros of h(s) = s + b + a E exp(-s tau) in python-flint's balls: a second arithmetic and a second road.

Nothing here imports sddeverify. Laws and parameters are read from the JSON of a claim. Zeros are counted by the
argument principle, on a line or circle that is cut by bisection; ``tests.truth`` adds formulas and whole claims.

Traps of balls: ``not (x <= 0)`` holds for an undecided x, so only positive answers of comparisons are used here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import factorial
from typing import Any

from flint import acb, acb_poly, acb_series, arb, ctx, fmpq

Bounds = tuple[Fraction, Fraction]
MAX_PRECISION = 8192


class Undecided(AssertionError):
    """The oracle cannot tell."""


def bounds(pair: list[str]) -> Bounds:
    """Read a parameter of a claim."""
    return Fraction(pair[0]), Fraction(pair[1])


def exact(x: Fraction | int) -> arb:
    """The ball of a rational, as tight as the precision allows."""
    x = Fraction(x)
    return arb(fmpq(x.numerator, x.denominator))


def hull(lo: Fraction, hi: Fraction) -> arb:
    """A ball that contains [lo, hi]."""
    return exact(lo) if lo == hi else exact(lo).union(exact(hi))


def ball(pair: list[str]) -> arb:
    """A ball that contains a parameter."""
    return hull(*bounds(pair))


def is_point(law: Any) -> bool:
    """Whether a law of the format is one law."""
    if isinstance(law, dict):
        return not {"empirical", "band"} & set(law) and all(is_point(x) for x in law.values())
    if isinstance(law, list):
        if len(law) == 2 and all(isinstance(x, str) for x in law):
            return bool(law[0] == law[1])
        return all(is_point(x) for x in law)
    return True


def middle(lo: Fraction, hi: Fraction) -> Fraction:
    return (lo + hi) / 2


def member(
    law: Any, pick: Callable[[Fraction, Fraction], Fraction] = middle, move: Callable[[], Fraction] | None = None
) -> Any:
    """One law out of those that a law of the format denotes.

    Args:
        law: A law of the format, or a part of one.
        pick: Chooses a number between the ends of a pair.
        move: Chooses by which part of a step, -1/2 to 1/2, a mass of an empirical law is moved, and which part of the
            epsilon of a band is put at 0 (negative) or at the end; None: nothing is moved.
    """
    if isinstance(law, list):
        if len(law) == 2 and all(isinstance(x, str) for x in law):
            return [str(pick(*bounds(law)))] * 2
        return [member(x, pick, move) for x in law]
    if not isinstance(law, dict):
        return law
    if "mixture" in law:
        pairs = [bounds(part["weight"]) for part in law["mixture"]]
        weights = [pick(lo, hi) for lo, hi in pairs]
        rest = 1 - sum(weights)  # to be shared out, each weight staying in its pair
        room = [(hi if rest > 0 else lo) - w for w, (lo, hi) in zip(weights, pairs, strict=True)]
        share = rest / sum(room) if rest else Fraction(0)
        weights = [w + share * x for w, x in zip(weights, room, strict=True)]
        laws = [member(part["law"], pick, move) for part in law["mixture"]]
        return mix(list(zip(weights, laws, strict=True)))
    if "band" in law:
        return _in_band(law["band"], pick, move)
    if "empirical" not in law:
        return {name: member(body, pick, move) for name, body in law.items()}
    counts, step = law["empirical"]["counts"], pick(*bounds(law["empirical"]["step"]))
    if move is None:
        return {"lattice": {"step": [str(step)] * 2, "counts": counts}}
    halves = [(j, Fraction(n, 2 * sum(counts))) for j, n in enumerate(counts) for _ in "12" if n]
    times = [(weight, max((j + move()) * step, Fraction(0))) for j, weight in halves]
    return mix([(weight, {"constant": {"time": [str(time)] * 2}}) for weight, time in times])


def _in_band(body: dict[str, Any], pick: Callable[[Fraction, Fraction], Fraction], move: Any) -> Any:
    """(1 - e) center + e (all at 0, or at the end): its distribution function is within e of the center's."""
    end, center = pick(*bounds(body["support"])), member(body["center"], pick, move)
    if "empirical" in body["center"] and "mixture" in center:  # no mass beyond the end
        for part in center["mixture"]:
            time = min(Fraction(part["law"]["constant"]["time"][0]), end)
            part["law"]["constant"]["time"] = [str(time)] * 2
    share = move() if move else Fraction(0)
    moved, place = 2 * abs(share) * pick(*bounds(body["epsilon"])), end if share > 0 else Fraction(0)
    return mix([(1 - moved, center), (moved, {"constant": {"time": [str(place)] * 2}})]) if moved else center


def mix(parts: list[tuple[Fraction, Any]]) -> dict[str, Any]:
    """A mixture of the format."""
    return {"mixture": [{"weight": [str(weight)] * 2, "law": law} for weight, law in parts]}


def abscissa(law: dict[str, Any]) -> Fraction | None:
    """Where E exp(-s tau) stops converging, for the worst law that the parameters allow; None: nowhere."""
    ((name, body),) = law.items()
    if name in {"exponential", "erlang"}:
        return -body.get("shape", 1) / bounds(body["mean"])[1]
    parts = [part["law"] for part in body] if name == "mixture" else body if name == "sum" else []
    found = [x for x in map(abscissa, parts) if x is not None]
    return max(found, default=None)


def series(coefficients: list[Any], order: int) -> acb_series:
    """A truncated power series of balls."""
    return acb_series([acb(x) for x in coefficients], prec=order + 1)


def moment(z: acb, k: int) -> acb:
    """The integral of t^k exp(-z t) over [0, 1], as Kummer's function at the middle of z.

    Its derivative is minus the next one, at most exp(max(0, -Re z))/(k + 2).
    """
    middle = z.mid()
    value = (-middle).hypgeom_1f1(k + 1, k + 2) / (k + 1)
    if z.rad() == 0:
        return value
    reach = (z - middle).abs_upper() * (-z.real).max(arb(0)).exp().upper() / (k + 2)
    return value + _disc(reach)


def _disc(radius: arb) -> acb:
    return acb(arb(0, radius.upper()), arb(0, radius.upper()))


def moments(z: acb, order: int) -> list[acb]:
    return [moment(z, k) for k in range(order + 1)]


def transform(law: dict[str, Any], s: acb, order: int) -> acb_series:
    """The Taylor polynomial of E exp(-(s + x) tau) in x, its coefficients enclosed for all s and all laws."""
    ((name, body),) = law.items()
    x = series([s, 1], order)
    if name == "constant":
        return (x * -ball(body["time"])).exp()
    if name in {"exponential", "erlang"}:
        shape = body.get("shape", 1)
        return (1 + x * (ball(body["mean"]) / shape)).inv() ** shape
    if name == "uniform":
        (lo0, lo1), (hi0, hi1) = bounds(body["lo"]), bounds(body["hi"])
        lo, width = hull(lo0, lo1), hull(hi0 - lo1, hi1 - lo0)
        spread = [(-width) ** k * y / factorial(k) for k, y in enumerate(moments(s * width, order))]
        return (x * -lo).exp() * series(spread, order)
    if name == "truncated_exponential":
        (m0, m1), (c0, c1) = bounds(body["mean"]), bounds(body["cap"])
        rate, cap = hull(c0 / m1, c1 / m0), hull(c0, c1)
        norm = moment(acb(rate), 0)
        values = moments(acb(rate) + s * cap, order)
        return series([(-cap) ** k * y / factorial(k) / norm for k, y in enumerate(values)], order)
    if name == "lattice":
        return _lattice(body, s, order)
    if name == "empirical":
        return _moved(body, s, order)
    if name == "band":
        return _near(body, s, order)
    if name == "mixture":
        total = series([0], order)
        for part in body:
            total += transform(part["law"], s, order) * ball(part["weight"])
        return total
    if name == "sum":
        total = series([1], order)
        for part in body:
            total *= transform(part, s, order)
        return total
    raise ValueError(f"unknown law {name}")


def _lattice(body: dict[str, Any], s: acb, order: int) -> acb_series:
    """Sum of w_j exp(-j x s), as a polynomial in exp(-x s) that is differentiated as a polynomial."""
    step, counts = ball(body["step"]), body["counts"]
    z = (-s * step).exp()
    polynomial, coefficients = acb_poly(counts), []
    values = []  # P^(k)(z) z^k/k!
    for k in range(order + 1):
        values.append(polynomial(z) * z**k / factorial(k))
        polynomial = polynomial.derivative()
    # z(s + x)^j = z^j (1 + u)^j with u = exp(-step x) - 1, so that P = sum of values[k] u^k
    u = (series([0, -step], order)).exp() - 1
    total, power = series([0], order), series([1], order)
    for value in values:
        total += power * value
        power *= u
    coefficients = total.coeffs()
    coefficients += [acb(0)] * (order + 1 - len(coefficients))
    return series([x / sum(counts) for x in coefficients], order)


def _moved(body: dict[str, Any], s: acb, order: int) -> acb_series:
    """Sum of w_j t_j^k exp(-t_j s) with every t_j in a ball around j step, cut at 0."""
    (lo, hi), counts = bounds(body["step"]), body["counts"]
    coefficients = [acb(0)] * (order + 1)
    for j, count in enumerate(counts):
        if count:
            time = hull(max((j - Fraction(1, 2)) * (lo if j else hi), Fraction(0)), (j + Fraction(1, 2)) * hi)
            decay = (-s * time).exp() * count
            for k in range(order + 1):
                coefficients[k] += (-time) ** k * decay / factorial(k)
    return series([x / sum(counts) for x in coefficients], order)


def _near(body: dict[str, Any], s: acb, order: int) -> acb_series:
    """The center's, each coefficient with a disc: epsilon times the integral of |(t^k exp(-s t)/k!)'| over [0, T]."""
    cap, epsilon = ball(body["support"]), ball(body["epsilon"])
    reach = [acb(cap) ** (k + 1) * moment(acb(s.real) * cap, k) / factorial(k) for k in range(order + 1)]
    found = []
    for k, x in enumerate(derivatives(body["center"], s, order)):
        radius = abs(s) * abs(reach[k]) + (abs(reach[k - 1]) if k else 0)
        found.append(x + _disc(epsilon * radius))
    return series(found, order)


def derivatives(law: dict[str, Any], s: acb, order: int) -> list[acb]:
    """The coefficients of :func:`transform` as a list of order + 1 balls."""
    found = transform(law, s, order).coeffs()
    return [acb(x) for x in found] + [acb(0)] * (order + 1 - len(found))


@dataclass(frozen=True)
class Function:
    """h for the parameters of a claim."""

    damping: Bounds
    undelayed: Bounds
    law: dict[str, Any]

    @classmethod
    def of(cls, claim: dict[str, Any]) -> Function:
        """Read the function of a claim."""
        return cls(bounds(claim["damping"]), bounds(claim["undelayed"]), claim["delay"])

    @property
    def is_point(self) -> bool:
        return self.damping[0] == self.damping[1] and self.undelayed[0] == self.undelayed[1] and is_point(self.law)

    def member(self) -> Function:
        """One function out of those that the parameters allow."""
        a, b = sum(self.damping) / 2, sum(self.undelayed) / 2
        return Function((a, a), (b, b), member(self.law))

    def corners(self) -> list[tuple[Fraction, Fraction]]:
        """The corners of the rectangle of (a, b): what is affine in them is extremal there."""
        return [(a, b) for a in sorted(set(self.damping)) for b in sorted(set(self.undelayed))]

    def jet(self, s: acb, order: int) -> list[acb]:
        """The Taylor coefficients of h, for all parameters."""
        a, b = hull(*self.damping), hull(*self.undelayed)
        result = [a * x for x in derivatives(self.law, s, order)]
        result[0] += s + b
        if order:
            result[1] += 1
        return result

    def reach(self, c: Fraction) -> arb:
        """R = |b| + |a| Phi(c): zeros with Re s >= c have |s| <= R.

        Raises:
            Undecided: if Phi(c) diverges for some of the laws.
        """
        pole = abscissa(self.law)
        if pole is not None and c <= pole:
            raise Undecided(f"{c} is not right of the abscissa of convergence")
        a, b = max(map(abs, self.damping)), max(map(abs, self.undelayed))
        return exact(b) + exact(a) * derivatives(self.law, acb(exact(c)), 0)[0].abs_upper()


def half_planes(values: list[acb]) -> set[int]:
    """The codes that hold for all the values: 0 Re > 0, 1 Im > 0, 2 Re < 0, 3 Im < 0."""
    tests: list[Callable[[acb], bool]] = [
        lambda z: z.real > 0,
        lambda z: z.imag > 0,
        lambda z: z.real < 0,
        lambda z: z.imag < 0,
    ]
    return {q for q, test in enumerate(tests) if all(test(z) for z in values)}


def on_segment(h: Function, c: Fraction, lo: Fraction, hi: Fraction) -> set[int]:
    """The half-planes that are proved to contain h(c + i w) for all w in [lo, hi] and all parameters.

    Mean value theorem in balls: h(m) + h'(segment) (s - m), at each corner of (a, b), in which h is affine.
    """
    middle = (lo + hi) / 2
    at_middle = acb(exact(c), exact(middle))
    offset = acb(0, arb(0, exact((hi - lo) / 2).upper()))
    value = derivatives(h.law, at_middle, 0)[0]
    slope = derivatives(h.law, at_middle + offset, 1)[1]
    values = []
    for a, b in h.corners():
        a_, b_ = exact(a), exact(b)
        values.append(at_middle + b_ + a_ * value + (1 + a_ * slope) * offset)
    return half_planes(values)


def bisect(
    proved: Callable[[Fraction, Fraction], Any], lo: Fraction, hi: Fraction, depth: int = 160
) -> Iterator[tuple[Fraction, Fraction, Any]]:
    """Cut [lo, hi] into pieces on which ``proved`` answers with something.

    Raises:
        Undecided: if a piece stays open at the given depth.
    """
    stack, budget = [(lo, hi, 0)], 20_000
    while stack:
        lo, hi, level = stack.pop()
        answer = proved(lo, hi)
        budget -= 1
        if answer:
            yield lo, hi, answer
        elif level >= depth or budget < 0:
            raise Undecided(f"nothing is proved on [{float(lo)}, {float(hi)}]")
        else:
            middle = (lo + hi) / 2
            stack += [(middle, hi, level + 1), (lo, middle, level + 1)]


def winding(h: Function, c: Fraction, points: list[Fraction]) -> int:
    """The number of zeros with Re s >= c of one function whose h keeps to half-planes between the points.

    The change of arg h between neighbours is the principal argument of the ratio: both lie in one open half-plane.
    On the arc |s| = |c + i Y| h/s has a positive real part, so arg h = arg s + arg(h/s) at its end.
    """
    one = h.member()
    places = [acb(exact(c), exact(w)) for w in points]
    values = [one.jet(s, 0)[0] for s in places]
    if not exact(points[-1]) > h.reach(c):
        raise Undecided("the line does not pass the bound of the zeros")
    last = values[-1] / places[-1]
    if not last.real > 0:
        raise Undecided("h/s is not known at the end of the arc")
    total = places[-1].arg() + last.arg()
    for x, y in pairwise(values):
        total -= (y / x).arg()
    number = (total / arb.pi()).unique_fmpz()
    if number is None or int(number) < 0:
        raise Undecided(f"the winding number is {total / arb.pi()}")
    return int(number)


def ladder(attempt: Callable[[], Any], start: int = 64, *, wide: bool = False) -> Any:
    """Try at rising precision until the answer is decided.

    For intervals of parameters (``wide``) precision soon does not help any more.

    Raises:
        Undecided: if the highest precision does not suffice.
    """
    bits = start
    while True:
        try:
            with ctx.workprec(bits):
                return attempt()
        except Undecided:
            bits *= 4
            if bits > (256 if wide else MAX_PRECISION):
                raise


def count(h: Function, c: Fraction, start: int = 64) -> int:
    """The number of zeros with Re s >= c, for all parameters, by the argument principle on a line of our own.

    Raises:
        Undecided: e.g. if a zero lies on the line.
    """

    def attempt() -> int:
        top = Fraction(float(h.reach(c).upper()) * 1.01) + Fraction(1, 10**300)
        pieces = list(bisect(lambda lo, hi: on_segment(h, c, lo, hi), Fraction(0), top))
        return winding(h, c, [pieces[0][0], *(hi for _, hi, _ in pieces)])

    return int(ladder(attempt, start, wide=not h.is_point))


def on_arc(h: Function, centre: acb, radius: arb, lo: Fraction, hi: Fraction) -> acb:
    """Enclose h on the arc centre + radius exp(2 pi i t), t from lo to hi, for all parameters."""
    middle = centre + radius * acb(exact(lo + hi)).exp_pi_i()
    arc = centre + radius * acb(hull(2 * lo, 2 * hi)).exp_pi_i()
    return h.jet(middle, 0)[0] + h.jet(arc, 1)[1] * (arc - middle)


def count_in_disc(h: Function, re: Fraction, im: Fraction, radius: Fraction) -> int:
    """The number of zeros with |s - (re + i im)| < radius: the winding number of h on the circle.

    Raises:
        Undecided: e.g. if a zero lies on the circle, or the disc leaves the domain.
    """
    pole = abscissa(h.law)
    if pole is not None and re - radius <= pole:
        raise Undecided("the disc is not right of the abscissa of convergence")

    def attempt() -> int:
        centre, r, one = acb(exact(re), exact(im)), exact(radius), h.member()
        arcs = list(bisect(lambda lo, hi: half_planes([on_arc(h, centre, r, lo, hi)]), Fraction(0), Fraction(1), 14))
        values = [one.jet(centre + r * acb(exact(2 * lo)).exp_pi_i(), 0)[0] for lo, _, _ in arcs]
        turns = sum(((y / x).arg() for x, y in zip(values, values[1:] + values[:1], strict=True)), arb(0))
        number = (turns / (2 * arb.pi())).unique_fmpz()
        if number is None:
            raise Undecided("the winding number is not determined")
        return int(number)

    return int(ladder(attempt, max(64, 3 * max(0, bits_below_one(radius)) + 64), wide=not h.is_point))


def bits_below_one(x: Fraction) -> int:
    """About -log2 x."""
    return x.denominator.bit_length() - x.numerator.bit_length()
