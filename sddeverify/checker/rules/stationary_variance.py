"""stationary_variance: the variance of the stationary solution of dX = -(b X + a X(t - tau)) dt + dW.

Claim: S lies in ``variance``; for a noise of intensity sigma^2 the variance is sigma^2 S. Delays are independent.

Theorem: h is stable (a proved count of 0 at Re s = 0), and then S is the integral of ``variance``.
"""

from ..document import Claim, Witness, positive, require, spelled
from ..function import Rule, read_function
from ..variance import proved_variance


def stationary_variance(claim: Claim) -> Rule:
    """Read a claim ``variance`` = [lo, hi]."""
    h, bounds = read_function(claim, variance=positive)

    def verify(witness: Witness) -> None:
        found = proved_variance(h, claim, witness)
        inside = bounds.lo <= found.lo <= found.hi <= bounds.hi
        require(inside, "the integral is not proved to lie in the claimed interval")

    text = f"the stationary variance of dX = -(b X + a X(t - tau)) dt + dW is in {spelled(bounds)}"
    return Rule(f"{h.text}, {text}{h.model}.", verify)
