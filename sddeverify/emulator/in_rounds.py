"""The heap driver's inner loop for synchronous and K-async SGD: K gradients make an update, their workers wait for it.

Large pools wait in slots of time as in :mod:`sddeverify.emulator.at_once`; only the gradients that wait for an update
are more.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from sddeverify.emulator import at_once, inner_loop
from sddeverify.emulator.policies._policy import added
from sddeverify.emulator.policies.k_async import KAsync
from sddeverify.emulator.server import CHECK_EVERY, DIVERGED, Contribution

if TYPE_CHECKING:
    from sddeverify.emulator.drivers import Stop
    from sddeverify.emulator.run import Emulation


def applies(emulation: Emulation) -> bool:
    """Whether the policy answers every question as K-async SGD does, and nothing else is going on."""
    server = emulation.server
    policy: Any = server.policy
    return (
        at_once.answers(policy, KAsync)
        and len(server.buffer) < policy.k
        and list(server.held) == [one.job.id for one in server.buffer]
        and all(one.weight == 1 and one.samples == emulation.samples for one in server.buffer)
        and inner_loop.is_steady(emulation)
        and at_once.consumes_alike(emulation, policy.k)
    )


def run(emulation: Emulation, stop: Stop) -> None:
    """Run until ``stop``, or until no worker is due any more."""
    inner_loop.go(_Rounds(emulation), stop)


class _Rounds(at_once.Loop):
    """The gradients that wait: (worker, read time, push time, version read, gradient, job, iterate)."""

    def __init__(self, emulation: Emulation) -> None:
        super().__init__(emulation)
        policy: Any = emulation.server.policy
        self.gradients = policy.k
        self.buffer: list[tuple[int, int, int, int, Any, int, Any]] = [
            (job.worker, job.read_time, now, job.version, self.plain(gradient), job.id, self.plain(job.iterate))
            for job, gradient, _, now, _ in emulation.server.buffer
        ]

    def arrivals(self, count: int, until: float) -> None:
        """Handle so many arrivals, or those up to a time."""
        heap, noise, times, workers, buffer = self.heap, self.noise, self.times, self.emulation.workers, self.buffer
        later, shift, horizon = self.later, self.shift, self.horizon
        linear, slope, iterate, server = self.linear, self.slope, self.iterate, self.emulation.server
        path, rate, per_second, used = server.path, server.learning_rate, server.ticks.per_second, self.gradients
        push, pop = heapq.heappush, heapq.heappop
        who: list[int] = []
        reads: list[float] = []
        pushes: list[float] = []
        versions_read: list[int] = []
        applied: list[int] = []
        first = version = server.version
        job, now = server.next_job, server.ledger.now
        pushed = ticks = versions = 0  # the last two are sums of the ages of what is applied
        next_version, next_time = path.waits_for()
        while pushed < count and heap and heap[0][0] <= until and not server.diverged:
            now, index, id_, read, version_read, seen = pop(heap)
            if linear:
                draws = noise[index]
                if not draws:
                    workers[index].draw_noise()
                    draws = noise[index] = self.drawn(workers[index])
                gradient = slope * seen + draws.pop()
            else:
                gradient = workers[index].gradient(seen)
            buffer.append((index, read, now, version_read, gradient, id_, seen))
            pushed += 1
            if len(buffer) == used:
                batch, began, ended, of, gradients, _, _ = zip(*buffer, strict=True)
                buffer.clear()
                who += batch
                reads += [tick / per_second for tick in began]
                pushes += [tick / per_second for tick in ended]
                versions_read += of
                applied += [version] * used
                ticks += used * now - sum(began)
                versions += used * version - sum(of)
                before, iterate = iterate, iterate - rate * (added(gradients) / used)
                version += 1
                if version >= next_version or now > next_time:
                    path.observe(now, version, self.array(before), self.array(iterate))
                    next_version, next_time = path.waits_for()
                for index in sorted(batch):
                    block = times[index]
                    if not block:
                        workers[index].draw_times()
                        block = times[index] = workers[index].block
                    duration = block.pop()
                    if duration is None:
                        self.hung.append((job, index, version, now, iterate, None))
                    elif (due := now + duration) < horizon:
                        push(heap, (due, index, job, now, version, iterate))
                    else:
                        entries = later.get(slot := due >> shift)
                        if entries is None:
                            entries = later[slot] = []
                            push(self.slots, slot)
                        entries.append((due, index, job, now, version, iterate))
                    job += 1
                if version % CHECK_EVERY == 0:
                    size = iterate * iterate if self.flat else iterate @ iterate
                    server.diverged = not size < DIVERGED
            if not heap:
                heap, horizon = self.open(), self.horizon
        self.iterate = iterate
        server.next_job, server.version = job, version
        server.rows.extend_columns(who, reads, pushes, versions_read, applied)
        self.account(pushed, version - first, now, ticks, versions)

    def put_back(self) -> None:
        """Leave the state machines as if they had done all this themselves."""
        super().put_back()
        server, workers, samples = self.emulation.server, self.emulation.workers, self.emulation.samples
        server.buffer, server.held = [], {}
        for index, read, now, version, gradient, id_, seen in self.buffer:
            job = self.job(id_, index, version, read, seen)
            server.buffer.append(Contribution(job, self.array(gradient), samples, now, 1.0))
            server.held[id_] = (index, read, now, version, None)
            if workers[index].job is not None and index not in server.in_flight:
                workers[index].give_up()
