"""AdaSync."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import count, up_to_workers
from sddeverify.emulator.policies.k_async import KAsync

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from sddeverify.emulator.server import Contribution, Server
    from sddeverify.objectives import Objective


@dataclass
class Adasync(KAsync):
    """K-async with a growing K: K_0 sqrt(F_0/F_l), rounded up, where F_l is the loss at the l-th look.

    Source: Dutta et al. (AISTATS 2018 and its journal version). Few gradients make fast, noisy steps at first; many
    make quiet ones later. Here F is the objective's full loss, looked at every ``every`` updates; K never falls and
    never exceeds P.

    Attributes:
        k: The present K; it starts at K_0, by default 1.
        every: Updates between two looks; by default 10.
        first: K_0 and F_0.
        objective: What is minimised.
    """

    every: int = 10
    first: tuple[int, float] | None = None
    objective: Objective | None = field(default=None, metadata={"static": True})

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"k": up_to_workers, "every": count}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {"k": lambda workers: 1, "every": lambda workers: 10}

    @property
    def scalars(self) -> bool:
        """No: the loss is computed at the iterate."""
        return False

    def prepare(self, objective: Objective, random: np.random.Generator) -> None:
        """Remember the objective."""
        self.objective = objective

    def ready(self, server: Server) -> list[Contribution]:
        """K gradients; K is looked at again from time to time."""
        batch = super().ready(server)
        if batch and self.objective is not None and server.version % self.every == 0:
            loss = self.objective.loss(server.iterate)
            if self.first is None:
                self.first = (self.k, loss)
            start, highest = self.first
            wanted = start * math.sqrt(highest / loss) if loss > 0 else math.inf
            self.k = max(self.k, min(server.workers, math.ceil(min(wanted, server.workers))))
            batch = super().ready(server)
        return batch

    def remaining(self, workers: int) -> None:
        """Nothing: K changes."""
        return
