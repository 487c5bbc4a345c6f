"""Variances, paths and difference equations in python-flint's balls: claims that are no counts of zeros, decided anew.

Nothing here imports sddeverify or reads a witness. Variances come from determinants, or from Arb's adaptive
integration with an analytic tail; paths from the expansion in characteristic roots; difference equations from closed
forms and from the zeros of polynomials.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from math import factorial
from typing import Any

from flint import acb, arb, ctx, fmpq, fmpq_mat, fmpq_poly, fmpz_poly

from tests.oracles import Function, Undecided, bisect, bounds, count, exact, hull, is_point, ladder, mix

ZERO = Fraction(0)
FEW = 5  # so many delays are followed by the method of steps, later ones by characteristic roots


def rational(law: dict[str, Any]) -> tuple[fmpq_poly, fmpq_poly] | None:
    """Numerator and denominator of the transform, in lowest terms, if it is a rational function and a single law."""
    ((name, body),) = law.items()
    if not is_point(law):
        return None
    if name == "constant":
        return (fmpq_poly([1]), fmpq_poly([1])) if body["time"][0] == "0" else None
    if name in {"exponential", "erlang"}:
        shape = body.get("shape", 1)
        mean = Fraction(body["mean"][0]) / shape
        return fmpq_poly([1]), fmpq_poly([1, fmpq(mean.numerator, mean.denominator)]) ** shape
    if name not in {"mixture", "sum"}:
        return None
    top, bottom = fmpq_poly([int(name == "sum")]), fmpq_poly([1])
    for part in body:
        found = rational(part["law"] if name == "mixture" else part)
        if found is None:
            return None
        if name == "sum":
            top, bottom = top * found[0], bottom * found[1]
        else:
            weight = Fraction(part["weight"][0])
            top = top * found[1] + bottom * found[0] * fmpq(weight.numerator, weight.denominator)
            bottom = bottom * found[1]
    common = top.gcd(bottom)
    return top / common, bottom / common


def variance(h: Function, tolerance: Fraction) -> arb:
    """Enclose S = (1/pi) int_0^inf dw/|h(i w)|^2 of a stable h, at the precision in use, to about a tolerance."""
    ((name, body),) = h.law.items()
    if name == "constant" and h.undelayed == (ZERO, ZERO):  # Kuechler & Mensch 1992
        a = hull(*h.damping)
        angle = a * hull(*bounds(body["time"]))
        return (1 + angle.sin()) / (2 * a * angle.cos())
    return _integral(h, exact(tolerance))


def exact_variance(h: Function) -> Fraction | None:
    """S of one stable h with a rational transform N/D, as a quotient of determinants (Newton, Gould & Kaiser 1957).

    With A = (s + b) D + a N of degree n and g(s) = D(s) D(-s), S = (-1)^(n+1) det B/(2 A_n det H): H is Hurwitz's
    matrix of A, and B is H with the even coefficients of g in its first row, from that of s^(2 n - 2) on.
    """
    found = rational(h.law) if h.is_point else None
    if found is None:
        return None
    (top, bottom), (a, b) = found, (fmpq(x[0].numerator, x[0].denominator) for x in (h.damping, h.undelayed))
    left = (fmpq_poly([b, 1]) * bottom + top * a).coeffs()[::-1]
    even, n = (bottom * bottom(fmpq_poly([0, -1]))).coeffs()[::2], len(left) - 1
    rows = [[left[k] if 0 <= (k := 2 * j - i) <= n else fmpq(0) for j in range(1, n + 1)] for i in range(1, n + 1)]
    spectrum = [fmpq(0)] * (n - len(even)) + even[::-1]
    value = fmpq_mat([spectrum, *rows[1:]]).det() / fmpq_mat(rows).det() * (-1) ** (n + 1) / (2 * left[0])
    return Fraction(int(value.p), int(value.q))


def _integral(h: Function, tolerance: arb) -> arb:
    """Arb's integration to W, then 1/w^2 - 2 a Im Phi(i w)/w^3 and at most 3 R^2/w^4/(1 - R/w)^2; R = |a| + |b|.

    The middle term is an integral of Phi(s)/s^3 along i W + x, x > 0, where Phi decays.
    """
    size = exact(max(map(abs, h.damping)) + max(map(abs, h.undelayed)))
    end = size * 8
    while not (size**2 / (end**3 * (1 - size / end) ** 2) < tolerance):
        end *= 2
    end = end.mid()
    rest = size**2 / (end**3 * (1 - size / end) ** 2)

    h = Function(h.damping, h.undelayed, atoms(h.law))

    def density(w: acb, _: bool) -> acb:
        return 1 / (h.jet(acb(0, 1) * w, 0)[0] * h.jet(acb(0, -1) * w, 0)[0])

    def beyond(x: acb, _: bool) -> acb:
        s = x + acb(0, end)
        return (h.jet(s, 0)[0] - s - hull(*h.undelayed)) / s**3  # a Phi(s)/s^3

    far = end
    while not (size / far**2 < tolerance):
        far *= 8
    limits = {"abs_tol": tolerance, "rel_tol": arb(2) ** -ctx.prec, "eval_limit": 40_000}
    total = acb.integral(density, 0, end, **limits).real + 1 / end + arb(0, rest.upper())
    total += 2 * acb.integral(beyond, 0, far, **limits).imag + arb(0, (size / far**2).upper())
    return total / arb.pi()


def atoms(law: dict[str, Any]) -> dict[str, Any]:
    """A lattice with a few masses as their mixture: on wide balls Horner's rule over its empty cells loses all."""
    ((name, body),) = law.items()
    if name != "lattice" or body["step"][0] != body["step"][1] or sum(map(bool, body["counts"])) > 64:
        return law
    step, total = Fraction(body["step"][0]), sum(body["counts"])
    masses = [(Fraction(n, total), str(j * step)) for j, n in enumerate(body["counts"]) if n]
    return mix([(weight, {"constant": {"time": [time, time]}}) for weight, time in masses])


