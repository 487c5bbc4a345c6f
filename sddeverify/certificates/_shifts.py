"""All crossings of the imaginary axis as a constant delay is added: root counts on the stretches between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.certificates import root_count
from sddeverify.certificates._certificate import Inconclusive, Reason
from sddeverify.delays import Constant, Empirical, Sum
from sddeverify.errors import invalid
from sddeverify.exact import Enclosure, positive
from sddeverify.models import CharacteristicFunction

if TYPE_CHECKING:
    from sddeverify.certificates.root_count import RootCount
    from sddeverify.exact import Exact

_FREQUENCIES = 8000
_MOST = 200
_NEAR = Fraction(1, 1000)  # relative, as the next ones: where stretches are cut
# About a crossing; the wide ones are for measured laws, whose mean delay, and so the damping, is an interval.
_CLOSE = tuple(Fraction(k, 10**6) for k in (1, 100, 1000, 10_000, 30_000, 100_000, 200_000, 300_000))


@dataclass(frozen=True)
class Shifts:
    """How many roots are unstable as a constant delay d is added.

    Attributes:
        stretches: Ranges of d (time), which leave nothing out but the ranges of crossings between them.
        unstable: On each stretch the certified number of roots with Re s >= 0.
        certificates: What proves it, for each stretch.
    """

    stretches: list[Enclosure]
    unstable: list[int]
    certificates: list[list[RootCount]]

    @property
    def crossings(self) -> list[Enclosure]:
        """The ranges of d between stretches: a pair of roots crosses the axis in each."""
        return [Enclosure(x.hi, y.lo) for x, y in pairwise(self.stretches)]


def prove(h: CharacteristicFunction, up_to: Exact) -> Shifts | Inconclusive:
    """Certify the number of roots of s + b + a exp(-d s) E[exp(-s tau)] with Re s >= 0 for 0 <= d <= ``up_to``.

    The crossings are computed, and are left out as narrow ranges; the number of unstable roots between them is
    certified for every d there, so that a crossing that was missed would show as a proof that fails.

    Args:
        h: The characteristic function; for an interval of dampings the ranges of crossings are as wide as it asks for.
        up_to: The largest constant delay that is added (time).

    Raises:
        InvalidScenario: if an argument is not of the form above.
    """
    top = positive(up_to, "up_to")
    if h.delay_hi is not None or h.undelayed.width:
        raise invalid("delay, undelayed", str(h.delay), "numbers, not intervals")
    found = [d for d in _computed(h, float(top)) if d < top]
    if len(found) > _MOST:
        return Inconclusive(Reason.BUDGET, f"more than {_MOST} crossings; lower the bound")
    result: Shifts | Inconclusive = Inconclusive(Reason.PRECISION, "no ranges were tried")
    exact = h.damping.width == 0 and not isinstance(h.delay, Empirical)
    for close in _CLOSE[:1] if exact or not found else _CLOSE:
        result = _between(h, found, top, close)
        if isinstance(result, Shifts) or result.reason is Reason.BUDGET:
            return result
    return result


def _between(h: CharacteristicFunction, found: list[Fraction], top: Fraction, close: Fraction) -> Shifts | Inconclusive:
    """Prove the stretches between crossings that are known to a relative width."""
    edges: list[Fraction] = [Fraction(0)]
    for d in found:
        edges += [d * (1 - close), d * (1 + close)]
    edges.append(top)
    if any(x >= y for x, y in pairwise(edges)):
        return Inconclusive(Reason.PRECISION, "two crossings, or one and an end of the range, are not told apart")
    stretches, unstable, certificates = [], [], []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        proofs = _stretch(h, start, end)
        if isinstance(proofs, Inconclusive):
            return proofs
        if len({one.count for one in proofs}) > 1:
            detail = f"the number of unstable roots changes between {float(start):.9g} and {float(end):.9g}"
            return Inconclusive(Reason.BOUNDARY_IN_BOX, detail)
        stretches.append(Enclosure(start, end))
        unstable.append(proofs[0].count)
        certificates.append(proofs)
    return Shifts(stretches, unstable, certificates)


def _stretch(h: CharacteristicFunction, start: Fraction, end: Fraction) -> list[RootCount] | Inconclusive:
    """Prove parts that are narrower towards the crossings."""
    inner = [x for x in (start * (1 + _NEAR), end * (1 - _NEAR)) if start < x < end]
    found = []
    for lo, hi in pairwise(sorted({start, *inner, end})):
        laws = tuple(Sum(Constant(d), h.delay) for d in (lo, hi))
        box = CharacteristicFunction((h.damping.lo, h.damping.hi), (laws[0], laws[1]), (h.undelayed.lo, h.undelayed.hi))
        one = root_count.prove(box)
        if isinstance(one, Inconclusive):
            return one
        found.append(one)
    return found


def _computed(h: CharacteristicFunction, top: float) -> list[Fraction]:
    """The delays d at which i w + b + a exp(-i w d) Phi(i w) = 0 for some w > 0, ascending.

    Moduli agree where |i w + b| = |a Phi(i w)|, 0 < w <= |a|; the phase of the rest then gives d, up to 2 pi/w.
    """
    a, b = float(h.damping.midpoint), float(h.undelayed.lo)

    def excess(w: float) -> float:
        return abs(complex(b, w)) - abs(a * complex(h.delay.laplace(complex(0, w), np.exp)))

    points = np.linspace(0, abs(a) * (1 + 1e-9), _FREQUENCIES + 1)[1:]
    values = [excess(float(w)) for w in points]
    delays: list[float] = []
    for (lo, left), (hi, right) in pairwise(zip(points.tolist(), values, strict=True)):
        if (left < 0) == (right < 0):
            continue
        for _ in range(80):
            middle = (lo + hi) / 2
            lo, hi = (middle, hi) if (excess(middle) < 0) == (left < 0) else (lo, middle)
        w = (lo + hi) / 2
        turn = a * complex(h.delay.laplace(complex(0, w), np.exp)) / -complex(b, w)
        first = math.atan2(turn.imag, turn.real) % (2 * math.pi) / w
        delays += [first + 2 * math.pi * k / w for k in range(min(int((top - first) * w / math.tau) + 1, 2 * _MOST))]
    return sorted(Fraction(d).limit_denominator(10**15) for d in delays)
