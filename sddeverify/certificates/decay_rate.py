"""decay_rate: the rate at which the mean decays, certified: minus the spectral abscissa."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.analysis import roots as search
from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, enclosure
from sddeverify.certificates._contour import Subject, count_witness
from sddeverify.certificates._disc import require_digits
from sddeverify.certificates._prove import decimals, exact, finish, function_claim
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.exact import Enclosure
    from sddeverify.models import CharacteristicFunction


@dataclass(frozen=True)
class DecayRate(Certificate):
    """A certified decay rate."""

    @property
    def rate(self) -> Enclosure:
        """Minus the largest real part of a root (1/time); negative if the mean grows."""
        return enclosure(self.claim["rate"])


def prove(
    h: CharacteristicFunction,
    digits: int = 12,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> DecayRate | Inconclusive:
    """Certify the decay rate of ``h``, whether its rightmost roots are simple, double, or too close to tell.

    Args:
        h: The characteristic function.
        digits: Significant digits of the rate, relative to the modulus of the rightmost root. For intervals of
            parameters and for ``Empirical`` laws the enclosure is as wide as the rate varies.
        model: Optional ``learning_rate``, ``hessian``, ``workers``, ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate, or Inconclusive.

    Raises:
        InvalidScenario: if ``digits`` is not an integer from 1 to 1000.
    """
    require_digits(digits)
    claim = function_claim("decay_rate", h, model)
    try:
        subject = Subject.of(claim)
        root = _rightmost(h, digits)
        width = max(abs(root[0]), abs(root[1])) / 10**digits or Fraction(1, 10**digits)
        widest = max(abs(root[0]), abs(root[1]), 1 / subject.function.law.mean.hi)
        while True:
            bounds = decimals(-root[0] - width / 2, -root[0] + width / 2, width / 16)
            try:
                none, no_roots = count_witness(subject, -bounds.lo)
                some, roots = count_witness(subject, -bounds.hi)
                if none != 0 or some == 0:
                    raise Obstacle(Reason.PRECISION, f"{none} and {some} roots lie right of the two lines")
                witness = {"none": no_roots, "some": roots}
                return finish(DecayRate, claim | {"rate": pair(bounds)}, witness, provenance)
            except Obstacle:
                width *= 2
                if subject.narrow or width > widest:
                    raise
    except Obstacle as obstacle:
        return obstacle.result


def _rightmost(h: CharacteristicFunction, digits: int) -> tuple[Fraction, Fraction]:
    """The rightmost root, computed, as rationals."""
    try:
        root = search.rightmost(h, digits + 5)
    except UnsupportedScenario as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None
    return exact(root.real), exact(root.imag)
