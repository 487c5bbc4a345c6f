"""Record a trace of real worker processes: the same server and policy, but nothing is emulated.

The server runs in this process and each worker in one of its own. A worker computes a real mini-batch
gradient for each job; the read time is when the server hands it the iterate, the push time when its
gradient is back at the server, both on the one monotonic clock of this machine. Nobody sleeps.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from sddeverify import objectives
from sddeverify.emulator import policies
from sddeverify.emulator.clock import NANOSECONDS
from sddeverify.emulator.drivers import outside_running_loop
from sddeverify.emulator.fault_plan import by_job
from sddeverify.emulator.path import Path as IteratePath
from sddeverify.emulator.path import Thinned
from sddeverify.emulator.pool import LARGEST_BATCH, WorkerProcess, await_ready, calibrate, close_pool, start_pool
from sddeverify.emulator.resumption import Resumption, keeper
from sddeverify.emulator.server import Server
from sddeverify.emulator.session import Death, Session
from sddeverify.emulator.trace import Trace
from sddeverify.emulator.trace_writer import TraceFile
from sddeverify.emulator.worker import batch_size_of, with_batch_size
from sddeverify.errors import SddeverifyError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
    from os import PathLike
    from typing import Any

    from sddeverify.emulator.fault_plan import Fault, Happened
    from sddeverify.emulator.ledger import Audit, Ledger
    from sddeverify.objectives import Objective

_TARGET_SECONDS = 0.010
_MOST_WORKERS = 256
_LONGEST = 86_400.0
_Result = TypeVar("_Result")


class Interrupted(SddeverifyError):
    """The recording was interrupted before its first read: there is nothing to keep."""


@dataclass(frozen=True, eq=False)
class Recording:
    """What was recorded.

    Attributes:
        path: The trace file.
        workers: Size of the pool.
        duration: From the first read to the end, in seconds.
        batch_size: Samples in one gradient.
        learning_rate: Step size.
        ledger: Counts and sums of staleness; times in nanoseconds.
        audit: Its exact audit.
        deaths: Workers that died and were replaced.
        faults: Faults of the plan that were carried out.
        interrupted: Whether the recording was ended by a signal.
        diverged: Whether the iterate grew beyond all bounds.
        iterates: The iterate along the recording.
        objective: What was minimised.
    """

    path: Path
    workers: int
    duration: float
    batch_size: int
    learning_rate: float
    ledger: Ledger
    audit: Audit
    deaths: tuple[Death, ...]
    faults: tuple[Happened, ...]
    interrupted: bool
    diverged: bool
    iterates: IteratePath
    objective: Objective

    @property
    def trace(self) -> Trace:
        """The trace, read back from its file."""
        return Trace.from_csv(self.path)

    @property
    def arrival_rate(self) -> float:
        """Gradients per second."""
        return self.ledger.pushed / self.duration if self.duration > 0 else math.nan


def record(
    *,
    workers: int,
    seconds: float,
    out: str | PathLike[str],
    objective: str | Objective = "ridge",
    parameters: Mapping[str, object] | None = None,
    policy: str = "asynchronous",
    policy_parameters: Mapping[str, object] | None = None,
    faults: Iterable[Fault] = (),
    checkpoint: str | PathLike[str] | None = None,
    resume: bool = False,
    learning_rate: float | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    force: bool = False,
    on_progress: Callable[[float, int], None] | None = None,
    on_death: Callable[[Death], None] | None = None,
    on_start: Callable[[list[int]], None] | None = None,
) -> Recording:
    """Run real worker processes and write the trace of their gradients.

    Rows go to the file as they happen. SIGINT or SIGTERM end the recording early and leave a complete file.

    Args:
        workers: Number of processes, 1 to 256.
        seconds: How long to record, after start-up and calibration.
        out: The trace file (CSV).
        objective: Name of an objective, or the objective itself.
        parameters: Parameters of a named objective.
        policy: Name of the server's policy.
        policy_parameters: Its parameters; times among them are real seconds.
        faults: What is to go wrong, by the number of the gradient.
        checkpoint: Where to keep a checkpoint of the server, renewed every 20 gradients or more.
        resume: Go on from this checkpoint, with the same trace file, workers, objective, policy and seed; the gradients
            that came after it, and those in flight, are lost.
        learning_rate: Step size; 1/(4 P h) if left out, h the largest Hessian eigenvalue.
        batch_size: Samples in one gradient; calibrated to about 10 ms for a gradient if left out.
        seed: Seed of the mini-batches.
        force: Whether an existing file may be replaced, when the recording is complete.
        on_progress: Called with the seconds recorded and the number of gradients now and then.
        on_death: Called when a worker has died.
        on_start: Called with the process numbers when recording begins.

    Raises:
        InvalidScenario: for numbers out of range, an unknown objective or policy, or an existing file.
        WorkersFailed: if workers cannot be started, or die again and again without computing anything.
        Interrupted: if a signal comes before the first read.
        ConservationViolated: if the ledger does not balance.
    """
    if isinstance(workers, bool) or not 1 <= workers <= _MOST_WORKERS:
        raise invalid("workers", workers, f"a number of worker processes from 1 to {_MOST_WORKERS}")
    if not 0 < seconds <= _LONGEST:
        raise invalid("seconds", seconds, f"a positive number of seconds, at most {_LONGEST:g}")
    if batch_size is not None and (isinstance(batch_size, bool) or not 1 <= batch_size <= LARGEST_BATCH):
        raise invalid("batch_size", batch_size, f"a number of samples from 1 to {LARGEST_BATCH}")
    if learning_rate is not None and not 0 < learning_rate < math.inf:
        raise invalid("learning_rate", learning_rate, "a positive number")
    out, planned = Path(out), by_job(faults).values()
    store = None if checkpoint is None else Path(checkpoint)
    if out.exists() and not (force or resume):
        raise invalid("trace file", str(out), "a name that is not taken, or allow overwriting (--force)")
    rule = policies.create(policy, policy_parameters or {}, workers)
    before = Resumption.read(store, workers, policy) if resume else None
    if before is not None:
        batch_size, learning_rate = before.batch_size, before.learning_rate
    if store is not None and store.exists() and not (force or resume):
        raise invalid("checkpoint", str(store), "a name that is not taken, or go on from it (--resume)")

    async def run() -> Recording:
        stop = asyncio.Event()
        with _signals(stop):
            pool = await start_pool(workers)  # they load their libraries while we load the data
            try:
                target, rate = _objective(objective, parameters or {}, workers, learning_rate)
                rule.prepare(target, policies.generator(seed))
                incarnation = 0 if before is None else before.incarnation
                target = await _unless(stop, _set_up(pool, target, seed, batch_size, incarnation))
                about = {
                    "workers": workers,
                    "policy": policy,
                    "learning_rate": rate,
                    "batch_size": batch_size_of(target),
                }
                if type(rule).equip is not policies.Policy.equip:  # workers compute something else: inner steps
                    target = rule.equip(target, rate)
                    await _unless(stop, _tell(pool, target, seed, incarnation))
                new = TraceFile.create(out, force=force, immediately=True) if before is None else before.trace(out)
                with new as rows:
                    iterate = np.asarray(target.initial(), dtype=np.float64)
                    server = Server(iterate, rate, rule, workers, NANOSECONDS, rows, Thinned())
                    if before is not None:
                        before.fill(server)
                    keep = None if store is None else keeper(store)
                    session = Session(
                        server, pool, target, seed, on_progress, on_death,
                        faults=planned, keep=keep, about=about, incarnation=incarnation,
                    )  # fmt: skip
                    if on_start is not None:
                        on_start([worker.process.pid for worker in pool])
                    await session.run(seconds, stop)
                    rows.extend(server.held_rows())
            finally:
                await close_pool(pool)
        ended = server.ledger.now
        path = server.path.path(ended, server.version, server.iterate, NANOSECONDS)
        return Recording(
            path=out,
            workers=workers,
            duration=NANOSECONDS.seconds(ended),
            batch_size=batch_size_of(target),
            learning_rate=rate,
            ledger=server.ledger,
            audit=server.audit(),
            deaths=tuple(session.deaths),
            faults=tuple(session.happened),
            interrupted=stop.is_set(),
            diverged=server.diverged,
            iterates=path,
            objective=target,
        )

    return outside_running_loop(lambda: asyncio.run(run()))


def _objective(
    objective: str | Objective, parameters: Mapping[str, object], workers: int, learning_rate: float | None
) -> tuple[Objective, float]:
    """Return the objective and the step size."""
    target = objectives.build(objective, parameters) if isinstance(objective, str) else objective
    target = with_batch_size(target, batch_size_of(target))  # refuses an objective without data at once
    if learning_rate is None:
        # Whatever the law of the delays: stable in the mean with a factor 6 to spare, as eta h P is 1/4.
        learning_rate = 1 / (4 * workers * float(target.eigenvalues()[-1]))
    return target, learning_rate


async def _set_up(
    pool: list[WorkerProcess], objective: Objective, seed: int, batch_size: int | None, incarnation: int
) -> Objective:
    """Set up all workers, choose the batch size, and return the objective with it."""
    objective = with_batch_size(objective, batch_size or batch_size_of(objective))
    await _tell(pool, objective, seed, incarnation)
    return objective if batch_size is not None else await calibrate(pool, objective, _TARGET_SECONDS)


async def _tell(pool: list[WorkerProcess], objective: Objective, seed: int, incarnation: int) -> None:
    """Tell all workers what to compute gradients of."""
    for worker in pool:
        worker.set_up(objective, seed, incarnation)
    await await_ready(pool)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, _Result]) -> _Result:
    """Do the work, unless a signal comes first."""
    stopped, task = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(work)
    try:
        await asyncio.wait([stopped, task], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Interrupted("interrupted before the recording began: nothing was recorded and no file written")
        return task.result()
    finally:
        stopped.cancel()
        task.cancel()
        await asyncio.gather(stopped, task, return_exceptions=True)


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """Let SIGINT and SIGTERM set ``stop`` instead of breaking off; only the main thread may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    signals = (signal.SIGINT, signal.SIGTERM)
    for one in signals:
        loop.add_signal_handler(one, stop.set)
    try:
        yield
    finally:
        for one in signals:
            loop.remove_signal_handler(one)
