"""Faults in virtual time: a scripted or random schedule of what goes wrong, and a driver that carries it out.

What happens to a gradient is decided by its job number, so that a schedule means the same whatever the policy. The
driver runs the same server and workers as the others; without faults it leaves the same trace.

A crash hits a worker while it computes, so that it never has a gradient on a shared uplink. What the network loses,
delays or duplicates has passed the uplink, once. A server that is killed takes with it what is on the uplink: after the
restart the line is free.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.emulator.clock import Deadlock
from sddeverify.emulator.fault_plan import Fault, Kind, by_job, random_faults
from sddeverify.emulator.run import Emulation
from sddeverify.emulator.threads import one_blas_thread
from sddeverify.emulator.trace_writer import Columns, TraceFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from os import PathLike

    from sddeverify.emulator.run import Run
    from sddeverify.emulator.server import Orders
    from sddeverify.objectives import Objective
    from sddeverify.scenario import Scenario

__all__ = ["Fault", "FaultyRun", "Kind", "emulate_with_faults", "random_faults"]

_PROGRESS_EVERY = 64


class _Event(IntEnum):
    DUE = 0  # the worker is done, or gives up
    ARRIVES = 1  # the push reaches the server
    DIES = 2
    JOINS = 3


@dataclass
class FaultyRun:
    """A run with faults.

    Attributes:
        emulation: The run; a restart replaces it by the one of the checkpoint.
        faults: Faults by job; each happens once.
        every: Pushes between two checkpoints.
        happened: Faults that have happened, by kind.
        events: What comes: (time, worker, job, event).
        messages: Pushes under way, by worker and job: gradient.
        stored: The last checkpoint.
    """

    emulation: Emulation
    faults: dict[int, Fault]
    objective: Objective | None = None
    every: int = 20
    happened: list[int] = field(default_factory=lambda: [0] * len(Kind))
    events: list[tuple[int, int, int, int]] = field(default_factory=list)
    messages: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)
    stored: tuple[int, bytes] = (0, b"")

    @classmethod
    def create(
        cls, emulation: Emulation, faults: Iterable[Fault], *, objective: Objective | None = None, every: int = 20
    ) -> FaultyRun:
        """Set up a run.

        Args:
            emulation: A run that has not begun.
            faults: What goes wrong; at most one fault for a job.
            objective: What to minimise after a restart, if it is not the scenario's objective.
            every: Pushes between two checkpoints of the server.

        Raises:
            InvalidScenario: for two faults of one job, or a negative delay.
        """
        return cls(emulation, by_job(faults), objective, every)

    def run(self, arrivals: int, progress: Callable[[int], None] | None = None) -> Emulation:
        """Run until so many gradients were pushed, counted by the server's books, and return the run.

        Args:
            arrivals: How many. After a restart the books are those of the checkpoint.
            progress: Called with the number of pushed gradients now and then.

        Raises:
            Deadlock: if nothing can ever happen again.
            Stalled: if every gradient times out.
        """
        self.stored = (0, self.emulation.checkpoint())
        self._begin(self.emulation.server.start(0))
        self.emulation.started = True
        while not self.emulation.server.diverged and self.emulation.server.ledger.pushed < arrivals:
            if not self.events:
                raise Deadlock(self.emulation.ticks.seconds(self.emulation.now))
            now, worker, job, event = heapq.heappop(self.events)
            self.emulation.now = now
            with np.errstate(over="ignore", invalid="ignore"):  # a run that diverges ends, and says so
                self._handle(now, worker, job, _Event(event))
            if progress is not None and self.emulation.server.ledger.pushed % _PROGRESS_EVERY == 0:
                progress(self.emulation.server.ledger.pushed)
        self.emulation.server.ledger.advance(self.emulation.now)
        return self.emulation

    def _handle(self, now: int, index: int, job: int, event: _Event) -> None:
        emulation = self.emulation
        server, worker = emulation.server, emulation.workers[index]
        current = worker.job is not None and worker.job.id == job
        if event is _Event.JOINS:
            if index in server.absent:
                self._begin(server.join(index, now))
        elif event is _Event.DIES:
            if current:
                worker.give_up()
                server.lose(index, now)
        elif event is _Event.ARRIVES:
            gradient = self.messages.get((index, job))
            if gradient is not None:
                self._obey(server.push(index, job, gradient, emulation.samples, now))
                self._save()
        elif current and worker.gives_up:
            worker.give_up()
            self._obey(server.time_out(index, job, now))
        elif current and worker.sends(now, server.policy) and worker.due is not None:
            heapq.heappush(self.events, (worker.due, index, job, _Event.DUE))
        elif current:
            self._push(now, index, job)

    def _push(self, now: int, index: int, job: int) -> None:
        """A worker is done: send its gradient, or let happen to it what the schedule says."""
        emulation = self.emulation
        gradient = emulation.workers[index].finish()
        fault = self.faults.pop(job, None)
        later = now if fault is None else now + emulation.ticks.of(fault.delay)
        if fault is not None:
            self.happened[fault.kind] += 1
            if fault.kind is Kind.LOSS:
                emulation.server.lose(index, now)
                heapq.heappush(self.events, (later, index, job, _Event.JOINS))
                return
            if fault.kind is Kind.RESTART:
                self._restart(now)
                return
            if fault.kind in (Kind.LATE, Kind.DUPLICATE):
                self.messages[index, job] = gradient
                heapq.heappush(self.events, (later, index, job, _Event.ARRIVES))
            if fault.kind is Kind.LATE:
                return
        self._obey(emulation.server.push(index, job, gradient, emulation.samples, now))
        self._save()

    def _obey(self, orders: Orders) -> None:
        for index in orders.cancel:
            if self.emulation.workers[index].job is not None:  # otherwise its push is under way
                self.emulation.workers[index].give_up()
        self._begin(orders)

    def _begin(self, orders: Orders) -> None:
        now = self.emulation.now
        for job in orders.start:
            worker = self.emulation.workers[job.worker]
            due = worker.begin(job, now)
            fault = self.faults.get(job.id)
            if due is not None and fault is not None and fault.kind is Kind.STALL:
                self.happened[self.faults.pop(job.id).kind] += 1
                due += self.emulation.ticks.of(fault.delay)
                worker.due = due
            if due is not None and fault is not None and fault.kind is Kind.CRASH:
                self.happened[self.faults.pop(job.id).kind] += 1
                dies = now + (due - now) // 2
                back = dies + self.emulation.ticks.of(fault.delay)
                heapq.heappush(self.events, (dies, job.worker, job.id, _Event.DIES))
                heapq.heappush(self.events, (back, job.worker, job.id, _Event.JOINS))
            elif due is not None:
                heapq.heappush(self.events, (due, job.worker, job.id, _Event.DUE))

    def _save(self) -> None:
        pushed = self.emulation.server.ledger.pushed
        if pushed - self.stored[0] >= self.every:
            self.stored = (pushed, self.emulation.checkpoint())

    def _restart(self, now: int) -> None:
        """Kill the server. The one restored from the checkpoint writes off what was in flight; every worker joins."""
        self.emulation = Emulation.restore(self.stored[1], objective=self.objective)
        emulation = self.emulation
        emulation.now, emulation.started = now, True
        if (line := emulation.workers[0].uplink) is not None:
            line.free = now
        self.events, self.messages = [], {}
        for index, worker in enumerate(emulation.workers):
            if worker.job is not None:
                worker.give_up()
            emulation.server.lose(index, now)
        for index in range(len(emulation.workers)):
            self._begin(emulation.server.join(index, now))


def emulate_with_faults(
    scenario: Scenario,
    faults: Iterable[Fault],
    *,
    arrivals: int,
    out: str | PathLike[str] | None = None,
    force: bool = False,
    progress: Callable[[int], None] | None = None,
) -> tuple[Run, dict[str, int]]:
    """Emulate a scenario in which things go wrong, and audit its ledger.

    Args:
        scenario: What to emulate.
        faults: What goes wrong; delays in the scenario's unit of time.
        arrivals: Stop after so many pushed gradients.
        out: Where to write the trace as CSV, when the run has ended: a restart takes rows back.
        force: Whether ``out`` may replace an existing file.
        progress: Called with the number of pushed gradients now and then.

    Returns:
        The run, and how many faults of each kind have happened.

    Raises:
        InvalidScenario: for two faults of one job, a negative delay, or a name that is taken.
        Deadlock: if nothing can ever happen again.
        ConservationViolated: if the ledger does not balance.
    """
    faulty = FaultyRun.create(Emulation.create(scenario), faults)
    with one_blas_thread():
        if out is None:
            run = faulty.run(arrivals, progress).result()
        else:
            with TraceFile.create(out, force=force) as file:
                server = faulty.run(arrivals, progress).server
                if isinstance(rows := server.rows, Columns):
                    file.extend_columns(
                        rows.worker, rows.read_time, rows.push_time, rows.version_read, rows.version_applied
                    )
                server.rows = file
                run = faulty.emulation.result()
    return run, {kind.name.lower(): faulty.happened[kind] for kind in Kind}
