"""All crossings of the imaginary axis as a constant delay is added: root counts on the stretches between them."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sddeverify.analysis.arithmetic import ARRAY, SCALAR
from sddeverify.analysis.equation import transform
from sddeverify.certificates import root_count
from sddeverify.certificates._certificate import Inconclusive, Obstacle, Reason
from sddeverify.certificates._cover import middle
from sddeverify.delays import Constant, Empirical, Sum
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import Enclosure, positive
from sddeverify.models import CharacteristicFunction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sddeverify.certificates.root_count import RootCount
    from sddeverify.exact import Exact

_FREQUENCIES, _HALVINGS = 8000, 80
_MOST = 200
_NEAR = Fraction(1, 1000)  # relative: where stretches are cut
_CLOSE = Fraction(1, 10**6)  # relative: the range about a crossing for one function,
_WIDER = (2, 4, 10, 30)  # and for a measured law, whose mean delay is an interval, too: x spread


class Meeting(NamedTuple):
    """A crossing delay d, its frequency w, and by how much d varies, to first order, with damping and rounded times."""

    delay: float
    frequency: float
    spread: float


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
    try:
        found = [one for one in meetings(h, float(top)) if one.delay < top]
    except Obstacle as obstacle:
        return obstacle.result
    if len(found) > _MOST:
        return Inconclusive(Reason.BUDGET, f"more than {_MOST} crossings; lower the bound")
    result: Shifts | Inconclusive = Inconclusive(Reason.PRECISION, "no ranges were tried")
    # A range that is too narrow costs a search in vain; a wider one, less effort.
    for wider in _WIDER if any(one.spread for one in found) else _WIDER[:1]:
        last, result = result, _between(h, found, top, wider)
        if isinstance(result, Shifts):
            return result
        if wider > _WIDER[0] and result.reason is Reason.PRECISION:
            return last  # so wide that ranges overlap: what stopped the narrower ones says more
    return result


def _between(h: CharacteristicFunction, found: list[Meeting], top: Fraction, wider: int) -> Shifts | Inconclusive:
    """Prove the stretches between crossings, about which so many times their spread is left out."""
    edges: list[Fraction] = [Fraction(0)]
    for one in found:
        d = Fraction(one.delay).limit_denominator(10**15)
        aside = max(d * _CLOSE, wider * Fraction(one.spread).limit_denominator(10**9))
        edges += [d - aside, d + aside]
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


def meetings(h: CharacteristicFunction, top: float | None = None) -> list[Meeting]:
    """Return where i w + b + a exp(-i w d) Phi(i w) = 0 for some w > 0 and d >= 0, by increasing d; computed.

    Moduli agree where |i w + b| = |a Phi(i w)|, 0 < w <= |a|; the phase of the rest then gives d, up to 2 pi/w.

    Args:
        h: The characteristic function; of intervals of parameters the middle counts.
        top: All meetings with d <= top; if left out, the first one at each frequency.

    Raises:
        Obstacle: if the parameters have no middle, or are out of the range of floats.
    """
    h, varied = middle(h.to_json()), float(h.damping.width / abs(h.damping.midpoint)) / 2
    a, b = float(h.damping.midpoint), float(h.undelayed.midpoint)
    try:
        law = transform(h.delay)
    except UnsupportedScenario as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None
    unit, rounded = float(law.unit), float(h.delay.step) / 2 if isinstance(h.delay, Empirical) else 0.0

    def excess(w: NDArray[np.float64]) -> NDArray[np.float64]:
        result: NDArray[np.float64] = np.abs(b + 1j * w) - np.abs(a * law.node.jet(1j * w * unit, 0, ARRAY)[0])
        return result

    points = np.linspace(0, abs(a) * (1 + 1e-9), _FREQUENCIES + 1)[1:]
    negative = excess(points) < 0
    (where,) = np.nonzero(negative[1:] != negative[:-1])
    lo, hi, below = points[where], points[where + 1], negative[where]
    for _ in range(_HALVINGS):
        middles = (lo + hi) / 2
        left = (excess(middles) < 0) == below
        lo, hi = np.where(left, middles, lo), np.where(left, hi, middles)
    found = []
    for w in ((lo + hi) / 2).tolist():
        value, slope = (complex(x) for x in law.node.jet(complex(0, w * unit), 1, SCALAR))
        pull = -complex(b, w)  # a exp(-i w d) Phi
        first = cmath.phase(a * value / pull) % math.tau / w
        count = 1 if top is None else min(int((top - first) * w / math.tau) + 1, 2 * _MOST)
        for d in (first + math.tau * k / w for k in range(count)):
            # to first order roots move by i w pull/h' for each unit of d, by -pull/h' for each unit of log a
            ratio = pull / (1 + pull * (slope * unit / value - d))
            drift = varied * abs(ratio.real) + w * rounded * abs(ratio / value)
            speed = abs((1j * w * ratio).real)
            found.append(Meeting(d, w, drift / speed if drift < speed * d else d))
    return sorted(found)
