"""stability_boundary: the critical damping of a delay law, certified."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from sddeverify.analysis import crossings as search
from sddeverify.certificates._axis import axis_witness, margin
from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, enclosure
from sddeverify.certificates._contour import Subject, working_bits
from sddeverify.certificates._disc import require_digits
from sddeverify.certificates._prove import decimals, economical, finish, model_claim
from sddeverify.checker.document import MAX_BITS
from sddeverify.checker.interval import Arithmetic, Pair
from sddeverify.checker.laws import parse
from sddeverify.checker.rules import stability_boundary as kernel
from sddeverify.delays import require_delay
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import Enclosure, OpenEnclosure, decimal_down, pair, positive, spell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.delays import Law
    from sddeverify.exact import Exact

_USUAL = 6  # most laws have their boundary below that
MAX_DIGITS = 250  # a bracket this narrow still has a width that floats represent
_FACTORS = (1.125, 1.25, 1.5, 2, 3, 4, 6, 8, 12)
_SHARES = tuple(Fraction(share, 1000) for share in (1000, 999, 990, 950, 850, 700, 500))
_LOWER_DIGITS = 6
DEFAULT_REACH = 100  # up to which multiple of 1/(mean delay) a boundary is looked for


@dataclass(frozen=True)
class StabilityBoundary(Certificate):
    """Stable for every damping up to ``damping.lo``; unstable at ``damping.hi``."""

    @property
    def damping(self) -> OpenEnclosure:
        """The critical damping coefficient (1/time); ``hi`` is None if there is no crossing up to ``lo``."""
        return _open(self.claim["damping"])

    @property
    def frequency(self) -> Enclosure | None:
        """Where on the imaginary axis the first roots cross (1/time); None without a crossing."""
        return None if self.claim["frequency"] is None else enclosure(self.claim["frequency"])

    @property
    def learning_rate(self) -> OpenEnclosure | None:
        """The critical learning rate of the model in the claim; None if the claim has no model."""
        return _open(self.claim["model"]["learning_rate"]) if "model" in self.claim else None

    def largest_stable_workers(self, learning_rate: Exact, hessian: Exact) -> int:
        """Return the largest P with damping learning_rate x hessian x P / (mean delay) <= ``damping.lo``.

        For a law whose mean is enclosed only (a truncated exponential, a rounded trace), the smallest mean counts.
        """
        rate = positive(learning_rate, "learning_rate") * positive(hessian, "hessian")
        mean = parse(self.claim["delay"]).mean.lo
        return math.floor(self.damping.lo * mean / rate)

    def first_workers_beyond(self, learning_rate: Exact, hessian: Exact) -> int | None:
        """Return the smallest P with damping learning_rate x hessian x P / (mean delay) >= ``damping.hi``.

        Stability has been lost at or before that number; None without a crossing. Where this is more than one above
        :meth:`largest_stable_workers`, the numbers between are not decided.
        """
        rate = positive(learning_rate, "learning_rate") * positive(hessian, "hessian")
        if self.damping.hi is None:
            return None
        return math.ceil(self.damping.hi * parse(self.claim["delay"]).mean.hi / rate)


def prove(
    law: Law,
    digits: int = 12,
    up_to: Exact | None = None,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> StabilityBoundary | Inconclusive:
    """Certify the critical damping of s + a E[exp(-s tau)]: stable below, unstable just above.

    Args:
        law: The delay law.
        digits: Significant digits of the critical damping and of the crossing frequency, at most 250. For an
            ``Empirical`` law the enclosure holds for all laws within its rounding and is as wide as they differ.
        up_to: Where to stop looking, an exact rational (1/time); 100/(mean delay) by default. Without a crossing the
            certificate says that every 0 < a <= up_to is stable, and ``damping.hi`` is None.
        model: Optional ``hessian``, ``workers`` and ``mean_delay``; the claim then states the critical learning rate.
            ``mean_delay`` may be left out: it is the law's.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate; or Inconclusive, e.g. if two crossings coincide, or the first one is tangential.

    Raises:
        InvalidScenario: if an argument is not of the form above.
    """
    require_digits(digits, MAX_DIGITS)
    require_delay(law)
    top = None if up_to is None else positive(up_to, "up_to")
    claim: dict[str, Any] = {"type": "stability_boundary", "delay": law.to_json()}
    try:
        subject = Subject.of({**claim, "damping": ["1", "1"], "undelayed": ["0", "0"]})
        mean = subject.function.law.mean.hi
        top = top or DEFAULT_REACH / mean
        found = _first_crossing(law, top)
        if found is None or found[0] > top:
            claim |= {"damping": [spell(top), None], "frequency": None}
            claim |= _model(claim, subject, model)
            return finish(StabilityBoundary, claim, _line(subject, top, None, [], checked=True), provenance)
        return _bracket(subject, claim, found, digits, model, provenance)
    except Obstacle as obstacle:
        return obstacle.result


def prove_lower(
    law: Law,
    up_to: Exact | None = None,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> StabilityBoundary | Inconclusive:
    """Certify stability up to the largest damping for which that can be shown; the claim has no upper end.

    For laws that stand for many, such as a ``Band``, whose critical dampings may differ so much that nothing can be
    said above the smallest one. Arguments and results are those of :func:`prove`; ``damping.hi`` is None.
    """
    require_delay(law)
    top = None if up_to is None else positive(up_to, "up_to")
    claim: dict[str, Any] = {"type": "stability_boundary", "delay": law.to_json(), "frequency": None}
    try:
        subject = Subject.of({**claim, "damping": ["1", "1"], "undelayed": ["0", "0"]})
        limit = margin(subject, top or DEFAULT_REACH / subject.function.law.mean.hi)
        obstacle = Obstacle(Reason.PRECISION, "no damping was tried")
        for share in _SHARES:
            lo = Fraction(decimal_down(limit * share, _LOWER_DIGITS))
            try:
                result = claim | {"damping": [spell(lo), None]}
                result |= _model(result, subject, model)
                return finish(StabilityBoundary, result, _line(subject, lo, None, [], checked=True), provenance)
            except Obstacle as error:
                obstacle = error
        raise obstacle
    except Obstacle as obstacle:
        return obstacle.result


def _open(value: list[str | None]) -> OpenEnclosure:
    lo, hi = value
    return OpenEnclosure(Fraction(lo or 0), None if hi is None else Fraction(hi))


def _first_crossing(law: Law, top: Fraction) -> tuple[float, float] | None:
    """Damping and frequency of the first crossing, computed; None if there is none up to ``top``."""
    usual, all_of_it = _USUAL / Fraction(law.mean_float), top * Fraction(101, 100)
    try:
        for reach in (usual, all_of_it) if usual < top else (all_of_it,):  # all crossings are not needed
            found = search.crossings(law, up_to=reach)
            if found:
                return float(found[0].damping), float(found[0].frequency)
    except UnsupportedScenario as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None
    return None


def _bracket(
    subject: Subject,
    claim: dict[str, Any],
    start: tuple[float, float],
    digits: int,
    model: Mapping[str, Any] | None,
    provenance: Mapping[str, str] | None,
) -> StabilityBoundary:
    """Certify a bracket of relative width 10^-digits, or for many laws at once a wider one, as they differ.

    Raises:
        Obstacle: if none is accepted.
    """
    crossing = polish(subject, start, digits)
    obstacle = Obstacle(Reason.PRECISION, "no bracket was tried")
    for factor in (0,) if subject.narrow else _FACTORS:
        try:
            bracket, window = _place(crossing, Fraction(1, 10**digits), Fraction(factor))
            return economical(partial(_certificate, subject, claim, bracket, window, model, provenance))
        except Obstacle as error:
            obstacle = error
    raise obstacle


def _certificate(
    subject: Subject,
    claim: dict[str, Any],
    bracket: Enclosure,
    window: Enclosure,
    model: Mapping[str, Any] | None,
    provenance: Mapping[str, str] | None,
    checked: bool,
) -> StabilityBoundary:
    """Certify that the critical damping lies in the bracket and its frequency in the window."""
    line = _line(subject, bracket.lo, bracket.hi, [window], checked=checked)
    result = claim | {"damping": pair(bracket), "frequency": pair(window)}
    result |= _model(result, subject, model)
    return finish(StabilityBoundary, result, line, provenance)


def _line(subject: Subject, lo: Fraction, hi: Fraction | None, at: list[Enclosure], *, checked: bool) -> dict[str, Any]:
    """Return the line that proves stability up to ``lo``, and its loss at ``hi`` if it is given."""
    at_top = replace(subject, function=subject.function._replace(damping=Pair(hi or lo, hi or lo)))
    accept = partial(kernel.bracket, subject.function.law, lo, hi)
    zeros, line = axis_witness(at_top, lo, at, accept, checked=checked)
    if hi is not None and not zeros:
        raise Obstacle(Reason.PRECISION, f"no root has crossed at damping {float(hi):.9g}")
    return line


@dataclass(frozen=True)
class Polished:
    """Damping a(w) = -w/Im Phi(i w) and frequency w of a crossing, and how fast a(w) changes there.

    ``blur`` says by how much damping and frequency differ between the laws of the claim, to first order.
    """

    damping: Fraction
    frequency: Fraction
    slope: Fraction
    blur: tuple[Fraction, Fraction]
    direction: str


def polish(subject: Subject, start: tuple[float, float], digits: int) -> Polished:
    """Newton's method for Re Phi(i w) = 0 at the precision that ``digits`` needs."""
    w = Fraction(start[1])
    law = subject.function.law
    bits = min(working_bits(subject.function, w) + 2 * math.ceil(digits * math.log2(10)) + 40, MAX_BITS)
    ar = Arithmetic(bits)
    for _ in range(40):
        subject.effort.spend(1, law.size, bits)
        value, slope = law.jet(ar, ar.point(Fraction(0), w), 1)
        down = Fraction(-(slope[2] + slope[3]), ar.unit)  # twice d Re Phi(i w)/dw
        step = Fraction(value[0] + value[1], ar.unit) / down if down else Fraction(0)
        w = Fraction(round((w - step) * ar.unit), ar.unit)
        if abs(step) * (1 << bits // 2) < w or not subject.narrow:
            break
    if w <= 0 or not down or abs(w - Fraction(start[1])) * 1000 > w:
        raise Obstacle(Reason.PRECISION, f"no transversal crossing was found near frequency {start[1]:.6g}")
    subject.effort.spend(1, law.size, bits)
    value, slope = law.jet(ar, ar.point(Fraction(0), w), 1)
    sine, change = Fraction(value[2] + value[3], 2 * ar.unit), Fraction(slope[0] + slope[1], 2 * ar.unit)
    a, spread = -w / sine, (Fraction(value[3] - value[2]), Fraction(value[1] - value[0]))
    blur = a * spread[0] / abs(2 * ar.unit * sine), spread[1] / abs(ar.unit * down)
    way = "out" if slope[2] + slope[3] > 0 else "in"  # of the sign of Im Phi'(i w): see the kernel's rule
    return Polished(a, w, (w * change - sine) / sine**2, blur, way)


def _place(crossing: Polished, width: Fraction, factor: Fraction) -> tuple[Enclosure, Enclosure]:
    """Return a bracket of the critical damping and a window of frequencies, short decimals.

    Across the window a(w) moves by at most half of half the bracket, so a = lo stays below it. ``factor`` is how many
    times the blur both allow for.
    """
    a, w, slope = crossing.damping, crossing.frequency, abs(crossing.slope)
    half = a * width / 2
    reach = min(w * width / 2, half / (4 * slope) if slope else w * width)
    if factor:
        reach = max(reach, factor * crossing.blur[1])
        half = max(half, factor * crossing.blur[0] + slope * reach)
    if half >= a or reach >= w:
        raise Obstacle(Reason.BOUNDARY_IN_BOX, "the delay laws of the claim differ too much")
    return decimals(a - half, a + half, half / 8), decimals(w - reach, w + reach, reach / 8)


def _model(claim: dict[str, Any], subject: Subject, model: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the model member with the critical learning rate that the damping implies."""
    if model is None:
        return {}
    law = subject.function.law
    known = model_claim(
        {"mean_delay": Enclosure(law.mean.lo, law.mean.hi), **model}, ("hessian", "workers", "mean_delay")
    )
    hessian, workers, mean = (enclosure(known[name]) for name in ("hessian", "workers", "mean_delay"))
    bounds = _open(claim["damping"])
    lo = bounds.lo * mean.lo / (hessian.hi * workers.hi)
    hi = None if bounds.hi is None else spell(bounds.hi * mean.hi / (hessian.lo * workers.lo))
    return {"model": {"learning_rate": [spell(lo), hi], **known}}
