"""root_count: exactly N zeros of h, counted with multiplicity, with Re s >= c, none on the line Re s = c.

Theorem: the argument principle on {Re s >= c}; the proof stands at ``Function.zeros_right``.
"""

from ..document import Claim, integer, number, require
from ..function import Rule, counted, read_function


def root_count(claim: Claim) -> Rule:
    """Read a claim ``abscissa`` = c, ``roots`` = N."""
    h, c, zeros = read_function(claim, abscissa=number, roots=lambda x: integer(x, 0, 10**9))
    text = f"{h.text}, h has exactly {zeros} zero(s) with Re s >= {c}, none with Re s = {c}{h.model}."
    found = counted(h, c, (yield text))
    require(found == zeros, f"the witness proves {found} zero(s), the claim says {zeros}")
