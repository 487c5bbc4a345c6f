"""One recording in progress: jobs out to real processes, gradients back, dead workers replaced."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.emulator.pool import PATIENCE, WorkerProcess, WorkersFailed
from sddeverify.emulator.worker import batch_size_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.emulator.server import Orders, Server
    from sddeverify.objectives import Objective

_DEATHS_IN_A_ROW = 5
_PROGRESS_SECONDS = 0.1


@dataclass(frozen=True)
class Death:
    """A worker process that died and was replaced.

    Attributes:
        worker: Which worker.
        process: Its process number.
        seconds: When its death was noticed, since the start of the recording.
        lost: Whether a gradient in flight was lost with it.
        how: How it ended, e.g. ``"killed by SIGKILL"``.
    """

    worker: int
    process: int
    seconds: float
    lost: bool
    how: str

    def __str__(self) -> str:
        lost = "its gradient in flight is lost" if self.lost else "no gradient was in flight"
        return (
            f"worker {self.worker} (process {self.process}) died after {self.seconds:.2f} s, {self.how}: "
            f"{lost}; the worker is replaced"
        )


class Session:
    """Runs a server over a pool of processes in real time; the books are the server's."""

    def __init__(
        self,
        server: Server,
        pool: list[WorkerProcess],
        objective: Objective,
        seed: int,
        on_progress: Callable[[float, int], None] | None = None,
        on_death: Callable[[Death], None] | None = None,
    ) -> None:
        self.server = server
        self.pool = pool
        self.objective = objective
        self.seed = seed
        self.deaths: list[Death] = []
        self._on_progress = on_progress
        self._on_death = on_death
        self._origin = 0
        self._incarnation = [0] * len(pool)
        self._in_a_row = [0] * len(pool)

    async def run(self, seconds: float, stop: asyncio.Event) -> None:
        """Record for so long, or until ``stop`` is set.

        Raises:
            WorkersFailed: if a worker dies again and again without computing anything.
        """
        self._origin = time.monotonic_ns()
        self._dispatch(self.server.start(0))
        listeners = [asyncio.ensure_future(self._listen(index)) for index in range(len(self.pool))]
        others = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(self._show_progress())]
        tasks = [*listeners, *others]
        try:
            done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # a listener ends only by failing
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.server.ledger.advance(self._now())

    def _now(self) -> int:
        return time.monotonic_ns() - self._origin

    def _dispatch(self, orders: Orders) -> None:
        # A process cannot be stopped in the middle of a gradient. A cancelled one finishes, the server
        # ignores what it pushes, and then it takes the next job from its socket.
        for job in orders.start:
            self.pool[job.worker].compute(job.id, job.iterate)

    async def _listen(self, index: int) -> None:
        server, samples = self.server, batch_size_of(self.objective)
        while True:
            message = await self.pool[index].receive()
            now = self._now()
            if message is None:
                await self._replace(index, now)
                continue
            self._in_a_row[index] = 0
            with np.errstate(over="ignore", invalid="ignore"):
                self._dispatch(server.push(index, message.number, message.vector(), samples, now))

    async def _replace(self, index: int, now: int) -> None:
        """Write off a dead worker, start another process in its place and give it work."""
        lost = self.server.lose(index, now)
        old = self.pool[index]
        how = await old.close(PATIENCE)
        death = Death(index, old.process.pid, self.server.ticks.seconds(now), lost is not None, how)
        self.deaths.append(death)
        if self._on_death is not None:
            self._on_death(death)
        self._in_a_row[index] += 1
        if self._in_a_row[index] >= _DEATHS_IN_A_ROW:
            raise WorkersFailed(
                f"worker {index} died {_DEATHS_IN_A_ROW} times without computing anything (at last: {how})"
            )
        self._incarnation[index] += 1
        new = await WorkerProcess.start(index)
        self.pool[index] = new
        new.set_up(self.objective, self.seed, self._incarnation[index])
        if await new.receive() is not None:  # otherwise the listener finds it dead and starts another
            self._dispatch(self.server.join(index, self._now()))

    async def _show_progress(self) -> None:
        while True:
            if self._on_progress is not None:
                self._on_progress(self._now() / 1e9, self.server.ledger.pushed)
            await asyncio.sleep(_PROGRESS_SECONDS)