def side(h: Function, lo: Fraction, hi: Fraction) -> int:
    """Where S lies, for all parameters: -1 below lo, 0 between, 1 above hi.

    Raises:
        Undecided: if balls overlap with an end, or parameters are too wide to tell.
    """
    known = exact_variance(h)
    if known is not None:
        return -1 if known < lo else int(known > hi)
    closed = "constant" in h.law and h.undelayed == (ZERO, ZERO)
    for digits in (4, 7, 10, 13, *((40, 160, 640) if closed else ())):  # a formula is cheap at any precision
        with ctx.workprec(64 + 4 * digits):
            found = variance(h, hi / 10**digits)
            low, high = exact(lo), exact(hi)
            answers = [found < low, low <= found and found <= high, found > high]
        if any(answers):
            return answers.index(True) - 1
        if not h.is_point and digits > 4:
            break
    raise Undecided("the variance is not separated from a bound")


def unstable(h: Function) -> bool:
    return count(h, ZERO) > 0


def stationary_variance(claim: dict[str, Any]) -> bool:
    """Whether h is stable and S between the bounds."""
    h = Function.of(claim)
    return not unstable(h) and side(h, *bounds(claim["variance"])) == 0


def mean_square_stability(claim: dict[str, Any]) -> bool:
    """Whether h is stable and alpha a S < 1 for all parameters, or neither for none of them."""
    h, steps = Function.of(claim), bounds(claim["step"])
    if not step_fits(claim):
        return False
    if unstable(h):
        return not claim["stable"]
    least, most = (1 / (x * y) for x, y in zip(steps, h.damping, strict=True))
    place = side(h, most, least)
    if place == 0:  # S between the reciprocals of the two ends: an interval of steps that holds the boundary
        raise Undecided("the boundary may lie among the parameters")
    return (place < 0) is claim["stable"]


def step_fits(claim: dict[str, Any]) -> bool:
    """Whether the step is learning_rate x hessian of the model, if there is one."""
    if "model" not in claim:
        return True
    rate, hessian = bounds(claim["model"]["learning_rate"]), bounds(claim["model"]["hessian"])
    return bounds(claim["step"]) == (rate[0] * hessian[0], rate[1] * hessian[1])


