"""mean_square_stability: E X^2 stays bounded under noise that is proportional to the gradient.

With alpha = learning rate x Hessian eigenvalue = ``step``, the jumps add the intensity alpha a E X(t - tau)^2 to the
noise; the variance then solves a renewal equation with kernel alpha a r(t)^2, whose mass is alpha a S.

Theorem. The SDDE is mean-square stable iff it is stable in the mean and alpha a S < 1. Stable: a proved count of 0 and
alpha a S < 1 for the upper ends; unstable: a proved count of at least 1, or a count of 0 and alpha a S > 1 for the
lower ends.
"""

from ..document import Claim, Pair, Witness, boolean, members, pair, positive, require, spelled, well_formed
from ..function import ZERO, Rule, decided, read_function
from ..variance import proved_variance


def mean_square_stability(claim: Claim) -> Rule:
    """Read a claim ``step`` = alpha, ``stable`` = true or false."""
    h, alpha, stable = read_function(claim, step=positive, stable=boolean)
    well_formed(h.damping.lo > 0, "the damping must be positive")
    if "model" in claim:
        rate, hessian = (pair(claim["model"][name]) for name in ("learning_rate", "hessian"))
        image = Pair(rate.lo * hessian.lo, rate.hi * hessian.hi)
        require(alpha == image, "step is not learning_rate x hessian of the model")

    def verify(witness: Witness) -> None:
        if not stable and "integral" not in witness:
            return decided(h, ZERO, *members(witness, "count"), some=True)
        found = proved_variance(h, claim, witness)
        most, least = alpha.hi * h.damping.hi * found.hi, alpha.lo * h.damping.lo * found.lo
        proved = most < 1 if stable else least > 1
        return require(proved, "the mass of the renewal kernel is not proved to lie on the claimed side of 1")

    verdict = "mean-square stable" if stable else "not mean-square stable"
    about = f"the SDDE with learning rate x Hessian eigenvalue in {spelled(alpha)}"
    return Rule(f"{h.text}, {about} is {verdict}{h.model}.", verify)
