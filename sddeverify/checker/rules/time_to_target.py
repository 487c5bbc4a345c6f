"""time_to_target: the last time at which the mean path of a constant delay is as far away as ``target``.

r' = -a r(t - tau), r(0) = 1, r = 0 for t < 0: the mean, without gradients before t = 0. In units of tau, c = a tau, it
is on [k, k + 1] a polynomial of x = t - k: P_0 = 1, P_(k+1)(x) = P_k(1) - c times the integral of P_k from 0 to x.

Claim: |r(lo)| >= target, and |r(t)| < target for all t >= hi. So the last passage lies in ``time`` = [lo, hi].

Theorem. Enclosures of the polynomials, pointwise on [0, 1], prove |r(lo)| >= target; and |r| < target on pieces from
hi to N, a whole number: |r| <= |r(m)| + (v - u)/2 sup |r'| on a piece [u, v] with midpoint m, and r' = -c r(t - 1).
After N: let M_k = |r(k + 1/2)| + c M_(k-1)/2, M_(-1) = 0, which is at least |r| on [k, k + 1] by the same formula. With
y(u) = r(N + u), y' = -c y(u - 1), so that y(u) = r(u) y(0) - c times the integral of r(u - v) y(v - 1) over v in [0, 1]
(variation of constants: both sides solve the same equation). Hence |y(u)| <= G_k M_(N-1) for u in [k, k + 1], with
G_k = M_k + c max(M_(k-1), M_k). If G_k M_(N-1) < target for all k < N then |r| < target up to 2 N; if also
G_(N-1) <= 1, then |r| <= M_(N-1) on [2 N - 1, 2 N], as on [N - 1, N], and so on from 2 N, 3 N, ...
"""

from fractions import Fraction
from functools import reduce
from itertools import pairwise

from ..document import MAX_POINTS, Arithmetic, Claim, Pair, increasing, members, number, pair, precision, require
from ..function import ZERO, Rectangle, Rule, read_function, well_formed


def time_to_target(claim: Claim) -> Rule:
    """Read a claim ``target``, ``time`` = [lo, hi]."""
    h, eps, (lo, hi) = read_function(claim, target=number, time=pair)
    tau, fixed = h.law.mean.lo, h.law.mean.lo == h.law.mean.hi and h.undelayed == (ZERO, ZERO)
    c, minus = (Pair(*sorted(x * tau * sign for x in h.damping)) for sign in (1, -1))
    well_formed("constant" in claim["delay"] and fixed, "the delay must be a constant number without undelayed term")
    well_formed(0 < eps < 1 and lo >= 0 and 0 < c.hi <= 2, "target between 0 and 1, time from 0, damping to 2/tau")
    text = f"the path from r(0) = 1 without gradients before t = 0 has |r({lo})| >= {eps}"
    witness = yield f"{h.text}, {text} and |r(t)| < {eps} for all t >= {hi}{h.model}."
    bits, breaks = members(witness, "bits", "breaks")
    points, half = increasing(breaks, MAX_POINTS), Fraction(1, 2)
    end, pieces = int(points[-1]), list(pairwise(points))
    joined = points[0] == hi / tau and points[-1] == end and all(v <= int(u) + 1 for u, v in pieces)
    well_formed(joined, "pieces must lead from hi to a whole number of delays, and not over another one")
    ar = precision(bits, end + len(points), 64)
    (low, high), size, gains = ar.real(Pair(eps, eps)), (0, 0, 0, 0), [0]
    earlier, path = [size], [ar.one]
    for k in range(end):
        reached = k != int(lo / tau) or ar.mignitude(_value(ar, path, lo / tau - k, lo / tau - k)) >= high
        require(reached, "the target is not proved to be exceeded at the lower end")
        while pieces and pieces[0][0] < k + 1:
            u, v = pieces.pop(0)
            slope, middle = ar.scale(_value(ar, earlier, u - k, v - k), c), (u + v) / 2 - k
            rest = ar.magnitude(ar.scale(slope, Pair((v - u) / 2, (v - u) / 2)))
            require(ar.magnitude(_value(ar, path, middle, middle)) + rest < low, "the target is not kept on a piece")
        last, size = size[1], ar.add(ar.size(_value(ar, path, half, half)), ar.scale(size, Pair(c.hi / 2, c.hi / 2)))
        gains.append(size[1] + ar.scale((max(last, size[1]),) * 2 + (0, 0), c)[1])
        integral = [ar.divide(ar.scale(x, minus), j + 1) for j, x in enumerate(path)]
        earlier, path = path, [reduce(ar.add, path), *integral]
        while ar.magnitude(path[-1]) <= 1:  # x^j lies in [0, 1]: one ulp more for P_k instead of a high power
            path = [ar.add(path[0], (-1, 1, 0, 0)), *path[1:-1]]
    require(gains[-1] <= ar.unit and max(gains) * size[1] < low * ar.unit, "the path is not proved to stay there")


def _value(ar: Arithmetic, path: list[Rectangle], lo: Fraction, hi: Fraction) -> Rectangle:
    """Enclose the values of a polynomial on [lo, hi], by Horner's rule."""
    return reduce(lambda y, x: ar.add(ar.scale(y, Pair(lo, hi)), x), reversed(path))
