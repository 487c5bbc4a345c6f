"""root_enclosure: a disc that holds exactly one characteristic root, certified."""

from __future__ import annotations

import cmath
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle
from sddeverify.certificates._contour import Subject
from sddeverify.certificates._disc import Point, refine, require_digits
from sddeverify.certificates._prove import finish, function_claim
from sddeverify.errors import invalid
from sddeverify.exact import Enclosure, rational

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sddeverify.exact import Exact
    from sddeverify.models import CharacteristicFunction


@dataclass(frozen=True)
class RootEnclosure(Certificate):
    """A disc with exactly one root (or a cluster of two)."""

    @property
    def radius(self) -> Fraction:
        """Radius of the disc."""
        return Fraction(self.claim["radius"])

    @property
    def real(self) -> Enclosure:
        """The real part of the root."""
        centre = Fraction(self.claim["centre"][0])
        return Enclosure(centre - self.radius, centre + self.radius)

    @property
    def imag(self) -> Enclosure:
        """The imaginary part of the root; exactly 0 if the disc is centred on the real axis and holds one root."""
        centre = Fraction(self.claim["centre"][1])
        if centre == 0 and self.roots == 1:
            return Enclosure(centre, centre)  # a root that is alone in a symmetric disc is its own conjugate
        return Enclosure(centre - self.radius, centre + self.radius)

    @property
    def roots(self) -> int:
        """How many roots the disc holds, counted with multiplicity."""
        return int(self.claim["roots"])


def prove(
    h: CharacteristicFunction,
    near: complex | Sequence[Exact],
    digits: int = 20,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> RootEnclosure | Inconclusive:
    """Certify a disc around the root near a given point.

    Args:
        h: The characteristic function.
        near: Where to start: a complex number (a starting point, not a parameter of the claim) or a pair (re, im).
        digits: Digits of real and imaginary part that the disc fixes.
        model: Optional ``learning_rate``, ``hessian``, ``workers``, ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate (of one simple root, or of a cluster of two where two cannot be told apart) or Inconclusive.

    Raises:
        InvalidScenario: if ``near`` or ``digits`` is not of the form above.
    """
    require_digits(digits)
    start = _start(near)
    claim = function_claim("root_enclosure", h, model)
    try:
        subject = Subject.of(claim)
        try:
            disc = refine(subject, start, digits)
        except Obstacle:
            disc = refine(subject, start, digits, zeros=2)
        place = {"centre": [str(disc.re), str(disc.im)], "radius": str(disc.radius), "roots": disc.zeros}
        return finish(RootEnclosure, claim | place, {"bits": disc.bits}, provenance)
    except Obstacle as obstacle:
        return obstacle.result


def _start(near: object) -> Point:
    if isinstance(near, float | complex) and cmath.isfinite(near):
        return Fraction(near.real), Fraction(near.imag)
    if isinstance(near, int | Fraction):
        return rational(near, "near"), Fraction(0)
    if isinstance(near, list | tuple) and len(near) == 2:
        return rational(near[0], "near.re"), rational(near[1], "near.im")
    raise invalid("near", near, "a finite complex number or a pair (re, im)")
