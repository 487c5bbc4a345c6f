"""rightmost_root: the spectral abscissa and the roots that attain it, certified."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from sddeverify.analysis import roots as search
from sddeverify.certificates._certificate import Certificate, Inconclusive, Obstacle, Reason, enclosure
from sddeverify.certificates._contour import Subject, count_witness
from sddeverify.certificates._disc import Disc, refine, require_digits, split
from sddeverify.certificates._prove import economical, finish, function_claim
from sddeverify.checker.interval import Refusal
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import Enclosure, pair, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sddeverify.models import CharacteristicFunction

_CLOSE = 1e-4  # relative distance below which two roots are treated as a pair that left the real axis


@dataclass(frozen=True)
class RightmostRoot(Certificate):
    """The rightmost root: simple and real, or a conjugate pair, or a cluster of two on the real axis."""

    @property
    def real(self) -> Enclosure:
        """Its real part: the spectral abscissa."""
        return enclosure(self.claim["real"])

    @property
    def imag(self) -> Enclosure:
        """Its imaginary part, of the root in the upper half-plane; [0, 0] if it is real."""
        return enclosure(self.claim["imag"])

    @property
    def roots(self) -> int:
        """1 for a real root, 2 for a pair or a cluster."""
        return int(self.claim["roots"])


def prove(
    h: CharacteristicFunction,
    digits: int = 20,
    *,
    model: Mapping[str, Any] | None = None,
    provenance: Mapping[str, str] | None = None,
) -> RightmostRoot | Inconclusive:
    """Certify the rightmost root of ``h``.

    Args:
        h: The characteristic function.
        digits: Significant digits of real and imaginary part (the enclosures are at most 10^-digits wide, relatively);
            a part that is 0, or too small to tell, is enclosed as finely as 10^-19 of the other one would be.
        model: Optional ``learning_rate``, ``hessian``, ``workers``, ``mean_delay`` that explain the damping.
        provenance: Optional texts that go into the document unverified.

    Returns:
        The certificate; or Inconclusive, e.g. if an interval of parameters contains a double root.

    Raises:
        InvalidScenario: if ``digits`` is not an integer from 1 to 1000.
    """
    require_digits(digits)
    claim = function_claim("rightmost_root", h, model)
    try:
        subject = Subject.of(claim)
        obstacle = Obstacle(Reason.PRECISION, "no disc around the roots that the search found is accepted")
        for disc, c in _attempts(subject, h, digits):
            try:
                return economical(partial(_certificate, subject, claim, disc, c, provenance))
            except Obstacle as error:
                obstacle = error
        return obstacle.result
    except Obstacle as error:
        return error.result


def _certificate(
    subject: Subject,
    claim: dict[str, Any],
    disc: Disc,
    c: Fraction,
    provenance: Mapping[str, str] | None,
    checked: bool,
) -> RightmostRoot:
    """Certify that the roots right of the line Re s = c are those in the disc and its mirror image."""
    zeros, count = count_witness(subject, c, checked=checked)
    expected = 2 if disc.im or disc.zeros == 2 else 1
    if zeros != expected:
        detail = f"{zeros} roots lie right of {float(c):.6g}, where the search found {expected}"
        raise Obstacle(Reason.PRECISION, detail)
    witness = {"disc": disc.witness(), "count": {"abscissa": spell(c), "line": count}}
    return finish(RightmostRoot, claim | _rectangle(disc) | {"roots": expected}, witness, provenance)


def _attempts(subject: Subject, h: CharacteristicFunction, digits: int) -> Iterator[tuple[Disc, Fraction]]:
    """Yield a disc and a line that separates it from the other roots, the likeliest ones first."""
    first, *others = _leading(subject, h)
    second = others[0] if others else None
    reals = second is not None and first.imag == 0 == second.imag
    middle, rest = (first.real, others) if second is None or not reals else ((first + second).real / 2, others[1:])
    apart = abs(first - second) if reals and second is not None else abs(first.imag) or math.inf
    if apart <= _CLOSE * abs(first):
        with suppress(Obstacle):
            yield _double(subject, middle, digits, rest)
        with suppress(Obstacle):
            yield _cluster(subject, middle, digits, rest)
        return
    try:
        disc = refine(subject, first, digits)
    except Obstacle:
        if subject.narrow or apart > abs(first) / 2:
            raise
        yield _cluster(subject, middle, digits, rest)  # some of the parameters may have a double root
        return
    for closer in (1, 16, 256):  # a root that the search did not list may lie left of the disc
        yield disc, _line(subject, disc, others, closer)
    found = _search(lambda: [complex(x) for x in search.all_in(h, disc.re - disc.radius)])  # or right of it
    yield _simple(subject, found[0], digits, found[1:])


def _leading(subject: Subject, h: CharacteristicFunction) -> list[complex]:
    """The few rightmost roots in floats."""
    edge = subject.function.law.abscissa
    found = _search(lambda: search.leading(h), edge)
    if edge is not None and found[0].real <= edge:
        detail = f"no root is found right of the abscissa of convergence {edge} of the delay law"
        raise Obstacle(Reason.DOMAIN, detail)
    return found


def _search(find: Callable[[], list[complex]], edge: Fraction | None = None) -> list[complex]:
    try:
        found = find()
    except UnsupportedScenario as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None
    if not found and edge is not None:
        raise Obstacle(Reason.DOMAIN, f"no root is found right of the abscissa of convergence {edge} of the delay law")
    if not found:
        raise Obstacle(Reason.PRECISION, "the search found no root")
    return found


def _simple(subject: Subject, start: complex, digits: int, others: list[complex]) -> tuple[Disc, Fraction]:
    disc = refine(subject, start, digits)
    return disc, _line(subject, disc, others)


def _double(subject: Subject, middle: float, digits: int, others: list[complex]) -> tuple[Disc, Fraction]:
    """Two roots near the real axis: tell them apart, or certify the cluster."""
    try:
        parts = split(subject, middle)
    except Refusal as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None
    if parts is None:
        return _cluster(subject, middle, digits, others)
    start, axis = parts
    if start[1]:
        disc = refine(subject, start, digits, apart=start[1])
        return disc, _line(subject, disc, others)
    apart = start[0] - axis
    more = len(str(math.ceil(abs(start[0]) / apart)))  # so that the disc does not reach the other zero
    return refine(subject, start, digits + more, apart=apart), axis


def _cluster(subject: Subject, middle: float, digits: int, others: list[complex]) -> tuple[Disc, Fraction]:
    disc = refine(subject, complex(middle), digits, zeros=2)
    return disc, _line(subject, disc, others)


def _line(subject: Subject, disc: Disc, others: list[complex], closer: int = 1) -> Fraction:
    """An abscissa left of the disc and right of the other roots, a short number; ``closer`` means to the disc."""
    edge = disc.re - disc.radius
    room = 1 / (2 * subject.function.law.mean.hi)
    below = [edge - Fraction(x.real) for x in others if x.real < edge]
    if below:
        room = min(room, min(below) / 2)
    if subject.function.law.abscissa is not None:
        room = min(room, (edge - subject.function.law.abscissa) / 2)
    if room <= 0:
        raise Obstacle(Reason.DOMAIN, "the root is not right of the abscissa of convergence of the delay law")
    room /= closer
    grid = Fraction(2) ** (room.numerator.bit_length() - room.denominator.bit_length() - 6)
    return math.floor((edge - room) / grid + 1) * grid


def _rectangle(disc: Disc) -> dict[str, list[str]]:
    """The claim's rectangle: the disc's, rounded outward to decimals."""
    places = len(str(math.ceil(8 / disc.radius)))
    grid = Fraction(1, 10**places)
    real = Enclosure(
        math.floor((disc.re - disc.radius) / grid) * grid, math.ceil((disc.re + disc.radius) / grid) * grid
    )
    if disc.im == 0:
        top = disc.radius if disc.zeros == 2 else Fraction(0)
        imag = Enclosure(Fraction(0), math.ceil(top / grid) * grid)
    else:
        imag = Enclosure(
            math.floor((disc.im - disc.radius) / grid) * grid, math.ceil((disc.im + disc.radius) / grid) * grid
        )
    return {"real": pair(real), "imag": pair(imag)}
