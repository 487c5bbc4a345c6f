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
from sddeverify.certificates._prove import decimals, finish
from sddeverify.checker.rules.boundary_tube import fill
from sddeverify.delays import Law
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import pair, rational, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sddeverify.exact import Enclosure, Exact

_WIDEST = Fraction(1, 2)


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
    template = _template(law, points)
    damping, witness = [], []
    try:
        for k, (lo, hi) in enumerate(pairwise(points)):
            try:
                bounds, proof = _cell(template, law((lo + hi) / 2), (spell(lo), spell(hi)))
            except Obstacle as obstacle:
                return Inconclusive(obstacle.result.reason, f"parameter {spell(lo)} to {spell(hi)}: {obstacle}")
            damping.append(bounds)
            witness.append(proof)
            if on_cell is not None:
                on_cell(k + 1)
        claim: dict[str, Any] = {"type": "boundary_tube", "delay": template, "parameter": [spell(x) for x in points]}
        return finish(BoundaryTube, claim | {"damping": damping}, witness, provenance)
    except Obstacle as obstacle:
        return obstacle.result


def _template(law: Callable[[Fraction], Law], points: list[Fraction]) -> Any:
    """The law's JSON with "$" where the parameter stands: where two values give two different pairs."""
    first, last = law(points[0]).to_json(), law(points[-1]).to_json()
    template = _merge(first, last, (pair(points[0]), pair(points[-1])))
    if fill(template, (spell(points[0]), spell(points[0]))) != first or template == first:
        raise invalid("law", str(law(points[0])), "a law with the parameter itself as one of its parameters")
    return template


def _merge(x: Any, y: Any, values: tuple[list[str], list[str]]) -> Any:
    if (x, y) == values:
        return "$"
    if isinstance(x, dict) and isinstance(y, dict) and x.keys() == y.keys():
        return {name: _merge(x[name], y[name], values) for name in x}
    if isinstance(x, list) and isinstance(y, list) and len(x) == len(y):
        return [_merge(a, b, values) for a, b in zip(x, y, strict=True)]
    if x != y:
        raise invalid("law", "a law that depends on the parameter otherwise", "the parameter itself in its place")
    return x


def _cell(template: Any, middle: Law, cell: tuple[str, str]) -> tuple[list[str], dict[str, Any]]:
    """The narrowest bracket found for one cell, and its proof."""
    subject = Subject.of({"delay": fill(template, cell), "damping": ["1", "1"], "undelayed": ["0", "0"]})
    try:
        found = search.crossings(middle, up_to=100 / subject.function.law.mean.lo)
    except UnsupportedScenario as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None
    if not found:
        raise Obstacle(Reason.DOMAIN, "the computed critical damping is beyond 100/(mean delay)")
    critical = Fraction(float(found[0].damping))
    lo, axis = _lower(subject, critical)
    hi, count = _upper(template, cell, critical)
    return [spell(lo), spell(hi)], {"axis": axis, "count": count}


def _lower(subject: Subject, critical: Fraction) -> tuple[Fraction, dict[str, Any]]:
    width = _start(subject)
    while True:
        lo = decimals(critical * (1 - width), critical, critical * width / 16).lo
        try:
            return lo, axis_witness(subject, lo, None, None)
        except Obstacle:
            width *= Fraction(3, 2)
            if width > _WIDEST:
                raise


def _upper(template: Any, cell: tuple[str, str], critical: Fraction) -> tuple[Fraction, dict[str, Any]]:
    claim = {"delay": fill(template, cell), "undelayed": ["0", "0"]}
    width = _start(Subject.of({**claim, "damping": ["1", "1"]}))
    while True:
        hi = decimals(critical, critical * (1 + width), critical * width / 16).hi
        try:
            zeros, count = count_witness(Subject.of({**claim, "damping": [spell(hi)] * 2}), Fraction(0))
            if zeros > 0:
                return hi, count
            raise Obstacle(Reason.PRECISION, "no root has crossed at the upper end")
        except Obstacle:
            width *= Fraction(3, 2)
            if width > _WIDEST:
                raise


def _start(subject: Subject) -> Fraction:
    """Half the relative width of the mean over the cell: the boundary moves about as much."""
    mean = subject.function.law.mean
    return max((mean.hi - mean.lo) / (2 * mean.hi), Fraction(1, 10**9)) * Fraction(5, 4)
