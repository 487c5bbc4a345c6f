"""boundary_tube: the critical damping as a curve along one parameter of the delay law.

Claim: "$" in the delay stands for a parameter p; for all p in [p_k, p_(k+1)] the critical damping lies in [lo_k, hi_k].

Theorem: ``stability_boundary`` for the law whose parameter is the interval [p_k, p_(k+1)], for each cell.
"""

from itertools import pairwise
from typing import Any

from ..document import Malformed, listed, members, number
from ..function import ZERO, Function, Rule, counted
from ..interval import Pair, Refusal
from ..laws import parse
from .stability_boundary import exclude_crossings, open_pair

_MOST = 20_000


def boundary_tube(claim: dict[str, Any]) -> Rule:
    """Read a claim ``delay``, ``parameter`` = break points p_k, ``damping`` = list of pairs."""
    _, delay, parameter, damping = members(claim, "type", "delay", "parameter", "damping")
    points = [number(x) for x in listed(parameter, 2, _MOST)]
    bounds = [open_pair(x) for x in listed(damping, len(points) - 1, len(points) - 1)]
    if any(x >= y for x, y in pairwise(points)):
        raise Malformed("the parameter must increase")
    laws = [parse(fill(delay, cell)) for cell in pairwise(parameter)]

    def verify(witness: Any) -> None:
        for law, (lo, hi), proof in zip(laws, bounds, listed(witness, len(laws), len(laws)), strict=True):
            axis, count = members(proof, "axis", "count")
            exclude_crossings(law, lo, None, None, axis)
            if hi is None or counted(Function(Pair(hi, hi), Pair(ZERO, ZERO), law), ZERO, count) < 1:
                raise Refusal("no zero with Re s > 0 is proved at an upper end")

    text = f"the critical damping of {len(laws)} cells of the parameter from {points[0]} to {points[-1]} is enclosed"
    return Rule(f"For h(s) = s + a E[exp(-s tau)], tau ~ {laws[0].text} in the first cell: {text}.", verify)


def fill(value: Any, cell: tuple[Any, Any]) -> Any:
    """Return a template with every "$" replaced by a pair."""
    if isinstance(value, dict):
        return {name: fill(x, cell) for name, x in value.items()}
    return [fill(x, cell) for x in value] if isinstance(value, list) else list(cell) if value == "$" else value
