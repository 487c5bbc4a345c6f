"""Strict reading of JSON and TOML, and the writing of TOML.

Refused with one sentence: unknown syntax, duplicate keys, NaN and infinities, numbers that are too long, and texts
that are too large or nested too deeply. Decimals keep their exact written value.
"""

from __future__ import annotations

import json
import re
import tomllib
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NoReturn

from sddeverify.errors import InvalidScenario, invalid

MAX_BYTES = 1_000_000
_MAX_DEPTH = 64
_TOML_SIGN = re.compile(r"""\"{3}|'{3}|["'#.=,\n\[\]{}]""")
_TOML_REST = {  # what ends a string or a comment that has begun; possessive, so that no text takes long
    '"': re.compile(r'(?:[^"\\\n]|\\.)*+"'),
    "'": re.compile(r"[^'\n]*+'"),
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*+"""', re.DOTALL),
    "'''": re.compile(r"(?:[^']|'(?!''))*+'''"),
    "#": re.compile(r"[^\n]*+"),
}


def read_table(path: str | Path, what: str = "scenario file") -> dict[str, Any]:
    """Return the top-level table of a file whose name ends in ``.json`` or ``.toml``.

    Args:
        path: The file.
        what: What it is called in error messages.

    Raises:
        InvalidScenario: for a file that cannot be read, and as :func:`loaded`; the message names the file.
    """
    path = Path(path)
    if path.suffix not in (".json", ".toml"):
        raise invalid(what, str(path), "a file name that ends in .json or .toml")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise invalid(what, str(path), f"a file that can be read ({error.strerror})") from None
    try:
        return loaded(data, path.suffix[1:].upper())
    except InvalidScenario as error:
        raise InvalidScenario(f"{path}: {error}") from None


def loaded(text: str | bytes, form: str) -> dict[str, Any]:
    """Return the top-level table of a JSON or TOML text, its decimals as ``Decimal``."""
    if len(text) > MAX_BYTES:
        raise invalid(f"{form} text", f"more than {MAX_BYTES} bytes", f"at most {MAX_BYTES} bytes")
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8-sig")
        if form == "TOML":
            _refuse_long_keys(text)
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
        if "overwrite" in problem or "twice" in problem or "Duplicate" in problem:  # how tomllib calls it
            problem = f"a duplicate key: {problem}"
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


def _refuse_long_keys(text: str) -> None:
    """Refuse dotted keys of many parts: tomllib spends memory that grows with the square of their number."""
    position = dots = 0
    while (sign := _TOML_SIGN.search(text, position)) is not None:
        position = sign.end()
        if sign.group() == ".":
            dots += 1
            if dots > _MAX_DEPTH:
                raise invalid("TOML text", "a key of many parts", f"at most {_MAX_DEPTH} levels")
        elif sign.group() in _TOML_REST:
            rest = _TOML_REST[sign.group()].match(text, position)
            if rest is None:
                return  # tomllib stops here, too, and says what is wrong
            position = rest.end()
        else:
            dots = 0


def _decimal(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        _refuse(text)
    return number  # nan and inf included: the field that they stand in refuses them by its name


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
