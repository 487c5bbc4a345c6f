"""What the inner loops of the heap driver share: when they may run, for how long, and what workers drew ahead.

An inner loop does what the state machines do, with books of its own: it keeps sums in plain integers, works on floats
where iterates have one component, and puts the state machines right when it ends. Tests compare all that it leaves
with what the state machines leave themselves, bit by bit.
"""

from __future__ import annotations

import gc
import math
from abc import ABC, abstractmethod
from array import array
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import MutableSequence

    from sddeverify.emulator.drivers import Stop
    from sddeverify.emulator.run import Emulation
    from sddeverify.emulator.worker import Worker

PROGRESS_EVERY = 1024


def is_steady(emulation: Emulation) -> bool:
    """Whether nobody is absent, and workers only compute: no uplink and no times off."""
    server = emulation.server
    return not (server.absent or server.missing) and all(
        worker.uplink is None and worker.availability is None for worker in emulation.workers
    )


def go(loop: InnerLoop, stop: Stop) -> None:
    """Let a loop go until ``stop``, or until no worker is due any more, and put the state machines right."""
    collects = gc.isenabled()
    gc.disable()  # the loops make no reference cycles, and a large pool is a lot to look through in vain
    try:
        _go(loop, stop)
    finally:
        if collects:
            gc.enable()
    loop.put_back()


def _go(loop: InnerLoop, stop: Stop) -> None:
    server, told = loop.emulation.server, -1
    while loop.heap and not (server.diverged or loop.leaves):
        pushed = server.ledger.pushed
        count = PROGRESS_EVERY - pushed % PROGRESS_EVERY
        if stop.pushes is not None:
            count = min(count, stop.pushes - pushed)
        if count <= 0 or (stop.until is not None and loop.heap[0][0] > stop.until):
            break
        if stop.progress is not None and pushed % PROGRESS_EVERY == 0 and pushed != told:
            stop.progress(told := pushed)
        loop.arrivals(count, math.inf if stop.until is None else stop.until)


class InnerLoop(ABC):
    """The gradients in flight in a heap, and what workers drew ahead.

    Attributes:
        emulation: The run.
        heap: What is due; entries begin with the time.
        leaves: Whether the driver itself must handle the next event.
        linear: Whether gradients are curvature times iterate plus noise, and come from one objective.
        flat: Whether iterates are floats here.
        slope: The curvature, or curvatures.
        noise: What each worker drew ahead of the noise, in reverse order.
        times: Its compute times, likewise.
        iterate: The present iterate.
    """

    def __init__(self, emulation: Emulation, *, scalars: bool = True) -> None:
        self.emulation = emulation
        self.heap: list[Any] = []
        self.leaves = False
        workers = emulation.workers
        objective: Any = workers[0].objective
        # With additive noise and a linear gradient, one expression serves floats and arrays, and gives the same bits.
        same = all(one.objective is objective for one in workers)
        self.linear = same and hasattr(objective, "additive_noise") and objective.centred
        self.flat = scalars and self.linear and objective.dimension == 1
        self.slope: Any = 0.0
        if self.linear:
            self.slope = float(objective.curvatures[0]) if self.flat else objective.curvatures
        self.noise = [self.drawn(worker) for worker in workers] if self.linear else []
        self.times = [worker.block for worker in workers]
        self.iterate = self.plain(emulation.server.iterate)

    @abstractmethod
    def arrivals(self, count: int, until: float) -> None:
        """Handle so many arrivals, or those up to a time."""

    def put_back(self) -> None:
        """Leave the state machines as if they had done all this themselves."""
        self.emulation.server.iterate = self.array(self.iterate)
        if self.linear:
            for worker, left in zip(self.emulation.workers, self.noise, strict=True):
                worker.used = len(worker.drawn) - len(left)

    def plain(self, iterate: np.ndarray) -> Any:
        """Return a float where the loop works on floats."""
        return float(iterate[0]) if self.flat else iterate

    def array(self, iterate: Any) -> np.ndarray:
        """Return an array again, shape (d,)."""
        array: np.ndarray = np.array([iterate]) if self.flat else iterate
        return array

    def drawn(self, worker: Worker) -> MutableSequence[Any]:
        """Return what a worker drew ahead and has not used, in reverse order."""
        rows = worker.drawn[worker.used :][::-1]
        return array("d", rows[:, 0].tobytes()) if self.flat else list(rows)
