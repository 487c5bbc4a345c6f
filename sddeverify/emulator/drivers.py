"""Two drivers of the same state machines in virtual time: a bare event heap, and asyncio tasks.

Both process events in the order (time, worker, job), and both carry out all that an event causes before
the next one; so they leave the same trace, byte for byte.
"""

from __future__ import annotations

import asyncio
import heapq
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from sddeverify.emulator import at_once, deciding, in_rounds
from sddeverify.emulator.clock import Deadlock, VirtualTimeLoop
from sddeverify.emulator.inner_loop import PROGRESS_EVERY

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.emulator.run import Emulation
    from sddeverify.emulator.server import Job, Orders
    from sddeverify.emulator.worker import Worker

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Stop:
    """When a driver stops: after so many pushes in all, or after the last event up to a time; and progress.

    Attributes:
        pushes: Number of pushes; ``None`` for no limit.
        until: Time in ticks; ``None`` for no limit.
        progress: Called with the number of pushes now and then.
    """

    pushes: int | None = None
    until: int | None = None
    progress: Callable[[int], None] | None = None

    def reached(self, emulation: Emulation) -> bool:
        """Whether enough gradients were pushed or the iterate has diverged; reports progress."""
        pushed = emulation.server.ledger.pushed
        if self.progress is not None and pushed % PROGRESS_EVERY == 0:
            self.progress(pushed)
        return emulation.server.diverged or (self.pushes is not None and pushed >= self.pushes)


def run_heap(emulation: Emulation, stop: Stop) -> None:
    """Run until ``stop`` with a bare event heap.

    Raises:
        Deadlock: if no worker is due any more.
    """
    server, workers = emulation.server, emulation.workers
    for job in emulation.begin():
        workers[job.worker].begin(job, emulation.now)
    for loop in (at_once, in_rounds, deciding):
        if loop.applies(emulation):
            loop.run(emulation, stop)
            break  # what is left, the loop below says
    heap = [
        (worker.due, worker.index, worker.job.id)
        for worker in workers
        if worker.due is not None and worker.job is not None
    ]
    heapq.heapify(heap)
    while not stop.reached(emulation):
        while heap and not _is_current(heap[0], workers):
            heapq.heappop(heap)  # cancelled meanwhile
        if stop.until is not None and (not heap or heap[0][0] > stop.until):
            emulation.now = stop.until
            break
        if not heap:
            raise Deadlock(emulation.ticks.seconds(emulation.now), _waiting(emulation))
        now, index, job_id = heap[0]
        emulation.now = now
        worker = workers[index]
        if worker.sends(now, server.policy) and worker.due is not None:
            heapq.heapreplace(heap, (worker.due, index, job_id))
            continue
        if worker.gives_up:
            worker.give_up()
            orders = server.time_out(index, job_id, now)
        else:
            orders = server.push(index, job_id, worker.finish(), emulation.samples, now)
        for cancelled in orders.cancel:
            workers[cancelled].give_up()
        top_is_free = True
        for job in orders.start:
            due = workers[job.worker].begin(job, now)
            if due is None:
                continue
            if top_is_free:  # the usual case costs one heap operation instead of two
                heapq.heapreplace(heap, (due, job.worker, job.id))
                top_is_free = False
            else:
                heapq.heappush(heap, (due, job.worker, job.id))
        if top_is_free:
            heapq.heappop(heap)
        if len(heap) > 2 * len(workers) + 64:  # mostly cancelled jobs: keep the memory bounded
            heap = [entry for entry in heap if _is_current(entry, workers)]
            heapq.heapify(heap)


def _is_current(entry: tuple[int, int, int], workers: list[Worker]) -> bool:
    job = workers[entry[1]].job
    return job is not None and job.id == entry[2]


def _waiting(emulation: Emulation) -> str:
    hung = sum(worker.job is not None for worker in emulation.workers)
    waiting = len(emulation.workers) - hung
    return f" ({hung} worker{'s' * (hung != 1)} will never finish, {waiting} wait{'s' * (waiting == 1)} for the server)"


