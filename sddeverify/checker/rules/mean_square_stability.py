"""mean_square_stability: E X^2 stays bounded under noise that is proportional to the gradient.

With alpha = learning rate x Hessian eigenvalue = ``step``, the jumps add the intensity alpha a E X(t - tau)^2 to the
noise; the variance then solves a renewal equation with kernel alpha a r(t)^2, whose mass is alpha a S.

Theorem. The SDDE is mean-square stable iff it is stable in the mean and alpha a S < 1. Stable: a proved count of 0 and
alpha a S < 1 for the upper ends; unstable: a proved count of at least 1, or a count of 0 and alpha a S > 1 for the
lower ends.
"""

from ..document import Claim, boolean, members, pair, positive, require, spelled, well_formed
from ..function import ZERO, Rule, decided, read_function, times
from ..variance import proved_variance


def mean_square_stability(claim: Claim) -> Rule:
    """Read a claim ``step`` = alpha, ``stable`` = true or false."""
    h, alpha, stable = read_function(claim, step=positive, stable=boolean)
    well_formed(h.damping.lo > 0, "the damping must be positive")
    if "model" in claim:
        rate, hessian = (pair(claim["model"][name]) for name in ("learning_rate", "hessian"))
        require(alpha == times(rate, hessian), "step is not learning_rate x hessian of the model")
    about = f"the SDDE with learning rate x Hessian eigenvalue in {spelled(alpha)}"
    witness = yield f"{h.text}, {about} is {'' if stable else 'not '}mean-square stable{h.model}."
    if not stable and "integral" not in witness:
        return decided(h, ZERO, *members(witness, "count"), some=True)
    found = proved_variance(h, claim, witness)
    mass = times(times(alpha, h.damping), found)
    return require(mass.hi < 1 if stable else mass.lo > 1, "the renewal kernel's mass is not proved to be as claimed")
