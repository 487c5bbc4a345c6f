"""The heap driver's inner loop for policies that apply or discard each gradient as it arrives.

Such a policy does as asynchronous SGD does, or has but the weight of a gradient to decide. In a large pool the heap
holds only what is due next. The rest waits in slots of time, unsorted, until its turn comes (the calendar queue of
Brown, CACM 1988): so an arrival does not climb through a heap that outgrows the caches.
"""

from __future__ import annotations

import heapq
import math
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sddeverify.emulator import inner_loop
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.policies.asynchronous import Asynchronous
from sddeverify.emulator.server import CHECK_EVERY, DIVERGED, Contribution, Job

if TYPE_CHECKING:
    from sddeverify.emulator.drivers import Stop
    from sddeverify.emulator.policies import Policy
    from sddeverify.emulator.run import Emulation

_ANSWERS = (
    "weigh", "ready", "readers", "joins", "served", "cancelled", "time_limit", "timed_out", "combine",
)  # fmt: skip
_IN_A_SLOT = 64
_SMALL = 512  # from here on slots are worth their trouble
_new = tuple.__new__  # makes named tuples at half the price of their own constructor


def applies(emulation: Emulation) -> bool:
    """Whether the policy answers every other question as asynchronous SGD does, and nothing else is going on."""
    server = emulation.server
    return (
        answers(server.policy, Asynchronous, but=("weigh",))
        and not (server.buffer or server.held)
        and inner_loop.is_steady(emulation)
        and consumes_alike(emulation, 1)
    )


def answers(policy: Policy, kind: type[Policy], but: tuple[str, ...] = ()) -> bool:
    """Whether a policy answers all questions but some as the policies of a kind do."""
    return all(getattr(type(policy), name) is getattr(kind, name) for name in _ANSWERS if name not in but)


def consumes_alike(emulation: Emulation, gradients: int) -> bool:
    """Whether every update consumed so many gradients since what is outstanding was read."""
    server, each = emulation.server, emulation.samples * gradients
    jobs = [*server.in_flight.values(), *(one.job for one in server.buffer)]
    return all(server.ledger.samples - job.samples_read == each * (server.version - job.version) for job in jobs)


def run(emulation: Emulation, stop: Stop) -> None:
    """Run until ``stop``, or until no worker is due any more."""
    inner_loop.go(Loop(emulation), stop)


