"""rightmost_root: the zeros of h of largest real part, hence the spectral abscissa.

Theorem. A disc |s - m| < r holds exactly k zeros (``Function.disc``); c <= Re m - r; N is the proved number of
zeros with Re s >= c (``Function.zeros_right``). Then these N zeros are the rightmost ones, and they are:
(i) Im m = 0, N = k = 1: one zero, real since its conjugate is in the disc too;
(ii) Im m > r, k = 1, N = 2: the zero in the disc and its conjugate in the mirrored disc, which is disjoint;
(iii) Im m = 0, N = k = 2: a cluster of two, counted with multiplicity: a double zero, or two real zeros, or a
conjugate pair; the spectral abscissa is the larger of their real parts.
The claim counts with multiplicity. In each case the zeros lie in the disc, hence in the rectangle around it (up to
conjugation in its upper half).
"""

from ..document import Claim, integer, members, number, pair, point, precision, radius, require, spelled
from ..function import ZERO, Rule, counted, read_function


def rightmost_root(claim: Claim) -> Rule:
    """Read a claim ``real``, ``imag`` = pairs, ``roots`` = N."""
    readers = {"imag": lambda x: pair(x, least=0), "roots": lambda x: integer(x, 1, 2)}
    h, real, imag, roots = read_function(claim, real=pair, **readers)
    where = f"real part in {spelled(real)} and modulus of the imaginary part in {spelled(imag)}"
    text = f"the rightmost {roots} zero(s) of h have {where}; all others lie further left"
    disc, count = members((yield f"{h.text}, {text}{h.model}."), "disc", "count")
    bits, centre, size = members(disc, "bits", "centre", "radius")
    (re, im), r = point(centre), radius(size)
    require(im == 0 or im > r, "the disc and its mirror image overlap")
    h.disc(precision(bits, 4, h.law.size), re, im, r, 1 if im else roots)
    low, high = max(im - r, ZERO), im + r if im or roots == 2 else ZERO
    inside = real.lo <= re - r and re + r <= real.hi and imag.lo <= low and high <= imag.hi
    require(inside and (im > 0) == (imag.lo > 0), "the disc does not prove the claimed rectangle")
    abscissa, line = members(count, "abscissa", "line")
    require(number(abscissa) <= re - r, "the line is not left of the disc")
    require(counted(h, number(abscissa), line) == roots, "there are other zeros right of the line")
