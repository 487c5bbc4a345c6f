"""Proposing break points and codes along a vertical line. The search; the theorem is the kernel's.

At a point w of the line the value f of a real component of h, its slope g along the line, and the bound
K >= |f''|/2 give the longest piece [w, w + 2 r] that the kernel will accept. Its test, made at the midpoint m, is
f(m) - r |f'(m)| > K r^2; by Taylor's formula at w it suffices that f > 2 K r^2 and f + 2 r g > 6 K r^2. Close to a zero
of h the pieces shrink like the square root of the distance, so a distance of 10^-12 costs a dozen pieces.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, pairwise
from typing import Any

from sddeverify.certificates._certificate import Obstacle, Reason
from sddeverify.certificates._effort import Effort
from sddeverify.certificates._floats import FloatArithmetic
from sddeverify.checker.document import MAX_BITS, MAX_POINTS, Malformed
from sddeverify.checker.function import Function
from sddeverify.checker.function import function as read
from sddeverify.checker.interval import Arithmetic, Refusal
from sddeverify.delays import COMPUTED
from sddeverify.exact import spell

_SAFETY = 0.94
_MANTISSA = 2.0**-52
_LEAST = 1e-300


def arithmetic(bits: int | None) -> Any:
    """Return the kernel's arithmetic at a precision, or floats."""
    return Arithmetic(bits) if bits else FloatArithmetic()


@dataclass(frozen=True)
class Condition:
    """A real component at one point: its value, its slope along the line, and K; and the code it earns."""

    code: int
    value: float
    slope: float
    curvature: float

    @property
    def reach(self) -> float:
        """Length of the longest piece on which the component should stay positive."""
        if self.value <= 0:
            return 0.0
        lean = math.sqrt(self.slope**2 + 6 * self.curvature * self.value)
        ahead = self.value / (lean - self.slope) if self.slope < 0 else (lean + self.slope) / (6 * self.curvature)
        return 2 * _SAFETY * min(ahead, math.sqrt(self.value) / math.sqrt(2 * self.curvature))


Conditions = Callable[[Fraction], list[Condition]]
Pieces = Callable[[Fraction, int], list[tuple[Fraction, int]]]
"""From the end of the line and the grid of the break points to pieces (end point, code)."""


def walk(conditions: Conditions, start: Fraction, end: Fraction, grid: int) -> Iterator[tuple[Fraction, int]]:
    """Yield (end point, code) of pieces that cover [start, end]; break points are multiples of 2^-grid.

    Raises:
        Obstacle: PRECISION if no component is separated from 0, BUDGET if there are too many pieces.
    """
    w = start
    for _ in range(MAX_POINTS):
        best = max(conditions(w), key=lambda condition: condition.reach)
        reach = Fraction(min(best.reach, 2.0 * float(end)))
        step = (reach.numerator << grid) // reach.denominator
        if step == 0:
            raise Obstacle(Reason.PRECISION, f"no component is separated from 0 at frequency {float(w):.6g}")
        w = min(w + Fraction(step, 1 << grid), end)
        yield w, best.code
        if w == end:
            return
    raise Obstacle(Reason.BUDGET, f"more than {MAX_POINTS} pieces are needed")