def run_asyncio(emulation: Emulation, stop: Stop) -> None:
    """Run until ``stop`` with one asyncio task for each worker and one for the server, in virtual time.

    Raises:
        Deadlock: if every task is blocked and no timer is set.
    """

    def run() -> None:
        loop = VirtualTimeLoop(emulation.ticks.seconds)
        loop.set_time(emulation.now)
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(_Tasks(emulation, stop, loop).serve())

    outside_running_loop(run)


def outside_running_loop(run: Callable[[], _Result]) -> _Result:
    """Call ``run``, which starts an event loop of its own, in a thread if this one runs a loop already (Jupyter)."""
    if not _loop_is_running():
        return run()
    outcome: list[_Result] = []
    failure: list[BaseException] = []

    def call() -> None:
        try:
            outcome.append(run())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


class _Tasks:
    """The tasks of one run. They hold no state of their own: whatever lasts is in the state machines."""

    def __init__(self, emulation: Emulation, stop: Stop, loop: VirtualTimeLoop) -> None:
        self.emulation = emulation
        self.stop = stop
        self.loop = loop
        self.assigned = [asyncio.Event() for _ in emulation.workers]
        self.timers: dict[int, asyncio.Future[bool]] = {}
        self.uplink: asyncio.Queue[Worker | BaseException | None] = asyncio.Queue()

    async def serve(self) -> None:
        emulation, stop = self.emulation, self.stop
        self._begin(emulation.begin())
        tasks = [self.loop.create_task(self._guard(worker)) for worker in emulation.workers]
        if stop.until is not None:
            self.loop.call_at(stop.until, self.uplink.put_nowait, None)
        try:
            while not stop.reached(emulation):
                message = await self.uplink.get()
                if message is None:
                    emulation.now = stop.until if stop.until is not None else emulation.now
                    break
                if isinstance(message, BaseException):
                    raise message
                if self._sends(message):
                    continue
                orders = self._handle(message)
                self._cancel(orders.cancel)
                self._begin(orders.start)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _sends(self, worker: Worker) -> bool:
        if worker.due is None:
            return False
        self.emulation.now = worker.due
        if not worker.sends(worker.due, self.emulation.server.policy):
            return False
        self.assigned[worker.index].set()  # its task waits again, until the gradient has arrived
        return True

    def _handle(self, worker: Worker) -> Orders:
        emulation = self.emulation
        if worker.job is None or worker.due is None:
            raise RuntimeError(f"worker {worker.index} has reported without a job")
        job_id, now = worker.job.id, worker.due
        emulation.now = now
        if worker.gives_up:
            worker.give_up()
            return emulation.server.time_out(worker.index, job_id, now)
        return emulation.server.push(worker.index, job_id, worker.finish(), emulation.samples, now)

    def _cancel(self, workers: list[int]) -> None:
        for index in workers:
            self.emulation.workers[index].give_up()
            self.timers.pop(index).set_result(False)

    def _begin(self, jobs: list[Job]) -> None:
        for job in jobs:
            self.emulation.workers[job.worker].begin(job, self.emulation.now)
            self.assigned[job.worker].set()

    async def _work(self, worker: Worker) -> None:
        assigned = self.assigned[worker.index]
        if worker.job is not None:  # from before a checkpoint
            assigned.set()
        while True:
            await assigned.wait()
            assigned.clear()
            if worker.job is not None and worker.due is not None:
                timer = self.loop.until(worker.due, worker.index, worker.job.id)
            else:
                timer = self.loop.create_future()  # a gradient that never ends, unless it is cancelled
            self.timers[worker.index] = timer
            if await timer:
                del self.timers[worker.index]
                self.uplink.put_nowait(worker)

    async def _guard(self, worker: Worker) -> None:
        """Hand a failure of a worker's task to the server, which raises it."""
        try:
            await self._work(worker)
        except Exception as error:
            self.uplink.put_nowait(error)
