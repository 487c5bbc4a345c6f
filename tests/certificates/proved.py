"""What the tests of the provers share: opening a result, published decimals, constants to many digits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, TypeVar

import mpmath

from sddeverify import checker
from sddeverify.certificates import Certificate, Inconclusive, Reason
from sddeverify.exact import Enclosure, OpenEnclosure

C = TypeVar("C", bound=Certificate)


def proved(result: C | Inconclusive) -> C:
    """The certificate, after the kernel has accepted what a reader of its file would get."""
    assert not isinstance(result, Inconclusive), str(result)
    verdict = checker.check(result.document)
    assert verdict.status is checker.Status.ACCEPTED, verdict.reason
    assert (verdict.statement, verdict.digest) == (result.statement, result.digest)
    return result


def undecided(result: Certificate | Inconclusive, *reasons: Reason) -> Inconclusive:
    """The answer "undecided", for one of the reasons if any are given."""
    assert isinstance(result, Inconclusive), getattr(result, "statement", result)
    assert not reasons or result.reason in reasons, str(result)
    assert result.detail
    return result


def constant(value: Any, digits: int = 130) -> Fraction:
    """A number such as ``lambda: mpmath.pi / 2`` as a rational, rounded to many digits."""
    with mpmath.mp.workdps(digits + 10):
        return Fraction(mpmath.nstr(value(), digits))


HALF_PI = constant(lambda: +mpmath.pi / 2, 150)
INVERSE_E = constant(lambda: mpmath.exp(-1), 150)


def last_digit(text: str) -> Fraction:
    """One unit in the last digit of a decimal such as ``-8.19e-12``."""
    mantissa, _, exponent = text.lower().partition("e")
    decimals = mantissa.partition(".")[2]
    return Fraction(10) ** (int(exponent or 0) - len(decimals))


def digits_of(text: str) -> int:
    """The number of significant digits of a decimal."""
    return len(text.lower().partition("e")[0].replace("-", "").replace(".", "").lstrip("0"))


def agrees(enclosure: Enclosure | OpenEnclosure, published: str) -> bool:
    """Whether an enclosure contains a published decimal to its digits, and says as much as it does."""
    unit, lo, hi = last_digit(published), enclosure.lo, enclosure.hi
    return hi is not None and lo - unit <= Fraction(published) <= hi + unit and hi - lo <= 2 * unit
