"""K-batch-sync SGD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.emulator.policies.k_batch_async import KBatchAsync

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sddeverify.emulator.server import Server


@dataclass
class KBatchSync(KBatchAsync):
    """Any K gradients of the same iterate make an update; then whoever computes is cancelled, and all read.

    Who has pushed before the update computes another gradient of the same iterate. Source: Dutta et al.
    (AISTATS 2018). For exponential times an update takes K m/P.

    Conservation: no applied gradient is stale, and each update cancels P - 1 gradients of age 1.
    """

    def cancelled(self, server: Server) -> Sequence[int]:
        """Everybody who computes, after an update."""
        return list(server.in_flight)

    def readers(self, server: Server, worker: int, *, updated: bool) -> Sequence[int]:
        """The worker that pushed, or everybody after an update."""
        return server.idle() if updated else (worker,)
