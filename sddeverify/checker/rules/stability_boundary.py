"""stability_boundary: the critical damping of a law, where the first zero of h(s) = s + a Phi(s) reaches the axis.

Claim: every zero has Re s < 0 for all 0 < a <= lo; if hi is given, some zero has Re s > 0 at a = hi.
The critical damping is the supremum of the A for which h is stable for all 0 < a < A; so it lies in [lo, hi].

Theorem. (1) Small a: zeros with Re s >= 0 have |s| <= a, and Re Phi > 0 near 0, so Re h > 0 there: stable.
(2) As a grows, the number of zeros with Re s >= 0 (all in |s| <= a) changes only where h(i w) = 0 for some real w,
and 0 < |w| <= a, because h(0) = a > 0. (3) Let the codes of one line on Re s = 0 prove N zeros with Re s >= 0 at a = A
(``Function.zeros_right``); Y > R = A covers all w. Where code 0 or 2 holds, Re h = a Re Phi has one sign for every
a > 0 once it has it for a = A. Where code 1 holds, w + A Im Phi > 0, hence w + a Im Phi > 0 for 0 < a <= A, a convex
combination with w >= 0 (a piece from 0 fails the strict test). So for 0 < a <= A all zeros i w have w on a piece of
code 3. (4) Let A = hi, or A = lo if there is no hi. On the pieces of code 3, w + lo Im Phi > 0 is proved, too, which
excludes them for every a <= lo in the same way: stable. N >= 1, and no zero on the axis at a = hi: some zero has
Re s > 0. (5) Frequency: the pieces of code 3 lie in the claimed interval, so does w for a zero i w at the critical
damping.
"""

from fractions import Fraction

from ..document import Arithmetic, Claim, Pair, Witness, listed, members, pair, pieces, positive, require, spelled
from ..function import ZERO, Function, Law, Rule, holds, parse, read_model, well_formed, widen


def stability_boundary(claim: Claim) -> Rule:
    """Read a claim ``damping`` = [lo, hi or null], ``frequency`` = a pair or null, with or without a model."""
    _, delay, damping, frequency, model = members(claim, "type", "delay", "damping", "frequency", optional="model")
    law, (lo, hi), ending = parse(delay), open_pair(damping), ""
    well_formed((frequency is None) == (hi is None), "damping and frequency must both have an upper end, or neither")
    window = None if frequency is None else pair(frequency, above=0)
    if "model" in claim:
        rate, gain, ending = read_model(model, law)
        require(open_pair(rate) == (lo / gain.hi, hi and hi / gain.lo), "learning_rate does not go with damping")
        ending += f": every learning rate up to {rate[0]} is stable"
        ending += f", the critical one at most {rate[1]}" if hi else ""

    text = f"For h(s) = s + a E[exp(-s tau)], tau ~ {law.text}, every zero has Re s < 0 for all 0 < a <= {lo}"
    if window is not None:
        text += f"; some zero has Re s > 0 at a = {hi}; at the critical damping between them, zeros on the imaginary "
        text += f"axis have modulus in {spelled(window)}"
    for w in bracket(law, lo, hi, (yield f"{text}{ending}.")):
        require(window is not None and window.lo <= w.lo and w.hi <= window.hi, "a crossing may have another frequency")


def suspects(law: Law, top: Fraction, witness: Witness) -> tuple[Arithmetic, int, list[Pair]]:
    """Return the number of zeros with Re s >= 0 at a = top, and (3) what holds w of all zeros i w for 0 < a <= top."""
    ar, line = pieces(witness, law.size)
    zeros = Function(Pair(top, top), Pair(ZERO, ZERO), law).zeros_right(ar, line, ZERO)
    return ar, zeros, [Pair(start, end) for code, start, end in line if code == 3]


def bracket(law: Law, lo: Fraction, hi: Fraction | None, witness: Witness) -> list[Pair]:
    """Refuse unless (4) the critical damping is in [lo, hi], or above lo without hi; return what holds its w."""
    ar, zeros, windows = suspects(law, hi or lo, witness)
    require((zeros > 0) is (hi is not None), "stability is not lost at the upper end, or without one")
    lower = Function(Pair(lo, lo), Pair(ZERO, ZERO), law)
    curvature = ar.magnitude(ar.scale(lower.at(ar, ZERO, 2)[2], lower.damping))
    for start, end in windows:
        value = widen(ar, lower.jet(ar, ar.point(ZERO, (start + end) / 2), 1), (end - start) / 2, curvature)
        require(holds(1, value), "a crossing is not excluded on a piece")
    return windows


def open_pair(value: Witness) -> tuple[Fraction, Fraction | None]:
    """Return ``[lo, hi]`` or ``[lo, null]``, positive."""
    lo, hi = listed(value, 2, 2)
    ends = positive([lo, lo if hi is None else hi])
    return ends.lo, None if hi is None else ends.hi
