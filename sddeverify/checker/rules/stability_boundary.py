"""stability_boundary: the critical damping of a law, where the first zero of h(s) = s + a Phi(s) reaches the axis.

Claim: every zero has Re s < 0 for all 0 < a <= lo; if hi is given, some zero has Re s > 0 at a = hi.
The critical damping is the supremum of the A for which h is stable for all 0 < a < A; so it lies in [lo, hi].

Theorem. (1) Small a: zeros with Re s >= 0 have |s| <= a, and Re Phi > 0 near 0, so Re h > 0 there: stable.
(2) As a grows, the number of zeros with Re s >= 0 (all in |s| <= a) changes only where h(i w) = 0 for some real w,
and 0 < |w| <= a, because h(0) = a > 0. (3) Hence there is no change for a <= A if [0, A] is covered by pieces of w,
on each of which one of these is proved for every a in (0, A]: code 0: Re Phi(i w) > 0; code 2: Re Phi(i w) < 0
(then Re h is not 0); code 1: w + A Im Phi(i w) > 0 (then w + a Im Phi > 0 too, a convex combination with w >= 0; a
piece from 0 fails the strict test). (4) At a = hi a proved count N >= 1 of zeros with Re s >= 0, none on the axis,
gives a zero with Re s > 0. (5) Frequency: pieces inside the claimed interval are proved with A = lo, the others with
A = hi; then at the critical damping, where some zero i w exists, w lies in the interval.
"""

from fractions import Fraction
from typing import Any

from ..document import Claim, Witness, listed, members, pair, pieces, positive, spelled, well_formed
from ..function import ZERO, Function, Rule, decided, function, holds, read_model, widen
from ..interval import Arithmetic, Pair, require
from ..laws import Law, parse


def stability_boundary(claim: Claim) -> Rule:
    """Read a claim ``damping`` = [lo, hi or null], ``frequency`` = a pair or null, with or without a model."""
    _, delay, damping, frequency, model = members(claim, "type", "delay", "damping", "frequency", optional="model")
    law, (lo, hi), ending = parse(delay), open_pair(damping), ""
    well_formed((frequency is None) == (hi is None), "damping and frequency must both have an upper end, or neither")
    window = None if frequency is None else pair(frequency, above=0)
    if "model" in claim:
        rate, gain, ending = read_model(model, law)
        right = open_pair(rate) == (lo / gain.hi, hi and hi / gain.lo)
        require(right, "learning_rate is not damping x mean_delay / (hessian x workers) of the model")
        ending += f": every learning rate up to {rate[0]} is stable"
        ending += f", the critical one at most {rate[1]}" if hi else ""

    def verify(witness: Witness) -> None:
        axis, count = members(witness, "axis", "count")
        require(not exclude_crossings(law, lo, hi, window, axis)[1], "nothing is proved on a piece of code 3")
        well_formed((hi is None) == (count is None), "a count belongs to an upper end")
        if hi is not None:
            unstable(delay, hi, count)

    text = f"For h(s) = s + a E[exp(-s tau)], tau ~ {law.text}, every zero has Re s < 0 for all 0 < a <= {lo}"
    if window is not None:
        text += f"; some zero has Re s > 0 at a = {hi}; at the critical damping between them, zeros on the imaginary "
        text += f"axis have modulus in {spelled(window)}"
    return Rule(f"{text}{ending}.", verify)


def unstable(delay: Any, damping: Fraction, count: Witness) -> None:
    """Refuse unless (4) some zero has Re s > 0 at a damping."""
    h = function({"damping": [str(damping)] * 2, "delay": delay, "undelayed": ["0", "0"]})
    decided(h, ZERO, count, some=True)


def exclude_crossings(
    law: Law, lo: Fraction, hi: Fraction | None, window: Pair | None, axis: Witness
) -> tuple[Arithmetic, list[Pair]]:
    """Refuse unless the pieces prove (3) and (5), except those of code 3, on which nothing is proved: return these."""
    ar, line = pieces(axis, law.size)
    require(line[-1][2] >= (hi or lo), "the pieces do not reach the largest damping")
    curvature = ar.magnitude(law.jet(ar, (0, 0, 0, 0), 2)[2])
    for code, start, end in line:
        inside = window is None or window.lo <= start <= end <= window.hi
        top = Pair(lo, lo) if inside or hi is None else Pair(hi, hi)
        s, f, bound = ar.point(ZERO, (start + end) / 2), Function(top, Pair(ZERO, ZERO), law), curvature
        jet = law.jet(ar, s, 1)
        if code == 1:
            jet, bound = f.complete(ar, jet, s), ar.magnitude(ar.scale((bound, bound, 0, 0), top))
        excluded = code == 3 or holds(code, widen(ar, jet, (end - start) / 2, bound))
        require(excluded, "a crossing is not excluded on a piece")
    return ar, [Pair(start, end) for code, start, end in line if code == 3]


def open_pair(value: Any) -> tuple[Fraction, Fraction | None]:
    """Return ``[lo, hi]`` or ``[lo, null]``, positive."""
    lo, hi = listed(value, 2, 2)
    ends = positive([lo, lo if hi is None else hi])
    return ends.lo, None if hi is None else ends.hi
