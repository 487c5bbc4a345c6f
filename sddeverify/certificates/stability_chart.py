"""stability_chart: the number of unstable roots over two parameters, certified on the cells of a quadtree."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, Refused, enclosure
from sddeverify.certificates._contour import Subject, count_witness
from sddeverify.certificates._effort import MOST, Effort
from sddeverify.certificates._family import NAMES, family
from sddeverify.certificates._prove import finish
from sddeverify.checker.document import Malformed
from sddeverify.checker.function import Function, counted, member
from sddeverify.checker.interval import Pair, Refusal
from sddeverify.checker.rules.stability_chart import SPLIT, UNDECIDED, leaves
from sddeverify.errors import invalid
from sddeverify.exact import enclosure as exact_enclosure
from sddeverify.exact import pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sddeverify.exact import Enclosure, Exact

__all__ = ["Cell", "StabilityChart", "family", "prove"]

MAX_CELLS = 1024  # per side


@dataclass(frozen=True)
class Cell:
    """A rectangle of parameters; ``roots`` is the number of roots with Re s > 0, None where that is undecided."""

    x: Enclosure
    y: Enclosure
    roots: int | None


@dataclass(frozen=True)
class StabilityChart(Certificate):
    """A map of two parameters: where all roots have Re s < 0, where some do not, and what is undecided."""

    @property
    def x(self) -> Enclosure:
        """The range of the first parameter."""
        return enclosure(self.claim["x"])

    @property
    def y(self) -> Enclosure:
        """The range of the second parameter."""
        return enclosure(self.claim["y"])

    @property
    def family(self) -> dict[str, Any]:
        """The characteristic function with "$x" and "$y" in it."""
        return {name: x for name, x in self.claim.items() if name in ("damping", "delay", "undelayed", "model")}

    def cells(self) -> list[Cell]:
        """The cells, which tile the rectangle."""
        whole = (Pair(self.x.lo, self.x.hi), Pair(self.y.lo, self.y.hi))
        return [
            Cell(enclosure([str(v) for v in x]), enclosure([str(v) for v in y]), None if n == UNDECIDED else n)
            for n, x, y in leaves(self.claim["tree"], *whole)
        ]

    def share(self, roots: int | None) -> Fraction:
        """The share of the area with this number of unstable roots; None: what is undecided."""
        area = sum((cell.x.width * cell.y.width for cell in self.cells() if cell.roots == roots), Fraction(0))
        return area / (self.x.width * self.y.width)

    def at(self, x: Exact, y: Exact) -> int | None:
        """The number of unstable roots at a point, None if it is undecided there.

        Raises:
            InvalidScenario: if the point lies outside of the chart.
        """
        here = (exact_enclosure(x, "x"), exact_enclosure(y, "y"))
        for cell in self.cells():
            if all(a.lo <= b.lo and b.hi <= a.hi for a, b in zip((cell.x, cell.y), here, strict=True)):
                return cell.roots
        raise invalid("point", f"{x}, {y}", f"a point with x in {self.x} and y in {self.y}")

    def rows(self) -> list[tuple[Fraction, Fraction, Fraction, Fraction, int | None]]:
        """The cells as rows (x from, x to, y from, y to, unstable roots), e.g. for a CSV file."""
        return [(cell.x.lo, cell.x.hi, cell.y.lo, cell.y.hi, cell.roots) for cell in self.cells()]


@dataclass(slots=True)
class _Node:
    """A rectangle on the way to a leaf."""

    x: Pair
    y: Pair
    level: int
    roots: int = UNDECIDED
    witness: Any = None
    children: list[_Node] = field(default_factory=list)

    def split(self) -> list[_Node]:
        """Cut it into quarters, in the order of the format."""
        (left, right), (below, above) = (
            (Pair(p.lo, (p.lo + p.hi) / 2), Pair((p.lo + p.hi) / 2, p.hi)) for p in (self.x, self.y)
        )
        self.children = [_Node(x, y, self.level + 1) for y, x in product((below, above), (left, right))]
        return self.children

    def preorder(self) -> Iterator[_Node]:
        """Yield the nodes in the order of the format."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack += reversed(node.children)


