"""memoryless_boundary: the critical step in mean square of P memoryless workers, exactly.

w' = w - alpha r_I, r_I' = w', I uniform in 1..P, plus independent noise. With r the mean read, the moments
(E w^2, E w r, E r^2, E of the mean squared read) obey a closed linear recursion; with q = 1/P, g = 1 + alpha the rows
of its matrix M are
(1, -2 alpha, 0, alpha^2), (q, 1 - q g - q alpha, -alpha, q alpha g), (q^2, 2 q - 2 q^2 g, 1 - 2 q g, q^2 g^2),
(q, -2 q alpha, 0, 1 - q + q alpha^2).

Claim: mean-square stable for all 0 < alpha <= lo, not for alpha = hi.

Theorem. M preserves the cone of second moments, so its spectral radius is an eigenvalue (Krein & Rutman), and the
stability can change only where det(I - M) = 2 alpha (2 + alpha - P alpha^2)/P^3 is 0 (P >= 2): for alpha > 0 at
the positive zero of P alpha^2 - alpha - 2. The sides are decided by its sign and, at both ends, by the Schur-Cohn test
of the characteristic polynomial of M.
"""

from fractions import Fraction
from math import comb
from typing import Any

from ..document import Malformed, integer, members
from ..function import Rule
from ..interval import Refusal
from .discrete_boundary import schur
from .stability_boundary import open_pair


def memoryless_boundary(claim: dict[str, Any]) -> Rule:
    """Read a claim ``workers`` = P, ``step`` = [lo, hi]."""
    _, workers, step = members(claim, "type", "workers", "step")
    p, (lo, hi) = integer(workers, 2, 10**9), open_pair(step)

    def verify(witness: Any) -> None:
        if witness is not None or hi is None:
            raise Malformed("the claim needs an upper end and no witness")
        signs = p * lo * lo - lo - 2 < 0 < p * hi * hi - hi - 2
        if not signs or not schur(characteristic(p, lo)) or schur(characteristic(p, hi)):
            raise Refusal("the ends are not on the two sides of the boundary")

    return Rule(f"{p} memoryless workers are mean-square stable for all 0 < alpha <= {lo}, not for {hi}.", verify)


def characteristic(p: int, a: Fraction) -> list[Fraction]:
    """P^3 det(z I - M), lowest coefficient first, by way of its coefficients c_k in powers of z - 1."""
    last = 2 + 4 * a + 2 * a**2 + 8 * p * a + p * a**2 - 4 * p * a**3
    middle = p * (5 + 8 * a + a**2 - 2 * a**3 + 4 * p * a - p * a**2)
    c = [2 * a * (2 + a - p * a**2), last, middle, p**2 * (4 + 4 * a - a**2), Fraction(p**3)]
    return [sum((c[k] * comb(k, j) * (-1) ** (k - j) for k in range(j, 5)), Fraction(0)) for j in range(5)]