class Line:
    """The line Re s = c for one function, at one precision (``bits`` None: floats)."""

    def __init__(self, subject: Subject, c: Fraction, bits: int | None) -> None:
        function = subject.function
        self.function, self.narrow, self.c, self.bits = function, subject.narrow, c, bits
        self.effort = subject.effort
        self.ar = arithmetic(bits)
        a = max(abs(function.damping.lo), abs(function.damping.hi))
        if bits is None:
            jet = function.law.jet(self.ar, complex(c), 2)
            sizes = [abs(x) for x in jet]
        else:
            jet = function.law.jet(self.ar, self.ar.point(c, Fraction(0)), 2)
            sizes = [as_float(self.ar.magnitude(x), bits) for x in jet]
        b = max(abs(function.undelayed.lo), abs(function.undelayed.hi))
        self.bound = float(a) * sizes[0] + float(b)
        self.curvature = max(float(a) * sizes[2] * (1 + 1e-12), _LEAST)
        if not math.isfinite(self.bound) or not math.isfinite(self.curvature):
            raise OverflowError
        # The rounding errors of Im h do not grow with c itself: it may be far larger than |h| on the line.
        self.noise = 8 * _MANTISSA * (self.bound + float(a) * sizes[1] * abs(float(c)))

    def least_pieces(self, end: float) -> float:
        """How many pieces [0, end] takes at least: |h| <= S + w with S = |c| + the bound limits their reach."""
        size = abs(float(self.c)) + self.bound
        return math.sqrt(2 * self.curvature) / _SAFETY * (math.sqrt(size + end) - math.sqrt(size))

    def conditions(self, w: Fraction) -> list[Condition]:
        """The four half-planes at c + i w."""
        self.effort.spend(1, self.function.law.size, self.bits)
        if self.bits is None:
            s = complex(self.c, w)
            value, slope = self.function.jet(self.ar, s, 1)
            re, im = (
                self.noise + 8 * _MANTISSA * (abs(x) + abs(y)) for x, y in ((value.real, s.real), (value.imag, s.imag))
            )
            values = [value.real - re, value.imag - im, -value.real - re, -value.imag - im]
            slopes = [-slope.imag, slope.real, slope.imag, -slope.real]
        else:
            x, y = self.function.jet(self.ar, self.ar.point(self.c, w), 1)
            values = [as_float(v, self.bits) for v in (x[0] - 4, x[2] - 4, -x[1] - 4, -x[3] - 4)]
            if not self.narrow:  # the extreme slope may belong to another parameter than the extreme value
                re, im = max(-y[0], y[1]), max(-y[2], y[3])
                y = (-re, re, -im, im)
            slopes = [as_float(v, self.bits) for v in (-y[3], y[0], y[2], -y[1])]
        return [Condition(q, values[q], slopes[q], self.curvature) for q in range(4)]


def as_float(value: int, bits: int) -> float:
    """A number of ulps as a float."""
    return math.ldexp(value, -bits) if value.bit_length() < 1000 else float(Fraction(value, 1 << bits))


@dataclass(frozen=True)
class Subject:
    """The function of a claim, and whether it is one function, so that floats can stand for it."""

    function: Function
    narrow: bool
    effort: Effort = field(default_factory=Effort, compare=False)

    @classmethod
    def of(cls, claim: dict[str, Any]) -> Subject:
        """Read the function of a claim.

        Raises:
            Obstacle: DOMAIN if the kernel's format cannot express it.
        """
        try:
            function = read({name: claim[name] for name in ("damping", "delay", "undelayed")})
        except (Malformed, Refusal) as error:
            raise Obstacle(Reason.DOMAIN, _known(claim["delay"]) or str(error)) from None
        return cls(function, all(is_one(claim[name]) for name in ("damping", "undelayed", "delay")))


def _known(delay: Any) -> str:
    """Return what to do about a law that has no form in certificates; nothing if there is none."""
    names = {name for name in COMPUTED if f'"{name}": ' in json.dumps(delay)}
    if not names:
        return ""
    start = f"certificates do not know the law {', '.join(sorted(names))}; "
    if names == {"geometric"}:
        return start + "write the steps that matter as lattice(step, 0, count, count, ...) and certify a band around it"
    return start + "cap it and certify a band around it: band_of(capped(law, T))"


def is_one(value: Any) -> bool:
    """Whether a parameter or a law of the format denotes one number or one law."""
    if isinstance(value, dict):
        return not {"empirical", "band"} & set(value) and all(is_one(x) for x in value.values())
    if isinstance(value, list):
        if len(value) == 2 and all(isinstance(x, str) for x in value):
            return bool(value[0] == value[1])
        return all(is_one(x) for x in value if isinstance(x, dict | list))
    return True


