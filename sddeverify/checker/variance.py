"""S = integral over t > 0 of r(t)^2 = (1/pi) integral over w > 0 of dw/|h(i w)|^2, enclosed in three ways.

r is the fundamental solution of dX = -(b X + a X(t - tau)) dt; h must be stable. S is the stationary variance under a
white noise of intensity 1 (Parseval; Kuechler & Mensch 1992 for constant delays).
"""

from fractions import Fraction
from functools import reduce
from math import lcm

from .document import Arithmetic, Claim, Pair, Witness, listed, members, number, pieces, precision, require, well_formed
from .function import ZERO, Function, Rectangle, decided
from .laws import multiply

_ORDER = 8


def proved_variance(h: Function, claim: Claim, witness: Witness) -> Pair:
    """Return the enclosure of S that a witness ``{count, integral}`` proves."""
    count, integral = members(witness, "count", "integral")
    well_formed(h.damping.lo > 0, "the damping must be positive")
    decided(h, ZERO, count, some=False)
    return variance(h, claim, integral)


def variance(h: Function, claim: Claim, witness: Witness) -> Pair:
    """Return an enclosure of S from the part ``integral`` of a witness; the caller proves that h is stable."""
    (kind,) = witness if isinstance(witness, dict) and len(witness) == 1 else ("",)
    methods = {"constant": _constant, "rational": _rational, "quadrature": _quadrature}
    require(kind in methods, "the integral is given as constant, rational or quadrature")
    return methods[kind](h, claim, witness[kind])


def _constant(h: Function, claim: Claim, witness: Witness) -> Pair:
    """Constant delay, b = 0: S = (1 + sin a tau)/(2 a cos a tau)."""
    require("constant" in claim["delay"] and h.undelayed == Pair(ZERO, ZERO), "the closed form is that of one delay")
    ar = precision(witness, 1, 1)
    circle = ar.exponential(ar.scale(ar.multiply((0, 0, ar.unit, ar.unit), ar.scale(ar.one, h.damping)), h.law.mean))
    sine, cosine = (-circle[3], -circle[2], 0, 0), (circle[0], circle[1], 0, 0)
    bottom = ar.scale(cosine, Pair(2 * h.damping.lo, 2 * h.damping.hi))
    return _pair(ar, ar.multiply(ar.add(ar.one, sine), ar.inverse(bottom)))


