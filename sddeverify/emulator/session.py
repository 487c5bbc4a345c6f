"""One recording in progress: jobs out to real processes, gradients back, dead workers replaced."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.emulator import checkpoint
from sddeverify.emulator.fault_plan import Fault, Happened, Kind, by_job
from sddeverify.emulator.pool import PATIENCE, WorkerProcess, WorkersFailed
from sddeverify.emulator.trace_writer import TraceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sddeverify.emulator.pool import Member
    from sddeverify.emulator.server import Job, Orders, Server
    from sddeverify.emulator.task import Task

_DEATHS_IN_A_ROW = 5
_PROGRESS_SECONDS = 0.1
_SHARE = 10  # at most a tenth of the time goes into checkpoints


@dataclass(frozen=True)
class Death:
    """A worker that died: a process of this machine, which was replaced, or one from elsewhere that is gone.

    Attributes:
        worker: Which worker.
        name: Its process number, or its address.
        seconds: When its death was noticed, since the start of the recording.
        lost: Whether a gradient in flight was lost with it.
        how: How it ended, e.g. ``"killed by SIGKILL"``.
        elsewhere: Whether it was of another machine: its place is free until somebody joins.
    """

    worker: int
    name: str
    seconds: float
    lost: bool
    how: str
    elsewhere: bool = False

    def __str__(self) -> str:
        lost = "its gradient in flight is lost" if self.lost else "no gradient was in flight"
        end, then = ("was lost", "its place is free") if self.elsewhere else ("died", "the worker is replaced")
        return f"worker {self.worker} ({self.name}) {end} after {self.seconds:.2f} s, {self.how}: {lost}; {then}"


class Session:
    """Runs a server over a pool of processes in real time; the books are the server's.

    Args:
        server: The server, new or from a checkpoint.
        pool: Its workers, set up.
        task: What they compute.
        faults: What is to go wrong.
        keep: Called with a checkpoint of the server, every ``every`` pushes or more.
        about: What else a checkpoint is to say: JSON data.
        incarnation: What random streams of workers begin with, so that none is used twice.
        on_progress: Called with the seconds recorded and the number of gradients now and then.
        on_death: Called when a worker has died.
    """

    def __init__(
        self,
        server: Server,
        pool: list[Member],
        task: Task,
        on_progress: Callable[[float, int], None] | None = None,
        on_death: Callable[[Death], None] | None = None,
        *,
        faults: Iterable[Fault] = (),
        keep: Callable[[bytes], None] | None = None,
        every: int = 20,
        about: Mapping[str, object] | None = None,
        incarnation: int = 0,
    ) -> None:
        self.server = server
        self.pool = pool
        self.task = task
        self.deaths: list[Death] = []
        self.happened: list[Happened] = []
        self._faults = by_job(faults)
        self._keep = keep
        self._every = every
        self._about = about or {}
        self._restarts = any(fault.kind is Kind.RESTART for fault in self._faults.values())
        self._stored = b""
        self._next_store = (0, 0)  # pushes and nanoseconds from which on the next checkpoint is due
        self._on_progress = on_progress
        self._on_death = on_death
        self._origin = 0
        self._epoch = 0
        self._incarnation = [incarnation] * len(pool)
        self._in_a_row = [0] * len(pool)
        self._after: dict[int, float] = {}  # worker: seconds until it is replaced
        self._ended: set[int] = set()  # workers whose processes end with their server

    async def run(self, seconds: float, stop: asyncio.Event) -> None:
        """Record for so long, or until ``stop`` is set.

        Raises:
            WorkersFailed: if a worker dies again and again without computing anything.
            Stalled: if every gradient runs into the policy's time limit.
        """
        loop = asyncio.get_running_loop()
        self._failed: asyncio.Future[None] = loop.create_future()
        self._origin = time.monotonic_ns() - self.server.ledger.now  # a server from a checkpoint goes on
        if self.server.ledger.started:
            self._join_all()
        else:
            self._dispatch(self.server.start(0))
        self._store()
        listeners = [asyncio.ensure_future(self._listen(index)) for index in range(len(self.pool))]
        others = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(self._show_progress())]
        tasks: list[asyncio.Future[Any]] = [*listeners, *others]
        try:
            done, _ = await asyncio.wait([*tasks, self._failed], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a listener ends only by failing
        finally:
            self._epoch += 1  # whatever is still to come, comes too late
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.server.ledger.advance(self._now())
            self._store()

    def _now(self) -> int:
        return time.monotonic_ns() - self._origin

    def _dispatch(self, orders: Orders) -> None:
        # A process cannot be stopped in the middle of a gradient. A cancelled one finishes, the server
        # ignores what it pushes, and then it takes the next job from its socket.
        for job in orders.start:
            worker, fault = self.pool[job.worker], self._faults.get(job.id)
            if fault is not None and fault.kind is Kind.STALL:
                self._note(fault, job.worker)
                worker.pause(fault.delay)
            worker.compute(job.id, job.iterate)
            if job.time_limit is not None:
                self._later(job.time_limit / 1e9, self._time_out, job)
            if fault is not None and fault.kind is Kind.CRASH:
                self._note(fault, job.worker)
                self._after[job.worker] = fault.delay
                worker.kill()

    def _note(self, fault: Fault, worker: int) -> None:
        del self._faults[fault.job]
        self.happened.append(Happened(fault.kind, fault.job, worker, self._now() / 1e9))

    def _later(self, seconds: float, call: Callable[..., Orders], *arguments: object) -> None:
        """Call the server later, unless it is another one by then, and carry out what it orders."""
        epoch = self._epoch

        def then() -> None:
            if epoch != self._epoch:
                return
            try:
                self._dispatch(call(*arguments))
            except Exception as error:
                if not self._failed.done():
                    self._failed.set_exception(error)

        asyncio.get_running_loop().call_later(seconds, then)

    def _time_out(self, job: Job) -> Orders:
        return self.server.time_out(job.worker, job.id, self._now())

    def _push(self, index: int, job: int, gradient: np.ndarray) -> Orders:
        with np.errstate(over="ignore", invalid="ignore"):
            orders = self.server.push(index, job, gradient, self.task.batch_size, self._now())
        if self.server.ledger.pushed >= self._next_store[0] and self._now() >= self._next_store[1]:
            self._store()
        return orders

    def _join(self, index: int) -> Orders:
        return self.server.join(index, self._now())

    async def _listen(self, index: int) -> None:
        while True:
            message = await self.pool[index].receive()
            if message is None:
                await self._replace(index, self._now())
                continue
            self._in_a_row[index] = 0
            self._arrived(index, message.number, message.vector())

    def _arrived(self, index: int, job: int, gradient: np.ndarray) -> None:
        """A gradient is here: hand it to the server, or let happen to it what the plan says."""
        awaited = self.server.in_flight.get(index)
        fault = self._faults.get(job) if awaited is not None and awaited.id == job else None
        if fault is not None:
            self._note(fault, index)
            if fault.kind is Kind.LOSS:
                self.server.lose(index, self._now())
                self._later(fault.delay, self._join, index)
                return
            if fault.kind is Kind.RESTART:
                self._restart()
                return
            self._later(fault.delay, self._push, index, job, gradient)
            if fault.kind is Kind.LATE:
                return
        self._dispatch(self._push(index, job, gradient))

    def _store(self) -> None:
        if self._keep is None and not self._restarts:
            return
        began = self._now()
        rows, size = self.server.rows.mark() if isinstance(self.server.rows, TraceFile) else (0, 0)
        about = {"rows": rows, "bytes": size, "incarnation": max(self._incarnation) + 1}
        self._stored = checkpoint.dump_server(self.server, {**self._about, **about})
        if self._keep is not None:
            self._keep(self._stored)
        ended = self._now()
        self._next_store = (self.server.ledger.pushed + self._every, ended + _SHARE * (ended - began))

    def _restart(self) -> None:
        """Kill the server and its workers; one restored from the checkpoint writes off what was in flight."""
        about, fill = checkpoint.load_server(self._stored)
        fill(self.server)
        if isinstance(self.server.rows, TraceFile):
            self.server.rows.cut(about["rows"], about["bytes"])
        self._epoch += 1
        for index, worker in enumerate(self.pool):
            self.server.lose(index, self._now())
            self._ended.add(index)
            worker.kill()  # the listener finds another, which joins

    def _join_all(self) -> None:
        for index in range(len(self.pool)):
            self.server.lose(index, self._now())
        for index in range(len(self.pool)):
            self._dispatch(self._join(index))

    async def _replace(self, index: int, now: int) -> None:
        """Write off a dead worker, find another one for its place and give it work."""
        lost = self.server.lose(index, now)
        old = self.pool[index]
        how, elsewhere = await old.close(PATIENCE), not isinstance(old, WorkerProcess)
        if index in self._ended:
            self._ended.discard(index)
        else:
            death = Death(index, old.name, self.server.ticks.seconds(now), lost is not None, how, elsewhere)
            self.deaths.append(death)
            if self._on_death is not None:
                self._on_death(death)
            self._in_a_row[index] += not elsewhere  # nothing is started in its place
        if self._in_a_row[index] >= _DEATHS_IN_A_ROW:
            raise WorkersFailed(
                f"worker {index} died {_DEATHS_IN_A_ROW} times without computing anything (at last: {how})"
            )
        await asyncio.sleep(self._after.pop(index, 0.0))
        self._incarnation[index] += 1
        new = await old.successor()
        self.pool[index] = new
        new.set_up(self.task, self._incarnation[index])
        if await new.answer() is not None:  # otherwise the listener finds it dead and replaces it
            self._dispatch(self._join(index))

    async def _show_progress(self) -> None:
        while True:
            if self._on_progress is not None:
                self._on_progress(self._now() / 1e9, self.server.ledger.pushed)
            await asyncio.sleep(_PROGRESS_SECONDS)