def prove(
    family: Mapping[str, Any],
    x: tuple[Exact, Exact],
    y: tuple[Exact, Exact],
    cells: int = 64,
    *,
    resume: StabilityChart | None = None,
    on_cell: Callable[[int], None] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> StabilityChart | Inconclusive:
    """Certify the number of unstable roots on as much of a rectangle of two parameters as a grid resolves.

    An interruption (ctrl-C) ends the search; what is finished is certified and returned, the rest is undecided in it,
    and ``resume`` takes it up again.

    Args:
        family: The characteristic function with "$x" and "$y" in it: :func:`family` makes one.
        x: The range of "$x", exact rationals.
        y: The range of "$y".
        cells: Cells of the finest grid on each side, a power of two up to 1024.
        resume: A chart of the same family and ranges, whose undecided cells are to be worked on.
        on_cell: Called with the number of cells of the finest grid, out of ``cells`` squared, that are done.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate; or Inconclusive: BUDGET if the law is so large that it would take too long.

    Raises:
        InvalidScenario: if an argument is not of the form above, or the family has no law somewhere in the rectangle.
    """
    if type(cells) is not int or not 2 <= cells <= MAX_CELLS or cells & (cells - 1):
        raise invalid("cells", cells, f"a power of two from 2 to {MAX_CELLS}: the cells on one side")
    ends = [exact_enclosure(value, name) for name, value in (("x", x), ("y", y))]
    if any(value.width == 0 for value in ends):
        raise invalid("x, y", f"{x}, {y}", "two ranges lo < hi")
    claim = {"type": "stability_chart", **family, "x": pair(ends[0]), "y": pair(ends[1])}
    root = _Node(Pair(ends[0].lo, ends[0].hi), Pair(ends[1].lo, ends[1].hi), 0)
    try:
        _function(family, root)
    except (Malformed, Refusal) as error:
        raise invalid("family", str(error), "a family that has a law in the whole rectangle") from None
    try:
        if resume is not None:
            _restore(root, resume, claim)
        _refine(root, family, cells, Effort(MOST + 4000 * cells), on_cell)
        try:
            return _finish(root, claim, provenance)
        except Refused:
            _drop_refused(root, family)
            return _finish(root, claim, provenance)
    except Obstacle as obstacle:
        return obstacle.result


def _function(family: Mapping[str, Any], node: _Node) -> Function:
    return member(dict(family), dict(zip(NAMES, (node.x, node.y), strict=True)))


def _refine(
    root: _Node, family: Mapping[str, Any], cells: int, effort: Effort, on_cell: Callable[[int], None] | None
) -> None:
    """Prove cells, the large ones first, and cut those on which it fails down to the finest grid."""
    queue, done, deepest = deque(_open(root)), 0, cells.bit_length() - 1
    done = cells**2 - sum((cells >> node.level) ** 2 for node in queue if node.level <= deepest)
    try:
        while queue:
            node = queue.popleft()
            if node.level > deepest:
                continue
            found = _leaf(_function(family, node), effort)
            if found is not None:
                node.roots, node.witness = found
            elif node.level < deepest:
                queue.extend(node.split())
                continue
            done += (cells >> node.level) ** 2
            if on_cell is not None:
                on_cell(done)
    except KeyboardInterrupt:
        return


def _open(root: _Node) -> list[_Node]:
    return [node for node in root.preorder() if not node.children and node.roots == UNDECIDED]


def _leaf(h: Function, effort: Effort) -> tuple[int, Any] | None:
    """The number of unstable roots and its witness, for all parameters of a cell; None if it finds none."""
    if min(*h.damping, *h.undelayed) >= 0 and h.damping.hi * h.law.mean.hi < 1:
        return 0, None
    if h.undelayed.lo <= 0 <= h.undelayed.hi and h.damping.lo <= 0 <= h.damping.hi:
        return None  # at a = b = 0 the root is 0
    try:
        return count_witness(Subject(h, narrow=False, effort=effort), Fraction(0), checked=False, hurried=True)
    except Obstacle as obstacle:
        if obstacle.result.reason is Reason.BUDGET:
            raise
        return None


def _finish(root: _Node, claim: dict[str, Any], provenance: Mapping[str, str] | None) -> StabilityChart:
    nodes = list(root.preorder())
    tree = [SPLIT if node.children else node.roots for node in nodes]
    witness = [node.witness for node in nodes if not node.children and node.roots != UNDECIDED]
    return finish(StabilityChart, claim | {"tree": tree}, witness, provenance)


def _drop_refused(root: _Node, family: Mapping[str, Any]) -> None:
    """Leave undecided what the kernel does not accept."""
    for node in root.preorder():
        if not node.children and node.roots != UNDECIDED:
            try:
                good = counted(_function(family, node), Fraction(0), node.witness) == node.roots
            except Refusal:
                good = False
            if not good:
                node.roots, node.witness = UNDECIDED, None


def _restore(root: _Node, chart: StabilityChart, claim: dict[str, Any]) -> None:
    """Rebuild the tree of an earlier chart.

    Raises:
        InvalidScenario: if it is a chart of another family or of other ranges.
    """
    if {name: value for name, value in chart.claim.items() if name != "tree"} != claim:
        raise invalid("resume", chart.digest[:12], "a chart of the same family and the same ranges")
    stack, proofs = [root], iter(chart.document["witness"])
    for n in chart.claim["tree"]:
        node = stack.pop()
        if n == SPLIT:
            stack += reversed(node.split())
        elif n != UNDECIDED:
            node.roots, node.witness = n, next(proofs)
