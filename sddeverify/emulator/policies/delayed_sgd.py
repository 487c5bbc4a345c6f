"""SGD with a fixed lag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import count_or_zero
from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sddeverify.emulator.server import Contribution, Server


@dataclass
class DelayedSgd(Asynchronous):
    """Each gradient is applied ``lag`` pushes after its own: with one worker w_{t+1} = w_t - eta g_{t-lag}.

    Reconstructed: of the generalisation study of delayed SGD only the abstract was available; the recursion is the
    one of Arjevani, Shamir and Srebro (ALT 2020). Filled in: no update is made in the first ``lag`` steps, so the
    first lag + 1 gradients are all taken at the start; with P workers their own staleness comes on top.

    Conservation: lag gradients wait and P - 1 are computed after each update: the sum of all staleness in
    versions is (P - 1 + lag) J.

    Attributes:
        lag: Number of pushes, 0 for asynchronous SGD; by default 1.
    """

    lag: int

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"lag": count_or_zero}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {"lag": lambda workers: 1}

    def ready(self, server: Server) -> list[Contribution]:
        """The oldest, when more than ``lag`` wait."""
        return server.buffer[:1] if len(server.buffer) > self.lag else []

    def remaining(self, workers: int) -> int:
        """P - 1 + lag."""
        return workers - 1 + self.lag
