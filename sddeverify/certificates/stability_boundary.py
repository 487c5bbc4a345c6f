"""stability_boundary: the critical damping of a delay law, certified."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from sddeverify.analysis import crossings as search
from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, enclosure
from sddeverify.certificates._contour import (
    Condition,
    Subject,
    arithmetic,
    as_float,
    count_witness,
    ladder,
    walk,
    working_bits,
)
from sddeverify.certificates._disc import require_digits
from sddeverify.certificates._prove import finish, model_claim
from sddeverify.checker.document import MAX_BITS
from sddeverify.checker.function import Function
from sddeverify.checker.interval import Arithmetic, Pair, Refusal
from sddeverify.checker.laws import parse
from sddeverify.checker.rules.stability_boundary import exclude_crossings
from sddeverify.delays import require_delay
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import Enclosure, pair, positive, spell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.checker.laws import Law as KernelLaw
    from sddeverify.delays import Law
    from sddeverify.exact import Exact

DEFAULT_REACH = 100  # up to which multiple of 1/(mean delay) a boundary is looked for


@dataclass(frozen=True)
class OpenEnclosure:
    """An enclosure whose upper end may be unknown: ``hi`` is None if only ``lo`` is proved."""

    lo: Fraction
    hi: Fraction | None


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
        digits: Significant digits of the critical damping and of the crossing frequency. For an ``Empirical`` law
            the enclosure holds for all laws within its rounding and is as wide as they differ.
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
    require_digits(digits)
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
            axis = _axis(subject, top, None, None)
            return finish(StabilityBoundary, claim, {"axis": axis, "count": None}, provenance)
        return _bracket(subject, claim, found, digits, model, provenance)
    except Obstacle as obstacle:
        return obstacle.result


def _open(value: list[str | None]) -> OpenEnclosure:
    lo, hi = value
    return OpenEnclosure(Fraction(lo or 0), None if hi is None else Fraction(hi))


def _first_crossing(law: Law, top: Fraction) -> tuple[float, float] | None:
    """Damping and frequency of the first crossing, computed; None if there is none up to ``top``."""
    try:
        found = search.crossings(law, up_to=top * Fraction(101, 100))
    except UnsupportedScenario as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None
    return (float(found[0].damping), float(found[0].frequency)) if found else None


def _bracket(
    subject: Subject,
    claim: dict[str, Any],
    start: tuple[float, float],
    digits: int,
    model: Mapping[str, Any] | None,
    provenance: Mapping[str, str] | None,
) -> StabilityBoundary:
    """Certify a bracket of relative width 10^-digits, or for many laws at once the narrowest that is found.

    Raises:
        Obstacle: if none is accepted.
    """
    crossing = _polish(subject, start, digits)
    width = Fraction(1, 10**digits)
    while True:
        try:
            lo, hi, window = _place(crossing, width)
            axis = _axis(subject, lo, hi, window)
            unstable = Subject.of({**claim, "damping": [spell(hi)] * 2, "undelayed": ["0", "0"]})
            zeros, count = count_witness(unstable, Fraction(0))
            if zeros == 0:
                raise Obstacle(Reason.PRECISION, f"no root has crossed at damping {float(hi):.9g}")
            result = claim | {"damping": [spell(lo), spell(hi)], "frequency": pair(window)}
            result |= _model(result, subject, model)
            return finish(StabilityBoundary, result, {"axis": axis, "count": count}, provenance)
        except Obstacle:
            width *= 2
            if subject.narrow or width > Fraction(1, 4):
                raise


@dataclass(frozen=True)
class _Crossing:
    """Damping a(w) = -w/Im Phi(i w) and frequency w of a crossing, and how fast a(w) changes there."""

    damping: Fraction
    frequency: Fraction
    slope: Fraction


def _polish(subject: Subject, start: tuple[float, float], digits: int) -> _Crossing:
    """Newton's method for Re Phi(i w) = 0 at the precision that ``digits`` needs."""
    w = Fraction(start[1])
    law = subject.function.law
    bits = min(working_bits(subject.function, w) + 2 * math.ceil(digits * math.log2(10)) + 40, MAX_BITS)
    ar = Arithmetic(bits)
    for _ in range(40):
        value, slope = law.jet(ar, ar.point(Fraction(0), w), 1)
        down = Fraction(-(slope[2] + slope[3]), ar.unit)  # twice d Re Phi(i w)/dw
        step = Fraction(value[0] + value[1], ar.unit) / down if down else Fraction(0)
        w = Fraction(round((w - step) * ar.unit), ar.unit)
        if abs(step) * (1 << bits // 2) < w or not subject.narrow:
            break
    if w <= 0 or abs(w - Fraction(start[1])) * 1000 > w:
        raise Obstacle(Reason.PRECISION, f"no crossing was found near frequency {start[1]:.6g}")
    value, slope = law.jet(ar, ar.point(Fraction(0), w), 1)
    sine, change = Fraction(value[2] + value[3], 2 * ar.unit), Fraction(slope[0] + slope[1], 2 * ar.unit)
    return _Crossing(-w / sine, w, (w * change - sine) / sine**2)


def _place(crossing: _Crossing, width: Fraction) -> tuple[Fraction, Fraction, Enclosure]:
    """Return (lo, hi, window): a bracket of the critical damping and a window of frequencies, short decimals.

    Across the window a(w) moves by at most a quarter of the bracket, so a = lo stays below it.
    """
    a, w = crossing.damping, crossing.frequency
    reach = min(w * width / 2, a * width / (8 * abs(crossing.slope)) if crossing.slope else w * width)
    window = _decimals(w - reach, w + reach, reach / 8)
    bracket = _decimals(a * (1 - width / 2), a * (1 + width / 2), a * width / 16)
    return bracket.lo, bracket.hi, window


def _decimals(lo: Fraction, hi: Fraction, step: Fraction) -> Enclosure:
    """Round outward to the coarsest decimals that are at most ``step``."""
    places = len(str(math.ceil(1 / step)))
    grid = Fraction(1, 10**places)
    return Enclosure(math.floor(lo / grid) * grid, math.ceil(hi / grid) * grid)


def _axis(subject: Subject, lo: Fraction, hi: Fraction | None, window: Enclosure | None) -> dict[str, Any]:
    """Return pieces of [0, hi] that exclude crossings: for a <= lo inside the window, for a <= hi outside of it.

    Raises:
        Obstacle: if they are not separated at the highest precision.
    """
    spans = [(Fraction(0), lo, lo)]
    if hi is not None and window is not None:
        spans = [(Fraction(0), window.lo, hi), (window.lo, window.hi, lo), (window.hi, max(hi, window.hi * 2), hi)]
    function = Function(Pair(spans[-1][2], spans[-1][2]), Pair(Fraction(0), Fraction(0)), subject.function.law)
    scaled = Subject(function, subject.narrow)
    obstacle = Obstacle(Reason.PRECISION, "a crossing is not excluded")
    for bits in ladder(scaled, Fraction(0)):
        work = bits or working_bits(function, Fraction(0))
        try:
            line = _Axis(scaled, bits)
            grid = work - 4
            pieces = [
                piece
                for start, end, top in spans
                for piece in walk(partial(line.conditions, top=top), start, end, grid)
            ]
        except (Obstacle, Refusal, OverflowError) as error:
            reason = Reason.PRECISION if subject.narrow else Reason.BOUNDARY_IN_BOX
            obstacle = Obstacle(reason, str(error))
            continue
        breaks = ["0", *(spell(w) for w, _ in pieces)]
        witness = {"bits": work, "breaks": breaks, "codes": [code for _, code in pieces]}
        if bits or _accepted(function.law, lo, hi, window, witness):
            return witness
    raise obstacle


def _accepted(
    law: KernelLaw, lo: Fraction, hi: Fraction | None, window: Enclosure | None, axis: dict[str, Any]
) -> bool:
    """Whether the kernel will accept pieces that were found in floats."""
    inside = None if window is None else Pair(window.lo, window.hi)
    try:
        exclude_crossings(law, lo, hi, inside, axis)
    except Refusal:
        return False
    return True


class _Axis:
    """The imaginary axis for one law, at one precision (0: floats)."""

    def __init__(self, subject: Subject, bits: int) -> None:
        self.law, self.narrow, self.bits = subject.function.law, subject.narrow, bits
        self.ar = arithmetic(bits)
        origin = (0, 0, 0, 0) if bits else 0j
        jet = self.law.jet(self.ar, origin, 2)
        sizes = [as_float(self.ar.magnitude(x), bits) if bits else abs(x) for x in jet]
        self.mean, self.curvature = sizes[1], sizes[2] * (1 + 1e-12)

    def conditions(self, w: Fraction, top: Fraction) -> list[Condition]:
        """Re Phi > 0, Im h > 0 at a = top, Re Phi < 0, at the frequency w."""
        a = float(top)
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
