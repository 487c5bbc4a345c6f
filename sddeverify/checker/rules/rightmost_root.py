"""rightmost_root: the zeros of h of largest real part, hence the spectral abscissa."""

from typing import Any

from ..document import integer, members, number, pair
from ..function import model_text, parameters, read_function
from ..interval import Refusal
from .root_count import FUNCTION, counted
from .root_enclosure import read_disc, test_disc


class RightmostRoot:
    """The rightmost zeros lie in ``real`` + i ``imag`` (and conjugates).

    Theorem. A disc |s - m| < r holds exactly k zeros (``Function.disc``); c <= Re m - r; N is the proved number of
    zeros with Re s >= c (``Function.count``). Then these N zeros are the rightmost ones, and they are:
    (i) Im m = 0, N = k = 1: one zero, real since its conjugate is in the disc too;
    (ii) Im m - r > 0, k = 1, N = 2: the zero in the disc and its conjugate in the mirrored disc, which is disjoint;
    (iii) Im m = 0, N = k = 2: a cluster of two, counted with multiplicity: a double zero, or two real zeros, or a
    conjugate pair; the spectral abscissa is the larger of their real parts.
    In each case they lie in the disc, hence in the rectangle around it (in its upper half, up to conjugation).
    """

    def __init__(self, claim: dict[str, Any]) -> None:
        *_, real, imag, roots, _ = members(claim, *FUNCTION, "real", "imag", "roots", optional=("model",))
        self.claim, self.function = claim, read_function(claim)
        self.real, self.imag, self.roots = pair(real), pair(imag, least=0), integer(roots, 1, 2)

    def statement(self) -> str:
        """Return the claim in words."""
        kind = "the one rightmost zero, which is real and simple,"
        if self.roots == 2:
            kind = "the two rightmost zeros, a simple conjugate pair,"
            if self.imag.lo == 0:
                kind = "the two rightmost zeros, counted with multiplicity,"
        return (
            f"{parameters(self.function)}, {kind} of {self.function.text}: real part in "
            f"[{self.real.lo}, {self.real.hi}], modulus of the imaginary part in [{self.imag.lo}, {self.imag.hi}]; "
            f"every other zero has a smaller real part{model_text(self.claim)}."
        )

    def verify(self, witness: Any) -> None:
        """Test the disc, count, and compare."""
        disc, count = members(witness, "disc", "count")
        bits, centre, radius = members(disc, "bits", "centre", "radius")
        re, im, r = read_disc(centre, radius)
        if im != 0 and im <= r:
            raise Refusal("the disc and its mirror image overlap")
        zeros = 1 if im > 0 else self.roots
        test_disc(self.function, bits, re, im, r, zeros)
        if (
            self.real.lo > re - r
            or self.real.hi < re + r
            or self.imag.hi < (im + r if im or zeros == 2 else 0)
        ):
            raise Refusal("the disc is not inside the claimed rectangle")
        if self.imag.lo > max(im - r, 0):
            raise Refusal("the disc is not inside the claimed rectangle")
        if self.imag.lo == 0 and im > 0:
            raise Refusal("a conjugate pair is claimed with imag.lo > 0")
        abscissa, *_ = members(count, "abscissa", "bits", "breaks", "codes")
        c = number(abscissa)
        if c > re - r:
            raise Refusal("the disc is not right of the line Re s = c")
        if counted(self.function, c, {k: v for k, v in count.items() if k != "abscissa"}) != self.roots:
            raise Refusal("the number of zeros right of the line is not that of the claim")
