"""stability_chart: the number of zeros with Re s >= 0 on the leaves of a quadtree over two parameters.

Claim: "$x" and "$y" in the members of a function (or of a model, which then gives the damping) stand for two parameters
in a rectangle; ``tree`` lists a quadtree in preorder: -2 cuts a rectangle into quarters (left below, right below, left
above, right above), -1 is a leaf that is undecided, N >= 0 a leaf on which h has exactly N zeros with Re s >= 0, none
of them on the axis, for all parameters in it with a other than 0.

Theorem: a proved count for each leaf, for its rectangle as the box of parameters. A preorder without entries left over
or missing is a tree, and the leaves of a tree of quarters tile the rectangle, with their edges in common.
"""

import json
from collections.abc import Iterator

from ..document import Claim, Pair, integer, listed, members, pair, require, well_formed
from ..function import ZERO, Rule, counted, member

SPLIT, UNDECIDED = -2, -1


def stability_chart(claim: Claim) -> Rule:
    """Read a claim ``x``, ``y`` = pairs, ``tree``; its other members are the template."""
    *_, x, y, entries, _ = members(claim, "type", "damping", "delay", "undelayed", "x", "y", "tree", optional="model")
    template = {name: claim[name] for name in claim if name not in ("type", "x", "y", "tree")}
    tree = [integer(n, SPLIT, 10**9) for n in listed(entries, 1, 1 << 20)]
    cells = list(leaves(tree, pair(x), pair(y)))
    known = [cell for cell in cells if cell[0] != UNDECIDED]

    stable = sum(n == 0 for n, _, _ in known)
    text = f"For s + b + a E[exp(-s tau)] of {json.dumps(template, sort_keys=True)}, a not 0, x in [{x[0]}, {x[1]}]"
    text = f"{text}, y in [{y[0]}, {y[1]}]: in {stable} of {len(cells)} cells of a quadtree every zero has Re s < 0, in"
    text = f"{text} {len(known) - stable} the number of zeros with Re s > 0 is proved to be the one stated"
    witness = yield f"{text}, {len(cells) - len(known)} are undecided."
    for (n, x, y), proof in zip(known, listed(witness, len(known), len(known)), strict=True):
        require(counted(member(template, {"$x": x, "$y": y}), ZERO, proof) == n, f"{n} zeros are not proved on a cell")


def leaves(tree: list[int], x: Pair, y: Pair) -> Iterator[tuple[int, Pair, Pair]]:
    """Yield the leaves of a tree with their rectangles."""
    stack = [(x, y)]
    for n in tree:
        well_formed(bool(stack), "the tree has entries left over")
        x, y = stack.pop()
        if n != SPLIT:
            yield n, x, y
            continue
        columns, rows = ((Pair((p.lo + p.hi) / 2, p.hi), Pair(p.lo, (p.lo + p.hi) / 2)) for p in (x, y))
        stack += [(column, row) for row in rows for column in columns]
    well_formed(not stack, "the tree lacks entries")
