"""MindFlayer SGD that learns its time limits."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import count, positive_number, probability
from sddeverify.emulator.policies._policy import Policy, added
from sddeverify.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from sddeverify.emulator.server import Contribution, Job, Server


def _target(value: object, field: str, workers: int) -> float:
    result = probability(value, field, workers)
    if result >= 1:
        raise invalid(field, value, "a probability between 0 and 1, such as 1/2")
    return result


@dataclass
class MindFlayerAdaptive(Policy):
    """MindFlayer with a time limit for each worker, adapted until a share ``success`` of its trials ends in time.

    Source: the adaptive variant of "MindFlayer SGD" (UAI 2025); the constants are ours. Every finished trial of the
    present iterate counts, whoever made it; when ``trials`` are finished, the others are cancelled and
    x <- x - eta (sum of the gradients)/(success trials). Robbins and Monro: after n trials of a worker the logarithm of
    its limit moves by -(1 - success) n^(-0.6) for a trial in time, by success n^(-0.6) for one that timed out. A
    cancelled trial teaches nothing: beside fast workers, a slow one learns from those of its trials that end within a
    round.

    Attributes:
        limit: First time limit, in seconds; by default 1.
        trials: Finished trials in a round; by default P.
        success: Target of the share in time; by default 1/2.
        finished: Finished trials of this round.
        counts: Finished trials of each worker.
        logarithms: Logarithm of each worker's limit over the first limit.
    """

    limit: float
    trials: int
    success: float
    finished: int = 0
    counts: list[int] = field(default_factory=list)
    logarithms: list[float] = field(default_factory=list)

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {
        "limit": positive_number,
        "trials": count,
        "success": _target,
    }
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {
        "limit": lambda workers: 1,
        "trials": lambda workers: workers,
        "success": lambda workers: "1/2",
    }

    @property
    def scalars(self) -> bool:
        """Gradients are but added."""
        return True

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """A trial in time."""
        self._learn(contribution.job.worker, -(1 - self.success))
        return 1.0

    def timed_out(self, job: Job, server: Server) -> None:
        """A trial that was not."""
        self._learn(job.worker, self.success)

    def _learn(self, worker: int, direction: float) -> None:
        self.finished += 1
        self.counts[worker] += 1
        self.logarithms[worker] += direction * self.counts[worker] ** -0.6

    def ready(self, server: Server) -> list[Contribution]:
        """All gradients of the round, when it is over."""
        if self.finished < self.trials:
            return []
        self.finished = 0
        return server.buffer

    def cancelled(self, server: Server) -> Sequence[int]:
        """The unfinished trials of a round that led to an update."""
        return list(server.in_flight)

    def readers(self, server: Server, worker: int, *, updated: bool) -> Sequence[int]:
        """Everybody who is free tries again."""
        return server.idle()

    def joins(self, server: Server, worker: int) -> bool:
        """A new worker tries at once."""
        if not self.counts:
            self.counts, self.logarithms = [0] * server.workers, [0.0] * server.workers
        return True

    def time_limit(self, server: Server, worker: int) -> int:
        """The worker's own limit, in ticks."""
        return max(1, server.ticks.of(self.limit * math.exp(self.logarithms[worker])))

    def combine(self, batch: list[Contribution], server: Server) -> np.ndarray:
        """The sum over the expected number."""
        return added([one.gradient for one in batch]) / (self.success * self.trials)
