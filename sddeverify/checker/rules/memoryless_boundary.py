"""memoryless_boundary: the critical step in mean square of P memoryless workers, exactly.

w' = w - alpha r_I, r_I' = w', I uniform in 1..P, plus independent noise. With r the mean read, the moments
(E w^2, E w r, E r^2, E of the mean squared read) obey a closed linear recursion; with q = 1/P, g = 1 + alpha the rows
of its matrix M are
(1, -2 alpha, 0, alpha^2), (q, 1 - q g - q alpha, -alpha, q alpha g), (q^2, 2 q - 2 q^2 g, 1 - 2 q g, q^2 g^2),
(q, -2 q alpha, 0, 1 - q + q alpha^2).

Claim: mean-square stable for all 0 < alpha <= lo, not for alpha = hi.

Theorem. M preserves the cone of second moments, so its spectral radius is an eigenvalue (Krein & Rutman), and the
stability can change only where det(I - M) = 2 alpha (2 + alpha - P alpha^2)/P^3 is 0 (P >= 2): for alpha > 0 at
the positive zero of P alpha^2 - alpha - 2. On either side of that zero all steps are stable or none is; so when lo is
stable and hi is not (the Schur-Cohn test of the characteristic polynomial of M), it lies between them.
"""

from fractions import Fraction
from math import comb

from ..function import Claim, Rule
from .discrete_boundary import two_sides


def memoryless_boundary(claim: Claim) -> Rule:
    """Read a claim ``workers`` = P, ``step`` = [lo, hi]."""
    text = "{} memoryless workers are mean-square stable for all 0 < alpha <= {}, not for {}."
    return two_sides(claim, "workers", (2, 10**9), text, characteristic)


def characteristic(p: int, a: Fraction) -> list[Fraction]:
    """P^3 det(z I - M), lowest coefficient first, by way of its coefficients c_k in powers of z - 1."""
    last = 2 + 4 * a + 2 * a**2 + 8 * p * a + p * a**2 - 4 * p * a**3
    middle = p * (5 + 8 * a + a**2 - 2 * a**3 + 4 * p * a - p * a**2)
    c = [2 * a * (2 + a - p * a**2), last, middle, p**2 * (4 + 4 * a - a**2), Fraction(p**3)]
    return [sum((c[k] * comb(k, j) * (-1) ** (k - j) for k in range(j, 5)), Fraction(0)) for j in range(5)]
