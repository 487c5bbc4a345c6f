"""root_enclosure: exactly one zero, or a cluster of two, of h in a disc.

Theorem: Pellet's test; the proof stands at ``Function.disc``. A zero that is alone in its disc is simple.
"""

from ..document import Claim, integer, members, point, precision, radius
from ..function import Rule, read_function


def root_enclosure(claim: Claim) -> Rule:
    """Read a claim ``centre`` = [re, im], ``radius``, ``roots`` = 1 or 2."""
    h, (re, im), r, zeros = read_function(claim, centre=point, radius=radius, roots=lambda x: integer(x, 1, 2))
    text = f"{zeros} zero(s), counted with multiplicity, in the disc |s - ({re} + {im} i)| < {r}{h.model}."
    witness = yield f"{h.text}, h has exactly {text}"
    h.disc(precision(members(witness, "bits")[0], 4, h.law.size), re, im, r, zeros)
