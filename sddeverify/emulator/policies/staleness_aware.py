"""Asynchronous SGD with staleness-aware learning rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from sddeverify.emulator.server import Contribution, Server


@dataclass
class StalenessAware(Asynchronous):
    """The learning rate of a gradient is divided by its staleness in versions (by 1 if it is not stale).

    Source: Zhang, Gupta, Lian and Liu, "Staleness-aware async-SGD" (IJCAI 2016).
    """

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """1/staleness."""
        return 1.0 / max(1, server.version - contribution.job.version)
