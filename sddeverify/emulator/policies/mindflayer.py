"""MindFlayer SGD."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import count, positive_number, probability
from sddeverify.emulator.policies._policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from sddeverify.emulator.server import Contribution, Job, Server


@dataclass
class MindFlayer(Policy):
    """Rounds of trials that are given up at a time limit, so that workers that hang do no harm.

    Source: "MindFlayer SGD" (UAI 2025). In a round every worker makes ``trials`` trials at the same iterate. A trial
    ends with a gradient or at the limit without one. Then x <- x - (eta/B) (sum of the gradients), where
    B = success P trials is their expected number, and the next round begins, also if there was no gradient at all. Here
    all workers share limit, trials and success; the paper chooses them for each.

    Attributes:
        limit: Time limit of a trial, in seconds (of the compute law, all of it).
        trials: Trials of each worker in a round; by default 1.
        success: Probability that a trial ends in time, as it enters B; by default 1.
        done: Trials that each worker has finished in this round.
    """

    limit: float
    trials: int = 1
    success: float = 1.0
    done: list[int] = field(default_factory=list)

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {
        "limit": positive_number,
        "trials": count,
        "success": probability,
    }
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {
        "limit": lambda workers: 1,
        "trials": lambda workers: 1,
        "success": lambda workers: 1,
    }

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Every gradient in time is of the present iterate; it counts."""
        self.done[contribution.job.worker] += 1
        return 1.0

    def timed_out(self, job: Job, server: Server) -> None:
        """A trial without a gradient is a trial."""
        self.done[job.worker] += 1

    def ready(self, server: Server) -> list[Contribution]:
        """All gradients of the round, when all trials are done."""
        if min(self.done) < self.trials:
            return []
        self.done = [0] * server.workers
        return server.buffer

    def readers(self, server: Server, worker: int, *, updated: bool) -> Sequence[int]:
        """Whoever has trials left; at the end of a round that is everybody."""
        return [one for one in server.idle() if self.done[one] < self.trials]

    def joins(self, server: Server, worker: int) -> bool:
        """The same for a worker that comes back."""
        if not self.done:
            self.done = [0] * server.workers
        return self.done[worker] < self.trials

    def time_limit(self, server: Server, worker: int) -> int:
        """The limit, in ticks."""
        return max(1, server.ticks.of(self.limit))

    def combine(self, batch: list[Contribution], server: Server) -> np.ndarray:
        """The sum over the expected number."""
        total: np.ndarray = sum((one.gradient for one in batch[1:]), start=batch[0].gradient)
        return total / (self.success * server.workers * self.trials)
