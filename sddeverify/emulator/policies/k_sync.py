"""K-sync SGD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.emulator.policies.k_async import KAsync

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sddeverify.emulator.server import Server


@dataclass
class KSync(KAsync):
    """The first K of P gradients of the same iterate make an update; the others are cancelled, and all read.

    Source: Dutta et al. (AISTATS 2018); "synchronous SGD with backup workers" (Chen et al. 2016). An update takes
    E[X_{K:P}], the mean of the K-th of P compute times, for every law: (H_P - H_{P-K}) m for exponential times.

    Conservation: no applied gradient is stale, and each update cancels P - K gradients of age 1.
    """

    def cancelled(self, server: Server) -> Sequence[int]:
        """Everybody who computes, after an update."""
        return list(server.in_flight)
