"""The parameter server: a plain state machine that every driver runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from sddeverify.emulator.clock import Stalled
from sddeverify.emulator.ledger import Audit, Ledger, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from sddeverify.emulator.clock import Ticks
    from sddeverify.emulator.path import PathRecorder
    from sddeverify.emulator.policies import Policy
    from sddeverify.emulator.trace_writer import Columns, TraceFile

CHECK_EVERY = 64
DIVERGED = 1e200


def most_time_outs(workers: int) -> int:
    """Return after how many time-outs in a row nobody will ever finish a gradient."""
    return 1000 + 100 * workers


class Job(NamedTuple):
    """One gradient from its read on.

    Attributes:
        id: Number of the gradient, in the order of reads; unique in a run.
        worker: Who computes it.
        version: Version of the iterate that was read.
        read_time: When it was read, in ticks.
        samples_read: Data samples that all updates up to the read had consumed.
        iterate: The iterate that was read, shape (d,); never changed in place.
        time_limit: After how many ticks it times out; ``None`` for never.
    """

    id: int
    worker: int
    version: int
    read_time: int
    samples_read: int
    iterate: np.ndarray
    time_limit: int | None


class Contribution(NamedTuple):
    """A pushed gradient.

    Attributes:
        job: The job that it answers.
        gradient: The gradient, shape (d,).
        samples: Data samples that it was computed from.
        push_time: When it reached the server, in ticks.
        weight: The weight that the policy gave it.
    """

    job: Job
    gradient: np.ndarray
    samples: int
    push_time: int
    weight: float


class Orders(NamedTuple):
    """What the server tells its workers after an event.

    Attributes:
        start: Jobs to begin now.
        cancel: Workers who must drop their job; carried out before ``start``.
    """

    start: list[Job]
    cancel: list[int]


@dataclass
class Server:
    """The iterate, the policy, the gradients in flight and the books.

    Every method takes the time ``now`` in ticks and returns :class:`Orders`; the server never waits.

    Attributes:
        iterate: The current iterate, shape (d,); replaced, never changed in place.
        learning_rate: Step size.
        policy: Who answers the five questions.
        workers: Size of the pool.
        ticks: Unit of time.
        rows: Where the rows of the trace go, in the order of pushes.
        path: Who is told of each update.
        version: Number of updates made.
        in_flight: The job of each worker that computes.
        absent: Workers that died and have not been replaced.
        missing: Those of them that would be computing now.
        buffer: Kept gradients waiting for an update.
        free: Who does not compute, absent workers included.
        held: Rows that wait for the fate of an earlier push: (worker, read, push, version read, version applied).
        ledger: The staleness ledger.
        next_job: Number of the next job.
        time_outs: Gradients in a row that timed out.
        diverged: Whether the iterate has grown beyond all bounds; drivers then stop.
    """

    iterate: np.ndarray
    learning_rate: float
    policy: Policy
    workers: int
    ticks: Ticks = field(metadata={"static": True})
    rows: Columns | TraceFile
    path: PathRecorder
    version: int = 0
    in_flight: dict[int, Job] = field(default_factory=dict)
    free: set[int] = field(default_factory=set)
    absent: set[int] = field(default_factory=set)
    missing: set[int] = field(default_factory=set)
    buffer: list[Contribution] = field(default_factory=list)
    held: dict[int, tuple[int, int, int, int, int | None]] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    next_job: int = 0
    time_outs: int = 0
    diverged: bool = False

    def __post_init__(self) -> None:
        self.free = set(range(self.workers)) - self.in_flight.keys()

    def start(self, now: int) -> Orders:
        """Let the workers read the first iterate: all of them, unless the policy holds some back."""
        joining = [worker for worker in range(self.workers) if self.policy.joins(self, worker)]
        return Orders([self._assign(worker, now) for worker in joining], [])

    def push(self, worker: int, job_id: int, gradient: np.ndarray, samples: int, now: int) -> Orders:
        """Take a gradient from a worker.

        A gradient that was cancelled, has timed out or was pushed before is counted and ignored.
        """
        ledger = self.ledger
        ledger.advance(now)
        job = self.in_flight.get(worker)
        if job is None or job.id != job_id:
            ledger.duplicates += 1
            return Orders([], [])
        del self.in_flight[worker]
        self.free.add(worker)
        ledger.pushed += 1
        self.time_outs = 0
        policy = self.policy
        contribution = Contribution(job, gradient, samples, now, 1.0)
        weight = policy.weigh(contribution, self)
        if weight is None:
            ledger.settle(job, Outcome.DISCARDED, self.version)
            self._record(job, now, -1)
        else:
            self.buffer.append(contribution if weight == 1 else contribution._replace(weight=weight))
        orders = self._react(worker, now)
        if self.buffer:
            self._hold()
        return orders

    def time_out(self, worker: int, job_id: int, now: int) -> Orders:
        """A worker gives up its job at the policy's time limit.

        Raises:
            Stalled: if gradients have timed out for so long that nobody will ever finish one.
        """
        self.ledger.advance(now)
        job = self.in_flight.get(worker)
        if job is None or job.id != job_id:
            return Orders([], [])
        self.ledger.settle(self.in_flight.pop(worker), Outcome.TIMED_OUT, self.version)
        self.free.add(worker)
        self.policy.timed_out(job, self)
        self.time_outs += 1
        if self.time_outs > most_time_outs(self.workers):
            raise Stalled(self.ticks.seconds(now), self.time_outs)
        return self._react(worker, now)

    def lose(self, worker: int, now: int) -> Job | None:
        """A worker died: its gradient in flight, which is returned, is lost; it is absent until it joins again."""
        self.ledger.advance(now)
        self.absent.add(worker)
        self.free.add(worker)
        job = self.in_flight.pop(worker, None)
        if job is not None:
            self.missing.add(worker)
            self.ledger.settle(job, Outcome.LOST, self.version)
        return job

    def join(self, worker: int, now: int) -> Orders:
        """A replaced worker is ready: it reads at once, unless the policy lets it wait."""
        self.ledger.advance(now)
        self.absent.discard(worker)
        self.missing.discard(worker)
        reads = worker not in self.in_flight and self.policy.joins(self, worker)
        return Orders([self._assign(worker, now)] if reads else [], [])

    def idle(self) -> list[int]:
        """Return the workers that neither compute nor are absent, in their order."""
        return sorted(self.free - self.absent if self.absent else self.free)

    def audit(self) -> Audit:
        """Check the books.

        Raises:
            ConservationViolated: if a gradient was lost, doubled or miscounted.
        """
        outstanding = [*self.in_flight.values(), *(one.job for one in self.buffer)]
        return self.ledger.audit(outstanding, self.version, self.policy.remaining(self.workers))

    def held_rows(self) -> Iterator[tuple[int, float, float, int, int]]:
        """Yield the rows that still wait: a gradient pushed but not applied yet has no version_applied."""
        seconds = self.ticks.seconds
        for worker, read, push, version, applied in self.held.values():
            yield worker, seconds(read), seconds(push), version, -1 if applied is None else applied

    def _react(self, worker: int, now: int) -> Orders:
        """Make the updates that an event leads to; after each, gradients are cancelled and workers read."""
        policy = self.policy
        batch = policy.ready(self)
        if not batch:
            return Orders(*self._orders(worker, now, updated=False))
        start: list[Job] = []
        cancel: list[int] = []
        while batch:
            self._update(batch, now)
            more, cancelled = self._orders(worker, now, updated=True)
            if cancelled and start:  # begun and called off at the same instant: its worker never hears of it
                fresh = {job.worker for job in start}
                start = [job for job in start if job.worker not in cancelled]
                cancelled = [one for one in cancelled if one not in fresh]
            start += more
            cancel += cancelled
            batch = policy.ready(self) if self.buffer else []
        return Orders(start, cancel)

    def _orders(self, worker: int, now: int, *, updated: bool) -> tuple[list[Job], list[int]]:
        cancel = [one for one in self.policy.cancelled(self) if one in self.in_flight] if updated else []
        for one in cancel:
            self.ledger.settle(self.in_flight.pop(one), Outcome.CANCELLED, self.version)
            self.free.add(one)
        readers = self.policy.readers(self, worker, updated=updated)
        return [self._assign(one, now) for one in readers if one not in self.absent], cancel

    def _assign(self, worker: int, now: int) -> Job:
        if worker in self.in_flight:
            raise RuntimeError(f"the policy lets worker {worker} read while it computes; cancel its gradient first")
        limit = self.policy.time_limit(self, worker)
        version, iterate = self.policy.served(self, worker)
        job = Job(self.next_job, worker, version, now, self.ledger.samples, iterate, limit)
        self.next_job += 1
        self.in_flight[worker] = job
        self.free.discard(worker)
        self.ledger.start(self.version - version)
        return job

    def _update(self, batch: list[Contribution], now: int) -> None:
        before = self.iterate
        self.iterate = before - self.learning_rate * self.policy.combine(batch, self)
        samples = 0
        for one in batch:
            self.ledger.settle(one.job, Outcome.APPLIED, self.version)
            samples += one.samples
            self._record(one.job, one.push_time, self.version)
        if len(batch) == len(self.buffer):
            self.buffer = []
        else:
            applied = {one.job.id for one in batch}
            self.buffer = [one for one in self.buffer if one.job.id not in applied]
        self.version += 1
        self.ledger.update(samples, len(self.missing))
        if self.absent:  # they would have read now
            self.missing.update(one.job.worker for one in batch if one.job.worker in self.absent)
        self.path.observe(now, self.version, before, self.iterate)
        if self.version % CHECK_EVERY == 0:
            size = float(self.iterate @ self.iterate)
            self.diverged = not size < DIVERGED  # also when it is not a number

    def _record(self, job: Job, push: int, applied: int) -> None:
        """Write a row, unless an earlier push still waits: rows stay in the order of pushes."""
        if self.held:
            self.held[job.id] = (job.worker, job.read_time, push, job.version, applied)
            for key, (worker, read, pushed, version, fate) in list(self.held.items()):
                if fate is None:
                    return
                del self.held[key]
                seconds = self.ticks.seconds
                self.rows.append(worker, seconds(read), seconds(pushed), version, fate)
            return
        seconds = self.ticks.seconds
        self.rows.append(job.worker, seconds(job.read_time), seconds(push), job.version, applied)

    def _hold(self) -> None:
        last = self.buffer[-1]
        job = last.job
        if job.id not in self.held:
            self.held[job.id] = (job.worker, job.read_time, last.push_time, job.version, None)
