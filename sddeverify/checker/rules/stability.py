"""stability: every zero of h has Re s < 0, or some zero has Re s > 0.

Theorem: with N the proved number of zeros with Re s >= 0 (none on the axis), h is stable iff N = 0.
In some half-plane Re s > -d, d > 0, right of the abscissa of convergence, zeros are finitely many, so N = 0 means
that the mean decays exponentially; N > 0 means that it grows exponentially.
"""

from ..document import Claim, boolean
from ..function import ZERO, Rule, decided, read_function


def stability(claim: Claim) -> Rule:
    """Read a claim ``stable`` = true or false."""
    h, stable = read_function(claim, stable=boolean)
    verdict = "every zero of h has Re s < 0 (stable)" if stable else "some zero of h has Re s > 0 (unstable)"
    decided(h, ZERO, (yield f"{h.text}, {verdict}{h.model}."), some=not stable)
