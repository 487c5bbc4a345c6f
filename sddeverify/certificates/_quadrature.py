"""Proposing pieces for the quadrature of 1/|h(i w)|^2: where floats expect the kernel's bounds to be small enough."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.certificates._certificate import Obstacle, Reason
from sddeverify.certificates._contour import as_float
from sddeverify.certificates._floats import FloatArithmetic
from sddeverify.checker import variance as kernel
from sddeverify.checker.interval import Arithmetic
from sddeverify.exact import spell

if TYPE_CHECKING:
    from sddeverify.certificates._contour import Subject
    from sddeverify.checker.function import Function

_MOST_PIECES = 20_000
_ORDER = kernel._ORDER
_RADII = (4.0, 2.0, 1.0, 0.5, 0.25)  # in units of the mean delay's reciprocal
_POWERS = np.arange(1, _ORDER + 2)
_CODES = 16.0 ** -np.arange(4)[:, None]


def quadrature(subject: Subject, accuracy: float, bits: int) -> dict[str, Any]:
    """Return the witness of a quadrature whose error should be below ``accuracy``, relative to S.

    Raises:
        Obstacle: BUDGET if it takes too many pieces, DOMAIN if numbers leave the range of floats.
    """
    search = _Search(subject, accuracy, bits + 64)
    try:
        end = search.end()
        for radius in sorted(search.radii(), key=lambda radius: search.reach(radius, end), reverse=True):
            line = search.walk(radius, end)
            if line is not None:
                breaks, codes = line
                # The integrand and the coefficients of h are small in short units of time; the kernel's grid is not.
                logs = (2 * math.log2(end), math.log2(end * search.bound), (_ORDER + 1) * math.log2(radius))
                span = math.ceil(sum(max(0.0, x) for x in logs))
                pieces = {"bits": bits + span, "breaks": [spell(x) for x in breaks], "codes": codes}
                return {"line": pieces, "radius": spell(Fraction(radius))}
    except (OverflowError, ZeroDivisionError):
        raise Obstacle(Reason.DOMAIN, "a number is beyond the range of floats; choose another unit of time") from None
    raise Obstacle(Reason.BUDGET, "no pieces are short enough for the quadrature")


class _Search:
    """The kernel's bounds in floats."""

    def __init__(self, subject: Subject, accuracy: float, bits: int) -> None:
        self.h: Function = subject.function
        self.subject, self.accuracy, self.ar = subject, accuracy, FloatArithmetic()
        # What a box of parameters adds to the coefficients only the kernel's own arithmetic knows.
        self.box = None if subject.narrow else Arithmetic(bits)
        self.mean = float(self.h.law.mean.hi)
        self.a = float(max(abs(x) for x in self.h.damping))
        self.bound = self.a + float(max(abs(x) for x in self.h.undelayed))

    def end(self) -> float:
        """Where the tail may begin: its error is relative to pi S, at least pi/(2 R)."""
        end = 4 * self.bound
        while True:
            phi = sum(abs(self.h.law.jet(self.ar, complex(end / 2**k), 0)[0]) / 2**k for k in range(17))
            q = self.bound / end
            if 2 * self.a * (2.0**-16 + phi) + end * (q / (1 - q)) ** 2 <= 0.3 * self.accuracy / self.bound * end**2:
                return end
            end *= 1.25
            if end * self.mean > _MOST_PIECES:
                raise Obstacle(Reason.BUDGET, "the quadrature would take too many pieces to reach so many digits")

    def radii(self) -> list[float]:
        """Radii that stay right of the abscissa of convergence."""
        left, unit = self.h.law.abscissa, 2.0 ** math.frexp(1 / self.mean)[1]
        reach = math.inf if left is None else -float(left)
        found = {unit * x for x in _RADII} | {2.0 ** math.frexp(self.bound)[1] * x for x in (64, 16, 4, 1)}
        return sorted(x for x in found if x < 0.9 * reach) or [2.0 ** (math.frexp(reach)[1] - 2)]

    def reach(self, radius: float, end: float) -> float:
        """Return how far pieces reach with a radius, halfway to the end."""
        try:
            beyond = self.beyond(radius)
        except OverflowError:
            return 0.0
        return self.allowed(end / 2, radius, beyond)[0] if math.isfinite(beyond) else 0.0

    def beyond(self, radius: float) -> float:
        """The bound of the coefficient behind the Taylor polynomial."""
        with np.errstate(over="ignore", invalid="ignore"):
            return float(abs(self.h.law.jet(self.ar, complex(-radius), _ORDER + 1)[-1]) * self.a)

    def allowed(self, w: float, radius: float, beyond: float) -> tuple[float, int]:
        """Return the half-length of the longest piece with midpoint w, and its code."""
        self.subject.effort.spend(_ORDER, self.h.law.size, None)
        if self.box is None:
            jet = [abs(x) for x in self.h.jet(self.ar, complex(0.0, w), _ORDER)]
        else:
            found = self.h.jet(self.box, self.box.point(Fraction(0), Fraction(w)), _ORDER)
            jet = [
                as_float(x, self.box.bits) for x in (self.box.mignitude(found[0]), *map(self.box.magnitude, found[1:]))
            ]
            if not jet[0]:
                return 0.0, 0
        sizes = np.array([*jet[1:], beyond])
        rho = radius * _CODES[:, 0]
        with np.errstate(over="ignore", invalid="ignore"):
            least = jet[0] - (sizes * (radius * _CODES) ** _POWERS).sum(axis=1)
        # The share of the error is that of the integrand, or of a piece as long as all that matters.
        weight = max(1 / jet[0] ** 2, 0.02 / self.bound**2 / (1 + (w / self.bound) ** 2))
        with np.errstate(invalid="ignore"):
            ratio = np.where(least > 0, (0.3 * self.accuracy * (_ORDER + 3) * weight * np.maximum(least, 0) ** 2), 0.0)
        reach = rho * np.minimum(ratio ** (1 / (_ORDER + 2)), 0.7)
        code = int(np.argmax(reach))
        return float(reach[code]), code

    def walk(self, radius: float, end: float) -> tuple[list[Fraction], list[int]] | None:
        """Return break points and codes from 0 to the end, if the radius suits all of it."""
        beyond, size = self.beyond(radius), self.h.law.size
        if not math.isfinite(beyond):
            return None
        half = self.allowed(0.0, radius, beyond)[0]
        breaks, codes = [Fraction(0)], []
        while breaks[-1] < end:
            start = float(breaks[-1])
            step = _short(2 * half)
            best, code = self.allowed(start + float(step) / 2, radius, beyond)
            if best * 1.0001 < float(step) / 2 or not step:
                if best <= 1e-9 * end:
                    return None
                half = min(0.9 * best, 0.7 * half)
                continue
            breaks.append(breaks[-1] + step)
            codes.append(code)
            half = min(1.5 * half, 0.95 * best)
            self.subject.effort.spend(_ORDER, size, None)  # the kernel's work
            if len(codes) > _MOST_PIECES:
                raise Obstacle(Reason.BUDGET, f"more than {_MOST_PIECES} pieces of quadrature are needed")
        return breaks, codes


def _short(x: float) -> Fraction:
    """The number, rounded down to six bits: short break points."""
    mantissa, exponent = math.frexp(x)
    return Fraction(math.floor(mantissa * 64)) * Fraction(2) ** (exponent - 6)
