"""The heap driver's inner loop for policies that decide: it asks their questions, and keeps the server's books."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from sddeverify.emulator import inner_loop
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.policies.asynchronous import Asynchronous
from sddeverify.emulator.server import CHECK_EVERY, DIVERGED, Contribution, Job, most_time_outs

if TYPE_CHECKING:
    import numpy as np

    from sddeverify.emulator.drivers import Stop
    from sddeverify.emulator.run import Emulation

_new = tuple.__new__  # makes named tuples at half the price of their own constructor


def applies(emulation: Emulation) -> bool:
    """Whether workers only compute: the policy may be any."""
    return inner_loop.is_steady(emulation)


def run(emulation: Emulation, stop: Stop) -> None:
    """Run until ``stop``, until no worker is due any more, or until gradients have timed out for too long."""
    inner_loop.go(Loop(emulation), stop)


class Loop(inner_loop.InnerLoop):
    """Gradients in flight, (due, worker, job number, job, whether it gives up then); the job's iterate may be a float.

    Attributes:
        rows: Rows that are not written yet: (worker, read, push, version, job number).
        fates: Version that each was applied at, or -1, by job number, if that is known.
    """

    def __init__(self, emulation: Emulation) -> None:
        server = emulation.server
        super().__init__(emulation, scalars=server.policy.scalars)
        self.most = most_time_outs(server.workers)
        if self.flat:
            server.in_flight = {worker: self.with_float(job) for worker, job in server.in_flight.items()}
            server.buffer = [
                one._replace(job=self.with_float(one.job), gradient=self.plain(one.gradient)) for one in server.buffer
            ]
        self.heap = [
            (worker.due, worker.index, job.id, job, worker.gives_up)
            for worker in emulation.workers
            if worker.due is not None and (job := server.in_flight.get(worker.index)) is not None
        ]
        heapq.heapify(self.heap)
        self.rows = [(*row[:4], number) for number, row in server.held.items()]
        self.fates = {number: row[4] for number, row in server.held.items() if row[4] is not None}

    def arrivals(self, count: int, until: float) -> None:
        """Handle so many arrivals, or those up to a time."""
        server = self.emulation.server
        server.iterate = self.iterate
        try:
            self.handle(count, until)
        finally:
            self.iterate = server.iterate
            self.write()

    def handle(self, count: int, until: float) -> None:
        """Do what :class:`Server` and the driver do with each event."""
        server, workers, heap, noise, times = (
            self.emulation.server, self.emulation.workers, self.heap, self.noise, self.times,
        )  # fmt: skip
        policy, in_flight, ledger, path = server.policy, server.in_flight, server.ledger, server.path
        free, rows, fates, each = server.free, self.rows, self.fates, self.emulation.samples
        linear, slope, rate = self.linear, self.slope, server.learning_rate
        weigh, ready, readers = policy.weigh, policy.ready, policy.readers
        # Questions whose answers are known need not be asked.
        keeps, goes_on = self.as_always("weigh"), self.as_always("readers")
        direct = self.as_always("ready", "combine") and not server.buffer
        cancels, limits, serves = (not self.as_always(name) for name in ("cancelled", "time_limit", "served"))
        weight: float | None = 1.0
        many = 2 * len(workers) + 64
        replace, push, pop = heapq.heapreplace, heapq.heappush, heapq.heappop
        counts, ages, expected, outstanding = ledger.counts, ledger.ages, ledger.expected, ledger.outstanding
        now, version, consumed = ledger.now, server.version, ledger.samples
        pushed = taken = applied = versions = ticks = samples = 0  # the last three are sums of ages of what is applied
        aged_versions = aged_ticks = aged_samples = 0  # what counts alone tell
        began, next_job, buffer, iterate = version, server.next_job, server.buffer, self.iterate
        next_version, next_time = path.waits_for()
        while pushed < count and heap and not server.diverged:
            due, index, number, job, gives_up = heap[0]
            if cancels and in_flight.get(index) is not job:
                pop(heap)
                continue
            if due > until:
                break
            if gives_up and server.time_outs >= self.most:
                self.leaves = True  # the server says that all is stalled
                break
            aged_ticks += outstanding * (due - now)
            now = due
            del in_flight[index]
            free.add(index)
            _, _, version_read, read, consumed_then, seen, _ = job
            if gives_up:
                outstanding -= 1
                _settle(Outcome.TIMED_OUT, job, counts, ages, version, now, consumed)
                policy.timed_out(job, server)
                server.time_outs += 1
            else:
                if linear:
                    draws = noise[index]
                    if not draws:
                        workers[index].draw_noise()
                        draws = noise[index] = self.drawn(workers[index])
                    gradient = slope * seen + draws.pop()
                else:
                    gradient = workers[index].gradient(seen)
                pushed += 1
                if limits:
                    server.time_outs = 0
                rows.append((index, read, now, version_read, number))
                if not keeps:
                    weight = weigh(_new(Contribution, (job, gradient, each, now, 1.0)), server)
                if weight is None:
                    outstanding -= 1
                    _settle(Outcome.DISCARDED, job, counts, ages, version, now, consumed)
                    fates[number] = -1
                elif direct:
                    step, used, taken = gradient if weight == 1 else weight * gradient, each, 1
                    versions += version - version_read
                    ticks += now - read
                    samples += consumed - consumed_then
                    fates[number] = version
                else:
                    buffer.append(_new(Contribution, (job, gradient, each, now, weight)))
            start: list[Job] = []
            updated = False
            batch = () if direct else ready(server)
            while True:
                if batch:
                    step, used, taken = policy.combine(batch, server), 0, len(batch)
                    for (number, _, version_read, read, consumed_then, _, _), _, size, _, _ in batch:
                        versions += version - version_read
                        ticks += now - read
                        samples += consumed - consumed_then
                        used += size
                        fates[number] = version
                    if taken == len(buffer):
                        server.buffer = buffer = []
                    else:
                        gone = {one[0][0] for one in batch}
                        server.buffer = buffer = [one for one in buffer if one[0][0] not in gone]
                if taken:
                    updated = True
                    server.iterate = after = iterate - rate * step
                    outstanding -= taken
                    applied += taken
                    taken = 0
                    version += 1
                    server.version = version
                    consumed += used
                    aged_versions += outstanding
                    aged_samples += outstanding * used
                    if version >= next_version or now > next_time:
                        path.observe(now, version, self.array(iterate), self.array(after))
                        next_version, next_time = path.waits_for()
                    iterate = after
                    if version % CHECK_EVERY == 0:
                        server.diverged = not (iterate * iterate if self.flat else iterate @ iterate) < DIVERGED
                if cancels and updated and (cancel := [one for one in policy.cancelled(server) if one in in_flight]):
                    for one in cancel:
                        _settle(Outcome.CANCELLED, in_flight.pop(one), counts, ages, version, now, consumed)
                    free.update(cancel)
                    outstanding -= len(cancel)
                    if start:  # begun and called off at the same instant
                        start = [job for job in start if job.worker not in cancel]
                for one in (index,) if goes_on else readers(server, index, updated=updated):
                    if one in in_flight:
                        raise RuntimeError(f"the policy lets worker {one} read while it computes; cancel it first")
                    limit = policy.time_limit(server, one) if limits else None
                    if serves:
                        served, seen = policy.served(server, one)
                        aged_versions += version - served
                        job = _new(Job, (next_job, one, served, now, consumed, seen, limit))
                    else:
                        job = _new(Job, (next_job, one, version, now, consumed, iterate, limit))
                    next_job += 1
                    in_flight[one] = job
                    free.discard(one)
                    start.append(job)
                    outstanding += 1
                if not (updated and buffer and (batch := ready(server))):
                    break
            top_is_free = True
            for job in start:
                one, limit = job[1], job[6]
                block = times[one]
                if not block:
                    workers[one].draw_times()
                    block = times[one] = workers[one].block
                duration = block.pop()
                if gives_up := limit is not None and (duration is None or duration > limit):
                    duration = limit
                elif duration is None:
                    continue
                entry = (now + duration, one, job[0], job, gives_up)
                if top_is_free:
                    replace(heap, entry)
                    top_is_free = False
                else:
                    push(heap, entry)
            if top_is_free:
                pop(heap)
            if len(heap) > many:  # mostly cancelled jobs: keep the memory bounded
                heap[:] = [entry for entry in heap if in_flight.get(entry[1]) is entry[3]]
                heapq.heapify(heap)
        ledger.now = self.emulation.now = now
        ledger.started += next_job - server.next_job
        server.next_job = next_job
        ledger.pushed += pushed
        ledger.updates += version - began
        ledger.samples = consumed
        ledger.outstanding = outstanding
        counts[Outcome.APPLIED] += applied
        age = ages[Outcome.APPLIED]
        age.versions += versions
        age.ticks += ticks
        age.samples += samples
        expected.versions += aged_versions
        expected.ticks += aged_ticks
        expected.samples += aged_samples

    def as_always(self, *questions: str) -> bool:
        """Whether the policy answers questions as asynchronous SGD does."""
        policy = type(self.emulation.server.policy)
        return all(getattr(policy, one) is getattr(Asynchronous, one) for one in questions)

    def write(self) -> None:
        """Write the rows up to the first whose fate is open."""
        fates = self.fates
        end = next((place for place, row in enumerate(self.rows) if row[4] not in fates), len(self.rows))
        if end:
            per_second = self.emulation.server.ticks.per_second
            who, read, push, version, numbers = zip(*self.rows[:end], strict=True)
            self.emulation.server.rows.extend_columns(
                who,
                [tick / per_second for tick in read],
                [tick / per_second for tick in push],
                version,
                [fates.pop(number) for number in numbers],
            )
            del self.rows[:end]

    def put_back(self) -> None:
        """Leave the state machines as if they had done all this themselves."""
        super().put_back()
        server = self.emulation.server
        server.held = {row[4]: (*row[:4], self.fates.get(row[4])) for row in self.rows}
        if self.flat:
            arrays = {server.version: server.iterate}  # equal iterates are one array
            server.in_flight = {worker: self.with_array(job, arrays) for worker, job in server.in_flight.items()}
            server.buffer = [
                one._replace(job=self.with_array(one.job, arrays), gradient=self.array(one.gradient))
                for one in server.buffer
            ]
        dues = {entry[2]: entry for entry in self.heap}
        for worker in self.emulation.workers:
            worker.job = job = server.in_flight.get(worker.index)
            worker.due, worker.gives_up = None, False
            if job is not None and job.id in dues:
                worker.due, worker.gives_up = dues[job.id][0], dues[job.id][4]

    def with_float(self, job: Job) -> Job:
        """Return the job with a float for its iterate."""
        return job._replace(iterate=self.plain(job.iterate))

    def with_array(self, job: Job, arrays: dict[int, np.ndarray]) -> Job:
        """Return the job with an array for its iterate, from those that there are of each version."""
        if job.version not in arrays:
            arrays[job.version] = self.array(job.iterate)
        return job._replace(iterate=arrays[job.version])


def _settle(
    outcome: Outcome, job: Job, counts: list[int], ages: list[Any], version: int, now: int, consumed: int
) -> None:
    """End a gradient that is not applied."""
    counts[outcome] += 1
    age = ages[outcome]
    age.versions += version - job.version
    age.ticks += now - job.read_time
    age.samples += consumed - job.samples_read
