"""A shared uplink: finished gradients queue for one server, first come, first served."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from sddeverify.emulator.clock import Ticks


@dataclass
class Uplink:
    """One line with exponential service times, for all workers of a run.

    A gradient that is cancelled on its way has been sent all the same: the line stays busy with it. Time limits are
    over once a gradient is sent.

    Attributes:
        rate: Gradients in a second.
        ticks: Unit of time.
        random: Stream of the service times.
        free: When the line is free, in ticks.
    """

    rate: float = field(metadata={"static": True})
    ticks: Ticks = field(metadata={"static": True})
    random: np.random.Generator
    free: int = 0

    def send(self, now: int) -> int:
        """Queue a gradient and return when it will have arrived."""
        self.free = max(self.free, now) + self.ticks.of(float(self.random.exponential(1 / self.rate)))
        return self.free
