"""law_free_bound: stable for every law of the delay, from its mean alone (Krisztin 1990; Bernard & Crauste 2015).

Claim: for every delay tau >= 0 with E[tau] <= m and every 0 < a <= A every zero of s + a E[exp(-s tau)] has Re s < 0;
more generally whenever a E[tau] <= A m.

Theorem: A m < pi/2 is enough. (1) f(x) = x + cos x - (pi/2) sin x >= 0 for x >= 0. With x = pi/2 + y it is
(y - sin y) + (pi/2)(1 - cos y): for y >= 0 both terms are >= 0; for y = -v, 0 <= v <= pi/2, it is 0 at v = 0 and has
the derivative (pi/2) sin v - (1 - cos v) = sin v (pi/2 - tan(v/2)) >= 0, as tan(v/2) <= 1. (2) As a grows from 0 the
zeros with Re s >= 0, none at first, change in number only where i w with w > 0 is one (``stability_boundary``): there
E[cos w tau] = 0 and w = a E[sin w tau], so 0 <= E[f(w tau)] = w E[tau] - (pi/2) w/a and a E[tau] >= pi/2. (3) pi/2 >
80143857/51021164 (continued fraction of pi). A constant delay attains the bound.
"""

from fractions import Fraction

from ..function import Claim, Rule, members, positive, require


def law_free_bound(claim: Claim) -> Rule:
    """Read a claim ``damping`` = A, ``mean_delay`` = m."""
    _, damping, mean = members(claim, "type", "damping", "mean_delay")
    a, m = (positive([x, x]).hi for x in (damping, mean))
    text = f"For every law of a delay tau >= 0 and a > 0 with a E[tau] <= {a * m}, such as E[tau] <= {m} and a <= {a}"
    witness = yield f"{text}, every zero of s + a E[exp(-s tau)] has Re s < 0."
    require(witness is None and a * m < Fraction(80143857, 51021164), "damping x mean_delay is not below pi/2")
