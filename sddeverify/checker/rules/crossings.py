"""crossings: all crossings of the imaginary axis by zeros of h(s) = s + a Phi(s) as a grows from 0 to A.

Claim: as a runs through (0, A], zeros lie on the imaginary axis for exactly one a in each interval ``damping``, a
single pair +-i w with w in ``frequency``; as a grows it moves to the right (direction "out") or to the left ("in").
Between these intervals, and up to A, the number of zeros with Re s >= 0 is constant: 0 at first, 2 more after each way
out, 2 fewer after each way in. None is missed.

Theorem. (1) to (3) of ``stability_boundary`` exclude zeros i w for 0 < a <= A on all pieces of a line but those of code
3. Such a piece is the frequency of one crossing. With C(w) = Re Phi(i w), C'(w) = -Im Phi'(i w), C has one zero on it:
its signs at the ends differ, and C' has one sign. h(i w) = 0 means C(w) = 0 and a = -w/Im Phi(i w), which lies in
``damping``. Im Phi'(i w) is not 0 there, hence neither is h'(i w) = 1 + a Phi'(i w): the zero is simple, and by the
implicit function theorem ds/da = -Phi/h' with Phi = -i w/a, so Re ds/da = w Im Phi'(i w)/|h'(i w)|^2, of the sign of
-C'(w). The intervals of damping do not meet, so no two pairs cross together.
"""

from itertools import accumulate, pairwise

from ..function import ZERO, Claim, Rule, listed, members, parse, positive, require, spelled, well_formed
from .stability_boundary import suspects


def crossings(claim: Claim) -> Rule:
    """Read a claim ``up_to`` = A, ``crossings`` = list of ``{damping, frequency, direction}`` by growing damping."""
    _, delay, up_to, rows = members(claim, "type", "delay", "up_to", "crossings")
    law, top = parse(delay), positive([up_to, up_to])
    table = [members(x, "damping", "frequency", "direction") for x in listed(rows, 0, 1000)]
    ways = {positive(frequency): (positive(damping), way) for damping, frequency, way in table}
    well_formed(len(ways) == len(table) and all(x[2] in ("out", "in") for x in table), "crossings are out or in")
    dampings = [*(damping for damping, _ in ways.values()), top]
    well_formed(all(x.hi < y.lo for x, y in pairwise(dampings)), "dampings must be apart, in order, and below up_to")
    numbers = [*accumulate((2 if way == "out" else -2 for _, way in ways.values()), initial=0)]
    text = "; ".join(f"{way} at a in {spelled(a)}, w in {spelled(w)}" for w, (a, way) in ways.items()) or "none"
    text = f"for 0 < a <= {up_to} zeros lie on the imaginary axis only in pairs +-i w that cross it as a grows: {text}"
    text = f"{text}; the numbers of zeros with Re s >= 0 before, between and after are {numbers}"
    witness = yield f"For h(s) = s + a E[exp(-s tau)], tau ~ {law.text}, {text}."
    ar, _, windows = suspects(law, top.lo, witness)
    require({*windows} == {*ways}, "the pieces of code 3 are not the frequencies of the claim")
    for window in windows:
        damping, way = ways[window]
        phi, slope = law.jet(ar, (0, 0, *ar.real(window)), 1)
        left, right = (law.jet(ar, ar.point(ZERO, w), 0)[0] for w in window)
        falls, rises = slope[2] > 0 and left[0] > 0 > right[1], slope[3] < 0 and left[1] < 0 < right[0]
        require(falls if way == "out" else rises, "a single crossing is not proved on a piece")
        inside = damping.lo * -phi[2] <= window.lo * ar.unit and window.hi * ar.unit <= damping.hi * -phi[3]
        require(phi[3] < 0 and inside, "the damping of a crossing is not in the claimed interval")