class Loop(inner_loop.InnerLoop):
    """The gradients in flight, (due, worker, job, read time, version read, iterate), and what workers drew ahead."""

    def __init__(self, emulation: Emulation) -> None:
        super().__init__(emulation, scalars=emulation.server.policy.scalars)
        self.gradients = 1  # that make an update
        workers = emulation.workers
        self.hung: list[tuple[int, int, int, int, Any, None]] = []
        for worker in workers:
            job = worker.job
            if job is not None and worker.due is not None:
                self.heap.append(
                    (worker.due, worker.index, job.id, job.read_time, job.version, self.plain(job.iterate))
                )
            elif job is not None:
                self.hung.append((job.id, worker.index, job.version, job.read_time, self.plain(job.iterate), None))
        self.heap.sort()
        self.later: dict[int, list[tuple[int, int, int, int, int, Any]]] = {}
        self.slots: list[int] = []
        self.shift, self.horizon = 0, math.inf
        if len(self.heap) > _SMALL:
            middle = len(self.heap) // 2
            width = (self.heap[middle][0] - emulation.now) * _IN_A_SLOT // middle
            self.shift = max(0, width.bit_length() - 1)
            for entry in self.heap:
                self.later.setdefault(entry[0] >> self.shift, []).append(entry)
            self.slots = list(self.later)  # ascending, so a heap
            self.open()

    def open(self) -> list[tuple[int, int, int, int, int, Any]]:
        """Make the next slot the heap, if there is one."""
        if self.slots:
            slot = heapq.heappop(self.slots)
            self.heap = self.later.pop(slot)
            heapq.heapify(self.heap)
            self.horizon = (slot + 1) << self.shift
        return self.heap

    def arrivals(self, count: int, until: float) -> None:
        """Handle so many arrivals, or those up to a time."""
        heap, noise, times, workers = self.heap, self.noise, self.times, self.emulation.workers
        later, slots, shift, horizon = self.later, self.slots, self.shift, self.horizon
        linear, slope, iterate, server = self.linear, self.slope, self.iterate, self.emulation.server
        path, rate, per_second, replace = server.path, server.learning_rate, server.ticks.per_second, heapq.heapreplace
        who: list[int] = []
        reads: list[float] = []
        pushes: list[float] = []
        seen_versions: list[int] = []
        fates: list[int] = []  # version that each is applied at, or -1, where some may be discarded
        policy, ledger, each = server.policy, server.ledger, self.emulation.samples
        keeps = answers(policy, Asynchronous)
        first = version = server.version
        consumed = ledger.samples - each * version  # plus each for a version
        job, now = server.next_job, ledger.now
        ticks = versions = lost_ticks = lost_versions = 0  # sums of the ages of what is applied, and discarded
        next_version, next_time = path.waits_for()
        end = version + count
        while version < end and heap and heap[0][0] <= until:
            now, index, number, read, version_read, seen = heap[0]
            if linear:
                draws = noise[index]
                if not draws:
                    workers[index].draw_noise()
                    draws = noise[index] = self.drawn(workers[index])
                gradient = slope * seen + draws.pop()
            else:
                gradient = workers[index].gradient(seen)
            who.append(index)
            reads.append(read / per_second)
            pushes.append(now / per_second)
            seen_versions.append(version_read)
            if not keeps:
                server.iterate, server.version = iterate, version
                one = _new(Job, (number, index, version_read, read, consumed + each * version_read, seen, None))
                weight = policy.weigh(_new(Contribution, (one, gradient, each, now, 1.0)), server)
                if weight is None:
                    fates.append(-1)
                    end -= 1
                    lost_ticks += now - read
                    lost_versions += version - version_read
                else:
                    fates.append(version)
                    if weight != 1:
                        gradient = weight * gradient
            if keeps or weight is not None:
                before, iterate = iterate, iterate - rate * gradient
                ticks += now - read
                versions += version - version_read
                version += 1
                if version >= next_version or now > next_time:
                    path.observe(now, version, self.array(before), self.array(iterate))
                    next_version, next_time = path.waits_for()
            block = times[index]
            if not block:
                workers[index].draw_times()
                block = times[index] = workers[index].block
            duration = block.pop()
            if duration is None:
                self.hung.append((job, index, version, now, iterate, None))
                heapq.heappop(heap)
            elif (due := now + duration) < horizon:
                replace(heap, (due, index, job, now, version, iterate))
            else:
                heapq.heappop(heap)
                entries = later.get(slot := due >> shift)
                if entries is None:
                    entries = later[slot] = []
                    heapq.heappush(slots, slot)
                entries.append((due, index, job, now, version, iterate))
            if not heap:
                heap, horizon = self.open(), self.horizon
            job += 1
            if version % CHECK_EVERY == 0 and not (iterate * iterate if self.flat else iterate @ iterate) < DIVERGED:
                server.diverged = True
                break
        self.iterate = iterate
        server.next_job, server.version = job, version
        server.rows.extend_columns(who, reads, pushes, seen_versions, range(first, version) if keeps else fates)
        self.account(len(who), version - first, now, ticks, versions)
        discarded = len(who) - (version - first)
        ledger.started += discarded
        ledger.counts[Outcome.DISCARDED] += discarded
        lost = ledger.ages[Outcome.DISCARDED]
        lost.ticks += lost_ticks
        lost.versions += lost_versions
        lost.samples += lost_versions * each

    def account(self, pushed: int, updates: int, now: int, ticks: int, versions: int) -> None:
        """Enter arrivals and updates into the ledger: gradients on one side, what counts alone tell on the other."""
        ledger, used = self.emulation.server.ledger, self.gradients
        samples = self.emulation.samples * used
        applied, others = ledger.ages[Outcome.APPLIED], ledger.outstanding - used
        ledger.advance(now)
        ledger.started += updates * used
        ledger.pushed += pushed
        ledger.updates += updates
        ledger.samples += updates * samples
        ledger.counts[Outcome.APPLIED] += updates * used
        applied.versions += versions
        applied.ticks += ticks
        applied.samples += versions * samples
        ledger.expected.versions += others * updates
        ledger.expected.samples += others * updates * samples
        self.emulation.now = now
        if pushed:
            self.emulation.server.time_outs = 0

    def put_back(self) -> None:
        """Leave the state machines as if they had done all this themselves."""
        super().put_back()
        server, workers = self.emulation.server, self.emulation.workers
        self.arrays = {server.version: server.iterate}  # equal iterates are one array
        every: list[tuple[int, int, int, int, Any, int | None]] = [
            (job, index, version, read, seen, due)
            for entries in (self.heap, *self.later.values())
            for due, index, job, read, version, seen in entries
        ]
        every += self.hung
        every.sort(key=itemgetter(0))
        server.in_flight, server.free = {}, set(range(server.workers))
        for job, index, version, read, seen, due in every:
            worker = workers[index]
            worker.job = server.in_flight[index] = self.job(job, index, version, read, seen)
            worker.due, worker.gives_up = due, False
            server.free.discard(index)

    def job(self, job: int, index: int, version: int, read: int, seen: Any) -> Job:
        """Return the job that these are the parts of."""
        server = self.emulation.server
        iterate = self.arrays.get(version)
        if iterate is None:
            iterate = self.arrays[version] = self.array(seen)
        consumed = server.ledger.samples - self.emulation.samples * self.gradients * (server.version - version)
        return Job(job, index, version, read, consumed, iterate, None)
