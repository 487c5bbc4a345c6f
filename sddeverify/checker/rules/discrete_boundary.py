"""discrete_boundary: the critical step of x_(k+1) = x_k - alpha E[x_(k-L)]; the lag L is fixed, or geometric.

A fixed lag d is that of d + 1 equal workers in turn. P memoryless workers have P(L = j) = (1 - q) q^j, q = 1 - 1/P:
gradient descent with the momentum q and the step alpha (1 - q) (Mitliagkas, Zhang, Hadjis & Re 2016).

Claim: stable (every bounded past leads to 0) for all 0 < alpha <= lo, not for alpha = hi.

Theorem, fixed lag. Stable iff all zeros of z^(d+1) - z^d + alpha lie in |z| < 1 (``schur``). A zero on the circle moves
outward as alpha grows: d log z/d alpha = 1/(alpha (d + z/(z - 1))) and Re z/(z - 1) = 1/2 for |z| = 1, so its real part
is positive. No zero ever returns, so the stable steps are an interval from 0 (Levin & May 1976).

Theorem, geometric lag. y_k = E[x_(k-L)] obeys y_(k+1) = q y_k + (1 - q) x_(k+1), so (x, y) obeys a recursion, whose
matrix has the characteristic polynomial (z - 1)(z - q) + alpha (1 - q) z: stable iff both zeros lie in |z| < 1. Their
product is q < 1, so zeros on the circle are real; at z = 1 the value is alpha (1 - q) > 0, and at z = -1 it is 0 for
one alpha alone. Zeros are continuous in alpha, so on either side of that alpha all steps are stable or none is: when lo
is stable and hi is not, it is above lo, and the stable steps are those below it.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ..document import Claim, integer, members, number, require, well_formed
from ..function import Rule
from .stability_boundary import open_pair


def discrete_boundary(claim: Claim) -> Rule:
    """Read a claim ``lag`` = d or {"geometric": q}, ``step`` = [lo, hi]."""
    ending = " is stable for all 0 < alpha <= {}, not for alpha = {}."
    if isinstance(claim.get("lag"), dict):
        text = "x_(k+1) = x_k - alpha E[x_(k-L)] with P(L = j) = (1 - q) q^j, q = {},"
        return two_sides(claim, "lag", None, text + ending, lambda q, a: [q, a * (1 - q) - 1 - q, Fraction(1)])
    return two_sides(claim, "lag", (0, 500), "x_(k+1) = x_k - alpha x_(k-{})" + ending, _fixed)


def _fixed(d: int, alpha: Fraction) -> list[Fraction]:
    # a limit of effort: exact numbers grow with each step of ``schur``
    size = d * (alpha.numerator.bit_length() + alpha.denominator.bit_length())
    require(size <= 1 << 16, "the step has too many digits for this lag")
    return [alpha - 1, Fraction(1)] if d == 0 else [alpha, *[Fraction(0)] * (d - 1), Fraction(-1), Fraction(1)]


def two_sides(claim: Claim, name: str, limits: Any, text: str, family: Callable[..., list[Fraction]]) -> Rule:
    """Read a claim ``name`` = k, ``step`` = [lo, hi]: the family of polynomials is Schur at (k, lo), not at (k, hi).

    k is an integer within ``limits``, or {"geometric": k} with 0 <= k < 1.
    """
    _, value, step = members(claim, "type", name, "step")
    k = integer(value, *limits) if limits else number(members(value, "geometric")[0])
    lo, hi = open_pair(step)
    well_formed(limits is not None or 0 <= k < 1, "a geometric lag needs 0 <= q < 1")
    witness = yield text.format(k, lo, hi)
    well_formed(witness is None and hi is not None, "the claim needs an upper end and no witness")
    require(schur(family(k, lo)) and not schur(family(k, hi or lo)), "the ends are not on two sides of the boundary")


def schur(p: list[Fraction]) -> bool:
    """Whether all zeros of p (lowest coefficient first) lie in |z| < 1.

    Schur & Cohn: iff |p_0| < |p_n| and all zeros of (p_n p(z) - p_0 z^n p(1/z))/z do; exact rational arithmetic.
    """
    while len(p) > 1 and abs(p[0]) < abs(p[-1]):
        ratio = p[0] / p[-1]
        p = [x - ratio * y for x, y in zip(p[1:], p[-2::-1], strict=True)]
    return len(p) == 1
