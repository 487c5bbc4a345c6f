"""root_enclosure: exactly one zero, or a cluster of two, of h in a disc.

Theorem: Pellet's test; the proof stands at ``Function.disc``. A zero that is alone in its disc is simple.
"""

from fractions import Fraction
from typing import Any

from ..document import Malformed, integer, listed, members, number, precision
from ..function import Function, Rule, read_function


def root_enclosure(claim: dict[str, Any]) -> Rule:
    """Read a claim ``centre`` = [re, im], ``radius``, ``roots`` = 1 or 2."""
    h, (centre, radius, roots) = read_function(claim, "centre", "radius", "roots")
    re, im, r = read_disc(centre, radius)
    zeros = integer(roots, 1, 2)
    where = f"the disc |s - ({re} + {im} i)| < {r}"
    return Rule(
        f"{h.text}, h has exactly {zeros} zero(s), counted with multiplicity, in {where}{h.model}.",
        lambda witness: prove_disc(h, members(witness, "bits")[0], re, im, r, zeros),
    )


def read_disc(centre: Any, radius: Any) -> tuple[Fraction, Fraction, Fraction]:
    """Return real and imaginary part of the centre ``[re, im]`` and the positive radius."""
    re, im, r = (number(x) for x in (*listed(centre, 2, 2), radius))
    if r <= 0:
        raise Malformed("a disc needs a positive radius")
    return re, im, r


def prove_disc(h: Function, bits: Any, re: Fraction, im: Fraction, radius: Fraction, zeros: int) -> None:
    """Refuse unless the disc is proved to hold exactly ``zeros`` zeros."""
    h.disc(precision(bits, 4, h.law.size), re, im, radius, zeros)
