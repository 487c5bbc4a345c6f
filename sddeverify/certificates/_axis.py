"""Proposing one line on Re s = 0 that counts at a damping, and excludes crossings for all smaller ones."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Obstacle, Reason
from sddeverify.certificates._contour import Condition, Line, Subject, closing, cover, ladder, walk, working_bits
from sddeverify.checker.interval import Arithmetic, Pair, Refusal
from sddeverify.exact import Enclosure, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GRID = 64


def axis_witness(
    subject: Subject,
    lo: Fraction,
    windows: Sequence[Enclosure],
    check: Callable[[dict[str, Any]], Any],
    *,
    single: bool = False,
    checked: bool = True,
) -> tuple[int, dict[str, Any]]:
    """Return the number of zeros with Re s >= 0 at the subject's damping, and pieces that exclude crossings.

    Args:
        subject: The function at the largest damping.
        lo: Where code 3 stands, crossings are excluded for all dampings up to ``lo``; elsewhere, for all up to that
            of the subject.
        windows: Where code 3 may stand: disjoint intervals of frequencies, increasing.
        check: The kernel's check of the pieces, which raises Refusal.
        single: Whether each window is one piece of code 3, about which nothing is proposed.
        checked: As for ``count_witness``.

    Raises:
        Obstacle: if the pieces are not separated at the highest precision.
    """
    obstacle = Obstacle(Reason.PRECISION, "a crossing is not excluded")
    for bits in ladder(subject, Fraction(0)):
        work = bits or working_bits(subject.function, Fraction(0))
        try:
            pieces = _propose(subject, lo, windows, bits, single)
            zeros = closing([code for _, code in pieces])
            subject.effort.spend(len(pieces), subject.function.law.size, work)
            breaks = ["0", *(spell(w) for w, _ in pieces)]
            witness = {"bits": work, "breaks": breaks, "codes": [code for _, code in pieces]}
            if checked or not bits:
                check(witness)
            return zeros, witness
        except (Obstacle, Refusal, OverflowError, ZeroDivisionError) as error:
            if isinstance(error, Obstacle) and error.result.reason is Reason.BUDGET:
                raise
            obstacle = Obstacle(Reason.PRECISION if subject.narrow else Reason.BOUNDARY_IN_BOX, str(error))
    raise obstacle


def _propose(
    subject: Subject, lo: Fraction, windows: Sequence[Enclosure], bits: int, single: bool
) -> list[tuple[Fraction, int]]:
    """Return pieces of the line at a precision of the ladder."""
    line = BracketLine(subject, lo, bits or None)

    def outside(w: Fraction) -> list[Condition]:
        return Line.conditions(line, w)[:3]

    def pieces(end: Fraction, grid: int) -> list[tuple[Fraction, int]]:
        found: list[tuple[Fraction, int]] = []
        last = Fraction(0)
        for window in windows:
            found += walk(outside, last, window.lo, grid)
            found += [(window.hi, 3)] if single else walk(line.conditions, window.lo, window.hi, grid)
            last = window.hi
        return [*found, *walk(outside, last, max(end, 2 * last), grid)]

    return cover(line, subject, bits, pieces)


def margin(subject: Subject, top: Fraction) -> Fraction:
    """Return about the smallest damping, at most ``top``, at which some law of the subject may have a root on the axis.

    The smallest w/(-Im Phi(i w)) over the frequencies w at which Re Phi may vanish, on a grid: proposed, not proved.
    """
    law = subject.function.law
    ar = Arithmetic(working_bits(subject.function, Fraction(0)))
    best, w = top, Fraction(0)
    while w < best:
        # equal steps for a few turns of the mean delay, growing ones after that
        w += max(1 / (_GRID * law.mean.hi), w / _GRID)
        w = Fraction(math.ceil(w * ar.unit), ar.unit)
        subject.effort.spend(1, law.size, ar.bits)
        value = law.jet(ar, ar.point(Fraction(0), w), 0)[0]
        if value[0] <= 0 <= value[1] and value[2] < 0:
            best = min(best, w * ar.unit / -value[2])
    return best


class BracketLine(Line):
    """The imaginary axis for a = hi, the subject's damping, where code 3 also excludes crossings for all a <= lo."""

    def __init__(self, subject: Subject, lo: Fraction, bits: int | None) -> None:
        super().__init__(subject, Fraction(0), bits)
        function = subject.function._replace(damping=Pair(lo, lo))
        self.lower = Line(replace(subject, function=function), Fraction(0), bits)

    def conditions(self, w: Fraction) -> list[Condition]:
        """The four half-planes; for the last one, the condition of the two that ends first."""
        *others, below = super().conditions(w)
        if below.reach <= max(condition.reach for condition in others):
            return others
        above = replace(self.lower.conditions(w)[1], code=3)
        return [*others, min(below, above, key=lambda condition: condition.reach)]
