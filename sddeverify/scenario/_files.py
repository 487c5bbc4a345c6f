"""Strict reading of JSON and TOML, and the writing of TOML.

Refused with one sentence: unknown syntax, duplicate keys, NaN and infinities, numbers that are too long, and texts
that are too large or nested too deeply. Decimals keep their exact written value.
"""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from sddeverify.errors import InvalidScenario, invalid

MAX_BYTES = 1_000_000
_MAX_DEPTH = 64


def loaded(text: str | bytes, form: str) -> dict[str, Any]:
    """Return the top-level table of a JSON or TOML text, its decimals as ``Decimal``."""
    if len(text) > MAX_BYTES:
        raise invalid(f"{form} text", f"more than {MAX_BYTES} bytes", f"at most {MAX_BYTES} bytes")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        if form == "TOML":
            table = tomllib.loads(text, parse_float=_decimal)
        else:
            table = json.loads(
                text, parse_float=_decimal, parse_int=_whole, parse_constant=_decimal, object_pairs_hook=_unique
            )
    except RecursionError:
        raise invalid(f"{form} text", "deep nesting", f"at most {_MAX_DEPTH} levels") from None
    except InvalidScenario:
        raise
    except ValueError as error:  # of the JSON and TOML readers, and of the decoder
        problem = " ".join(str(error).split())[:200]
        raise InvalidScenario(f"{form} text: it is not valid {form} ({problem}); write one {form} object") from None
    if not isinstance(table, dict):
        raise invalid(f"{form} text", table, "one object with the keys of a scenario")
    layer: list[Any] = [table]
    for _ in range(_MAX_DEPTH):
        layer = [x for parent in layer for x in (parent.values() if isinstance(parent, dict) else parent)]
        layer = [x for x in layer if isinstance(x, dict | list)]
    if layer:
        raise invalid(f"{form} text", "deep nesting", f"at most {_MAX_DEPTH} levels")
    return table


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        _refuse(text)
    return number


def _whole(text: str) -> int:
    if len(text) > 4001:
        _refuse(text)
    return int(text)


def _refuse(text: str) -> NoReturn:
    raise invalid("number", text, "a finite number of at most 4000 digits")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise invalid("duplicate key", key, "each key once")
        table[key] = value
    return table


def toml(value: object) -> str:
    """Write one TOML value: integers, truth values, plain strings, lists and inline tables."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(x)}" for key, x in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)  # strings here are spelled numbers, names and notation: plain ASCII
