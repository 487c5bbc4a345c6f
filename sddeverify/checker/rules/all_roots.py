"""all_roots: every zero of h with Re s >= c, in disjoint discs.

Claim: the zeros with Re s >= c, counted with multiplicity, are one (or, in a cluster, two) in each of the discs
[re, im, radius, zeros], im >= 0, and in the mirror images of those with im > 0; there are no others.

Theorem. Each disc holds as many zeros as it says (``Function.disc``), no two of them or of their mirror images meet,
all lie in Re s >= c, and the number of zeros with Re s >= c (``Function.zeros_right``) is the total: none is left over.
Discs with im > 0 have im > radius, so the mirror images are below the axis; a disc with im = 0 is its own mirror image.
"""

from itertools import islice
from typing import Any

from ..document import integer, listed, members, number
from ..function import Rule, counted, read_function
from ..interval import Refusal
from .root_enclosure import prove_disc, read_disc

_MOST = 20_000


def all_roots(claim: dict[str, Any]) -> Rule:
    """Read a claim ``abscissa`` = c, ``discs``."""
    h, (abscissa, entries) = read_function(claim, "abscissa", "discs")
    c, rows = number(abscissa), [listed(x, 4, 4) for x in listed(entries, 0, _MOST)]
    discs = sorted((im, re, r, integer(x[3], 1, 2)) for x in rows for re, im, r in [read_disc(x[:2], x[2])])
    total = sum(zeros if im == 0 else 2 * zeros for im, _, _, zeros in discs)
    widest = max((r for _, _, r, _ in discs), default=c)

    def verify(witness: Any) -> None:
        bits, line = members(witness, "bits", "line")
        for k, (im, re, r, zeros) in enumerate(discs):
            if re - r < c or (im != 0 and im <= r):
                raise Refusal("a disc reaches over the line or over the real axis")
            for other_im, other_re, other_r, _ in islice(discs, k + 1, None):
                if other_im - im >= r + widest:
                    break  # and so for all that follow: they are sorted by im
                if (other_im - im) ** 2 + (other_re - re) ** 2 < (r + other_r) ** 2:
                    raise Refusal("two discs meet")
            prove_disc(h, bits, re, im, r, zeros)
        if counted(h, c, line) != total:
            raise Refusal("the discs do not hold all the zeros right of the line")

    return Rule(f"{h.text}, h has exactly {total} zero(s) with Re s >= {c}, in {len(discs)} disc(s){h.model}.", verify)
