"""Gradient dropout."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sddeverify.emulator.policies._parameters import probability
from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sddeverify.emulator.server import Contribution, Job, Server
    from sddeverify.objectives import Objective


@dataclass
class GradientDropout(Asynchronous):
    """Each gradient is uploaded with probability ``keep``, independently, and is not sent otherwise.

    A thinning of asynchronous SGD: the update rate becomes keep P/m, and so does everything that depends on it.

    Attributes:
        keep: The probability, above 0; by default 1/2.
        random: The stream of the coin.
        tossed: Which gradients on their way, by job, are uploaded.
    """

    keep: float
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    tossed: dict[str, bool] = field(default_factory=dict)

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"keep": probability}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {"keep": lambda workers: "1/2"}
    silent: ClassVar[bool] = True

    def prepare(self, objective: Objective, random: np.random.Generator) -> None:
        """Take the stream."""
        self.random = random

    def uploads(self, job: Job, gradient: np.ndarray) -> bool:
        """Toss the coin, and remember that the gradient is on its way."""
        keeps = self.random.random() < self.keep
        self.tossed[str(job.id)] = keeps
        return keeps

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Take what was sent; without an uplink nobody has asked yet."""
        job = contribution.job
        if str(job.id) not in self.tossed:
            self.uploads(job, contribution.gradient)
        return 1.0 if self.tossed.pop(str(job.id)) else None
