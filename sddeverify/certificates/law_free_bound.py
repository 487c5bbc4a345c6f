"""law_free_bound: stable for every law of the delay, when only its mean is known, certified."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason
from sddeverify.certificates._prove import finish
from sddeverify.exact import decimal_down, positive, spell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.exact import Exact

_HALF_PI = Fraction(80143857, 51021164)  # less than pi/2, by less than 1e-15
_DIGITS = 12


@dataclass(frozen=True)
class LawFreeBound(Certificate):
    """Stable for every delay law whose mean, times the damping, is at most ``strength``."""

    @property
    def damping(self) -> Fraction:
        """Every damping coefficient (1/time) up to this one is stable for every law of mean up to ``mean_delay``."""
        return Fraction(self.claim["damping"])

    @property
    def mean_delay(self) -> Fraction:
        """The greatest mean delay (time) that ``damping`` is for."""
        return Fraction(self.claim["mean_delay"])

    @property
    def strength(self) -> Fraction:
        """Damping times mean delay: what alone matters, less than pi/2."""
        return self.damping * self.mean_delay

    def learning_rate(self, hessian: Exact, workers: Exact) -> Fraction:
        """Return the learning rate up to which all is stable, whatever the delay law and its mean.

        The mean delay drops out of learning_rate x hessian x workers = damping x mean delay: the arrivals are as
        frequent as the delays are short.
        """
        return self.strength / (positive(hessian, "hessian") * positive(workers, "workers"))


def prove(
    mean_delay: Exact,
    damping: Exact | None = None,
    *,
    provenance: Mapping[str, str] | None = None,
) -> LawFreeBound | Inconclusive:
    """Certify that s + a E[exp(-s tau)] is stable for every law of a delay of this mean, if a E[tau] < pi/2.

    Args:
        mean_delay: The mean delay, or an upper bound of it: an exact rational (time).
        damping: The damping coefficient (1/time), or an upper bound of it; if left out, the greatest one that is
            stable, to 12 digits.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate, or Inconclusive if damping x mean_delay is not less than pi/2: then some law is unstable.

    Raises:
        InvalidScenario: if an argument is not of the form above.
    """
    mean = positive(mean_delay, "mean_delay")
    most = Fraction(decimal_down(_HALF_PI / mean, _DIGITS)) if damping is None else positive(damping, "damping")
    claim: dict[str, Any] = {"type": "law_free_bound", "damping": spell(most), "mean_delay": spell(mean)}
    try:
        if most * mean >= _HALF_PI:
            detail = f"damping x mean delay = {float(most * mean):.6g} is not less than pi/2: give the delay law itself"
            raise Obstacle(Reason.DOMAIN, detail)
        return finish(LawFreeBound, claim, None, provenance)
    except Obstacle as obstacle:
        return obstacle.result