def _rational(h: Function, claim: Claim, witness: Witness) -> Pair:
    """Phi = N/D, h = A/D with A = (s + b) D + a N; the witness X, deg X < deg A = n, is checked to solve an equation.

    A(s) X(-s) + A(-s) X(s) = D(s) D(-s). Then the product of the transform D/A of r at s and at -s is
    X(s)/A(s) + X(-s)/A(-s), so X/A is the transform of the autocorrelation of r on t > 0 (A is stable: its zeros are
    those of h and perhaps some of D), and S, its value at 0, is x_(n-1)/A_n = x_(n-1)/D_(n-1). Both sides are
    polynomials in s^2 of degree less than n, so that it is enough to compare them for s = 0, ..., n - 1.
    """
    a, b = h.damping, h.undelayed
    require(a.lo == a.hi and b.lo == b.hi, "the rational form is for single parameters")
    *_, degree, top = fraction(claim["delay"], ZERO)
    x = [number(c) for c in listed(witness, degree + 1, degree + 1)]
    require(len(x) ** 2 * sum(map(_bits, (*x, top, *a, *b))) <= 1 << 35, "the rational form is too long")
    unit = lcm(*(c.denominator for c in x))  # in integers, sums take no common divisors
    whole = [c.numerator * (unit // c.denominator) for c in x]
    for s in range(degree + 1):
        (n, d, *_), (m, e, *_) = (fraction(claim["delay"], Fraction(z)) for z in (s, -s))
        right, left = (sum(c * z**k for k, c in enumerate(whole)) for z in (s, -s))
        solved = ((s + b.lo) * d + a.lo * n) * left + ((b.lo - s) * e + a.lo * m) * right == d * e * unit
        require(solved, "the witness does not solve the equation of the rational form")
    return Pair(x[-1] / top, x[-1] / top)


def fraction(law: Claim, s: Fraction) -> tuple[Fraction, Fraction, int, Fraction]:
    """Return N(s) and D(s), the degree of D, and its leading coefficient, of a law with Phi = N/D."""
    ((name, body),) = law.items()
    if name in ("exponential", "erlang") and body["mean"][0] == body["mean"][1]:
        k, mean = body.get("shape", 1), number(body["mean"][0])
        require(k * _bits(mean) <= 1 << 13, "the rational form is too long")
        return Fraction(1), (1 + mean / k * s) ** k, k, (mean / k) ** k
    if name == "sum":
        return reduce(lambda x, y: (x[0] * y[0], x[1] * y[1], x[2] + y[2], x[3] * y[3]), (fraction(x, s) for x in body))
    exact = name == "mixture" and all(part["weight"][0] == part["weight"][1] for part in body)
    require(exact, "the transform of the law is not a quotient of polynomials with exact coefficients")
    rows = [(number(x["weight"][0]), *fraction(x["law"], s)) for x in body]
    parts = [(weight * n, d, degree, top) for weight, n, d, degree, top in rows]
    return reduce(lambda x, y: (x[0] * y[1] + y[0] * x[1], x[1] * y[1], x[2] + y[2], x[3] * y[3]), parts)


def _quadrature(h: Function, claim: Claim, witness: Witness) -> Pair:
    """Pieces of [0, W] by Taylor polynomials with Cauchy's remainder, and the tail by its leading terms.

    f(w) = 1/(h(i w) h(-i w)), on the real line 1/|h(i w)|^2. A piece has midpoint m and half-length r; its code q gives
    rho = radius 16^-q > r. With h_k the coefficients of h(i m + rho z) in powers of z, by Taylor's formula |h| >= L =
    |h_0| - sum over 1 <= k <= n of |h_k| - rho^(n+1) sup |a Phi^(n+1)|/(n+1)! for |z| <= 1, the supremum over
    Re s >= -radius by complete monotonicity. If L > 0, f is analytic for |w - m| <= rho and |f| <= L^-2 there (|h| is
    symmetric about the real axis), so its coefficients f_k in powers of t/rho at m are at most L^-2 (Cauchy). The
    integral over the piece is the sum of 2 rho f_k (r/rho)^(k+1)/(k+1) over even k <= n, and at most
    2 r L^-2 (r/rho)^(n+2)/((n+3)(1 - (r/rho)^2)) for all even k > n (n even).

    Tail: for w >= W > R = |a| + |b| put q = (b + a Phi(i w))/(i w), |q| <= R/w. |1 + q|^-2 = 1 - 2 Re q + terms of
    degree k >= 2 in q, conj q, k + 1 of each; these sum to at most (3 - 2 x) x^2/(1 - x)^2, x = R/w, so that their
    integral over dw/w^2 is at most R^2/(W^3 (1 - R/W)^2). That of 1 is 1/W. That of -2 Re q = -2 a Im Phi(i w)/w has
    at most 2 |a| times the modulus of the integral of Phi(s)/s^3 from i W to i infinity. Phi is analytic and |Phi| <= 1
    in Re s > 0, so the path may go from i W to the right, where |Phi(i W + x)| <= Phi(x), which decreases from 1, and
    |s| >= max(W, x). Over x from 0 to W/2^16, over [W/2^k, 2 W/2^k] for k = 16..1, and from W on, this is at most
    2^-16, the sum of Phi(W/2^k)/2^k, and Phi(W), each times W^-2.
    """
    line, width = members(witness, "line", "radius")
    (ar, line), radius, n, total = pieces(line, 2 * _ORDER * h.law.size), number(width), _ORDER, (0, 0, 0, 0)
    beyond = ar.size(ar.scale(h.at(ar, -radius, n + 1)[-1], h.damping))
    for code, lo, hi in line:
        half, rho = (hi - lo) / 2, radius / 16**code
        jet = [*h.jet(ar, ar.point(ZERO, (lo + hi) / 2), n), beyond]
        jet = [reduce(ar.scale, [Pair(rho, rho)] * k, x) for k, x in enumerate(jet)]  # in (s - i m)/rho
        least = Fraction(ar.mignitude(jet[0]) - sum(map(ar.magnitude, jet[1:])), ar.unit)
        require(least > 0 and half < rho, "the disc around a piece is not proved to be free of zeros")
        for k, x in enumerate(_density(ar, jet[:-1])[::2]):
            weight = 2 * rho * (half / rho) ** (2 * k + 1) / (2 * k + 1)
            total = ar.add(total, ar.scale(x, Pair(weight, weight)))
        rest = 2 * half * (half / rho) ** (n + 2) / ((n + 3) * (1 - (half / rho) ** 2) * least**2)
        total = ar.inflate(total, (*ar.real(Pair(rest, rest)), 0, 0))
    a, b = (max(map(abs, x)) for x in (h.damping, h.undelayed))
    require((end := line[-1][2]) > a + b, "the pieces do not pass the bound |a| + |b|")
    phi = [Fraction(ar.magnitude(h.at(ar, end / 2**k, 0)[0]), ar.unit * 2**k) for k in range(17)]
    rest = (2 * a * (Fraction(1, 2**16) + sum(phi)) + (a + b) ** 2 / (end * (1 - (a + b) / end) ** 2)) / end**2
    found = _pair(ar, ar.add(total, (*ar.real(Pair(1 / end - rest, 1 / end + rest)), 0, 0)))
    # 80143857/25510582 < pi < 165707065/52746197 (continued fraction)
    return Pair(found.lo * Fraction(52746197, 165707065), found.hi * Fraction(25510582, 80143857))


def _density(ar: Arithmetic, jet: list[Rectangle]) -> list[Rectangle]:
    """Return the Taylor coefficients of 1/|h(i w)|^2 in w from those of h."""
    quarters = (ar.one, (0, 0, ar.unit, ar.unit), (-ar.unit, -ar.unit, 0, 0), (0, 0, -ar.unit, -ar.unit))  # i^k
    turned = [ar.multiply(x, quarters[k % 4]) for k, x in enumerate(jet)]
    square = multiply(ar, turned, [(x[0], x[1], -x[3], -x[2]) for x in turned])
    result = [ar.inverse(square[0])]
    for k in range(1, len(jet)):
        rest = reduce(ar.add, [ar.multiply(square[j], result[k - j]) for j in range(1, k + 1)])
        result.append(ar.multiply(result[0], ar.subtract((0, 0, 0, 0), rest)))
    return result


def _pair(ar: Arithmetic, x: Rectangle) -> Pair:
    return Pair(Fraction(x[0], ar.unit), Fraction(x[1], ar.unit))


def _bits(x: Fraction) -> int:
    return x.numerator.bit_length() + x.denominator.bit_length()
