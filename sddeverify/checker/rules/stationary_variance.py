"""stationary_variance: the variance of the stationary solution of dX = -(b X + a X(t - tau)) dt + dW.

Claim: S lies in ``variance``; for a noise of intensity sigma^2 the variance is sigma^2 S. Delays are independent.

Theorem: h is stable (a proved count of 0 at Re s = 0), and then S is the integral of ``variance.variance``.
"""

from typing import Any

from ..document import Malformed, members, pair
from ..function import ZERO, Function, Rule, counted, read_function
from ..interval import Pair, Refusal
from ..laws import spelled
from ..variance import variance


def stationary_variance(claim: dict[str, Any]) -> Rule:
    """Read a claim ``variance`` = [lo, hi]."""
    h, (value,) = read_function(claim, "variance")
    bounds = pair(value, above=0)

    def verify(witness: Any) -> None:
        found = proved_variance(h, claim, witness)
        if not bounds.lo <= found.lo <= found.hi <= bounds.hi:
            raise Refusal("the integral is not proved to lie in the claimed interval")

    text = f"the stationary variance of dX = -(b X + a X(t - tau)) dt + dW is in {spelled(bounds)}"
    return Rule(f"{h.text}, {text}{h.model}.", verify)


def proved_variance(h: Function, claim: dict[str, Any], witness: Any) -> Pair:
    """Return the enclosure of S that a witness ``{count, integral}`` proves."""
    count, integral = members(witness, "count", "integral")
    if h.damping.lo <= 0:
        raise Malformed("the damping must be positive")
    if counted(h, ZERO, count) != 0:
        raise Refusal("the equation is not stable")
    return variance(h, claim, integral)
