"""Rescaled asynchronous SGD for workers with different data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from sddeverify.emulator.server import Contribution, Server


@dataclass
class RescaledAsgd(Asynchronous):
    """The weight of a gradient is inverse to how often its worker pushes, so that every worker counts the same.

    Reconstructed from the idea alone: fast workers would pull the iterate to the minimum of their own data.
    Filled in: the frequency of worker i is estimated by its share of all pushes so far, each count starting at 1, and
    the weight is (pushes of all)/(P pushes of i); its long-run mean over pushes is 1. So what is minimised is the mean
    over workers, :class:`~sddeverify.objectives.Mean`, and not the one weighted with their speeds.

    Attributes:
        pushes: Pushes of each worker, plus 1.
        total: Their sum.
    """

    pushes: list[int] = field(default_factory=list)
    total: int = 0

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Total over P times its own."""
        if not self.pushes:
            self.pushes, self.total = [1] * server.workers, server.workers
        worker = contribution.job.worker
        self.pushes[worker] += 1
        self.total += 1
        return self.total / (server.workers * self.pushes[worker])
