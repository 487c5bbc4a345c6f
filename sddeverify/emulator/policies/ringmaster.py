"""Ringmaster ASGD."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

from sddeverify.emulator.policies.drop_stale import DropStale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sddeverify.emulator.server import Server


@dataclass
class Ringmaster(DropStale):
    """Asynchronous SGD in which a gradient is called off as soon as its staleness reaches the threshold.

    Source: Maranjyan, Tyurin and Richtarik, "Ringmaster ASGD" (ICML 2025), the variant that stops computations;
    the variant that only ignores late gradients is ``drop_stale``. A stopped worker reads again at once.
    """

    def cancelled(self, server: Server) -> Sequence[int]:
        """Whoever computes a gradient that could only be discarded."""
        oldest = server.version - self.threshold
        in_order = takewhile(lambda one: one[1].version <= oldest, server.in_flight.items())  # of their reads
        return [worker for worker, _ in in_order]

    def readers(self, server: Server, worker: int, *, updated: bool) -> Sequence[int]:
        """The worker that pushed and those that were stopped."""
        return server.idle() if updated else (worker,)
