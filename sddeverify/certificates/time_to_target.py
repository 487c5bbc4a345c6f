"""time_to_target: when the mean path of a constant delay has come within a target for good, certified."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, Refused, enclosure
from sddeverify.certificates._disc import require_digits
from sddeverify.certificates._prove import bracket, finish, function_claim
from sddeverify.delays import Constant
from sddeverify.errors import invalid
from sddeverify.exact import positive, spell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.exact import Enclosure, Exact
    from sddeverify.models import CharacteristicFunction

_MOST_DELAYS = 20_000
_SAMPLES = 24
_GROWTH = 1.2  # bits that an enclosure loses over one delay, at most
_LONGER = (1.0, 1.3)


@dataclass(frozen=True)
class TimeToTarget(Certificate):
    """The last passage of the mean path."""

    @property
    def time(self) -> Enclosure:
        """Last time at which |r| >= target: it is so at ``time.lo``, and no longer from ``time.hi`` on."""
        lo, hi = self.claim["time"]
        return enclosure([lo, hi])


def prove(
    h: CharacteristicFunction,
    target: Exact = Fraction(1, 100),
    digits: int = 9,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> TimeToTarget | Inconclusive:
    """Certify the last time at which the mean path r' = -a r(t - tau) has |r| >= ``target``, for a constant delay.

    The path starts from r(0) = 1 with no gradients before t = 0, so it stays 1 for one delay. It may pass through zero
    many times before; the last passage is what counts.

    Args:
        h: The characteristic function: a constant delay that is one number, positive damping, b = 0.
        target: Between 0 and 1.
        digits: Significant digits of the time.
        model: Optional ``learning_rate``, ``hessian``, ``workers``, ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate; or Inconclusive, e.g. if the equation is not stable, or too slow to follow.

    Raises:
        InvalidScenario: if an argument is not of the form above.
    """
    require_digits(digits)
    eps = positive(target, "target")
    if eps >= 1:
        raise invalid("target", spell(eps), "a number between 0 and 1: the path starts from 1")
    claim = function_claim("time_to_target", h, model) | {"target": spell(eps)}
    if not isinstance(h.delay, Constant) or h.delay_hi is not None:
        raise invalid("delay", str(h.delay), "one constant delay: only its path is known exactly")
    if h.undelayed.lo != 0 or h.undelayed.hi != 0 or h.damping.lo <= 0:
        raise invalid("damping, undelayed", f"{h.damping}, {h.undelayed}", "positive damping and no undelayed term")
    try:
        return _prove(claim, h.damping.midpoint * h.delay.time, h.delay.time, eps, digits, provenance)
    except Obstacle as obstacle:
        return obstacle.result


def _prove(
    claim: dict[str, Any], c: Fraction, tau: Fraction, eps: Fraction, digits: int, provenance: Mapping[str, str] | None
) -> TimeToTarget:
    if c > Fraction(16, 10) or float(c) >= math.pi / 2:
        raise Obstacle(Reason.DOMAIN, "the equation is not stable: the path never stays within the target")
    path = _Path(c, eps, 64 + 4 * digits + max(0, -math.floor(math.log2(eps))))
    last = path.last_passage(10 ** (digits + 3))
    end, narrow = path.end, claim["damping"][0] == claim["damping"][1]
    while True:
        time = bracket(last * tau, digits)
        for longer in _LONGER:
            path.end = math.ceil(end * longer)
            bits = math.ceil(_GROWTH * float(c) * path.end) + path.bits
            witness = {"bits": bits, "breaks": [spell(x) for x in path.cover(time.hi / tau)]}
            try:
                return finish(TimeToTarget, claim | {"time": [spell(time.lo), spell(time.hi)]}, witness, provenance)
            except Refused:
                if longer == _LONGER[-1] and (narrow or digits == 1):
                    raise
        digits -= 1  # an interval of dampings: the enclosure is as wide as the time varies


class _Path:
    """The path in units of the delay, polynomials on [k, k + 1] with coefficients in units of 2^-bits."""

    def __init__(self, c: Fraction, eps: Fraction, bits: int) -> None:
        self.c, self.eps, self.bits, self.unit = c, eps, bits, 1 << bits
        self.level = int(eps * self.unit)
        self.pieces: list[list[int]] = [[self.unit]]
        self.end = self._settle()

    def _extend(self) -> list[int]:
        path = self.pieces[-1]
        top, bottom = self.c.numerator, self.c.denominator
        following = [sum(path), *(-x * top // (bottom * (j + 1)) for j, x in enumerate(path))]
        while len(following) > 1 and -2 < following[-1] < 2:
            following.pop()
        self.pieces.append(following)
        return following

    def _settle(self) -> int:
        """The number of delays after which the kernel's bound of the rest is below the target."""
        c, size, worst = float(self.c), 0.0, 0.0
        for k in range(_MOST_DELAYS):
            before, size = size, abs(self.at(k + Fraction(1, 2)) / self.unit) + c / 2 * size
            gain = size + c * max(before, size)
            worst = max(worst, gain)
            if gain < 0.999 and worst * size < 0.999 * float(self.eps):
                return k + 1
        raise Obstacle(Reason.BUDGET, f"the path does not settle within {_MOST_DELAYS} delays")

    def at(self, t: Fraction) -> int:
        """The value at a time, in units of 2^-bits."""
        k = math.floor(t)
        if k < 0:
            return 0
        while len(self.pieces) <= k:
            self._extend()
        x, value = ((t - k).numerator << self.bits) // t.denominator, 0
        for coefficient in reversed(self.pieces[k]):
            value = (value * x >> self.bits) + coefficient
        return value

    def last_passage(self, resolution: int) -> Fraction:
        """The last time with |r| = eps, by bisection from samples; its error is 1/resolution of it."""
        grid = (Fraction(k, _SAMPLES) for k in range(self.end * _SAMPLES, -1, -1))
        low = next(t for t in grid if abs(self.at(t)) >= self.level)
        step = Fraction(1, _SAMPLES)
        while step * resolution > low:
            step /= 2
            if abs(self.at(low + step)) >= self.level:
                low += step
        return low

    def cover(self, start: Fraction) -> list[Fraction]:
        """Break points from ``start`` to the end: pieces on which |r(m)| + half c sup |r(t - 1)| is below eps."""
        breaks, half, c = [start], Fraction(1, 1 << self.bits // 2), float(self.c)
        while breaks[-1] < self.end:
            u = breaks[-1]
            v = min(_rounded(u + 2 * half, half), Fraction(math.floor(u) + 1))
            middle, width = (u + v) / 2, float(v - u)
            near, before = (max(abs(self.at(t - d)) / self.unit for t in (u, middle, v)) for d in (1, 2))
            slope = c * (near + c * width * before)
            if abs(self.at(middle)) + int(1.05 * slope * width / 2 * self.unit) < self.level:
                breaks.append(v)
                half *= 2
            elif half.denominator.bit_length() > self.bits:
                raise Obstacle(Reason.PRECISION, f"the path is not separated from the target at {float(u):.9g} delays")
            else:
                half /= 2
        return breaks


def _rounded(t: Fraction, step: Fraction) -> Fraction:
    """The number on a grid finer than the step, so that break points stay short."""
    grid = step / 8
    grid = Fraction(1, 1 << max(0, (1 / grid).__ceil__().bit_length())) if grid < 1 else Fraction(1)
    return Fraction(math.floor(t / grid)) * grid
