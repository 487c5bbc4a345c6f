"""Strict reading of certificates: what is not exactly in the format is malformed.

A number has one spelling, ``-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?`` in ASCII and lowest terms, so that one claim
has one hash. The limits below are part of the format.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from fractions import Fraction
from math import gcd
from typing import Any

from .interval import Pair

SCHEMA = "sddeverify-certificate/1"
MAX_CHARACTERS = 1 << 25
MAX_DIGITS = 4000
MIN_BITS, MAX_BITS = 32, 4096
MAX_POINTS = 200_000
MAX_COST = 1 << 28  # evaluations of a law x its size x bits

_NUMBER = re.compile(r"(-?)(0|[1-9][0-9]*)(?:/([1-9][0-9]*))?")


class Malformed(Exception):
    """The document is not in the format; the message names the place."""


def load(document: str | bytes | bytearray | dict[str, Any]) -> dict[str, Any]:
    """Return the document as a dictionary; a dictionary is serialised first, so that both take one road.

    Raises:
        Malformed: for anything but an object of strict JSON: duplicate members, floats, NaN, long integers,
            text that is no UTF-8, more than 2^25 characters, nesting beyond what the parser takes.
    """
    try:
        if isinstance(document, dict):
            document = json.dumps(document, allow_nan=False)
        if isinstance(document, bytes | bytearray):
            if len(document) > MAX_CHARACTERS:
                raise Malformed("the document is too large")
            document = bytes(document).decode("utf-8")
        if not isinstance(document, str):
            raise Malformed("a document is text, bytes or a dictionary")
        if len(document) > MAX_CHARACTERS:
            raise Malformed("the document is too large")
        value = json.loads(
            document,
            object_pairs_hook=_unique,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_short_integer,
        )
    except (ValueError, TypeError, RecursionError) as error:
        raise Malformed(f"not strict JSON: {type(error).__name__}: {str(error)[:120]}") from None
    if not isinstance(value, dict):
        raise Malformed("the document is not an object")
    return value


def _unique(items: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(items)
    if len(result) != len(items):
        raise Malformed("an object has the same member twice")
    return result


def _no_float(text: str) -> Any:
    raise Malformed(f"{text[:40]} is a float; numbers are strings p or p/q")


def _short_integer(text: str) -> int:
    if len(text) > 18:
        raise Malformed("an integer literal is too long; numbers are strings")
    return int(text)


def members(value: Any, *names: str, optional: Iterable[str] = ()) -> list[Any]:
    """Return the members ``names`` of an object that has exactly these (``optional`` ones: None if absent)."""
    if not isinstance(value, dict):
        raise Malformed(f"an object with the members {', '.join(names)} is needed")
    missing = [name for name in names if name not in value]
    unknown = [name for name in value if name not in names and name not in optional]
    if missing or unknown:
        which = f"lacks {missing[0]!r}" if missing else f"has the unknown member {unknown[0][:40]!r}"
        raise Malformed(f"an object with the members {', '.join(names)} {which}")
    return [value[name] for name in names] + [value.get(name) for name in optional]


def integer(value: Any, least: int, most: int) -> int:
    """Return a JSON integer between ``least`` and ``most``."""
    if type(value) is not int or not least <= value <= most:
        raise Malformed(f"an integer from {least} to {most} is needed, not {str(value)[:40]}")
    return value


def boolean(value: Any) -> bool:
    """Return a JSON boolean."""
    if type(value) is not bool:
        raise Malformed(f"true or false is needed, not {str(value)[:40]}")
    return value


def number(value: Any) -> Fraction:
    """Return a rational from its one spelling."""
    if not isinstance(value, str) or len(value) > 2 * MAX_DIGITS + 2:
        raise Malformed(f"a number must be a string p or p/q, not {str(value)[:40]}")
    match = _NUMBER.fullmatch(value)
    if match is None:
        raise Malformed(f"{value[:40]!r} is not the spelling of a rational number")
    sign, top, bottom = match.groups()
    if len(top) > MAX_DIGITS or len(bottom or "") > MAX_DIGITS:
        raise Malformed(f"a number has more than {MAX_DIGITS} digits")
    numerator, denominator = int(top), int(bottom or "1")
    if (sign and numerator == 0) or bottom == "1" or gcd(numerator, denominator) != 1:
        raise Malformed(f"{value[:40]!r} is not in lowest terms")
    return Fraction(-numerator if sign else numerator, denominator)


def pair(value: Any, *, least: int | None = None, above: int | None = None) -> Pair:
    """Return a parameter ``[lo, hi]`` with lo <= hi, lo >= ``least`` and lo > ``above`` where given."""
    if not isinstance(value, list) or len(value) != 2:
        raise Malformed(f"a parameter must be a pair [lo, hi], not {str(value)[:40]}")
    lo, hi = number(value[0]), number(value[1])
    if lo > hi:
        raise Malformed(f"in the pair {str(value)[:60]} lo is greater than hi")
    if (least is not None and lo < least) or (above is not None and lo <= above):
        raise Malformed(
            f"the pair {str(value)[:60]} must be {'>' if least is None else '>='} {least or above or 0}"
        )
    return Pair(lo, hi)


def segments(breaks: Any, codes: Any) -> tuple[list[Fraction], list[int]]:
    """Return increasing break points from 0 and one code 0..3 for each piece between them."""
    if not isinstance(breaks, list) or not isinstance(codes, list):
        raise Malformed("breaks and codes must be lists")
    if not 2 <= len(breaks) <= MAX_POINTS or len(codes) != len(breaks) - 1:
        raise Malformed(f"2 to {MAX_POINTS} break points with one code fewer are needed")
    points = [number(x) for x in breaks]
    if points[0] != 0 or any(x >= y for x, y in zip(points, points[1:], strict=False)):
        raise Malformed("break points must start at 0 and increase")
    return points, [integer(x, 0, 3) for x in codes]


def precision(value: Any, evaluations: int, size: int) -> int:
    """Return the number of bits of a witness if the work that it asks for is within the budget."""
    bits = integer(value, MIN_BITS, MAX_BITS)
    if evaluations * size * bits > MAX_COST:
        raise Malformed(f"{evaluations} evaluations at {bits} bits exceed the budget of the format")
    return bits


def digest(claim: dict[str, Any]) -> str:
    """Return the identity of a claim: the sha256 of its canonical JSON (sorted members, ASCII, no spaces)."""
    text = json.dumps(claim, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
