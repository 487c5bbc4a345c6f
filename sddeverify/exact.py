"""Exact rationals: how a user's number becomes a ``Fraction``, and how a ``Fraction`` is spelled.

Parameters of claims are exact. An ``int``, a ``Fraction`` or a string is taken at its exact value
(``"0.3"`` is 3/10); a Python float is refused, because 0.3 typed as a float is a different number.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

from sddeverify.errors import invalid

Exact: TypeAlias = int | Fraction | str | Decimal
"""What a user may write for an exact number; ``Decimal`` is what strict readers make of ``0.3``."""

_MAX_CHARACTERS = 4000
_MAX_EXPONENT = 4000
_TOO_LARGE = 10**4000
_NUMBER = re.compile(r"([+-]?)([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE]([+-]?[0-9]{1,5}))?(?:/([0-9]+))?\Z")


@dataclass(frozen=True)
class Enclosure:
    """A closed interval with exact rational ends, ``lo <= hi``."""

    lo: Fraction
    hi: Fraction

    def __contains__(self, value: Fraction | int) -> bool:
        return self.lo <= value <= self.hi

    @property
    def width(self) -> Fraction:
        """``hi - lo``."""
        return self.hi - self.lo

    @property
    def midpoint(self) -> Fraction:
        """``(lo + hi)/2``."""
        return (self.lo + self.hi) / 2

    def __str__(self) -> str:
        return f"[{decimal_down(self.lo)}, {decimal_up(self.hi)}]"


@dataclass(frozen=True)
class OpenEnclosure:
    """An enclosure whose upper end may be unknown: ``hi`` is None if only ``lo`` is proved."""

    lo: Fraction
    hi: Fraction | None

    def __str__(self) -> str:
        return f"at least {decimal_down(self.lo)}" if self.hi is None else str(Enclosure(self.lo, self.hi))


def rational(value: object, field: str, allowed: str = 'an exact rational such as 3, "3/10" or "0.3"') -> Fraction:
    """Return the exact value of a user's number.

    Args:
        value: ``int``, ``Fraction``, ``Decimal`` or a string ``"p"``, ``"p/q"``, ``"0.3"``, ``"1e-9"``.
        field: Name of the field for the error message.
        allowed: What the message says is allowed.

    Raises:
        InvalidScenario: for a float, a boolean, NaN, infinity, text that is no number, or a number of
            more than 4000 digits.
    """
    if isinstance(value, float):
        hint = f'"{float(value)!r}"' if math.isfinite(value) else '"3/10"'
        raise invalid(field, value, f"not a Python float but an exact rational: a string such as {hint}, or a Fraction")
    if isinstance(value, bool):
        raise invalid(field, value, allowed)
    if isinstance(value, int | Fraction):
        return _bounded(Fraction(value), field)
    if isinstance(value, Decimal):
        value = str(value)
    if isinstance(value, str):
        text = value.strip()
        if len(text) > _MAX_CHARACTERS:
            raise invalid(field, text, f"at most {_MAX_CHARACTERS} characters")
        match = _NUMBER.match(text)
        if match is not None:
            sign, mantissa, exponent, denominator = match.groups()
            power = int(exponent) if exponent else 0
            bottom = int(denominator) if denominator else 1
            if abs(power) <= _MAX_EXPONENT and bottom != 0:
                whole, _, decimals = mantissa.partition(".")
                digits = int(f"{whole}{decimals}")
                power -= len(decimals)
                scaled = Fraction(digits * 10**power) if power >= 0 else Fraction(digits, 10**-power)
                return _bounded((-scaled if sign == "-" else scaled) / bottom, field)
    raise invalid(field, value, allowed)


def _bounded(value: Fraction, field: str) -> Fraction:
    """Return ``value`` if certificates can spell it: at most 4000 digits above and below the line."""
    if max(abs(value.numerator), value.denominator) >= _TOO_LARGE:
        raise invalid(field, "a number of more than 4000 digits", "at most 4000 digits")
    return value


def positive(value: object, field: str) -> Fraction:
    """Return ``rational(value)`` if it is positive.

    Raises:
        InvalidScenario: as :func:`rational`, and for zero or a negative number.
    """
    allowed = 'a positive exact rational such as 3, "3/10" or "0.3"'
    result = rational(value, field, allowed)
    if result <= 0:
        raise invalid(field, spell(result), allowed)
    return result


def non_negative(value: object, field: str) -> Fraction:
    """Return ``rational(value)`` if it is not negative.

    Raises:
        InvalidScenario: as :func:`rational`, and for a negative number.
    """
    allowed = 'a non-negative exact rational such as 0, "3/10" or "0.3"'
    result = rational(value, field, allowed)
    if result < 0:
        raise invalid(field, spell(result), allowed)
    return result


def integer(value: object, field: str, least: int, most: int) -> int:
    """Return ``value`` if it is an integer (an ``int``, or a ``Fraction`` without denominator) in a range.

    Raises:
        InvalidScenario: for anything else, a boolean and a float among them.
    """
    if isinstance(value, Fraction) and value.denominator == 1:
        value = value.numerator
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        shown = str(value) if isinstance(value, Fraction | Decimal) else value
        if isinstance(shown, int) and abs(shown) >= _TOO_LARGE:
            shown = "a number of more than 4000 digits"
        raise invalid(field, shown, f"an integer from {least} to {most}")
    return value


def enclosure(value: object, field: str) -> Enclosure:
    """Return a number, or a pair ``(lo, hi)`` of numbers, as an :class:`Enclosure`.

    Raises:
        InvalidScenario: as :func:`rational`; for a sequence that is no pair; for ``lo > hi``.
    """
    if isinstance(value, Enclosure):
        return value
    if isinstance(value, tuple | list):
        if len(value) != 2:
            raise invalid(field, value, "one number, or a pair (lo, hi)")
        lo, hi = rational(value[0], f"{field}.lo"), rational(value[1], f"{field}.hi")
        if lo > hi:
            raise invalid(field, f"({spell(lo)}, {spell(hi)})", "a pair with lo <= hi")
        return Enclosure(lo, hi)
    point = rational(value, field)
    return Enclosure(point, point)


def spell(value: Fraction | int) -> str:
    """Return the one spelling of a rational that certificates use: ``"p"`` or ``"p/q"`` in lowest terms."""
    value = Fraction(value)
    return str(value.numerator) if value.denominator == 1 else f"{value.numerator}/{value.denominator}"


def pair(value: Enclosure | Fraction | int) -> list[str]:
    """Return the JSON form of a parameter: ``[lo, hi]`` as spelled rationals."""
    if isinstance(value, Enclosure):
        return [spell(value.lo), spell(value.hi)]
    return [spell(value), spell(value)]


def readable(value: Enclosure) -> str:
    """Return an interval for readers: a short number as it is, anything else as decimals rounded outward."""
    exact = spell(value.lo)
    return exact if value.width == 0 and len(exact) <= 24 else str(value)


def decimal_down(value: Fraction, digits: int = 10) -> str:
    """Return a decimal of ``digits`` significant digits that is at most ``value``."""
    return _decimal(value, digits, upwards=False)


def decimal_up(value: Fraction, digits: int = 10) -> str:
    """Return a decimal of ``digits`` significant digits that is at least ``value``."""
    return _decimal(value, digits, upwards=True)


def _decimal(value: Fraction, digits: int, *, upwards: bool) -> str:
    if value == 0:
        return "0"
    # The decimal exponent of the leading digit, exactly: start from an estimate and correct it.
    size = abs(value)
    exponent = len(str(size.numerator)) - len(str(size.denominator))
    while size >= Fraction(10) ** (exponent + 1):
        exponent += 1
    while size < Fraction(10) ** exponent:
        exponent -= 1
    scaled = value * Fraction(10) ** (digits - 1 - exponent)
    whole = math.ceil(scaled) if upwards else math.floor(scaled)
    figures = tuple(int(figure) for figure in str(abs(whole)))
    return _plain(Decimal((int(whole < 0), figures, exponent - digits + 1)))  # exact, whatever the context


def _plain(number: Decimal) -> str:
    text = format(number, "f") if -8 < number.adjusted() < 15 else format(number, "E")
    if "E" in text:
        mantissa, _, power = text.partition("E")
        mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
        return f"{mantissa}e{int(power)}"
    return text.rstrip("0").rstrip(".") if "." in text else text
