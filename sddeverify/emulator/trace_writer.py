"""Where the rows of a trace go: columns in memory, or a file that is complete at every moment."""

from __future__ import annotations

import os
import tempfile
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sddeverify.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

HEADER = "worker,read_time,push_time,version_read,version_applied\n"
_BUFFERED_ROWS = 512


@dataclass
class Columns:
    """The rows in memory, 40 bytes each."""

    worker: array[int] = field(default_factory=lambda: array("q"))
    read_time: array[float] = field(default_factory=lambda: array("d"))
    push_time: array[float] = field(default_factory=lambda: array("d"))
    version_read: array[int] = field(default_factory=lambda: array("q"))
    version_applied: array[int] = field(default_factory=lambda: array("q"))

    def append(self, worker: int, read_time: float, push_time: float, version_read: int, version_applied: int) -> None:
        """Take one row."""
        self.worker.append(worker)
        self.read_time.append(read_time)
        self.push_time.append(push_time)
        self.version_read.append(version_read)
        self.version_applied.append(version_applied)

    def extend(self, rows: Iterable[tuple[int, float, float, int, int]]) -> None:
        """Take many rows."""
        self.extend_columns(*zip(*rows, strict=True))

    def extend_columns(self, *values: Sequence[Any]) -> None:
        """Take many rows, column by column; without rows there may be no columns either."""
        columns: list[array[Any]] = [
            self.worker, self.read_time, self.push_time, self.version_read, self.version_applied,
        ]  # fmt: skip
        for column, more in zip(columns, values, strict=False):
            column.extend(array(column.typecode, more))

    def copy(self) -> Columns:
        """Return columns of their own with the same rows."""
        return Columns(
            self.worker[:], self.read_time[:], self.push_time[:], self.version_read[:], self.version_applied[:]
        )

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return copies of the five columns, int64 and float64."""
        return (
            np.array(self.worker, dtype=np.int64),
            np.array(self.read_time, dtype=np.float64),
            np.array(self.push_time, dtype=np.float64),
            np.array(self.version_read, dtype=np.int64),
            np.array(self.version_applied, dtype=np.int64),
        )


def csv_line(worker: int, read_time: float, push_time: float, version_read: int, version_applied: int) -> str:
    """Return one row of the CSV form; floats in the shortest form that reads back as the same number."""
    read = "" if version_read < 0 else version_read
    applied = "" if version_applied < 0 else version_applied
    return f"{worker},{read_time!r},{push_time!r},{read},{applied}\n"


class TraceFile:
    """A CSV file that grows row by row; only whole lines are ever written.

    A new file appears under its name at once, so that nothing recorded is lost if the process is
    killed. A file that is to be overwritten stays as it is until the new one is complete.
    """

    def __init__(self, descriptor: int, path: Path, temporary: Path | None, *, immediately: bool) -> None:
        self.path = path
        self.rows = 0
        self._descriptor = descriptor
        self._temporary = temporary
        self._lines: list[str] = [HEADER]
        self._limit = 1 if immediately else _BUFFERED_ROWS
        self.flush()

    @classmethod
    def create(cls, path: str | os.PathLike[str], *, force: bool = False, immediately: bool = False) -> TraceFile:
        """Open a trace file for writing.

        Args:
            path: Name of the file.
            force: Whether an existing file may be replaced, which happens when this one is closed.
            immediately: Whether every row goes to the operating system at once.

        Raises:
            InvalidScenario: if the file exists and ``force`` is not given, or cannot be created.
        """
        path = Path(path)
        try:
            if force and path.exists():
                if not path.is_file():
                    raise invalid("trace file", str(path), "the name of a file")
                descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
                os.chmod(name, path.stat().st_mode & 0o777)
                return cls(descriptor, path, Path(name), immediately=immediately)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            raise invalid("trace file", str(path), "a name that is not taken, or allow overwriting (--force)") from None
        except OSError as error:
            raise invalid("trace file", str(path), f"a name that can be written ({error.strerror})") from None
        return cls(descriptor, path, None, immediately=immediately)

    def append(self, worker: int, read_time: float, push_time: float, version_read: int, version_applied: int) -> None:
        """Write one row."""
        self._lines.append(csv_line(worker, read_time, push_time, version_read, version_applied))
        self.rows += 1
        if len(self._lines) >= self._limit:
            self.flush()

    def extend_columns(self, *values: Iterable[Any]) -> None:
        """Take many rows, column by column."""
        self.extend(zip(*values, strict=True))

    def extend(self, rows: Iterable[tuple[int, float, float, int, int]]) -> None:
        """Write many rows."""
        for row in rows:
            self.append(*row)

    @classmethod
    def resume(cls, path: str | os.PathLike[str], rows: int, size: int) -> TraceFile:
        """Open a trace file that :meth:`mark` described, to write on; rows after the mark are cut off.

        Raises:
            InvalidScenario: if the file is not there, or does not begin with so many rows.
        """
        path = Path(path)
        try:
            data = path.read_bytes()[:size]
            if len(data) != size or data.count(b"\n") != rows + 1 or not data.startswith(HEADER.encode()):
                raise invalid(
                    "trace file", str(path), f"the trace that the checkpoint belongs to, of {rows} rows or more"
                )
            descriptor = os.open(path, os.O_WRONLY)
        except OSError as error:
            raise invalid("trace file", str(path), f"a trace to go on with ({error.strerror})") from None
        file = cls.__new__(cls)
        file.path, file._descriptor, file._temporary, file._lines, file._limit = path, descriptor, None, [], 1
        file.cut(rows, size)
        return file

    def mark(self) -> tuple[int, int]:
        """Return the number of rows and bytes written so far."""
        self.flush()
        return self.rows, os.fstat(self._descriptor).st_size

    def cut(self, rows: int, size: int) -> None:
        """Go back to a mark: what was written later is gone."""
        self._lines.clear()
        os.ftruncate(self._descriptor, size)
        os.lseek(self._descriptor, size, os.SEEK_SET)
        self.rows = rows

    def flush(self) -> None:
        """Hand all rows to the operating system."""
        data = "".join(self._lines).encode("ascii")
        self._lines.clear()
        while data:
            data = data[os.write(self._descriptor, data) :]

    def close(self) -> None:
        """Complete the file; a second call does nothing."""
        if self._descriptor < 0:
            return
        self.flush()
        os.close(self._descriptor)
        self._descriptor = -1
        if self._temporary is not None:
            self._temporary.replace(self.path)

    def abandon(self) -> None:
        """Remove the new file; a file that it was to replace stays."""
        if self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        (self._temporary or self.path).unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None and self.rows == 0:
            self.abandon()  # nothing to keep
        else:
            self.close()
