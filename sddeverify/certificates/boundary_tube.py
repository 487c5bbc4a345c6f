"""boundary_tube: a certified curve of the critical damping along one parameter of the delay law."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sddeverify.analysis import crossings as search
from sddeverify.certificates._axis import axis_witness
from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, enclosure
from sddeverify.certificates._contour import Subject, count_witness
from sddeverify.certificates._family import template
from sddeverify.certificates._floats import FloatArithmetic
from sddeverify.certificates._prove import decimals, finish
from sddeverify.checker.family import fill
from sddeverify.checker.laws import parse
from sddeverify.delays import Law
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import rational, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sddeverify.exact import Enclosure, Exact

_REACH = 1000  # the multiple of 1/(mean delay) up to which the boundary is looked for


@dataclass(frozen=True)
class _Crossing:
    damping: Fraction
    frequency: float


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
    damping, witness = [], []
    last: _Crossing | None = None
    try:
        for k, (lo, hi) in enumerate(pairwise(points)):
            try:
                cell = fill(delay, {"$": [spell(lo), spell(hi)]})
                first = last or _critical(law(lo), None)
                last = _critical(law(hi), first)
                try:
                    bounds, proof = _cell(cell, (first.damping, last.damping))
                except Obstacle:
                    first, last = _critical(law(lo), None), _critical(law(hi), None)
                    bounds, proof = _cell(cell, (first.damping, last.damping))
            except Obstacle as obstacle:
                return Inconclusive(obstacle.result.reason, f"parameter {spell(lo)} to {spell(hi)}: {obstacle}")
            damping.append(bounds)
            witness.append(proof)
            if on_cell is not None:
                on_cell(k + 1)
        claim: dict[str, Any] = {"type": "boundary_tube", "delay": delay, "parameter": [spell(x) for x in points]}
        return finish(BoundaryTube, claim | {"damping": damping}, witness, provenance)
    except Obstacle as obstacle:
        return obstacle.result


def _critical(law: Law, near: _Crossing | None) -> _Crossing:
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
    return _Crossing(Fraction(float(crossings[0].damping)), float(crossings[0].frequency))


def _followed(law: Law, near: _Crossing) -> _Crossing | None:
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
            return _Crossing(Fraction(damping), w) if abs(w - near.frequency) < 0.2 * w and damping > 0 else None
    return None


def _cell(delay: Any, ends: tuple[Fraction, Fraction]) -> tuple[list[str], dict[str, Any]]:
    """The narrowest bracket found for one cell, given the critical dampings at its ends, and its proof."""
    claim = {"delay": delay, "undelayed": ["0", "0"]}
    subject = Subject.of({**claim, "damping": ["1", "1"]})
    spread = max(abs(ends[0] - ends[1]), min(ends) / 10**9)

    def below(distance: Fraction) -> tuple[Fraction, Any]:
        lo = decimals(min(ends) - distance, min(ends), spread / 32).lo
        if lo <= 0:
            raise Obstacle(Reason.BOUNDARY_IN_BOX, "the cell is too wide for a positive lower end")
        return lo, axis_witness(subject, lo, None, None)

    def above(distance: Fraction) -> tuple[Fraction, Any]:
        hi = decimals(max(ends), max(ends) + distance, spread / 32).hi
        zeros, count = count_witness(Subject.of({**claim, "damping": [spell(hi)] * 2}), Fraction(0))
        if zeros == 0:
            raise Obstacle(Reason.PRECISION, "no root has crossed at the upper end")
        return hi, count

    lo, axis = _nearest(below, spread / 8, min(ends))
    hi, count = _nearest(above, spread, 4 * max(ends))  # the count sees the cell less sharply
    return [spell(lo), spell(hi)], {"axis": axis, "count": count}


def _nearest(
    attempt: Callable[[Fraction], tuple[Fraction, Any]], distance: Fraction, most: Fraction
) -> tuple[Fraction, Any]:
    """The result of the first attempt that succeeds, going away from the computed boundary."""
    while True:
        try:
            return attempt(distance)
        except Obstacle:
            distance *= 2
            if distance > most:
                raise
