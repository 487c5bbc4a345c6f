"""all_roots: every zero of h with Re s >= c, in disjoint discs.

Claim: the zeros with Re s >= c, counted with multiplicity, are one (or, in a cluster, two) in each of the discs
[re, im, radius, zeros], im >= 0, and in the mirror images of those with im > 0; there are no others.

Theorem. Each disc holds as many zeros as it says (``Function.disc``), no two of them or of their mirror images meet,
all lie in Re s >= c, and the number of zeros with Re s >= c (``Function.zeros_right``) is the total: none is left over.
Discs with im > 0 have im > radius, so the mirror images are below the axis; a disc with im = 0 is its own mirror image.
"""

from itertools import islice

from ..document import MAX_DISCS, Claim, integer, listed, members, number, precision, radius, require
from ..function import Rule, counted, read_function


def all_roots(claim: Claim) -> Rule:
    """Read a claim ``abscissa`` = c, ``discs``."""
    h, c, rows = read_function(claim, abscissa=number, discs=lambda x: listed(x, 0, MAX_DISCS))
    rows = [listed(row, 4, 4) for row in rows]
    discs = sorted((number(im), number(re), radius(r), integer(zeros, 1, 2)) for re, im, r, zeros in rows)
    total = sum(zeros if im == 0 else 2 * zeros for im, _, _, zeros in discs)
    witness = yield f"{h.text}, h has exactly {total} zero(s) with Re s >= {c}, in {len(discs)} disc(s){h.model}."
    bits, line = members(witness, "bits", "line")
    ar, widest = precision(bits, 4, h.law.size), max((r for _, _, r, _ in discs), default=c)
    for k, (im, re, r, zeros) in enumerate(discs):
        require(re - r >= c and (im == 0 or im > r), "a disc reaches over the line or over the real axis")
        for y, x, other, _ in islice(discs, k + 1, None):
            if y - im >= r + widest:
                break  # and so for all that follow: they are sorted by im
            require((y - im) ** 2 + (x - re) ** 2 >= (r + other) ** 2, "two discs meet")
        h.disc(ar, re, im, r, zeros)
    require(counted(h, c, line) == total, "the discs do not hold all the zeros right of the line")
