"""K-async SGD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.emulator.policies.k_batch_async import KBatchAsync

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sddeverify.emulator.server import Server


@dataclass
class KAsync(KBatchAsync):
    """Gradients of K distinct workers make an update; who has pushed waits for it, nobody is cancelled.

    Source: Dutta et al. (AISTATS 2018). An update takes E[X_{K:P}], the K-th of P compute times, for exponential
    times, and at most that for new-longer-than-used laws.

    Conservation: after each update P - K workers compute, so the sum of all staleness in versions is (P - K) J.
    """

    def readers(self, server: Server, worker: int, *, updated: bool) -> Sequence[int]:
        """All who waited, after the update."""
        return server.idle() if updated else ()

    def joins(self, server: Server, worker: int) -> bool:
        """A worker whose gradient waits for the update waits, too."""
        return all(one.job.worker != worker for one in server.buffer)

    def remaining(self, workers: int) -> int | None:
        """P - K."""
        return workers - self.k
