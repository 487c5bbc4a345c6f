"""all_roots: every characteristic root with Re s >= c, in certified discs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sddeverify.analysis import roots as search
from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason
from sddeverify.certificates._contour import Subject, count_witness
from sddeverify.certificates._disc import Disc, refine, require_digits
from sddeverify.certificates._prove import finish, function_claim
from sddeverify.checker.interval import Arithmetic, Refusal
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import rational, spell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.exact import Exact
    from sddeverify.models import CharacteristicFunction


@dataclass(frozen=True)
class RootDisc:
    """A disc in the closed upper half-plane with ``multiplicity`` roots; with im > 0 its mirror image holds as many."""

    re: Fraction
    im: Fraction
    radius: Fraction
    multiplicity: int


@dataclass(frozen=True)
class AllRoots(Certificate):
    """All roots right of a line."""

    @property
    def discs(self) -> list[RootDisc]:
        """The discs, by decreasing real part."""
        rows = self.claim["discs"]
        found = [RootDisc(Fraction(re), Fraction(im), Fraction(radius), zeros) for re, im, radius, zeros in rows]
        return sorted(found, key=lambda disc: (-disc.re, disc.im))

    @property
    def count(self) -> int:
        """Number of roots with Re s >= abscissa, counted with multiplicity."""
        return sum(disc.multiplicity * (2 if disc.im else 1) for disc in self.discs)


def prove(
    h: CharacteristicFunction,
    abscissa: Exact,
    digits: int = 9,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> AllRoots | Inconclusive:
    """Certify every root of ``h`` with Re s >= ``abscissa``.

    Args:
        h: The characteristic function.
        abscissa: An exact rational right of the abscissa of convergence of the delay law (1/time).
        digits: Digits of each root.
        model: Optional ``learning_rate``, ``hessian``, ``workers``, ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate, or Inconclusive, e.g. if a root lies on the line.

    Raises:
        InvalidScenario: if an argument is not of the form above.
    """
    require_digits(digits)
    c = rational(abscissa, "abscissa")
    claim = function_claim("all_roots", h, model)
    try:
        subject = Subject.of(claim)
        total, line = count_witness(subject, c)
        try:
            found = search.all_in(h, c)
        except UnsupportedScenario as error:
            raise Obstacle(Reason.DOMAIN, str(error)) from None
        discs = _discs(subject, [complex(x) for x in found], digits)
        held = sum(disc.zeros * (2 if disc.im else 1) for disc in discs)
        if held != total:
            raise Obstacle(Reason.PRECISION, f"the search found {held} of {total} roots")
        rows = [[spell(disc.re), spell(disc.im), spell(disc.radius), disc.zeros] for disc in discs]
        witness = {"bits": max((disc.bits for disc in discs), default=64), "line": line}
        return finish(AllRoots, claim | {"abscissa": spell(c), "discs": rows}, witness, provenance)
    except Obstacle as obstacle:
        return obstacle.result


def _discs(subject: Subject, found: list[complex], digits: int) -> list[Disc]:
    """A disc for every root found; roots found twice are clusters."""
    discs, repeated = [], {x for x, y in pairwise(found) if x == y}
    for root in dict.fromkeys(found):
        zeros = 2 if root in repeated else 1
        quick = _quick(subject, root, digits) if zeros == 1 and digits <= 11 and subject.narrow else None
        discs.append(quick or refine(subject, root, digits, zeros))
    return discs


def _quick(subject: Subject, root: complex, digits: int) -> Disc | None:
    """The disc around a root that floats know well enough."""
    exponent = math.ceil(digits * math.log2(10)) + 1 - math.frexp(abs(root))[1]
    radius = Fraction(2) ** -exponent
    grid = radius / 16
    re, im = round(Fraction(root.real) / grid) * grid, round(Fraction(root.imag) / grid) * grid
    bits = max(64, 64 + exponent)
    try:
        subject.function.disc(Arithmetic(bits), re, im, radius, 1)
    except Refusal:
        return None
    return Disc(re, im, radius, 1, bits)
