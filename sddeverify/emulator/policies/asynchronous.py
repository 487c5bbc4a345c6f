"""Asynchronous SGD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.emulator.policies._policy import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sddeverify.emulator.server import Contribution, Server


@dataclass
class Asynchronous(Policy):
    """Every gradient is applied as it arrives, however stale; its worker reads again at once.

    Other names: ASGD, parameter-server SGD with consistent reads, K-async and K-batch-async with K = 1.

    Conservation: after each update the other P - 1 workers are computing, so the sum of all staleness in
    versions is (P - 1) J after J updates, whatever the compute times are.
    """

    @property
    def scalars(self) -> bool:
        """Gradients are but added."""
        return True

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Keep every gradient with weight 1."""
        return 1.0

    def ready(self, server: Server) -> list[Contribution]:
        """Apply it at once."""
        return server.buffer

    def readers(self, server: Server, worker: int, *, updated: bool) -> Sequence[int]:
        """Only the worker that pushed reads again."""
        return (worker,)

    def remaining(self, workers: int) -> int | None:
        """P - 1."""
        return workers - 1
