"""Test vectors of Debian's package ``octave-interval``: the files ``crlibm.mat`` (hard cases of elementary functions in
double precision) and ``itl.mat`` (ITF1788, tests of interval arithmetic). Read where they are installed, never copied.

They are in Octave's binary format, gzipped: variables as name, documentation, flag, type, content.
"""

from __future__ import annotations

import gzip
import re
import struct
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

PLACES = "octave/packages/interval-*/test"
ABSENT = "the test vectors of Debian's package octave-interval are not installed"

_FORMATS = "BHIbhifd"  # Octave's codes of the numbers in memory, 0 to 7


def installed(name: str) -> Path | None:
    """The newest installed file of that name."""
    found = [path for root in ("/usr/share", "/usr/local/share") for path in Path(root).glob(f"{PLACES}/{name}")]
    return max(found, default=None)


@cache
def load(name: str) -> dict[str, Any]:
    """Read a file: structures become dictionaries, cells and arrays (column by column) lists, classes dictionaries."""
    path = installed(name)
    assert path is not None, ABSENT
    with gzip.open(path) as stream:
        reader = _Reader(stream.read())
    assert reader.take(10) == b"Octave-1-L", "only little-endian files are known"
    assert reader.take(1) == b"\0", "IEEE 754 numbers are expected"
    result: dict[str, Any] = {}
    while reader.place < len(reader.content):
        key, value = reader.variable()
        result[key] = value
    return result


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content, self.place = content, 0

    def take(self, count: int) -> bytes:
        self.place += count
        return self.content[self.place - count : self.place]

    def integer(self) -> int:
        return int(struct.unpack("<i", self.take(4))[0])

    def text(self) -> str:
        return self.take(self.integer()).decode("latin-1")

    def shape(self) -> int:
        """The number of items of an array: its dimensions are announced by their number, negated."""
        dimensions = -self.integer()
        assert dimensions >= 2
        return prod(self.integer() for _ in range(dimensions))

    def numbers(self, count: int) -> list[float]:
        form = _FORMATS[self.take(1)[0]] if count else "d"
        return list(struct.unpack(f"<{count}{form}", self.take(count * struct.calcsize(form))))

    def variable(self) -> tuple[str, Any]:
        name, _, _, code = self.text(), self.text(), self.take(1), self.take(1)
        assert code == b"\xff", "an old code of a type"
        return name, self.value(self.text())

    def fields(self) -> dict[str, Any]:
        return dict(self.variable() for _ in range(self.integer()))

    def value(self, kind: str) -> Any:
        match kind:
            case "scalar":
                return self.numbers(1)[0]
            case "matrix":
                return self.numbers(self.shape())
            case "bool":
                return bool(self.take(1)[0])
            case "bool matrix":
                return [bool(x) for x in self.take(self.shape())]
            case "string":
                return self.take(self.shape()).decode("latin-1")
            case "null_matrix" | "null_string" | "null_sq_string":
                return []
            case "cell":
                return [self.variable()[1] for _ in range(self.shape())]
            case "scalar struct":
                return self.fields()
            case "struct":
                count, columns = self.shape(), self.fields()
                return [{name: cells[k] for name, cells in columns.items()} for k in range(count)]
            case "class":
                return {"class": self.text()} | self.fields()
        # int8 ... uint64, "scalar" or "matrix"
        found = re.fullmatch("(u?)int(8|16|32|64) (scalar|matrix)", kind)
        assert found, f"unknown type {kind!r} in a test vector"
        size, count = int(found[2]) // 8, self.shape() if found[3] == "matrix" else 1
        numbers = [int.from_bytes(self.take(size), "little", signed=not found[1]) for _ in range(count)]
        return numbers if found[3] == "matrix" else numbers[0]
