"""Workers that come and go: while one is away its computation pauses, and goes on where it was."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from sddeverify.delays import Law
    from sddeverify.emulator.clock import Ticks


@dataclass
class Availability:
    """When a worker is there: it starts present, and is there and away in turn.

    Times are drawn as far ahead as a computation needs; those that are over are forgotten, so memory stays bounded.

    Attributes:
        on: Law of the times for which it is there, in seconds.
        off: Law of the times for which it is away.
        ticks: Unit of time.
        random: Stream of both.
        present: Whether it is there until the first of the switches.
        switches: When it leaves or comes back, in ticks, ascending; none of them is over.
        drawn: Up to when the times are drawn.
        leaves: Whether the next switch to be drawn is a departure.
    """

    on: Law = field(metadata={"static": True})
    off: Law = field(metadata={"static": True})
    ticks: Ticks = field(metadata={"static": True})
    random: np.random.Generator
    present: bool = True
    switches: deque[int] = field(default_factory=deque)
    drawn: int = 0
    leaves: bool = True

    def lasts(self, now: int, duration: int) -> int:
        """Return how long a computation takes that begins now and needs so many ticks of presence."""
        while self._next(0) <= now:
            self.switches.popleft()
            self.present = not self.present
        here, present, left, index = now, self.present, duration, 0
        while True:
            switch = self._next(index)
            if present and here + left <= switch:
                return here + left - now
            if present:
                left -= switch - here
            here, present, index = switch, not present, index + 1

    def _next(self, index: int) -> int:
        """Return the switch of this index, drawn if it has to be."""
        while len(self.switches) <= index:
            law = self.on if self.leaves else self.off
            self.drawn += self.ticks.of(float(law.sample(self.random)))
            self.switches.append(self.drawn)
            self.leaves = not self.leaves
        return self.switches[index]
