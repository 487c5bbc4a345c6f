"""Event-triggered SGD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import positive_number
from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from sddeverify.emulator.server import Contribution, Job, Server


@dataclass
class EventTriggered(Asynchronous):
    """A worker uploads a gradient only if its Euclidean norm reaches the threshold; in any case it reads again.

    Event-triggered upload is named in the abstract of Yu, Chen and Poor (arXiv:2406.11159); the norm as trigger is
    our choice. In one dimension with Gaussian noise of deviation sigma and u = threshold/sigma, the share that
    is uploaded near the minimum is 2 Q(u), while the pull towards the minimum is 2 Q(u) + 2 u phi(u) of the full one.

    Attributes:
        threshold: The smallest norm that is uploaded; by default 1/10.
    """

    threshold: float

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"threshold": positive_number}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {"threshold": lambda workers: "1/10"}
    silent: ClassVar[bool] = True

    def uploads(self, job: Job, gradient: np.ndarray) -> bool:
        """Send what is large enough."""
        square = gradient * gradient if isinstance(gradient, float) else float(gradient @ gradient)
        return square >= self.threshold**2

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Take what was sent."""
        return 1.0 if self.uploads(contribution.job, contribution.gradient) else None
