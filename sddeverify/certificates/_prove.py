"""The last step of every prover: assemble the document and hand it to the kernel."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeVar

from sddeverify import checker
from sddeverify.certificates._certificate import Certificate, Obstacle, Reason, Refused, document
from sddeverify.checker.document import Malformed
from sddeverify.checker.interval import Refusal
from sddeverify.errors import invalid
from sddeverify.exact import Enclosure, enclosure, pair
from sddeverify.models import CharacteristicFunction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

C = TypeVar("C", bound=Certificate)
_MODEL = ("learning_rate", "hessian", "workers", "mean_delay")


def function_claim(kind: str, h: CharacteristicFunction, model: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the members that all claims about one characteristic function share.

    Raises:
        InvalidScenario: if ``h`` is no characteristic function, or the model is wrong.
    """
    if not isinstance(h, CharacteristicFunction):
        raise invalid("h", h, "a CharacteristicFunction, such as CharacteristicFunction(1, Constant(1))")
    claim = {"type": kind, **h.to_json()}
    return claim | ({"model": model_claim(model)} if model is not None else {})


def model_claim(model: Mapping[str, Any], names: tuple[str, ...] = _MODEL) -> dict[str, list[str]]:
    """Return the model member of a claim.

    Raises:
        InvalidScenario: if a member is missing, unknown or no positive exact number.
    """
    if set(model) != set(names):
        raise invalid("model", sorted(model), f"exactly the members {', '.join(names)}")
    values = {name: enclosure(model[name], f"model.{name}") for name in names}
    for name, value in values.items():
        if value.lo <= 0:
            raise invalid(f"model.{name}", str(value), "a positive exact rational, or a pair (lo, hi) of such")
    return {name: pair(value) for name, value in values.items()}


def exact(value: Any) -> Fraction:
    """Return the value of an mpmath number as a rational."""
    sign, mantissa, exponent, _ = value._mpf_
    size = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -size if sign else size


def decimals(lo: Fraction, hi: Fraction, step: Fraction) -> Enclosure:
    """Round outward to the coarsest decimals that are at most ``step``: short numbers for claims."""
    places = len(str(math.ceil(1 / step)))
    grid = Fraction(1, 10**places)
    return Enclosure(math.floor(lo / grid) * grid, math.ceil(hi / grid) * grid)


def bracket(value: Fraction, digits: int) -> Enclosure:
    """Return an enclosure of relative width about 10^-digits around a positive computed number."""
    width = value / 10**digits
    return decimals(value - width / 2, value + width / 2, width / 16)


def economical(prove: Callable[[bool], C]) -> C:
    """Return ``prove(False)``, where only ``finish`` checks what the search proposes; if it refuses, ``prove(True)``.

    Raises:
        Obstacle: as ``prove(True)``.
    """
    try:
        return prove(False)
    except Refused:
        return prove(True)


def finish(kind: type[C], claim: dict[str, Any], witness: Any, provenance: Mapping[str, str] | None) -> C:
    """Return the certificate if the kernel accepts it.

    Raises:
        Obstacle: with the kernel's reason if it does not.
    """
    try:
        result = document(claim, witness, provenance)
    except (Malformed, Refusal) as error:
        raise Obstacle(Reason.DOMAIN, str(error)) from None
    verdict = checker.check(result)
    if verdict.status is not checker.Status.ACCEPTED:
        reason = Reason.BUDGET if verdict.status is checker.Status.MALFORMED else Reason.PRECISION
        raise Refused(reason, f"the kernel does not accept the proof: {verdict.reason}")
    return kind(result)
