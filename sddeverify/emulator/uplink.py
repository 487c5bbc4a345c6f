"""A shared uplink: finished gradients queue for one server, first come, first served."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.errors import invalid

if TYPE_CHECKING:
    from sddeverify.emulator.clock import Ticks
    from sddeverify.emulator.run import Emulation

_UPLINK_STREAM = 2**32 - 2


@dataclass
class Uplink:
    """One line with exponential service times, for all workers of a run.

    A gradient that is cancelled on its way has been sent all the same: the line stays busy with it.

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


def attach(emulation: Emulation, rate: float) -> None:
    """Let all gradients of a run that has not begun pass one uplink.

    Time limits are over once a gradient is sent. Checkpoints of such a run cannot be restored yet.

    Args:
        emulation: The run.
        rate: Gradients in a second that the uplink can carry.

    Raises:
        InvalidScenario: if the rate is not positive, or the run has begun.
    """
    if not 0 < rate < float("inf"):
        raise invalid("uplink", rate, "a positive number of gradients in a second")
    if emulation.started:
        raise invalid("uplink", "a run that has begun", "an uplink before the run begins")
    sequence = np.random.SeedSequence(emulation.scenario.seed, spawn_key=(_UPLINK_STREAM,))
    shared = Uplink(rate, emulation.ticks, np.random.Generator(np.random.PCG64(sequence)))
    for worker in emulation.workers:
        worker.uplink = shared
