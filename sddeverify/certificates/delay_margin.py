"""delay_margin: how much more constant delay a stable characteristic function stands, certified."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from sddeverify.analysis.arithmetic import Multiprecision, precision, private_context
from sddeverify.analysis.equation import transform
from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, enclosure
from sddeverify.certificates._contour import Subject
from sddeverify.certificates._cover import covered, stable_or_not
from sddeverify.certificates._disc import require_digits
from sddeverify.certificates._effort import MOST, Effort
from sddeverify.certificates._prove import decimals, exact, finish, function_claim
from sddeverify.certificates._shifts import meetings
from sddeverify.exact import pair, spell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.exact import Enclosure
    from sddeverify.models import CharacteristicFunction

_MAX_DIGITS = 30  # each digit costs about four more parts of [0, margin]
_FLOAT_DIGITS = 12
_NEWTON = 6  # from 12 digits; each step doubles them
_CUTS, _CUTS_PER_DIGIT = 80, 8
_WIDTHS = (1, 3, 10, 30, 60, 100, 200, 400, 800, 1500)  # relative, in thousandths, for intervals of parameters


@dataclass(frozen=True)
class DelayMargin(Certificate):
    """The smallest constant delay d for which s + b + a exp(-d s) E[exp(-s tau)] has a root on the imaginary axis."""

    @property
    def margin(self) -> Enclosure | None:
        """An enclosure of it (a time): stable for 0 <= d <= lo, unstable at d = hi. None: stable for every d."""
        return None if self.claim["margin"] is None else enclosure(self.claim["margin"])


def prove(
    h: CharacteristicFunction,
    digits: int = 6,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> DelayMargin | Inconclusive:
    """Certify how much constant delay may be added to the delay of ``h`` before stability is lost.

    Args:
        h: The characteristic function, stable as it is. For intervals of parameters the margin is enclosed for all
            of them, as narrowly as they allow.
        digits: Significant digits of the margin, at most 30.
        model: Optional ``learning_rate``, ``hessian``, ``workers`` and ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate. Its margin is None, which means infinite, if b > |a|. Inconclusive with DOMAIN if ``h`` is not
        stable without more delay.

    Raises:
        InvalidScenario: if ``digits`` is not an integer from 1 to 30.
    """
    require_digits(digits, _MAX_DIGITS)
    claim = function_claim("delay_margin", h, model)
    try:
        subject = Subject.of(claim)
        a = max(abs(x) for x in subject.function.damping)
        if subject.function.undelayed.lo > a:
            return finish(DelayMargin, claim | {"margin": None}, None, provenance)
        if not covered(claim, Effort(), partial(stable_or_not, checked=False))[0]:
            raise Obstacle(Reason.DOMAIN, "it is not stable without any more delay")
        found = meetings(h)
        if not found:
            raise Obstacle(Reason.DOMAIN, "no root reaches the imaginary axis for any delay, as far as floats tell")
        near, frequency, spread = Fraction(found[0].delay), found[0].frequency, found[0].spread
        if subject.narrow and digits > _FLOAT_DIGITS - 2:
            near = _refined(h, near, frequency, digits)
        obstacle = Obstacle(Reason.PRECISION, "no enclosure was tried")
        widths = [Fraction(1, 10**digits)] if subject.narrow else [Fraction(k, 1000) for k in _WIDTHS]
        widths = [width for width in widths if near * width > 2 * spread] or widths[-1:]
        for width in widths:
            try:
                half = near * width / 2
                cuts = _CUTS + _CUTS_PER_DIGIT * digits
                return _certificate(claim, decimals(near - half, near + half, half / 8), cuts, provenance)
            except Obstacle as error:
                obstacle = error
        raise obstacle
    except Obstacle as error:
        return error.result


def _refined(h: CharacteristicFunction, margin: Fraction, frequency: float, digits: int) -> Fraction:
    """The margin to more digits than floats have: Newton's method for |i w + b|^2 = |a Phi(i w)|^2."""
    ctx = private_context()
    with precision(ctx, math.ceil(digits * math.log2(10)) + 64):
        arithmetic = Multiprecision(ctx)
        node = transform(h.delay).exact(arithmetic)
        a, b = (ctx.mpf(x.lo.numerator) / x.lo.denominator for x in (h.damping, h.undelayed))
        w = ctx.mpf(frequency)
        for _ in range(_NEWTON):
            value, slope = node.jet(ctx.mpc(0, w), 1, arithmetic)
            excess = w * w + b * b - a * a * abs(value) ** 2
            w -= excess / (2 * w + 2 * a * a * (value.conjugate() * slope).imag)
        turn = a * node.jet(ctx.mpc(0, w), 0, arithmetic)[0] / -ctx.mpc(b, w)
        period, found = 2 * ctx.pi / w, ctx.arg(turn) / w
        found += period * ctx.nint((ctx.mpf(margin.numerator) / margin.denominator - found) / period)
        return exact(found)


def _certificate(
    claim: dict[str, Any], margin: Enclosure, cuts: int, provenance: Mapping[str, str] | None
) -> DelayMargin:
    def delayed(lo: Fraction, hi: Fraction) -> dict[str, Any]:
        return claim | {"delay": {"sum": [{"constant": {"time": [spell(lo), spell(hi)]}}, claim["delay"]]}}

    if margin.lo <= 0:
        raise Obstacle(Reason.BOUNDARY_IN_BOX, "the parameters differ too much for a positive lower end")
    effort = Effort(cuts / _CUTS * MOST)  # a proof of more parts may cost more
    stable, none = covered(delayed(Fraction(0), margin.lo), effort, partial(stable_or_not, checked=True), cuts)
    unstable, some = covered(delayed(margin.hi, margin.hi), Effort(), partial(stable_or_not, checked=True))
    if not stable or unstable:
        raise Obstacle(Reason.PRECISION, f"the margin is not between {float(margin.lo):.9g} and {float(margin.hi):.9g}")
    return finish(DelayMargin, claim | {"margin": pair(margin)}, {"none": none, "some": some}, provenance)
