"""Proposing pieces of the imaginary axis on which no root can cross, for all dampings up to a bound."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Obstacle, Reason
from sddeverify.certificates._contour import Condition, Line, Subject, arithmetic, as_float, ladder, walk, working_bits
from sddeverify.checker.function import Function
from sddeverify.checker.interval import Arithmetic, Pair, Refusal
from sddeverify.checker.rules.stability_boundary import exclude_crossings
from sddeverify.exact import Enclosure, spell

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.checker.laws import Law as KernelLaw

_GRID = 64


def axis_witness(
    subject: Subject, lo: Fraction, hi: Fraction | None, window: Enclosure | None, *, checked: bool = True
) -> dict[str, Any]:
    """Return pieces of [0, hi] that exclude crossings: for a <= lo inside the window, for a <= hi outside of it.

    ``checked`` is as for ``count_witness``.

    Raises:
        Obstacle: if they are not separated at the highest precision.
    """
    spans: list[Span] = [(Fraction(0), lo, lo)]
    if hi is not None and window is not None:
        spans = [(Fraction(0), window.lo, hi), (window.lo, window.hi, lo), (window.hi, max(hi, window.hi * 2), hi)]
    inside = None if window is None else Pair(window.lo, window.hi)
    return axis_pieces(subject, spans, lambda axis, law: exclude_crossings(law, lo, hi, inside, axis), checked=checked)


Span = tuple[Fraction, Fraction, Fraction | None]
"""Start, end, and the damping up to which crossings are excluded there; None for a piece of code 3."""


def axis_pieces(
    subject: Subject, spans: list[Span], check: Callable[[dict[str, Any], KernelLaw], Any], *, checked: bool = True
) -> dict[str, Any]:
    """Return pieces that cover spans of the imaginary axis; ``check`` is the kernel's.

    Raises:
        Obstacle: if they are not separated at the highest precision.
    """
    highest = max(top for _, _, top in spans if top is not None)
    function = Function(Pair(highest, highest), Pair(Fraction(0), Fraction(0)), subject.function.law)
    scaled = replace(subject, function=function)
    obstacle = Obstacle(Reason.PRECISION, "a crossing is not excluded")
    for bits in ladder(scaled, Fraction(0)):
        work = bits or working_bits(function, Fraction(0))
        try:
            line = _Axis(scaled, bits)
            # |Phi| <= 1 and, for w <= a, |h| <= 2 a limit the reach of a piece to 2 (1/curvature)^(1/2)
            subject.effort.require(float(highest) * math.sqrt(line.curvature) / 2, function.law.size)
            grid = work - 4
            pieces = [
                piece
                for start, end, top in spans
                for piece in ([(end, 3)] if top is None else walk(partial(line.conditions, top=top), start, end, grid))
            ]
            subject.effort.spend(len(pieces), function.law.size, work)
        except (Obstacle, Refusal, OverflowError, ZeroDivisionError) as error:
            if isinstance(error, Obstacle) and error.result.reason is Reason.BUDGET:
                raise
            reason = Reason.PRECISION if subject.narrow else Reason.BOUNDARY_IN_BOX
            obstacle = Obstacle(reason, str(error))
            continue
        breaks = ["0", *(spell(w) for w, _ in pieces)]
        witness = {"bits": work, "breaks": breaks, "codes": [code for _, code in pieces]}
        if bits or not checked or _accepted(check, witness, function.law):
            return witness
    raise obstacle


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


def _accepted(check: Callable[[dict[str, Any], KernelLaw], Any], axis: dict[str, Any], law: KernelLaw) -> bool:
    """Whether the kernel will accept pieces that were found in floats."""
    try:
        check(axis, law)
    except Refusal:
        return False
    return True


class _Axis:
    """The imaginary axis for one law, at one precision (0: floats)."""

    def __init__(self, subject: Subject, bits: int) -> None:
        self.law, self.narrow, self.bits, self.effort = subject.function.law, subject.narrow, bits, subject.effort
        self.ar = arithmetic(bits)
        origin = (0, 0, 0, 0) if bits else 0j
        jet = self.law.jet(self.ar, origin, 2)
        sizes = [as_float(self.ar.magnitude(x), bits) if bits else abs(x) for x in jet]
        self.mean, self.curvature = sizes[1], sizes[2] * (1 + 1e-12)

    def conditions(self, w: Fraction, top: Fraction) -> list[Condition]:
        """Re Phi > 0, Im h > 0 at a = top, Re Phi < 0, at the frequency w."""
        a = float(top)
        self.effort.spend(1, self.law.size, self.bits)
        if self.bits:
            x, y = self.law.jet(self.ar, self.ar.point(Fraction(0), w), 1)
            values = [as_float(v, self.bits) for v in (x[0] - 4, x[2], -x[1] - 4)]
            h = self.ar.scale((x[2], x[3], 0, 0), Pair(top, top))
            values[1] = as_float(h[0] + self.ar.point(w, Fraction(0))[0] - 8, self.bits)
            slopes = [as_float(v, self.bits) for v in (-y[3], y[0], y[2])]
            if not self.narrow:
                lean = [as_float(self.ar.magnitude((y[k], y[k + 1], 0, 0)), self.bits) for k in (0, 2)]
                slopes = [-lean[1], -lean[0], -lean[1]]
        else:
            value, slope = self.law.jet(self.ar, complex(0, w), 1)
            noise = 2.0**-50 * (1 + float(w) * self.mean)
            values = [
                value.real - noise,
                float(w) + a * value.imag - a * noise - 2.0**-51 * float(w),
                -value.real - noise,
            ]
            slopes = [-slope.imag, slope.real, slope.imag]
        slopes[1] = 1 + a * slopes[1] if self.narrow else -(1 - a * slopes[1])
        return [Condition(q, values[q], slopes[q], self.curvature * (a if q == 1 else 1)) for q in range(3)]


class TubeLine(Line):
    """The imaginary axis for a = hi, the subject's damping, where code 3 also excludes crossings for all a <= lo."""

    def __init__(self, subject: Subject, lo: Fraction) -> None:
        self.working = working_bits(subject.function, Fraction(0))
        super().__init__(subject, Fraction(0), self.working)
        self.share = float(lo / subject.function.damping.hi)

    def conditions(self, w: Fraction) -> list[Condition]:
        """The four half-planes; for the last one, the condition of the two that ends first."""
        *others, below = super().conditions(w)
        # Im h at lo is linear between w, at a = 0, and Im h at hi
        x, y = self.function.law.jet(self.ar, self.ar.point(self.c, w), 1)
        lo = float(self.function.damping.hi) * self.share
        value, slope = float(w) + lo * as_float(x[2], self.working), 1 - lo * as_float(max(-y[0], y[1]), self.working)
        above = Condition(3, value * (1 - 1e-12), slope, self.curvature * self.share)
        return [*others, min(below, above, key=lambda condition: condition.reach)]
