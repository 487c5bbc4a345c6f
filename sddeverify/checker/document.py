"""Strict reading of certificates: what is not exactly in the format is malformed.

A number has one spelling, ``-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?`` in ASCII and lowest terms, so that one claim
has one hash. The limits below are part of the format.
"""

import hashlib
import json
import re
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

from .interval import Arithmetic, Pair, require

Claim = dict[str, Any]
Witness = Any

SCHEMA = "sddeverify-certificate/1"
MAX_CHARACTERS, MAX_DIGITS, MAX_POINTS, MAX_DISCS, MAX_DEPTH, MAX_CELLS = 1 << 25, 4000, 200_000, 20_000, 8, 4096
MIN_BITS, MAX_BITS, MAX_COST = 32, 4096, 1 << 28  # the cost: evaluations of a law x its size x bits


class Malformed(Exception):
    """The document is not in the format; the message names the place."""


well_formed = partial(require, error=Malformed)


def load(document: str | bytes | Claim) -> Any:
    """Return the document as a dictionary; a dictionary is serialised first, so that both take one road.

    Raises:
        Malformed: for anything but an object of strict JSON: duplicate members, floats, NaN, long integers,
            text that is no UTF-8, more than 2^25 characters, nesting beyond what the parser takes.
    """
    try:
        text = json.dumps(document, allow_nan=False) if isinstance(document, dict) else document
        well_formed(len(text) <= MAX_CHARACTERS, "the document is too large")
        text = text.decode("utf-8") if isinstance(text, bytes) else text
        hooks: dict[str, Any] = dict.fromkeys(("parse_float", "parse_constant", "parse_int"), _literal)
        return json.loads(text, object_pairs_hook=_unique, **hooks)
    except (ValueError, TypeError, RecursionError) as error:
        raise Malformed(f"not strict JSON: {type(error).__name__}: {str(error)[:120]}") from None


def _unique(items: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(items)
    well_formed(len(result) == len(items), "an object has the same member twice")
    return result


def _literal(text: str) -> int:
    well_formed(re.fullmatch("-?[0-9]{1,17}", text) is not None, f"{text[:40]} is no short integer: write a string p/q")
    return int(text)


def members(value: Any, *names: str, optional: str | None = None) -> list[Any]:
    """Return the members of an object that has exactly ``names`` (and may have ``optional``, {} if absent)."""
    if not isinstance(value, dict) or not set(names) <= set(value) <= {*names, optional}:
        found = f"those with {', '.join(sorted(value))[:200]}" if isinstance(value, dict) else str(value)[:40]
        raise Malformed(f"an object with exactly the members {', '.join(names)} is needed, not {found}")
    return [value[name] for name in names] + ([value.get(optional, {})] if optional else [])


def integer(value: Any, least: int, most: int) -> int:
    """Return a JSON integer between ``least`` and ``most``."""
    well_formed(type(value) is int and least <= value <= most, f"{str(value)[:40]}: no integer from {least} to {most}")
    return int(value)


def listed(value: Any, least: int, most: int) -> list[Any]:
    """Return a JSON list of ``least`` to ``most`` items."""
    well_formed(isinstance(value, list) and least <= len(value) <= most, f"a list of {least} to {most} items is needed")
    return list(value)


def number(value: Any) -> Fraction:
    """Return a rational from its one spelling."""
    rational = isinstance(value, str) and re.fullmatch(r"-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?", value) is not None
    well_formed(rational, f"{str(value)[:40]!r} is not the spelling of a rational number")
    well_formed(max(map(len, re.split("[-/]", value))) <= MAX_DIGITS, f"a number has more than {MAX_DIGITS} digits")
    result = Fraction(value)
    well_formed(str(result) == value, f"{value[:40]!r} is not in lowest terms")
    return result


def point(value: Any) -> list[Fraction]:
    """Return two numbers."""
    return [number(x) for x in listed(value, 2, 2)]


def radius(value: Any) -> Fraction:
    """Return the radius of a disc."""
    return positive([value, value]).lo


def pair(value: Any, *, least: int | None = None, above: int | None = None) -> Pair:
    """Return a parameter ``[lo, hi]`` with lo <= hi, lo >= ``least`` and lo > ``above`` where given."""
    lo, hi = point(value)
    within = lo <= hi and (least is None or lo >= least) and (above is None or lo > above)
    well_formed(within, f"the pair {str(value)[:60]} is out of order or out of range")
    return Pair(lo, hi)


def spelled(value: Pair) -> str:
    """Return a parameter for statements."""
    return str(value.lo) if value.lo == value.hi else f"[{value.lo}, {value.hi}]"


def increasing(value: Any, most: int) -> list[Fraction]:
    """Return a list of 2 to ``most`` numbers that increase."""
    points = [number(x) for x in listed(value, 2, most)]
    well_formed(all(x < y for x, y in pairwise(points)), "break points must increase")
    return points


positive = partial(pair, above=0)  # a parameter that is positive


def boolean(value: Any) -> bool:
    """Return true or false."""
    well_formed(type(value) is bool, f"true or false is needed, not {str(value)[:40]}")
    return bool(value)


def pieces(value: Any, size: int) -> tuple[Arithmetic, list[tuple[int, Fraction, Fraction]]]:
    """Return the arithmetic and the pieces (code, start, end) of a witness ``{bits, breaks, codes}``.

    Break points start at 0 and increase; there is one code 0..3 for each piece between them.
    """
    bits, breaks, codes = members(value, "bits", "breaks", "codes")
    points = increasing(breaks, MAX_POINTS)
    well_formed(points[0] == 0, "break points must start at 0")
    quarters = [integer(x, 0, 3) for x in listed(codes, len(points) - 1, len(points) - 1)]
    return precision(bits, len(points), size), [*zip(quarters, points[:-1], points[1:], strict=True)]


def precision(bits: Any, evaluations: int, size: int) -> Arithmetic:
    """Return the arithmetic of a witness if the work that it asks for is within the budget."""
    well_formed(evaluations * size * integer(bits, MIN_BITS, MAX_BITS) <= MAX_COST, "over the budget of the format")
    return Arithmetic(bits)


def digest(claim: Claim) -> str:
    """Return the identity of a claim: the sha256 of its canonical JSON (sorted members, ASCII, no spaces)."""
    text = json.dumps(claim, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
