"""Proposing the line of a cell of a boundary tube, in units that serve the neighbouring cells, too."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._axis import BracketLine
from sddeverify.certificates._certificate import Obstacle, Reason
from sddeverify.certificates._contour import Subject, closing, walk, working_bits
from sddeverify.certificates._prove import decimals
from sddeverify.checker.document import Malformed
from sddeverify.checker.interval import Refusal
from sddeverify.checker.laws import parse
from sddeverify.checker.rules.stability_boundary import bracket
from sddeverify.exact import spell

if TYPE_CHECKING:
    from collections.abc import Callable

_WIDEST = 64  # times the spread of a cell
# Wider brackets than the narrowest: fewer pieces, and room for the cells to come.
_EASES = (Fraction(9, 8), Fraction(3, 2), Fraction(2), Fraction(3), Fraction(5))
_Margins = tuple[Fraction, Fraction]


@dataclass(frozen=True)
class Crossing:
    """The computed crossing at a break point of the parameter."""

    damping: Fraction
    frequency: float


@dataclass(frozen=True)
class Cell:
    """One cell: the law, its parameter an interval, and the computed crossings at the two ends."""

    delay: Any
    first: Crossing
    last: Crossing

    @property
    def spread(self) -> Fraction:
        return max(abs(self.first.damping - self.last.damping), self.least / 10**9)

    @property
    def least(self) -> Fraction:
        return min(self.first.damping, self.last.damping)

    @property
    def frequency(self) -> float:
        return (self.first.frequency + self.last.frequency) / 2

    def bounds(self, margins: _Margins, *, rounded: bool = True) -> tuple[Fraction, Fraction]:
        """A bracket around the crossings, wider by so many times their spread below and above, and by rounding."""
        below, above = (x * self.spread for x in margins)
        lo, hi = self.least - below, self.least + self.spread + above
        found = decimals(lo, hi, self.spread / 32)
        if found.lo <= 0:
            raise Obstacle(Reason.BOUNDARY_IN_BOX, "the cell is too wide for a positive lower end")
        return (found.lo, found.hi) if rounded else (lo, hi)


@dataclass(frozen=True)
class Pattern:
    """Pieces in units of the crossing frequency, and how far the bracket is from the crossings."""

    bits: int
    margins: _Margins
    breaks: list[float]
    codes: list[int]

    def on(self, cell: Cell) -> tuple[tuple[Fraction, Fraction], dict[str, Any]]:
        """The pattern on a cell: a bracket and the pieces of a line, for the kernel to accept or not."""
        bounds = cell.bounds(self.margins)
        grid = 18 - math.frexp(cell.frequency)[1]
        breaks = [Fraction(round(math.ldexp(x * cell.frequency, grid))) / Fraction(2) ** grid for x in self.breaks]
        breaks[-1] = max(breaks[-1], bounds[1] * Fraction(65, 64))
        return bounds, {"bits": self.bits, "breaks": [spell(x) for x in breaks], "codes": self.codes}

    def proves(self, cell: Cell) -> bool:
        """Whether the kernel accepts the pattern on a cell."""
        try:
            _, proof = self.on(cell)
            bounds = cell.bounds(self.margins, rounded=False)  # other cells may not be as lucky with their rounding
            bracket(parse(cell.delay), *bounds, proof)
        except (Obstacle, Malformed, Refusal):
            return False
        return True


def searched(cell: Cell, near: Pattern | None = None) -> Pattern:
    """A pattern for a cell and its neighbours, with a bracket hardly wider than it must be, or as that of ``near``.

    Raises:
        Obstacle: if there is none.
    """
    if near is not None and (found := _pattern(cell, near.margins)) is not None:
        return found
    most = cell.least / cell.spread * Fraction(15, 16)  # the lower end stays positive
    margin = Fraction(1, 4)
    while True:
        try:
            _pieces(cell, (min(margin, most), margin))
            break
        except (Obstacle, Refusal, OverflowError, ZeroDivisionError) as error:
            margin *= 2
            if margin > _WIDEST or margin > 16 * most:
                raise error if isinstance(error, Obstacle) else Obstacle(Reason.DOMAIN, str(error)) from None
    below = _least(lambda x: _pieces(cell, (x, margin)), min(margin, most))
    above = _least(lambda x: _pieces(cell, (below, x)), margin)
    for ease in _EASES:
        if (found := _pattern(cell, (min(below * ease, most), above * ease))) is not None:
            return found
    raise Obstacle(Reason.BOUNDARY_IN_BOX, "the kernel does not accept the pieces found; try narrower cells")


def _pattern(cell: Cell, margins: _Margins) -> Pattern | None:
    """The pattern with a bracket, if the kernel accepts it."""
    try:
        bits, pieces = _pieces(cell, margins)
    except (Obstacle, Refusal, OverflowError, ZeroDivisionError):
        return None
    breaks = [0.0, *(float(w) / cell.frequency for w, _ in pieces)]
    pattern = Pattern(bits, margins, breaks, [code for _, code in pieces])
    return pattern if pattern.proves(cell) else None


def _least(attempt: Callable[[Fraction], Any], most: Fraction) -> Fraction:
    """The least of some parts of ``most`` for which an attempt succeeds, as it does for ``most`` itself."""
    for part in (Fraction(1, 8), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)):
        try:
            attempt(most * part)
        except (Obstacle, Refusal, OverflowError, ZeroDivisionError):
            continue
        return most * part
    return most


def _pieces(cell: Cell, margins: _Margins) -> tuple[int, list[tuple[Fraction, int]]]:
    """Bits and pieces of a line for a bracket."""
    lo, hi = cell.bounds(margins)
    subject = Subject.of({"damping": [spell(hi)] * 2, "undelayed": ["0", "0"], "delay": cell.delay})
    bits = working_bits(subject.function, Fraction(0))
    line = BracketLine(subject, lo, bits)
    # as short as a piece may be: a failing search ends early
    grid = 12 - math.frexp(cell.frequency)[1]
    end = Fraction(math.ceil(math.ldexp(float(hi) * 1.1, grid))) / Fraction(2) ** grid
    pieces = list(walk(line.conditions, Fraction(0), end, grid))
    if pieces[-1][1] != 1:
        pieces.append((pieces[-1][0] * 9 / 8, 1))
    if closing([code for _, code in pieces]) == 0:
        raise Obstacle(Reason.PRECISION, "no root has crossed at the upper end")
    return bits, pieces
