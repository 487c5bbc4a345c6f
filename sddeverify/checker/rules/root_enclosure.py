"""root_enclosure: exactly one zero (or a cluster of two) of h in a disc."""

from fractions import Fraction
from typing import Any

from ..document import Malformed, integer, members, number, precision
from ..function import Function, model_text, parameters, read_function
from ..interval import Arithmetic
from .root_count import FUNCTION


def read_disc(centre: Any, radius: Any) -> tuple[Fraction, Fraction, Fraction]:
    """Return real and imaginary part of the centre ``[re, im]`` and the positive radius."""
    if not isinstance(centre, list) or len(centre) != 2:
        raise Malformed("the centre must be a list [re, im]")
    re, im, r = number(centre[0]), number(centre[1]), number(radius)
    if r <= 0:
        raise Malformed("the radius must be positive")
    return re, im, r


def test_disc(
    function: Function, bits: Any, re: Fraction, im: Fraction, radius: Fraction, zeros: int
) -> None:
    """Refuse unless the disc is proved to hold exactly ``zeros`` zeros."""
    ar = Arithmetic(precision(bits, 4, function.law.size))
    function.disc(ar, re, im, radius, zeros)


class RootEnclosure:
    """Theorem: Pellet's test; the proof stands at ``Function.disc``. With one zero it is simple."""

    def __init__(self, claim: dict[str, Any]) -> None:
        *_, centre, radius, roots, _ = members(
            claim, *FUNCTION, "centre", "radius", "roots", optional=("model",)
        )
        self.claim, self.function = claim, read_function(claim)
        self.re, self.im, self.radius = read_disc(centre, radius)
        self.roots = integer(roots, 1, 2)

    def statement(self) -> str:
        """Return the claim in words."""
        return (
            f"{parameters(self.function)}, {self.function.text} has exactly {self.roots} zero(s), counted with "
            f"multiplicity, in the disc |s - ({self.re} + {self.im} i)| < {self.radius}{model_text(self.claim)}."
        )

    def verify(self, witness: Any) -> None:
        """Test the disc."""
        (bits,) = members(witness, "bits")
        test_disc(self.function, bits, self.re, self.im, self.radius, self.roots)
