"""Asynchronous SGD with delay-adaptive learning rates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import count
from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sddeverify.emulator.server import Contribution, Server


@dataclass
class DelayAdaptive(Asynchronous):
    """Full learning rate up to a staleness of ``concurrency``, beyond it in proportion 1/staleness.

    The form eta min(1, concurrency/staleness) of the rules of Koloskova, Stich and Jaggi (NeurIPS 2022) and of
    Mishchenko, Bach, Even and Woodworth (NeurIPS 2022), in which the learning rate takes the place of their
    constants of smoothness; convergence then does not depend on the largest delay.

    Attributes:
        concurrency: The staleness up to which nothing changes, at least 1; by default P.
    """

    concurrency: int

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"concurrency": count}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {"concurrency": lambda workers: workers}

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """min(1, concurrency/staleness)."""
        return min(1.0, self.concurrency / max(1, server.version - contribution.job.version))
