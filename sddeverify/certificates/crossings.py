"""crossings: all crossings of the imaginary axis as the damping grows, certified."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

from sddeverify.analysis import crossings as search
from sddeverify.certificates._axis import axis_witness
from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, enclosure
from sddeverify.certificates._contour import Subject
from sddeverify.certificates._disc import require_digits
from sddeverify.certificates._prove import decimals, economical, finish
from sddeverify.certificates.stability_boundary import MAX_DIGITS, Polished, polish
from sddeverify.checker.interval import Pair
from sddeverify.checker.rules.stability_boundary import suspects
from sddeverify.delays import require_delay
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import pair, positive, spell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.delays import Law
    from sddeverify.exact import Enclosure, Exact

_FACTORS = (1.5, 2, 3, 4, 6, 8, 12)  # how many times the blur of many laws an enclosure allows for


@dataclass(frozen=True)
class Crossing:
    """One certified crossing.

    Attributes:
        damping: The damping coefficient (1/time) at which a pair of roots lies on the imaginary axis.
        frequency: The pair is +-i w with w in here (1/time).
        direction: "out" if it moves to the right as the damping grows, "in" if to the left.
    """

    damping: Enclosure
    frequency: Enclosure
    direction: str


@dataclass(frozen=True)
class Crossings(Certificate):
    """All crossings for 0 < a <= ``up_to``: none is missed."""

    @property
    def up_to(self) -> Fraction:
        """The largest damping that was looked at (1/time)."""
        return Fraction(self.claim["up_to"])

    @property
    def crossings(self) -> list[Crossing]:
        """The crossings by growing damping."""
        return [
            Crossing(enclosure(x["damping"]), enclosure(x["frequency"]), x["direction"])
            for x in self.claim["crossings"]
        ]

    @property
    def unstable_roots(self) -> list[int]:
        """The number of roots with Re s > 0 below the first crossing, between them, and above the last one."""
        return [*accumulate((2 if x.direction == "out" else -2 for x in self.crossings), initial=0)]


def prove(
    law: Law,
    up_to: Exact,
    digits: int = 12,
    *,
    provenance: Mapping[str, str] | None = None,
) -> Crossings | Inconclusive:
    """Certify all crossings of the imaginary axis by roots of s + a E[exp(-s tau)] for 0 < a <= ``up_to``.

    Args:
        law: The delay law.
        up_to: The largest damping coefficient, an exact rational (1/time).
        digits: Significant digits of each damping and frequency, at most 250; for an ``Empirical`` law the
            enclosures hold for all laws within its rounding and are as wide as they differ.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate; or Inconclusive if crossings are tangential, coincide, or lie too close to ``up_to``.

    Raises:
        InvalidScenario: if an argument is not of the form above.
    """
    require_digits(digits, MAX_DIGITS)
    require_delay(law)
    top = positive(up_to, "up_to")
    claim: dict[str, Any] = {"type": "crossings", "delay": law.to_json(), "up_to": spell(top)}
    try:
        subject = Subject.of({**claim, "damping": ["1", "1"], "undelayed": ["0", "0"]})
        found = [polish(subject, (float(x.damping), float(x.frequency)), digits) for x in _found(law, top)]
        obstacle = Obstacle(Reason.PRECISION, "no enclosures were tried")
        for factor in (0,) if subject.narrow or not found else _FACTORS:
            try:
                rows = sorted(
                    (_place(subject, x, Fraction(1, 10**digits), Fraction(factor)) for x in found),
                    key=lambda row: row[0].lo,
                )
                return economical(partial(_certificate, subject, claim, top, rows, provenance))
            except Obstacle as error:
                obstacle = error
        return obstacle.result
    except Obstacle as error:
        return error.result


Row = tuple["Enclosure", "Enclosure", str]


def _found(law: Law, top: Fraction) -> list[search.Crossing]:
    """The crossings up to ``top``, computed.

    Raises:
        Obstacle: if one of them is tangential, or they are too many.
    """
    try:
        found = search.crossings(law, up_to=top)
    except UnsupportedScenario as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None
    for x in found:
        if x.tangential or x.direction == 0:
            detail = f"at damping {float(x.damping):.6g} roots touch the axis, or cross it twice nearby"
            raise Obstacle(Reason.PRECISION, detail)
    return found


def _place(subject: Subject, crossing: Polished, width: Fraction, factor: Fraction) -> Row:
    """Return damping, frequency and direction of a crossing as enclosures of relative width ``width``, or wider.

    On a window of half-length r the kernel sees a(w) = -w/Im Phi vary by at most r (1 + a E tau)/|Im Phi|.
    """
    a, w = crossing.damping, crossing.frequency
    lean = a * (1 + a * subject.function.law.mean.hi) / w  # |Im Phi| = w/a
    half = a * width / 2
    reach = min(w * width / 2, half / (4 * lean))
    if factor:
        reach = max(reach, factor * crossing.blur[1])
        half = max(half, factor * crossing.blur[0] + 2 * lean * reach)
    if half >= a or reach >= w:
        raise Obstacle(Reason.BOUNDARY_IN_BOX, "the delay laws of the claim differ too much")
    return decimals(a - half, a + half, half / 8), decimals(w - reach, w + reach, reach / 8), crossing.direction


def _certificate(
    subject: Subject,
    claim: dict[str, Any],
    top: Fraction,
    rows: list[Row],
    provenance: Mapping[str, str] | None,
    checked: bool,
) -> Crossings:
    """Certify crossings with enclosures by growing damping."""
    ends = [*(x for row in rows for x in (row[0].lo, row[0].hi)), top]
    if any(x >= y for x, y in pairwise(ends)):
        raise Obstacle(Reason.PRECISION, "two crossings, or one and up_to, are not told apart at this many digits")
    windows = sorted((row[1] for row in rows), key=lambda x: x.lo)
    if any(x.hi >= y.lo for x, y in pairwise(windows)):
        raise Obstacle(Reason.PRECISION, "the frequencies of two crossings are not told apart")
    at_top = replace(subject, function=subject.function._replace(damping=Pair(top, top)))
    law = subject.function.law
    _, line = axis_witness(at_top, top, windows, lambda line: suspects(law, top, line), single=True, checked=checked)
    table = [{"damping": pair(a), "frequency": pair(w), "direction": way} for a, w, way in rows]
    return finish(Crossings, claim | {"crossings": table}, line, provenance)
