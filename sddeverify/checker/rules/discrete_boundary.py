"""discrete_boundary: the critical step of x_(k+1) = x_k - alpha x_(k-d), equal workers in turn (fixed lag d).

Claim: stable for all 0 < alpha <= lo, not for alpha = hi.

Theorem. Stable iff all zeros of z^(d+1) - z^d + alpha lie in |z| < 1 (``schur``). A zero on the circle moves outward
as alpha grows: d log z/d alpha = 1/(alpha (d + z/(z - 1))) and Re z/(z - 1) = 1/2 for |z| = 1, so its real part is
positive. No zero ever returns, so the stable steps are an interval from 0 (Levin & May 1976).
"""

from fractions import Fraction
from typing import Any

from ..document import Malformed, integer, members
from ..function import Rule
from ..interval import Refusal
from .stability_boundary import open_pair


def discrete_boundary(claim: dict[str, Any]) -> Rule:
    """Read a claim ``lag`` = d, ``step`` = [lo, hi]."""
    _, lag, step = members(claim, "type", "lag", "step")
    d, (lo, hi) = integer(lag, 0, 500), open_pair(step)

    def verify(witness: Any) -> None:
        if witness is not None or hi is None:
            raise Malformed("the claim needs an upper end and no witness")
        if not schur(_polynomial(d, lo)) or schur(_polynomial(d, hi)):
            raise Refusal("the ends are not on the two sides of the boundary")

    return Rule(f"x_(k+1) = x_k - alpha x_(k-{d}) is stable for all 0 < alpha <= {lo}, not for alpha = {hi}.", verify)


def _polynomial(d: int, alpha: Fraction) -> list[Fraction]:
    one, zero = Fraction(1), Fraction(0)
    return [alpha - 1, one] if d == 0 else [alpha, *[zero] * (d - 1), -one, one]


def schur(p: list[Fraction]) -> bool:
    """Whether all zeros of p (lowest coefficient first) lie in |z| < 1.

    Schur & Cohn: iff |p_0| < |p_n| and all zeros of (p_n p(z) - p_0 z^n p(1/z))/z do; exact rational arithmetic.
    """
    while len(p) > 1:
        ratio = p[0] / p[-1]
        if abs(ratio) >= 1:
            return False
        p = [x - ratio * y for x, y in zip(p[1:], p[-2::-1], strict=True)]
    return True
