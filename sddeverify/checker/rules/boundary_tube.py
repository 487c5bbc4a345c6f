"""boundary_tube: the critical damping as a curve along one parameter of the delay law.

Claim: "$" in the delay stands for a parameter p; for all p in [p_k, p_(k+1)] the critical damping lies in [lo_k, hi_k].

Theorem: ``stability_boundary`` for the law whose parameter is the interval [p_k, p_(k+1)], for each cell.
"""

from itertools import pairwise

from ..document import Claim, Witness, increasing, listed, members, positive, require
from ..family import fill
from ..function import Rule
from ..laws import parse
from .stability_boundary import exclude_crossings, unstable

_MOST = 20_000


def boundary_tube(claim: Claim) -> Rule:
    """Read a claim ``delay``, ``parameter`` = break points p_k, ``damping`` = list of pairs."""
    _, delay, parameter, damping = members(claim, "type", "delay", "parameter", "damping")
    points = increasing(parameter, _MOST)
    bounds = [positive(x) for x in listed(damping, len(points) - 1, len(points) - 1)]
    cells = [fill(delay, {"$": cell}) for cell in pairwise(parameter)]
    laws = [parse(x) for x in cells]

    def verify(witness: Witness) -> None:
        proofs = listed(witness, len(laws), len(laws))
        for cell, law, (lo, hi), proof in zip(cells, laws, bounds, proofs, strict=True):
            axis, count = members(proof, "axis", "count")
            require(not exclude_crossings(law, lo, None, None, axis)[1], "nothing is proved on a piece of code 3")
            unstable(cell, hi, count)

    text = f"the critical damping of {len(laws)} cells of the parameter from {points[0]} to {points[-1]} is enclosed"
    return Rule(f"For h(s) = s + a E[exp(-s tau)], tau ~ {laws[0].text} in the first cell: {text}.", verify)
