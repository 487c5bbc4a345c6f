"""Bounded staleness: stop and wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import count_or_zero
from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sddeverify.emulator.server import Contribution, Server


@dataclass
class BoundedStaleness(Asynchronous):
    """A worker that is too far ahead of the slowest stops and waits; every gradient is applied as it arrives.

    Other name: stale synchronous parallel, SSP (Ho et al., NIPS 2013). Each worker's clock counts its gradients;
    a worker may read only while its clock is at most ``bound`` ahead of the slowest. Bound 0 is a barrier after each
    round. Two clocks never differ by more than bound + 1, so the staleness of a gradient is at most
    (2 bound + 1)(P - 1) versions.

    Attributes:
        bound: How far a reading worker may be ahead; by default 2.
        clocks: Gradients that each worker has pushed.
        slowest: The smallest of them.
        moved: Whether it has grown since workers were last asked to read.
    """

    bound: int
    clocks: list[int] = field(default_factory=list)
    slowest: int = 0
    moved: bool = False

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"bound": count_or_zero}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {"bound": lambda workers: 2}

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Keep every gradient, and advance the clock of its worker."""
        worker = contribution.job.worker
        self.clocks[worker] += 1
        if self.clocks[worker] == self.slowest + 1 and self.slowest not in self.clocks:
            self.slowest += 1
            self.moved = True
        return 1.0

    def readers(self, server: Server, worker: int, *, updated: bool) -> Sequence[int]:
        """Who pushed, unless it is too far ahead; everybody who is not any more when the slowest has moved."""
        latest = self.slowest + self.bound
        if self.moved:
            self.moved = False
            return [one for one in server.idle() if self.clocks[one] <= latest]
        return (worker,) if self.clocks[worker] <= latest else ()

    def joins(self, server: Server, worker: int) -> bool:
        """The same rule holds for a worker that comes back."""
        if not self.clocks:
            self.clocks = [0] * server.workers
        return self.clocks[worker] <= self.slowest + self.bound

    def remaining(self, workers: int) -> None:
        """Nothing: how many wait depends on the compute times."""
        return
