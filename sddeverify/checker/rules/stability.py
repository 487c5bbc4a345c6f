"""stability: all zeros of h have negative real part, or: some zero has positive real part."""

from fractions import Fraction
from typing import Any

from ..document import boolean, members
from ..function import model_text, parameters, read_function
from ..interval import Refusal
from .root_count import FUNCTION, counted


class Stability:
    """Theorem: with N the proved number of zeros with Re s >= 0 (none on the axis), stable iff N = 0.

    The zeros of h with Re s > -d, for some d > 0 right of the abscissa of convergence, are finitely many,
    so N = 0 means exponential stability of the mean; N > 0 means that the mean grows exponentially.
    """

    def __init__(self, claim: dict[str, Any]) -> None:
        *_, stable, _ = members(claim, *FUNCTION, "stable", optional=("model",))
        self.claim, self.function, self.stable = claim, read_function(claim), boolean(stable)

    def statement(self) -> str:
        """Return the claim in words."""
        kind = "every zero has Re s < 0 (stable)" if self.stable else "some zero has Re s > 0 (unstable)"
        return f"{parameters(self.function)}, {self.function.text}: {kind}{model_text(self.claim)}."

    def verify(self, witness: Any) -> None:
        """Count the zeros with Re s >= 0."""
        zeros = counted(self.function, Fraction(0), witness)
        if (zeros == 0) != self.stable:
            raise Refusal(f"the witness proves {zeros} zero(s) with Re s > 0")
