"""A recorder for training loops of one's own: two calls around each gradient write the trace that we read."""

from __future__ import annotations

import itertools
import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from sddeverify.emulator.trace_writer import TraceFile
from sddeverify.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


@dataclass(frozen=True)
class Token:
    """One gradient on its way, from :meth:`Recorder.read` to :meth:`Recorder.push`.

    Attributes:
        serial: Its number among all reads.
        worker: Who computes it.
        time: When the iterate was read, in seconds.
        version: How many updates that iterate had seen.
    """

    serial: int
    worker: int
    time: float
    version: int


class Recorder:
    """Writes a row of a trace for each gradient; belongs where the parameters are, in the server.

    ::

        with Recorder("trace.csv") as recorder:
            token = recorder.read(worker)     # when a worker gets the parameters
            ...                               # it computes; the token may travel with it and back
            recorder.push(token)              # when its gradient arrives and is applied

    Any thread may call. Every row reaches the operating system before :meth:`push` returns, so that a crash of
    the process loses no row; an existing file is never overwritten.

    Args:
        path: The trace file, a name ending in .csv that is not taken.
        clock: Returns the time in seconds; must not go backwards.

    Raises:
        InvalidScenario: for a name that is taken or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], *, clock: Callable[[], float] = time.perf_counter) -> None:
        if not os.fspath(path).endswith(".csv"):
            raise invalid("trace file", os.fspath(path), "a name ending in .csv")
        self._file = TraceFile.create(path, immediately=True)
        self._clock = clock
        self._origin = clock()
        self._lock = threading.Lock()
        self._serials = itertools.count()
        self._reading: dict[int, Token] = {}
        self._pushed: dict[int, int] = {}  # the last serial of each worker
        self._closed = False
        self.version = 0
        """How many updates there were so far."""

    def read(self, worker: int) -> Token:
        """Note that a worker reads the parameters now, and return what :meth:`push` wants.

        Args:
            worker: Its number, from 0. It may have several gradients on their way, which arrive in the order of their
                reads: what computes side by side has numbers of its own.

        Raises:
            InvalidScenario: for a number that is none, or a recorder that is closed.
        """
        if isinstance(worker, bool) or not isinstance(worker, int) or not 0 <= worker < 2**63:
            raise invalid("worker", worker, "the number of a worker: 0, 1, 2, ...")
        with self._lock:
            self._require_open()
            token = Token(next(self._serials), worker, self._clock() - self._origin, self.version)
            self._reading[token.serial] = token
            return token

    def push(self, token: Token, *, applied: bool = True) -> int:
        """Note that a gradient arrived, and return its staleness: how many updates its parameters had missed.

        Args:
            token: What :meth:`read` returned, or an equal copy.
            applied: Whether it is applied at once; ``False`` if it is discarded.

        Raises:
            InvalidScenario: for a token that is not on its way: pushed already, dropped, or of another recorder; and
                for one that another of its worker has overtaken. To a reader of the trace its clock went backwards.
        """
        with self._lock:
            self._require_open()
            self._require_reading(token)
            if token.serial < self._pushed.get(token.worker, -1):
                allowed = (
                    "tokens of one worker in the order of its reads, and other numbers for what computes beside it"
                )
                raise invalid("token", f"overtaken by another one of worker {token.worker}", allowed)
            self._pushed[token.worker] = token.serial
            del self._reading[token.serial]
            now = max(self._clock() - self._origin, token.time)
            version = self.version if applied else -1
            self._file.append(token.worker, token.time, now, token.version, version)
            staleness = self.version - token.version
            self.version += applied
            return staleness

    def drop(self, token: Token) -> None:
        """Forget a gradient that will not arrive, its worker being dead, say; it leaves no row.

        Raises:
            InvalidScenario: as :meth:`push`.
        """
        with self._lock:
            self._require_reading(token)
            del self._reading[token.serial]

    def _require_reading(self, token: object) -> None:
        if not isinstance(token, Token) or self._reading.get(token.serial) != token:
            raise invalid("token", token, "a token that read() of this recorder returned, once")

    def _require_open(self) -> None:
        if self._closed:
            raise invalid("recorder", "closed", "calls of read and push inside of the with block")

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock:
            self._closed = True
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