def discrete_boundary(claim: dict[str, Any]) -> bool:
    """Whether 2 cos(pi d/(2 d + 1)) lies between the ends (Levin & May 1976; for d = 0 it is 2, for d = 1 it is 1).

    For a geometric lag: whether the mean of 1/(1 - q) memoryless workers, with the mean read, contracts at lo only.
    """
    d, (lo, hi) = claim["lag"], bounds(claim["step"])
    if isinstance(d, dict):
        q = Fraction(d["geometric"])
        return 0 <= q < 1 and reads_contract(q, lo) and not reads_contract(q, hi)
    if d < 2:
        return lo < 2 - d <= hi

    def attempt() -> bool:
        critical = 2 * (arb.pi() * d / (2 * d + 1)).cos()
        if critical < exact(lo) or critical > exact(hi):
            return False
        if critical > exact(lo) and critical < exact(hi):
            differ = d <= 9 and hi - lo > Fraction(1, 10**30) and not (contracts(d, lo) and not contracts(d, hi))
            assert not differ, "the oracles differ"
            return True
        raise Undecided("the boundary is close to an end")

    return bool(ladder(attempt))


def reads_contract(q: Fraction, alpha: Fraction) -> bool:
    """Whether x' = x - alpha y, y' = q y + (1 - q) x' has both eigenvalues in |z| < 1, from their enclosures."""
    share, step = (fmpq(x.numerator, x.denominator) for x in (q, alpha))
    matrix = fmpq_mat(2, 2, [1, -step, 1 - share, share - step * (1 - share)])
    with ctx.workprec(400):
        return all(z.abs_upper() < 1 for z, _ in matrix.charpoly().numer().complex_roots())


def contracts(d: int, alpha: Fraction) -> bool:
    """Whether all zeros of z^(d+1) - z^d + alpha lie in |z| < 1, from their enclosures."""
    p = fmpz_poly([alpha.numerator, *[0] * (d - 1), -alpha.denominator, alpha.denominator])
    with ctx.workprec(400):
        return all(z.abs_upper() < 1 for z, _ in p.complex_roots())


def memoryless_boundary(claim: dict[str, Any]) -> bool:
    """Whether P alpha^2 - alpha - 2 < 0 at the lower end and not at the upper one; for few workers also by moments."""
    p, (lo, hi) = claim["workers"], bounds(claim["step"])
    values = [p * x**2 - x - 2 for x in (lo, hi)]
    if p <= 3 and all(x == 0 or abs(x) > Fraction(1, 10**30) for x in values):
        assert [moments_contract(p, x) for x in (lo, hi)] == [x < 0 for x in values], "the oracles differ"
    return values[0] < 0 <= values[1]


def moments_contract(workers: int, alpha: Fraction) -> bool:
    """Whether E[A x A] of w' = w - alpha r_I, r_I' = w' has all eigenvalues in |z| < 1: second moments, unreduced."""
    n = workers + 1
    mean = [[fmpq(0)] * n**2 for _ in range(n**2)]
    for chosen in range(1, n):
        rows = [[fmpq(int(i == j)) for j in range(n)] for i in range(n)]
        rows[0][chosen] -= fmpq(alpha.numerator, alpha.denominator)
        rows[chosen] = rows[0]
        for i, j, k, m in product(range(n), repeat=4):
            mean[i * n + j][k * n + m] += rows[i][k] * rows[j][m] / workers
    with ctx.workprec(400):
        return all(z.abs_upper() < 1 for z, _ in fmpq_mat(mean).charpoly().numer().complex_roots())


def time_to_target(claim: dict[str, Any]) -> bool:
    """Whether |r(lo)| >= target, and |r| < target from hi on; time in delays, c = a tau, r(t) = 0 for t < 0."""
    tau, (start, end) = bounds(claim["delay"]["constant"]["time"])[0], bounds(claim["time"])
    lo, hi, eps = start / tau, end / tau, Fraction(claim["target"])
    if lo > hi:
        return False
    dampings = bounds(claim["damping"])
    c = dampings[0] * tau, dampings[1] * tau
    if c[0] == c[1] and lo <= FEW:
        reached = abs(sum((-c[0]) ** k * (lo - k) ** k / factorial(k) for k in range(int(lo) + 1))) >= eps
    else:
        reached = ladder(lambda: _beyond(_path(c, lo, lo), eps), wide=c[0] != c[1])
    return reached and bool(ladder(lambda: _kept(c, eps, hi), 128, wide=c[0] != c[1]))


