"""Round-robin SGD."""

from __future__ import annotations

from dataclasses import dataclass, field
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
        waiting: Whose gradients wait for their turn.
    """

    turn: int = 0
    waiting: set[int] = field(default_factory=set)

    @property
    def scalars(self) -> bool:
        """Gradients are but added."""
        return True

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Keep every gradient with weight 1."""
        self.waiting.add(contribution.job.worker)
        return 1.0

    def ready(self, server: Server) -> list[Contribution]:
        """The gradient of the worker whose turn it is."""
        if self.turn not in self.waiting:
            return []
        worker, self.turn = self.turn, (self.turn + 1) % server.workers
        self.waiting.discard(worker)
        return [one for one in server.buffer if one.job.worker == worker]

    def readers(self, server: Server, worker: int, *, updated: bool) -> Sequence[int]:
        """The worker whose gradient was just applied."""
        last = (self.turn - 1) % server.workers
        return (last,) if updated and last not in server.in_flight else ()

    def joins(self, server: Server, worker: int) -> bool:
        """A worker whose gradient waits for its turn waits, too."""
        return worker not in self.waiting

    def remaining(self, workers: int) -> int:
        """P - 1."""
        return workers - 1
