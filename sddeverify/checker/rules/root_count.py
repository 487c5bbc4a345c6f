"""root_count: exactly N zeros of h with Re s >= c."""

from fractions import Fraction
from typing import Any

from ..document import integer, members, number, precision, segments
from ..function import Function, model_text, parameters, read_function
from ..interval import Arithmetic, Refusal

FUNCTION = ("type", "damping", "delay", "undelayed")


def counted(function: Function, c: Fraction, witness: Any) -> int:
    """Return the number of zeros with Re s >= c that a witness ``{bits, breaks, codes}`` proves."""
    bits, breaks, codes = members(witness, "bits", "breaks", "codes")
    points, quarters = segments(breaks, codes)
    ar = Arithmetic(precision(bits, len(points), function.law.size))
    return function.count(ar, c, points, quarters)


class RootCount:
    """Theorem: the argument principle on {Re s >= c}; the proof stands at ``Function.count``."""

    def __init__(self, claim: dict[str, Any]) -> None:
        *_, abscissa, roots, _ = members(claim, *FUNCTION, "abscissa", "roots", optional=("model",))
        self.claim, self.function = claim, read_function(claim)
        self.abscissa, self.roots = number(abscissa), integer(roots, 0, 10**9)

    def statement(self) -> str:
        """Return the claim in words."""
        return (
            f"{parameters(self.function)}, {self.function.text} has exactly {self.roots} zero(s), counted with "
            f"multiplicity, with Re s >= {self.abscissa}, and none with Re s = {self.abscissa}{model_text(self.claim)}."
        )

    def verify(self, witness: Any) -> None:
        """Compare the proved number with the claimed one."""
        found = counted(self.function, self.abscissa, witness)
        if found != self.roots:
            raise Refusal(f"the witness proves {found} zero(s), the claim says {self.roots}")
