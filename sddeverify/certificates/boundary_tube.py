"""boundary_tube: a certified curve of the critical damping along one parameter of the delay law."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sddeverify.analysis import crossings as search
from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, enclosure
from sddeverify.certificates._family import template
from sddeverify.certificates._floats import FloatArithmetic
from sddeverify.certificates._prove import finish
from sddeverify.certificates._tube import Cell, Crossing, Pattern, searched
from sddeverify.checker.document import Malformed
from sddeverify.checker.function import fill
from sddeverify.checker.interval import Refusal
from sddeverify.checker.laws import parse
from sddeverify.delays import Law
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import rational, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sddeverify.exact import Enclosure, Exact

_LONGEST = 64  # cells that one search may serve untried
_REACH = 1000  # the multiple of 1/(mean delay) up to which the boundary is looked for


@dataclass(frozen=True)
class BoundaryTube(Certificate):
    """A curve in a tube: on each cell of the parameter an enclosure of the critical damping."""

    @property
    def parameter(self) -> list[Fraction]:
        """The break points of the parameter, one more than cells."""
        return [Fraction(x) for x in self.claim["parameter"]]

    @property
    def damping(self) -> list[Enclosure]:
        """For each cell: stable for 0 < a <= lo, unstable at a = hi, for every parameter value of the cell."""
        return [enclosure(x) for x in self.claim["damping"]]

    def rows(self) -> list[tuple[Fraction, Fraction, Fraction, Fraction]]:
        """The cells as rows (parameter from, to, damping lo, hi), e.g. for a CSV file."""
        points = self.parameter
        return [(points[k], points[k + 1], x.lo, x.hi) for k, x in enumerate(self.damping)]


def prove(
    law: Callable[[Fraction], Law],
    parameter: Sequence[Exact],
    *,
    on_cell: Callable[[int], None] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> BoundaryTube | Inconclusive:
    """Certify the critical damping on every cell of a parameter.

    Args:
        law: The delay law as a function of the parameter, e.g. ``lambda p: ShiftedExponential(p, "1")``. The
            parameter must be, unchanged, a parameter of the law.
        parameter: Increasing exact break points of the parameter.
        on_cell: Called with the number of cells done (for a progress bar).
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate; the narrower the cells, the narrower the tube. Inconclusive names the first cell that failed.

    Raises:
        InvalidScenario: if the break points do not increase, or the parameter is not one of the law's.
    """
    points = [rational(x, "parameter") for x in parameter]
    if len(points) < 2 or any(x >= y for x, y in pairwise(points)):
        raise invalid("parameter", [spell(x) for x in points[:5]], "two or more increasing exact rationals")
    delay = template(law, (points[0], points[-1]))
    try:
        try:
            damping, witness = _cells(law, points, delay, every=False, on_cell=on_cell)
            return _finished(points, delay, damping, witness, provenance)
        except Obstacle:  # a cell among those that were not tried alone
            damping, witness = _cells(law, points, delay, every=True, on_cell=on_cell)
            return _finished(points, delay, damping, witness, provenance)
    except Obstacle as obstacle:
        return obstacle.result


def _finished(
    points: list[Fraction], delay: Any, damping: list[Any], witness: list[Any], provenance: Mapping[str, str] | None
) -> BoundaryTube:
    claim: dict[str, Any] = {"type": "boundary_tube", "delay": delay, "parameter": [spell(x) for x in points]}
    return finish(BoundaryTube, claim | {"damping": damping}, witness, provenance)


def _cells(
    law: Callable[[Fraction], Law],
    points: list[Fraction],
    form: Any,
    *,
    every: bool,
    on_cell: Callable[[int], None] | None,
) -> tuple[list[Any], list[Any]]:
    """The brackets and proofs of all cells. One that was searched for serves the next cells, stretched.

    It is tried on the last cell of a stretch, by the kernel; then, unless ``every`` cell is to be tried, the cells
    before that get theirs untried: ``finish`` has the kernel check them all. Stretches that succeed are doubled.
    """
    damping: list[Any] = []
    witness: list[Any] = []
    edges: list[Crossing] = []

    def edge(k: int) -> Crossing:
        while len(edges) <= k:
            edges.append(_critical(law(points[len(edges)]), edges[-1] if edges else None))
        return edges[k]

    def cell(k: int) -> Cell:
        lo, hi = points[k], points[k + 1]
        # Untried cells should succeed where the tried one does, so that one is a little wider than it is.
        slack = 0 if every else (hi - lo) / 16
        delay = fill(form, {"$": (spell(lo - slack), spell(hi + slack))})
        try:
            parse(delay)
        except (Malformed, Refusal):
            delay = fill(form, {"$": (spell(lo), spell(hi))})
        return Cell(delay, edge(k), edge(k + 1))

    found: tuple[Cell, Pattern] | None = None
    stretch, k = 1, 0
    while k < len(points) - 1:
        last = k if every else min(k + stretch, len(points) - 1) - 1
        if found is not None and found[1].proves(cell(last)):
            for one in map(cell, range(k, last + 1)):
                bounds, proof = found[1].on(one)
                damping.append([spell(x) for x in bounds])
                witness.append(proof)
            stretch, k = min(2 * stretch, _LONGEST), last + 1
            if on_cell is not None:
                on_cell(k)
        elif found is not None and stretch > 1:
            stretch = max(stretch // 4, 1)
        elif found is not None and found[0] == cell(k):
            raise Obstacle(Reason.PRECISION, _where(points, k) + "the kernel does not accept the pieces found")
        else:
            try:
                found = cell(k), searched(cell(k), found and found[1])
            except Obstacle:  # the first crossing may have become another one
                edges[k:] = [_critical(law(points[k]), None), _critical(law(points[k + 1]), None)]
                try:
                    found = cell(k), searched(cell(k))
                except Obstacle as obstacle:
                    raise Obstacle(obstacle.result.reason, _where(points, k) + str(obstacle)) from None
    return damping, witness


def _where(points: list[Fraction], k: int) -> str:
    return f"parameter {spell(points[k])} to {spell(points[k + 1])}: "


def _critical(law: Law, near: Crossing | None) -> Crossing:
    """The first crossing at a break point, computed: by Newton's method from the last one, else by a search.

    If another crossing has come first in between, the proof of the lower end fails, and a search follows.
    """
    if near is not None and (found := _followed(law, near)) is not None:
        return found
    try:
        crossings = search.crossings(law, up_to=_REACH / law.mean_enclosure().lo)
    except UnsupportedScenario as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None
    if not crossings:
        raise Obstacle(Reason.DOMAIN, f"the computed critical damping is beyond {_REACH}/(mean delay)")
    return Crossing(Fraction(float(crossings[0].damping)), float(crossings[0].frequency))


def _followed(law: Law, near: Crossing) -> Crossing | None:
    """Newton's method for Re Phi(i w) = 0."""
    node, ar, w = parse(law.to_json()), FloatArithmetic(), near.frequency
    for _ in range(8):
        value, slope = node.jet(ar, complex(0, w), 1)
        if slope.imag == 0:
            return None
        step = value.real / -slope.imag
        w -= step
        if abs(step) <= 1e-14 * w:
            damping = -w / node.jet(ar, complex(0, w), 0)[0].imag
            return Crossing(Fraction(damping), w) if abs(w - near.frequency) < 0.2 * w and damping > 0 else None
    return None
