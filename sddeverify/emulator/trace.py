"""The trace: when each gradient was read and pushed, by whom, and between which versions."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.emulator import trace_reader
from sddeverify.emulator.trace_writer import Columns, TraceFile, csv_line
from sddeverify.errors import invalid

if TYPE_CHECKING:
    from os import PathLike

    from sddeverify.delays import Empirical

    AnyPath = str | PathLike[str]

_SHORTEST = 1e-30  # fourth powers of times, and their inverses, are floats


@dataclass(frozen=True, eq=False)
class Trace:
    """One row per pushed gradient, in the order of pushes where we recorded it.

    Attributes:
        worker: Who computed it, shape (n,), int64.
        read_time: When its iterate was read, in seconds, shape (n,), float64.
        push_time: When it reached the server, in seconds, shape (n,).
        version_read: Version of the iterate that it was computed at, shape (n,), int64; -1 where unknown.
        version_applied: Version of the iterate that it was applied to, shape (n,), int64; -1 where unknown,
            or where it was not applied.
    """

    worker: np.ndarray
    read_time: np.ndarray
    push_time: np.ndarray
    version_read: np.ndarray
    version_applied: np.ndarray

    def __len__(self) -> int:
        return len(self.worker)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Trace):
            return NotImplemented
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in trace_reader.COLUMNS)

    @property
    def delays(self) -> np.ndarray:
        """The delay of each gradient from read to push, in seconds, shape (n,)."""
        delays: np.ndarray = self.push_time - self.read_time
        return delays

    @property
    def staleness(self) -> np.ndarray:
        """The staleness, in versions, of each gradient whose two versions are known; shape (at most n,)."""
        known = (self.version_read >= 0) & (self.version_applied >= 0)
        staleness: np.ndarray = self.version_applied[known] - self.version_read[known]
        return staleness

    @property
    def workers(self) -> int:
        """How many different workers appear."""
        return len(np.unique(self.worker))

    @property
    def duration(self) -> float:
        """Seconds from the first read to the last push; 0 for an empty trace."""
        return float(self.push_time.max() - self.read_time.min()) if len(self) else 0.0

    @property
    def arrival_rate(self) -> float:
        """Pushes per second over the duration; NaN for an empty trace."""
        return len(self) / self.duration if self.duration > 0 else float("nan")

    def to_empirical(self, cells: int = 1024) -> Empirical:
        """Return the delays as a law, rounded to a lattice of at most so many cells.

        Raises:
            InvalidScenario: if there is no row, all delays are 0, or the longest is so short or so long that its powers
                are no floats.
        """
        from sddeverify.delays import Empirical

        if not len(self) or not self.delays.any():
            raise invalid("trace", f"{len(self)} rows", "at least one row with push_time after read_time")
        longest = float(self.delays.max())
        if not _SHORTEST <= longest <= 1 / _SHORTEST:
            allowed = f"times whose longest is from {_SHORTEST:g} to {1 / _SHORTEST:g}"
            raise invalid("trace", f"push_time - read_time = {longest:g}", allowed)
        return Empirical.from_times(self.delays.tolist(), cells=cells)

    def csv(self) -> str:
        """Return the text of the CSV form; :meth:`parse_csv` returns the same trace from it."""
        return trace_reader.HEADER + "".join(map(csv_line, *self._lists()))

    def to_csv(self, path: AnyPath, *, force: bool = False) -> None:
        """Write the CSV form.

        Raises:
            InvalidScenario: if the file exists and ``force`` is not given.
        """
        with TraceFile.create(path, force=force) as file:
            file.extend(zip(*self._lists(), strict=True))

    @classmethod
    def from_csv(cls, path: AnyPath) -> Trace:
        """Read a CSV file strictly.

        Raises:
            InvalidScenario: naming line and column, for anything but the five columns, decimal numbers, clocks that
                go forwards and a complete last line.
        """
        return cls._of(trace_reader.read_csv(Path(path)))

    @classmethod
    def parse_csv(cls, text: str, name: str = "trace") -> Trace:
        """Read the CSV form from text; errors as :meth:`from_csv`."""
        return cls._of(trace_reader.parse_csv(text, name))

    def to_json(self) -> str:
        """Return the JSON form: one list for each column, ``null`` for an unknown version."""
        lists: dict[str, list[Any]] = {name: getattr(self, name).tolist() for name in trace_reader.COLUMNS}
        for name in trace_reader.VERSIONS:
            lists[name] = [None if version < 0 else version for version in lists[name]]
        return json.dumps(lists, separators=(",", ":")) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, name: str = "trace") -> Trace:
        """Read the JSON form strictly; errors as :meth:`from_csv`."""
        return cls._of(trace_reader.parse_json(text, name))

    @classmethod
    def load(cls, path: AnyPath) -> Trace:
        """Read a ``.csv`` or ``.json`` file.

        Raises:
            InvalidScenario: as :meth:`from_csv`, and for another suffix.
        """
        path = Path(path)
        if path.suffix == ".json":
            return cls.from_json(trace_reader.read_bytes(path), str(path))
        if path.suffix == ".csv":
            return cls.from_csv(path)
        raise invalid("trace", str(path), "a file name that ends in .csv or .json")

    @classmethod
    def _of(cls, columns: Columns) -> Trace:
        return cls(*columns.arrays())

    def _lists(self) -> tuple[list[int], list[float], list[float], list[int], list[int]]:
        return (
            self.worker.tolist(),
            self.read_time.tolist(),
            self.push_time.tolist(),
            self.version_read.tolist(),
            self.version_applied.tolist(),
        )
