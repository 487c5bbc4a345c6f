"""decay_rate: the spectral abscissa of h, as the rate at which the mean decays.

Claim: the largest real part of a zero of h lies in [-hi, -lo]; rate = [lo, hi] (negative if the mean grows).

Theorem. No zero has Re s >= -lo (a proved count of 0), and some zero has Re s >= -hi (a proved count of at least 1),
for all parameters. It does not matter whether the zeros are simple, real, or told apart.
"""

from typing import Any

from ..document import members, pair
from ..function import Rule, counted, read_function
from ..interval import Refusal
from ..laws import spelled


def decay_rate(claim: dict[str, Any]) -> Rule:
    """Read a claim ``rate`` = [lo, hi]."""
    h, (rate,) = read_function(claim, "rate")
    bounds = pair(rate)

    def verify(witness: Any) -> None:
        none, some = members(witness, "none", "some")
        if counted(h, -bounds.lo, none) != 0 or counted(h, -bounds.hi, some) < 1:
            raise Refusal("the counts do not enclose the spectral abscissa")

    return Rule(f"{h.text}, minus the largest real part of a zero of h is in {spelled(bounds)}{h.model}.", verify)
