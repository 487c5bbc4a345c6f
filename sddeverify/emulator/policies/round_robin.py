"""Round-robin SGD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.emulator.policies._policy import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sddeverify.emulator.server import Contribution, Server


@dataclass
class RoundRobin(Policy):
    """Gradients are applied in the order of the workers, however they arrive; a worker reads after its own.

    Source: Langford, Smola and Zinkevich, "Slow learners are fast" (NIPS 2009). The staleness is exactly P - 1
    versions for every gradient after the first P, whatever the compute times.

    Conservation: the sum of all staleness in versions is (P - 1) J after J updates.

    Attributes:
        turn: Whose gradient is applied next.
    """

    turn: int = 0

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Keep every gradient with weight 1."""
        return 1.0

    def ready(self, server: Server) -> list[Contribution]:
        """The gradient of the worker whose turn it is."""
        for one in server.buffer:
            if one.job.worker == self.turn:
                self.turn = (self.turn + 1) % server.workers
                return [one]
        return []

    def readers(self, server: Server, worker: int, *, updated: bool) -> Sequence[int]:
        """The worker whose gradient was just applied."""
        last = (self.turn - 1) % server.workers
        return (last,) if updated and last not in server.in_flight else ()

    def joins(self, server: Server, worker: int) -> bool:
        """A worker whose gradient waits for its turn waits, too."""
        return all(one.job.worker != worker for one in server.buffer)

    def remaining(self, workers: int) -> int:
        """P - 1."""
        return workers - 1
