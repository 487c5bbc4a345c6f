"""Virtual time: integer ticks, and an asyncio loop that advances its clock instead of sleeping.

Times of a run are integers (*ticks*), so that sums of times are exact and the ledger can be audited as
integers; a trace shows them in the time unit of the scenario. An emulated run counts ticks of a power
of two, about 1e-12 of the mean compute time; a run over real processes counts nanoseconds.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import selectors
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.errors import SddeverifyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Context

_RESOLUTION_BITS = 40
_AFTER_ALL_WORKERS = 1 << 62


class Deadlock(SddeverifyError):
    """Nothing can ever happen again: every task is blocked and no timer is set."""

    def __init__(self, seconds: float, detail: str = "") -> None:
        super().__init__(f"deadlock at time {seconds:g}: every task is blocked and no timer is set{detail}")


class Stalled(SddeverifyError):
    """Time goes on, but no gradient is ever finished: all of them run into the policy's time limit."""

    def __init__(self, seconds: float, time_outs: int) -> None:
        super().__init__(
            f"stalled at time {seconds:g}: {time_outs} gradients in a row ran into the time limit; raise the limit"
        )


@dataclass(frozen=True)
class Ticks:
    """The unit of integer time of one run.

    Attributes:
        per_second: Ticks in one time unit of the scenario ("second").
    """

    per_second: float

    @classmethod
    def for_mean(cls, mean: float) -> Ticks:
        """Return the unit for compute times of the given mean: a power of two, 2**-40 to 2**-39 of it."""
        exponent = math.floor(math.log2(mean)) if 0 < mean < math.inf else 0
        return cls(2.0 ** max(-900, min(_RESOLUTION_BITS - exponent, 900)))

    def seconds(self, ticks: int) -> float:
        """Return a tick count in seconds; monotone, and exact below 2**53 ticks when the unit is a power of two."""
        return ticks / self.per_second

    def of(self, seconds: float) -> int:
        """Return the nearest tick count to a finite time."""
        return round(seconds * self.per_second)

    def of_durations(self, durations: np.ndarray) -> array[int] | list[int | None]:
        """Return the nearest tick counts to sampled durations; an infinite duration becomes ``None`` (never)."""
        scaled = np.rint(durations * self.per_second)
        if scaled.max() < 2.0**62:
            return array("q", scaled.astype(np.int64).tobytes())
        return [int(ticks) if ticks < math.inf else None for ticks in scaled.tolist()]


NANOSECONDS = Ticks(1e9)
"""The unit of runs over real processes: their clock is ``time.monotonic_ns``."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop in virtual time.

    ``asyncio.sleep``, ``call_later``, timeouts and :meth:`until` cost no real time: when no callback is
    ready, the loop jumps to the next timer. Exactly one timer fires per jump, and all that it causes at
    the same instant is done before the next one, so simultaneous timers have one defined order: (time,
    worker, sequence), other timers last in the order in which they were set. Times may be integers (ticks)
    or floats. The loop serves no sockets, subprocesses or threads: nothing but the clock is waited for.

    Raises:
        Deadlock: from ``run_until_complete``, when nothing is ready and no timer is set.
    """

    def __init__(self, seconds: Callable[[int], float] = float) -> None:
        self._now: float = 0
        self._seconds = seconds
        self._pending: list[tuple[float, int, int, _Timer]] = []
        self._sequence = 0
        super().__init__(selector=_AdvancingSelector(self))

    def time(self) -> float:
        """Return the virtual time; an integer as long as only integer times were asked for."""
        return self._now

    def set_time(self, now: float) -> None:
        """Start the clock at ``now`` instead of 0, to resume a run."""
        self._now = now

    def call_at(  # type: ignore[override]  # the base class spells the variadic arguments as a TypeVarTuple
        self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Schedule a callback at a virtual time, after all workers' timers of the same instant."""
        self._sequence += 1
        timer = _Timer(when, callback, args, self, context)
        heapq.heappush(self._pending, (when, _AFTER_ALL_WORKERS, self._sequence, timer))
        return timer

    def until(self, when: float, worker: int, sequence: int) -> asyncio.Future[bool]:
        """Return a future that becomes ``True`` at ``when``; set it to ``False`` to call the timer off.

        Args:
            when: Virtual time.
            worker: First key among simultaneous timers.
            sequence: Second key; no two timers of a worker may share it.
        """
        future: asyncio.Future[bool] = self.create_future()
        timer = _Timer(when, _fire, (future,), self, None)
        timer.waiter = future
        heapq.heappush(self._pending, (when, worker, sequence, timer))
        return future

    def advance(self) -> None:
        """Jump to the next timer and make its callback ready."""
        while self._pending:
            when, _, _, timer = heapq.heappop(self._pending)
            if timer.cancelled() or (timer.waiter is not None and timer.waiter.done()):
                continue  # called off: it must not move the clock
            self._now = max(self._now, when)
            self.call_soon(timer.callback, *timer.arguments, context=timer.context)
            return
        raise Deadlock(self._seconds(self._now))  # type: ignore[arg-type]  # ticks are ints when seconds() needs them


class _Timer(asyncio.TimerHandle):
    """A timer that can be cancelled; it carries what asyncio's own handle keeps private."""

    __slots__ = ("arguments", "callback", "context", "waiter")

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self.callback, self.arguments, self.context = callback, args, context
        self.waiter: asyncio.Future[bool] | None = None


class _AdvancingSelector(selectors.SelectSelector):
    """Where asyncio would wait for the operating system, advance the clock."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:  # asyncio passes 0 while callbacks are ready
            self._loop.advance()
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return super().get_map()


def _fire(future: asyncio.Future[bool]) -> None:
    if not future.done():
        future.set_result(True)
