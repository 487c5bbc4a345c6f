"""mean_square_stability: E X^2 stays bounded under noise that is proportional to the gradient.

With alpha = learning rate x Hessian eigenvalue = ``step``, the jumps add the intensity alpha a E X(t - tau)^2 to the
noise; the variance then solves a renewal equation with kernel alpha a r(t)^2, whose mass is alpha a S.

Theorem. The SDDE is mean-square stable iff it is stable in the mean and alpha a S < 1. Stable: a proved count of 0 and
alpha a S < 1 for the upper ends; unstable: a proved count of at least 1, or a count of 0 and alpha a S > 1 for the
lower ends.
"""

from typing import Any

from ..document import Malformed, members, pair
from ..function import ZERO, Rule, counted, read_function
from ..interval import Refusal
from ..laws import spelled
from ..variance import proved_variance


def mean_square_stability(claim: dict[str, Any]) -> Rule:
    """Read a claim ``step`` = alpha, ``stable`` = true or false."""
    h, (step, stable) = read_function(claim, "step", "stable")
    alpha = pair(step, above=0)
    if type(stable) is not bool or h.damping.lo <= 0:
        raise Malformed("stable must be true or false, and the damping positive")
    if "model" in claim:
        rate, hessian = (pair(claim["model"][name]) for name in ("learning_rate", "hessian"))
        if alpha != (rate.lo * hessian.lo, rate.hi * hessian.hi):
            raise Refusal("step is not learning_rate x hessian of the model")

    def verify(witness: Any) -> None:
        if not stable and "integral" not in witness:
            if counted(h, ZERO, *members(witness, "count")) < 1:
                raise Refusal("no zero with Re s > 0 is proved")
            return
        found = proved_variance(h, claim, witness)
        most, least = alpha.hi * h.damping.hi * found.hi, alpha.lo * h.damping.lo * found.lo
        if (stable and most >= 1) or (not stable and least <= 1):
            raise Refusal("the mass of the renewal kernel is not proved to lie on the claimed side of 1")

    verdict = "mean-square stable" if stable else "not mean-square stable"
    about = f"the SDDE with learning rate x Hessian eigenvalue in {spelled(alpha)}"
    return Rule(f"{h.text}, {about} is {verdict}{h.model}.", verify)
