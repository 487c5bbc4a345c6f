"""Record a trace of real worker processes: the same server and policy, but nothing is emulated.

The server runs in this process and each worker in one of its own. A worker computes a real mini-batch
gradient for each job; the read time is when the server hands it the iterate, the push time when its
gradient is back at the server, both on the one monotonic clock of this machine. Nobody sleeps.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sddeverify import objectives
from sddeverify.emulator import policies
from sddeverify.emulator.clock import NANOSECONDS
from sddeverify.emulator.drivers import outside_running_loop
from sddeverify.emulator.fault_plan import by_job
from sddeverify.emulator.gate import Gate
from sddeverify.emulator.interruption import signals, unless
from sddeverify.emulator.path import Path as IteratePath
from sddeverify.emulator.path import Thinned
from sddeverify.emulator.pool import (
    LARGEST_BATCH,
    Member,
    WorkerProcess,
    await_ready,
    calibrate,
    close_pool,
    start_pool,
)
from sddeverify.emulator.problem import require_data_of_workers
from sddeverify.emulator.resumption import Resumption, identity, keeper
from sddeverify.emulator.server import Server
from sddeverify.emulator.session import Death, Session
from sddeverify.emulator.task import Task, named
from sddeverify.emulator.trace import Trace
from sddeverify.emulator.trace_writer import TraceFile
from sddeverify.emulator.worker import batch_size_of, with_batch_size
from sddeverify.errors import invalid
from sddeverify.scenario import PolicySpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike

    from sddeverify.emulator.access import Listening
    from sddeverify.emulator.fault_plan import Fault, Happened
    from sddeverify.emulator.ledger import Audit, Ledger
    from sddeverify.objectives import Objective

_TARGET_SECONDS = 0.010
_MOST_WORKERS = 256
_LONGEST = 86_400.0


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
        joined: How often a worker joined from elsewhere.
        refused: How many connections from elsewhere were refused.
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
    joined: int = 0
    refused: int = 0

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
    listening: Listening | None = None,
    on_progress: Callable[[float, int], None] | None = None,
    on_death: Callable[[Death], None] | None = None,
    on_start: Callable[[list[int]], None] | None = None,
    on_event: Callable[[str], None] | None = None,
) -> Recording:
    """Run real worker processes and write the trace of their gradients.

    Rows go to the file as they happen. SIGINT or SIGTERM end the recording early and leave a complete file.

    Args:
        workers: Number of processes, 1 to 256.
        seconds: How long to record, after start-up and calibration.
        out: The trace file (CSV).
        objective: Name of an objective, or the objective itself; a :class:`~sddeverify.objectives.Mean` if workers have
            different data: each computes gradients of its own part.
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
        listening: How workers of other machines may join, and how many of the workers these are; the last ones.
        on_progress: Called with the seconds recorded and the number of gradients now and then.
        on_death: Called when a worker has died.
        on_start: Called with the process numbers of this machine when recording begins.
        on_event: Called with a sentence when a worker of another machine joins, and the like.

    Raises:
        InvalidScenario: for numbers out of range, an unknown objective or policy, an existing file, or an address
            that is not allowed.
        UnsupportedScenario: for an objective without mini-batches, or without a name while others may join.
        WorkersFailed: if workers cannot be started, do not join in time, or die again and again without computing
            anything.
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
    require_data_of_workers(rule, policy, objective, workers)
    spec = PolicySpec(policy, policy_parameters)  # type: ignore[arg-type]  # it checks
    about = {"workers": workers, "policy": spec.written(), "seed": seed}
    before = None
    if resume:
        before = Resumption.read(store, {**about, "batch_size": batch_size, "learning_rate": learning_rate})
        batch_size, learning_rate = before.batch_size, before.learning_rate
    if store is not None and store.exists() and not (force or resume):
        raise invalid("checkpoint", str(store), "a name that is not taken, or go on from it (--resume)")
    if store is not None and (store.resolve() == out.resolve() or not store.parent.is_dir()):
        raise invalid("checkpoint", str(store), "another file than the trace, in a folder that exists")

    names = None if listening is None else named(objective, parameters or {}, policy, policy_parameters or {})
    elsewhere = 0 if listening is None else listening.workers

    async def run() -> Recording:
        stop = asyncio.Event()
        pool: list[Member] = []
        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(signals(stop))
            gate = None if listening is None else Gate(listening, workers, on_event)
            if gate is not None:
                await stack.enter_async_context(gate)
            stack.push_async_callback(close_pool, pool)
            pool += await start_pool(workers - elsewhere)  # they load their libraries while we load the data
            target, rate = _objective(objective, parameters or {}, workers, learning_rate)
            if before is not None:
                before.require_data(target)
            rule.prepare(target, policies.generator(seed))
            if gate is not None:
                await unless(stop, gate.fill(pool))
            incarnation = 0 if before is None else before.incarnation
            task = Task(target, seed, workers, names, target)
            task = await unless(stop, _set_up(pool, task, batch_size, incarnation))
            if store is not None:
                about.update(learning_rate=rate, batch_size=task.batch_size, data=identity(target))
            equipped = task.equipped(rule, rate)
            if equipped is not task:  # workers compute something else: inner steps
                await unless(stop, _tell(pool, equipped, incarnation))
            target = equipped.computed
            new = TraceFile.create(out, force=force, immediately=True) if before is None else before.trace(out)
            with new as rows:
                iterate = np.asarray(target.initial(), dtype=np.float64)
                server = Server(iterate, rate, rule, workers, NANOSECONDS, rows, Thinned())
                if before is not None:
                    before.fill(server)
                session = Session(
                    server, pool, equipped, on_progress, on_death, faults=planned,
                    keep=None if store is None else keeper(store), about=about, incarnation=incarnation,
                )  # fmt: skip
                if on_start is not None:
                    on_start([worker.process.pid for worker in pool if isinstance(worker, WorkerProcess)])
                await session.run(seconds, stop)
                rows.extend(server.held_rows())
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
            joined=0 if gate is None else gate.joined,
            refused=0 if gate is None else gate.refused,
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


async def _set_up(pool: list[Member], task: Task, batch_size: int | None, incarnation: int) -> Task:
    """Set up all workers, choose the batch size, and return the task with it."""
    task = task.with_batch_size(batch_size or task.batch_size)
    await _tell(pool, task, incarnation)
    if batch_size is None:
        task = task.with_batch_size(await calibrate(pool, task, _TARGET_SECONDS))
    return task


async def _tell(pool: list[Member], task: Task, incarnation: int) -> None:
    """Tell all workers what to compute gradients of."""
    for worker in pool:
        worker.set_up(task, incarnation)
    await await_ready(pool)
