"""decay_rate: the spectral abscissa of h, as the rate at which the mean decays.

Claim: the largest real part of a zero of h lies in [-hi, -lo]; rate = [lo, hi] (negative if the mean grows).

Theorem. No zero has Re s >= -lo (a proved count of 0), and some zero has Re s >= -hi (a proved count of at least 1),
for all parameters. It does not matter whether the zeros are simple, real, or told apart.
"""

from ..function import Claim, Rule, decided, members, pair, read_function, spelled


def decay_rate(claim: Claim) -> Rule:
    """Read a claim ``rate`` = [lo, hi]."""
    h, bounds = read_function(claim, rate=pair)
    witness = yield f"{h.text}, minus the largest real part of a zero of h is in {spelled(bounds)}{h.model}."
    none, some = members(witness, "none", "some")
    decided(h, -bounds.lo, none, some=False)
    decided(h, -bounds.hi, some, some=True)
