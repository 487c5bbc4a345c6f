"""rightmost_root: the zeros of h of largest real part, hence the spectral abscissa.

Theorem. A disc |s - m| < r holds exactly k zeros (``Function.disc``); c <= Re m - r; N is the proved number of
zeros with Re s >= c (``Function.count``). Then these N zeros are the rightmost ones, and they are:
(i) Im m = 0, N = k = 1: one zero, real since its conjugate is in the disc too;
(ii) Im m > r, k = 1, N = 2: the zero in the disc and its conjugate in the mirrored disc, which is disjoint;
(iii) Im m = 0, N = k = 2: a cluster of two, counted with multiplicity: a double zero, or two real zeros, or a
conjugate pair; the spectral abscissa is the larger of their real parts.
The claim counts with multiplicity. In each case the zeros lie in the disc, hence in the rectangle around it (up to
conjugation in its upper half).
"""

from typing import Any

from ..document import integer, members, number, pair
from ..function import ZERO, Rule, counted, read_function
from ..interval import Refusal
from ..laws import spelled
from .root_enclosure import prove_disc, read_disc


def rightmost_root(claim: dict[str, Any]) -> Rule:
    """Read a claim ``real``, ``imag`` = pairs, ``roots`` = N."""
    h, values = read_function(claim, "real", "imag", "roots")
    real, imag, roots = pair(values[0]), pair(values[1], least=0), integer(values[2], 1, 2)

    def verify(witness: Any) -> None:
        disc, count = members(witness, "disc", "count")
        bits, centre, radius = members(disc, "bits", "centre", "radius")
        re, im, r = read_disc(centre, radius)
        if im != 0 and im <= r:
            raise Refusal("the disc and its mirror image overlap")
        prove_disc(h, bits, re, im, r, 1 if im else roots)
        low, high = max(im - r, ZERO), im + r if im or roots == 2 else ZERO
        inside = real.lo <= re - r and re + r <= real.hi and imag.lo <= low and high <= imag.hi
        if not inside or (im > 0) != (imag.lo > 0):
            raise Refusal("the disc does not prove the claimed rectangle")
        abscissa, line = members(count, "abscissa", "line")
        if number(abscissa) > re - r or counted(h, number(abscissa), line) != roots:
            raise Refusal("the number of zeros right of a line left of the disc is not that of the claim")

    where = f"real part in {spelled(real)} and modulus of the imaginary part in {spelled(imag)}"
    return Rule(
        f"{h.text}, the rightmost {roots} zero(s) of h have {where}; all others lie further left{h.model}.", verify
    )