def _beyond(x: arb, eps: Fraction) -> bool:
    size = abs(x)
    if size >= exact(eps) or size < exact(eps):
        return bool(size >= exact(eps))
    raise Undecided("the path is close to the target")


def _kept(c: tuple[Fraction, Fraction], eps: Fraction, hi: Fraction) -> bool:
    """Whether |r(t)| < eps for all t >= hi: in pieces, and at the end by the sum of the moduli of all modes."""
    if not _beyond(_path(c, hi, hi), eps):
        end, more = max(hi, Fraction(FEW)), Fraction(1, 4)
        while not (_modes(c, end, end)[1] < exact(eps)):
            end, more = end + more, 2 * more
            if more > 10**6:
                raise Undecided("the path does not settle")
        edges = sorted({hi, end, *(x for x in (Fraction(k) for k in range(1, FEW + 1)) if hi < x < end)})
        for u, v in pairwise(edges):
            for _ in bisect(lambda x, y: _small(c, eps, x, y), u, v, depth=400):
                pass
        return True
    return False


def _small(c: tuple[Fraction, Fraction], eps: Fraction, u: Fraction, v: Fraction) -> bool:
    """Whether |r| < eps on [u, v], by the mean value theorem with r' = -c r(t - 1)."""
    middle = (u + v) / 2
    slope = hull(*c) * _path(c, u - 1, v - 1)
    if any(abs(x) >= exact(eps) for x in (_path(c, middle, middle),)):
        raise Undecided("the path leaves the target again")
    value = _path(c, middle, middle) + arb(0, (abs(slope).abs_upper() * exact((v - u) / 2)).upper())
    return bool(abs(value) < exact(eps))


def _path(c: tuple[Fraction, Fraction], u: Fraction, v: Fraction) -> arb:
    """Enclose r on [u, v]: sum of (-c)^k (t - k)_+^k/k! at first, later over the characteristic roots."""
    if v < 0:
        return arb(0)
    if u >= (FEW if u < v else 500):
        return _modes(c, u, v)[0]
    minus, total = -hull(*c), arb(0)
    for k in range(int(v) + 1):
        low = max(u - k, ZERO) ** k if u >= k else ZERO  # the step at t = 0, too
        total += minus**k * hull(low, (v - k) ** k) / factorial(k)
    return total


def _modes(c: tuple[Fraction, Fraction], u: Fraction, v: Fraction) -> tuple[arb, arb]:
    """r on [u, v], u > 1, and a bound of |r| from u on: sums of exp(s t)/(1 + s) over s = W_k(-c), and of its moduli.

    c exp(-s) = -s, so that |exp(s t)| = (c/|s|)^t, and |s| >= |Im s| > 2 pi k on the branches k and -k - 1, k >= 1.
    """
    strength, t, last = hull(*c), hull(u, v), 40
    total, moduli = arb(0), arb(0)
    for k in range(last):
        pair = [acb(-strength).lambertw(n) for n in (k, -k - 1)]
        terms = [(s * t).exp() / (1 + s) for s in pair]
        if not all(x.is_finite() for x in terms) or not all(s.real < 0 for s in pair):
            raise Undecided("a double root, or none on the left")
        total += sum(terms, acb(0)).real
        moduli += sum((((s * exact(u)).exp() / (1 + s)).abs_upper() for s in pair), arb(0))
    bound = 2 * (exact(c[1]) / (2 * arb.pi() * last)) ** exact(u) / (2 * arb.pi() * last - 1)
    bound *= 1 + last / exact(u)  # the sum over k >= K of k^(-1 - u) is below K^(-u) (1/K + 1/u)
    return total + arb(0, bound.upper()), moduli + bound
