"""stability: every zero of h has Re s < 0, or some zero has Re s > 0.

Theorem: with N the proved number of zeros with Re s >= 0 (none on the axis), h is stable iff N = 0.
In some half-plane Re s > -d, d > 0, right of the abscissa of convergence, zeros are finitely many, so N = 0 means
that the mean decays exponentially; N > 0 means that it grows exponentially.
"""

from typing import Any

from ..document import Malformed
from ..function import ZERO, Rule, counted, read_function
from ..interval import Refusal


def stability(claim: dict[str, Any]) -> Rule:
    """Read a claim ``stable`` = true or false."""
    h, (stable,) = read_function(claim, "stable")
    if type(stable) is not bool:
        raise Malformed("stable must be true or false")

    def verify(witness: Any) -> None:
        if (found := counted(h, ZERO, witness) == 0) is not stable:
            raise Refusal(f"the witness proves that {'no' if found else 'some'} zero has Re s > 0")

    verdict = "every zero of h has Re s < 0 (stable)" if stable else "some zero of h has Re s > 0 (unstable)"
    return Rule(f"{h.text}, {verdict}{h.model}.", verify)
