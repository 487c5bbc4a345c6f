"""discrete_boundary: the critical step of x_(k+1) = x_k - alpha x_(k-d), equal workers in turn (fixed lag d).

Claim: stable for all 0 < alpha <= lo, not for alpha = hi.

Theorem. Stable iff all zeros of z^(d+1) - z^d + alpha lie in |z| < 1 (``schur``). A zero on the circle moves outward
as alpha grows: d log z/d alpha = 1/(alpha (d + z/(z - 1))) and Re z/(z - 1) = 1/2 for |z| = 1, so its real part is
positive. No zero ever returns, so the stable steps are an interval from 0 (Levin & May 1976).
"""

from collections.abc import Callable
from fractions import Fraction

from ..document import Claim, Witness, integer, members, require, well_formed
from ..function import Rule
from .stability_boundary import open_pair


def discrete_boundary(claim: Claim) -> Rule:
    """Read a claim ``lag`` = d, ``step`` = [lo, hi]."""
    text = "x_(k+1) = x_k - alpha x_(k-{}) is stable for all 0 < alpha <= {}, not for alpha = {}."
    return two_sides(claim, "lag", (0, 500), text, _polynomial)


def _polynomial(d: int, alpha: Fraction) -> list[Fraction]:
    # a limit of effort: exact numbers grow with each step of ``schur``
    size = d * (alpha.numerator.bit_length() + alpha.denominator.bit_length())
    require(size <= 1 << 16, "the step has too many digits for this lag")
    one, zero = Fraction(1), Fraction(0)
    return [alpha - 1, one] if d == 0 else [alpha, *[zero] * (d - 1), -one, one]


Family = Callable[[int, Fraction], list[Fraction]]


def two_sides(claim: Claim, name: str, limits: tuple[int, int], text: str, family: Family) -> Rule:
    """Read a claim ``name`` = k, ``step`` = [lo, hi]: the family of polynomials is Schur at (k, lo), not at (k, hi)."""
    _, value, step = members(claim, "type", name, "step")
    k, (lo, hi) = integer(value, *limits), open_pair(step)

    def verify(witness: Witness) -> None:
        well_formed(witness is None and hi is not None, "the claim needs an upper end and no witness")
        sides = schur(family(k, lo)) and not schur(family(k, hi or lo))
        require(sides, "the ends are not on the two sides of the boundary")

    return Rule(text.format(k, lo, hi), verify)


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
