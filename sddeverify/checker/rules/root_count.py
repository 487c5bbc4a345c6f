"""root_count: exactly N zeros of h, counted with multiplicity, with Re s >= c, none on the line Re s = c.

Theorem: the argument principle on {Re s >= c}; the proof stands at ``Function.count``.
"""

from typing import Any

from ..document import integer, number
from ..function import Rule, counted, read_function
from ..interval import Refusal


def root_count(claim: dict[str, Any]) -> Rule:
    """Read a claim ``abscissa`` = c, ``roots`` = N."""
    h, (abscissa, roots) = read_function(claim, "abscissa", "roots")
    c, zeros = number(abscissa), integer(roots, 0, 10**9)

    def verify(witness: Any) -> None:
        if (found := counted(h, c, witness)) != zeros:
            raise Refusal(f"the witness proves {found} zero(s), the claim says {zeros}")

    return Rule(f"{h.text}, h has exactly {zeros} zero(s) with Re s >= {c}, none with Re s = {c}{h.model}.", verify)
