"""DASA: delay-adaptive stochastic approximation with many agents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sddeverify.emulator.policies._parameters import positive_number
from sddeverify.emulator.policies._policy import added
from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sddeverify.emulator.server import Contribution, Server


@dataclass
class Dasa(Asynchronous):
    """A step with the mean direction of the half of the agents whose directions are least out of date.

    Reconstructed: only the abstract was available. Filled in: the server keeps the last direction of each agent and
    the iterate that it was taken at; at each push the gap of an agent is the distance of that iterate from the present
    one; the N/2 (rounded up) agents of smallest gap are averaged; if the largest gap among them exceeds
    ``gap`` times the learning rate, the server holds still. A direction is used again until its agent pushes
    anew: the ledger counts it once, as applied at the push that brought it, or as discarded if the server then held.

    Attributes:
        gap: The largest gap in learning rates; by default 1.
        directions: Last direction of each agent that has pushed, and where it was taken.
    """

    gap: float
    directions: dict[int, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"gap": positive_number}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {"gap": lambda workers: 1}

    @property
    def scalars(self) -> bool:
        """No: directions are kept."""
        return False

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Note the direction; hold if even the better half is out of date."""
        job = contribution.job
        self.directions[job.worker] = (contribution.gradient, job.iterate)
        gaps = sorted(self._gaps(server).values())
        half = (server.workers + 1) // 2
        return 1.0 if len(gaps) >= half and gaps[half - 1] <= self.gap * server.learning_rate else None

    def combine(self, batch: list[Contribution], server: Server) -> np.ndarray:
        """The mean of the better half; among equal gaps the first workers."""
        gaps = self._gaps(server)
        chosen = sorted(gaps, key=lambda worker: (gaps[worker], worker))[: (server.workers + 1) // 2]
        return added([self.directions[one][0] for one in chosen]) / len(chosen)

    def _gaps(self, server: Server) -> dict[int, float]:
        return {worker: float(np.linalg.norm(server.iterate - place)) for worker, (_, place) in self.directions.items()}
