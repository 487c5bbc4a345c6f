"""Reading traces strictly: whatever is wrong becomes one sentence that names line and column."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

from sddeverify.emulator.trace_writer import HEADER, Columns
from sddeverify.errors import InvalidScenario, invalid

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COLUMNS", "HEADER", "VERSIONS", "parse_csv", "parse_json", "read_bytes", "read_csv"]

COLUMNS = ("worker", "read_time", "push_time", "version_read", "version_applied")
VERSIONS = ("version_read", "version_applied")

_TIME = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?\Z")
_COUNT = re.compile(r"(?:0|[1-9][0-9]{0,17})\Z")
_TIME_ALLOWED = "a decimal number of seconds such as 0.0125"
_WORKER_ALLOWED = "the number of the worker: 0, 1, 2, ..."
_VERSION_ALLOWED = "a count of updates: 0, 1, 2, ..., or nothing"
_LONGEST_COUNT = 10**18


def read_bytes(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        InvalidScenario: if it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise invalid("trace file", str(path), f"the name of a readable file ({error.strerror})") from None


def read_csv(path: Path) -> Columns:
    """Return the columns of a CSV file; errors as :func:`parse_csv`."""
    try:
        text = read_bytes(path).decode("utf-8-sig")  # spreadsheets put a byte order mark first
    except UnicodeDecodeError as error:
        raise invalid(str(path), f"byte {error.start}", "a text file in UTF-8") from None
    return parse_csv(text, str(path))


def parse_csv(text: str, name: str) -> Columns:
    """Return the columns of the CSV form.

    Args:
        text: The whole text.
        name: What messages call it.

    Raises:
        InvalidScenario: for a wrong header, a wrong number of cells, a cell that is not a decimal number, a push
            before its read, a clock that goes backwards within a worker, a gradient that is there twice, or a last
            line that is cut off.
    """
    lines = text.split("\n")
    if lines.pop():  # what follows the last line end; it must be nothing
        line = len(lines) + 1
        raise InvalidScenario(
            f"{name}, line {line}: the last line has no line end and may be cut off; complete the line or delete it"
        )
    if not lines:
        raise invalid(name, "an empty file", f"the header {HEADER.strip()} and one line for each gradient")
    _check_header(lines[0].removesuffix("\r"), name)
    rows = _Rows(name)
    for number, content in enumerate(lines[1:], start=2):
        cells = content.removesuffix("\r").split(",")
        where = f"{name}, line {number}"
        if len(cells) != len(COLUMNS):
            raise invalid(where, content, f"{len(COLUMNS)} cells ({HEADER.strip()}), not {len(cells)}")
        rows.add(
            where,
            _count(cells[0], where, "worker", _WORKER_ALLOWED),
            _time(cells[1], where, "read_time"),
            _time(cells[2], where, "push_time"),
            _count(cells[3], where, "version_read", _VERSION_ALLOWED) if cells[3] else -1,
            _count(cells[4], where, "version_applied", _VERSION_ALLOWED) if cells[4] else -1,
        )
    return rows.columns


def parse_json(text: str | bytes, name: str) -> Columns:
    """Return the columns of the JSON form: an object with one list for each column.

    Raises:
        InvalidScenario: as :func:`parse_csv`, with rows instead of lines.
    """
    document = _load_json(text, name)
    if not isinstance(document, dict):
        raise invalid(name, document, "an object with one list for each column")
    for key in document:
        if key not in COLUMNS:
            raise invalid(name, key, f"only the columns {', '.join(COLUMNS)}")
    for key in COLUMNS:
        if not isinstance(document.get(key), list):
            raise InvalidScenario(f"{name}, column {key}: it is missing; write one list for each of {HEADER.strip()}")
    lengths = {key: len(document[key]) for key in COLUMNS}
    if len(set(lengths.values())) != 1:
        raise invalid(name, lengths, "columns of equal length")
    rows = _Rows(name)
    for number, cells in enumerate(zip(*(document[key] for key in COLUMNS), strict=True), start=1):
        where = f"{name}, row {number}"
        rows.add(
            where,
            _json_count(cells[0], where, "worker", _WORKER_ALLOWED),
            _json_time(cells[1], where, "read_time"),
            _json_time(cells[2], where, "push_time"),
            -1 if cells[3] is None else _json_count(cells[3], where, "version_read", _VERSION_ALLOWED),
            -1 if cells[4] is None else _json_count(cells[4], where, "version_applied", _VERSION_ALLOWED),
        )
    return rows.columns


class _Rows:
    """Collects rows and checks what concerns more than one cell."""

    def __init__(self, name: str) -> None:
        self.columns = Columns()
        self._name = name
        self._last: dict[int, tuple[float, float]] = {}

    def add(self, where: str, worker: int, read: float, push: float, version: int, applied: int) -> None:
        if push < read:
            raise invalid(f"{where}, column push_time", push, f"a time that is not before read_time, {read!r}")
        last_read, last_push = self._last.get(worker, (0.0, 0.0))
        backwards = f"a clock that does not go backwards: worker {worker} was already at"
        if read < last_read:
            raise invalid(f"{where}, column read_time", read, f"{backwards} {last_read!r}")
        if push < last_push:
            raise invalid(f"{where}, column push_time", push, f"{backwards} {last_push!r}")
        if 0 <= applied < version:
            raise invalid(f"{where}, column version_applied", applied, f"a version not before version_read, {version}")
        if (read, push) == (last_read, last_push) and push > read:
            raise invalid(where, f"worker {worker} from {read!r} to {push!r}", "every gradient only once")
        self._last[worker] = (read, push)
        self.columns.append(worker, read, push, version, applied)


def _check_header(header: str, name: str) -> None:
    cells = [cell.strip() for cell in header.split(",")]
    for column in COLUMNS:
        if column not in cells:
            raise InvalidScenario(f"{name}, line 1: column {column} is missing; write the header {HEADER.strip()}")
    if header + "\n" != HEADER:
        raise invalid(f"{name}, line 1", header, f"the header {HEADER.strip()}")


def _time(text: str, where: str, column: str) -> float:
    value = float(text) if _TIME.match(text) else math.inf
    if value == math.inf:
        raise invalid(f"{where}, column {column}", text, _TIME_ALLOWED)
    return value


def _count(text: str, where: str, column: str, allowed: str) -> int:
    if not _COUNT.match(text):
        raise invalid(f"{where}, column {column}", text, allowed)
    return int(text)


def _json_time(value: object, where: str, column: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise invalid(f"{where}, column {column}", value, _TIME_ALLOWED)
    try:
        return float(value)
    except OverflowError:
        raise invalid(f"{where}, column {column}", "an integer beyond all floats", _TIME_ALLOWED) from None


def _json_count(value: object, where: str, column: str, allowed: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < _LONGEST_COUNT:
        raise invalid(f"{where}, column {column}", value, allowed)
    return value


def _load_json(text: str | bytes, name: str) -> Any:
    def refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise invalid(name, key, "every column only once")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=refuse_twice)
    except RecursionError:
        raise invalid(name, "deeply nested JSON", "an object with one list for each column") from None
    except UnicodeDecodeError as error:
        raise invalid(name, f"byte {error.start}", "a text file in UTF-8") from None
    except ValueError as error:
        if isinstance(error, InvalidScenario):
            raise
        raise InvalidScenario(f"{name}: not JSON ({error}); write an object with one list for each column") from None