def count_witness(
    subject: Subject, c: Fraction, *, checked: bool = True, hurried: bool = False
) -> tuple[int, dict[str, Any]]:
    """Return the number of zeros with Re s >= c and a witness for it.

    Args:
        subject: The function.
        c: The abscissa of the line.
        checked: Whether the kernel accepts the witness already. If not, it is what the search proposes: for a caller
            that has the whole document checked at once, and comes back for a checked one if that fails.
        hurried: Whether to try the lowest precision only: for a caller who will cut the parameters instead.

    Raises:
        Obstacle: if none is found.
    """
    function = subject.function
    if function.law.abscissa is not None and c <= function.law.abscissa:
        detail = f"Re s = {c} is not right of the abscissa of convergence {function.law.abscissa} of the delay law"
        raise Obstacle(Reason.DOMAIN, detail)
    detail = "no component is separated from 0"
    for bits in islice(ladder(subject, c), 1 if hurried else None):
        work = bits or working_bits(function, c)
        try:
            pieces = _propose(subject, c, bits)
            breaks, codes = [Fraction(0), *(w for w, _ in pieces)], [code for _, code in pieces]
            zeros = closing(codes)
            subject.effort.spend(len(pieces) * (2 if checked else 1), function.law.size, work)  # the kernel's work
            if checked:
                line = [(code, lo, hi) for code, (lo, hi) in zip(codes, pairwise(breaks), strict=True)]
                zeros = function.zeros_right(Arithmetic(work), line, c)
        except (OverflowError, ZeroDivisionError):
            detail = "a number is beyond the range of floats; choose another unit of time"
        except Refusal as error:
            detail = str(error)
        except Obstacle as error:
            if error.result.reason is not Reason.PRECISION:
                raise
            detail = error.result.detail
        else:
            return zeros, {"bits": work, "breaks": [spell(w) for w in breaks], "codes": codes}
    raise Obstacle(Reason.PRECISION if subject.narrow else Reason.BOUNDARY_IN_BOX, detail)


def _propose(subject: Subject, c: Fraction, bits: int) -> list[tuple[Fraction, int]]:
    """Return pieces of the line Re s = c that pass the bound of the zeros, at a precision of the ladder."""
    line = Line(subject, c, bits or None)
    return cover(line, subject, bits, lambda end, grid: [*walk(line.conditions, Fraction(0), end, grid)])


def cover(line: Line, subject: Subject, bits: int, propose: Pieces) -> list[tuple[Fraction, int]]:
    """Return the pieces proposed up to an end beyond the bound of the zeros, and one of code 1 after them."""
    scale = _exponent(line.bound)
    grid = bits - 8 if bits else max(60, 60 - scale)
    end = Fraction(math.ceil(line.bound * 1.0625 * 2.0 ** (8 - scale)) + 1) * Fraction(2) ** (scale - 8)
    subject.effort.require(line.least_pieces(float(end)), subject.function.law.size)
    pieces = propose(end, grid)
    if pieces[-1][1] != 1:  # Im h > 0 from here on: a last short piece says so
        end = pieces[-1][0]
        last = Fraction(min(line.conditions(end)[1].reach / 2, float(end)))
        if not last:
            raise Obstacle(Reason.PRECISION, "the imaginary part is not separated from 0 at the end of the line")
        pieces.append((end + last, 1))
    return pieces


def closing(codes: list[int]) -> int:
    """The number of zeros that codes prove if all of them hold: see ``Function.zeros_right``."""
    steps = [(y - x) % 4 for x, y in pairwise(codes)]
    zeros = (1 - sum(-1 if step == 3 else step for step in steps)) // 2
    if 2 in steps or codes[0] % 2 or zeros < 0:  # h is real at c, so that the first code is 0 or 2; the last one is 1
        raise Obstacle(Reason.PRECISION, "the codes do not close up")
    return zeros


def ladder(subject: Subject, c: Fraction) -> Iterator[int]:
    """Yield precisions: 0 stands for a search in floats, to be checked at ``working_bits``."""
    base = working_bits(subject.function, c)
    if subject.narrow:
        yield 0
        bits = 2 * base
        while bits < MAX_BITS:
            yield bits
            bits *= 2
        yield MAX_BITS
    else:
        yield from (base, 2 * base)  # what separates a box from 0 is its width, not the precision


def working_bits(function: Function, c: Fraction) -> int:
    """Bits such that rounding is below what floats resolve, whatever the units of time."""
    a = max(abs(function.damping.lo), abs(function.damping.hi))
    mean = function.law.mean.hi
    # bits below 1 for a itself, for times up to the mean delay, and for frequencies up to a
    span = max(0, -_exponent(a)) + max(0, _exponent(mean)) + max(0, _exponent(a * mean)) + max(0, _exponent(a))
    return min(64 + span + max(0, _exponent(c)), MAX_BITS)


def _exponent(value: float | Fraction) -> int:
    """About the binary logarithm of a number's size, 0 for 0."""
    if isinstance(value, Fraction):
        return value.numerator.bit_length() - value.denominator.bit_length() + 1 if value else 0
    return math.frexp(value)[1] if value else 0
