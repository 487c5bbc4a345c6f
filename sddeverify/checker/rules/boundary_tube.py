"""boundary_tube: the critical damping as a curve along one parameter of the delay law.

Claim: "$" in the delay stands for a parameter p; for all p in [p_k, p_(k+1)] the critical damping lies in [lo_k, hi_k].

Theorem. (1) to (4) of ``stability_boundary`` for each cell; the parameter of the law is the interval [p_k, p_(k+1)].
"""

from itertools import pairwise

from ..document import Claim, increasing, listed, members, positive
from ..function import Rule, fill, parse
from .stability_boundary import bracket


def boundary_tube(claim: Claim) -> Rule:
    """Read a claim ``delay``, ``parameter`` = break points p_k, ``damping`` = list of pairs."""
    _, delay, parameter, damping = members(claim, "type", "delay", "parameter", "damping")
    points = increasing(parameter, 20_000)
    bounds = [positive(x) for x in listed(damping, len(points) - 1, len(points) - 1)]
    laws = [parse(fill(delay, {"$": cell})) for cell in pairwise(parameter)]
    text = f"tau ~ {laws[0].text} in the first cell: the critical damping of {len(laws)} cells of the parameter"
    text = f"For h(s) = s + a E[exp(-s tau)], {text} from {points[0]} to {points[-1]} is enclosed."
    for law, (lo, hi), proof in zip(laws, bounds, listed((yield text), len(laws), len(laws)), strict=True):
        bracket(law, lo, hi, proof)
