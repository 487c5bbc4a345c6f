"""stationary_variance: the variance of the stationary solution of dX = -(b X + a X(t - tau)) dt + dW.

Claim: S lies in ``variance``; for a noise of intensity sigma^2 the variance is sigma^2 S. Delays are independent.

Theorem: h is stable (a proved count of 0 at Re s = 0), and then S is the integral of ``variance``.
"""

from ..function import Claim, Rule, positive, read_function, require, spelled
from ..variance import proved_variance


def stationary_variance(claim: Claim) -> Rule:
    """Read a claim ``variance`` = [lo, hi]."""
    h, bounds = read_function(claim, variance=positive)
    text = f"the stationary variance of dX = -(b X + a X(t - tau)) dt + dW is in {spelled(bounds)}"
    found = proved_variance(h, claim, (yield f"{h.text}, {text}{h.model}."))
    require(bounds.lo <= found.lo <= found.hi <= bounds.hi, "the integral is not proved to be in the claimed interval")
