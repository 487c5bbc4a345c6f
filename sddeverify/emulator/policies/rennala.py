"""Rennala SGD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import count
from sddeverify.emulator.policies.k_batch_async import KBatchAsync

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sddeverify.emulator.server import Contribution, Server


@dataclass
class Rennala(KBatchAsync):
    """Wait for K gradients that were all computed at the present iterate, ignore others, and step with their mean.

    Source: Tyurin and Richtarik, "Optimal time complexities of parallel stochastic optimization methods under a
    fixed computation model" (NeurIPS 2023). Unlike K-batch-sync nobody is cancelled: a late gradient is
    finished, and discarded.

    Conservation: after each update the other P - 1 workers compute, so the ages of all gradients sum to (P - 1) J.

    Attributes:
        k: Gradients in an update (the paper's S), any positive number; by default P/2.
    """

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"k": count}

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Keep what was computed at the present iterate."""
        return 1.0 if contribution.job.version == server.version else None
