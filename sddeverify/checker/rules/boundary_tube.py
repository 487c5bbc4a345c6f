"""boundary_tube: the critical damping as a curve along one parameter of the delay law.

Claim: "$" in the delay stands for a parameter p; for all p in [p_k, p_(k+1)] the critical damping lies in [lo_k, hi_k].

Theorem. For each cell take the law whose parameter is the interval [p_k, p_(k+1)], and let the codes of one line on
Re s = 0 prove N >= 1 zeros with Re s >= 0 at a = hi (``Function.zeros_right``); none is on the axis, so one has
Re s > 0: unstable. The same line shows that no h with 0 < a <= lo has a zero i w, w >= 0, on the axis, so that (1) to
(3) of ``stability_boundary`` give stability for those a; Y > R = hi >= a covers all their zeros. Codes 0 and 2:
Re h(i w) = a Re Phi(i w) has one sign for every a > 0 once it has it for a = hi. Code 1: w + hi Im Phi > 0, then
w + a Im Phi > 0 too, a convex combination with w >= 0 (a piece from 0 fails the strict test). Code 3: Im h < 0 at
a = hi says nothing about lo; on these pieces w + lo Im Phi > 0 is proved as well, which serves every a <= lo, as above.
"""

from itertools import pairwise

from ..document import Claim, Witness, increasing, listed, members, pieces, positive, require
from ..family import fill
from ..function import ZERO, Function, Rule, holds, widen
from ..interval import Pair
from ..laws import parse


def boundary_tube(claim: Claim) -> Rule:
    """Read a claim ``delay``, ``parameter`` = break points p_k, ``damping`` = list of pairs."""
    _, delay, parameter, damping = members(claim, "type", "delay", "parameter", "damping")
    points = increasing(parameter, 20_000)
    bounds = [positive(x) for x in listed(damping, len(points) - 1, len(points) - 1)]
    laws = [parse(fill(delay, {"$": cell})) for cell in pairwise(parameter)]

    def verify(witness: Witness) -> None:
        for law, (lo, hi), proof in zip(laws, bounds, listed(witness, len(laws), len(laws)), strict=True):
            ar, line = pieces(proof, law.size)
            lower, upper = (Function(Pair(a, a), Pair(ZERO, ZERO), law) for a in (lo, hi))
            require(upper.zeros_right(ar, line, ZERO) > 0, "no zero with Re s > 0 is proved at an upper end")
            curvature = ar.magnitude(ar.scale(lower.at(ar, ZERO, 2)[2], lower.damping))
            for half, middle in [((end - start) / 2, (start + end) / 2) for code, start, end in line if code == 3]:
                jet = lower.jet(ar, ar.point(ZERO, middle), 1)
                require(holds(1, widen(ar, jet, half, curvature)), "a crossing is not excluded")

    text = f"tau ~ {laws[0].text} in the first cell: the critical damping of {len(laws)} cells of the parameter"
    return Rule(f"For h(s) = s + a E[exp(-s tau)], {text} from {points[0]} to {points[-1]} is enclosed.", verify)
