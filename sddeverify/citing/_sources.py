"""Certificates to cite: accepted files, and the numbers of their claims by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.errors import invalid
from sddeverify.regions import read_accepted

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NUMBER = r"-?[0-9]+(?:/[0-9]+)?"
_PARTS = re.compile(r"[A-Za-z]+|[0-9]+")
_NAMES = ["Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"]
_DIGITS = dict(zip("0123456789", _NAMES, strict=True))


@dataclass(frozen=True)
class Source:
    """An accepted certificate file.

    Attributes:
        file: Its name.
        stem: Letters that its macros begin with, after ``Sdde``.
        content: The bytes of the file.
        document: The document in it.
    """

    file: str
    stem: str
    content: bytes
    document: dict[str, Any]

    @property
    def digest(self) -> str:
        """The sha256 of the claim."""
        return str(self.document["claim_sha256"])

    @property
    def statement(self) -> str:
        """What is certified, in plain words."""
        return str(self.document["statement"])

    @property
    def values(self) -> list[tuple[str, Fraction | None, Fraction | None]]:
        """Name, lower and upper end of all numbers of the claim; the delay law and lists of pairs are left out."""
        return _values(self.document["claim"], self.stem)


def sources(paths: Iterable[Path]) -> list[Source]:
    """Read certificate files and have the kernel check them.

    Raises:
        InvalidScenario: if a file cannot be read or is not accepted, or two would have the same macros.
    """
    found: dict[str, Source] = {}
    for path in paths:
        content, document = read_accepted(path)
        stem = letters(path.name.removesuffix(".json").removesuffix(".cert"))
        if stem in found:
            raise invalid("certificate", str(path), f"names that differ: {found[stem].file} has the same macros")
        found[stem] = Source(path.name, stem, content, document)
    return list(found.values())


def letters(text: str) -> str:
    """Return a text as letters for a macro name: ``stability_boundary-2`` gives ``StabilityBoundaryTwo``."""
    parts = _PARTS.findall(text)
    return "".join("".join(_DIGITS[c] for c in x) if x[0].isdigit() else x[0].upper() + x[1:] for x in parts) or "X"


def _values(claim: dict[str, Any], stem: str) -> list[tuple[str, Fraction | None, Fraction | None]]:
    """Return (name, lo, hi) for all numbers of a claim, the delay law's left out."""
    found: list[tuple[str, Fraction | None, Fraction | None]] = []
    for key, value in claim.items():
        name = stem + letters(key)
        if key == "model":
            found += _values(value, stem)
        elif type(value) is int or (isinstance(value, str) and re.fullmatch(NUMBER, value)):
            found.append((name, Fraction(value), Fraction(value)))
        elif isinstance(value, list) and len(value) == 2 and key != "delay" and all(_is_end(x) for x in value):
            if key == "centre":
                found += [
                    (f"{name}{part}", Fraction(x), Fraction(x)) for part, x in zip(("Re", "Im"), value, strict=True)
                ]
            else:
                lo, hi = (None if x is None else Fraction(x) for x in value)
                found.append((name, lo, hi))
    return found


def _is_end(value: Any) -> bool:
    return value is None or (isinstance(value, str) and re.fullmatch(NUMBER, value) is not None)
