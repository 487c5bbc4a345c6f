"""K-batch-async SGD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import half, up_to_workers
from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sddeverify.emulator.server import Contribution, Server


@dataclass
class KBatchAsync(Asynchronous):
    """Any K gradients make an update with their mean; each worker reads again as soon as it has pushed.

    Source: Dutta, Joshi, Ghosh, Dube, Nagpurkar, "Slow and stale gradients can win the race" (AISTATS 2018).
    The K gradients may come from one worker. An update takes K E[X]/P on average, whatever the law of the
    compute time X.

    Conservation: the sum of all staleness in versions is (P - 1) J after J updates, (P - 1)/K for each gradient.

    Attributes:
        k: Gradients in an update, 1 to P; by default P/2.
    """

    k: int

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"k": up_to_workers}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {"k": half}

    def ready(self, server: Server) -> list[Contribution]:
        """All that is there, once it is K."""
        return server.buffer if len(server.buffer) >= self.k else []
