"""DC-ASGD: delay-compensated asynchronous SGD."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import number_or_zero, truth
from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from sddeverify.emulator.server import Contribution, Server
    from sddeverify.objectives import Objective


@dataclass
class DcAsgd(Asynchronous):
    """A gradient read at v and applied at w is corrected to g + H~ (w - v) before it is applied.

    Source: Zheng et al., "Asynchronous SGD with delay compensation" (ICML 2017), where H~ = compensation diag(g g).
    With ``exact_hessian``, H~ is the Hessian of the objective at its minimum: on a quadratic the corrected gradient is
    the one at w, and the run is undelayed SGD.

    Attributes:
        compensation: The factor lambda; by default 1/25. Not used with the exact Hessian.
        exact_hessian: Whether to use the true Hessian; by default not.
        hessian: It, shape (d, d), if so.
    """

    compensation: float
    exact_hessian: bool = False
    hessian: np.ndarray | None = field(default=None, metadata={"static": True})

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {
        "compensation": number_or_zero,
        "exact_hessian": truth,
    }
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {
        "compensation": lambda workers: "1/25",
        "exact_hessian": lambda workers: False,
    }

    @property
    def scalars(self) -> bool:
        """Unless the Hessian is a matrix."""
        return self.hessian is None

    def prepare(self, objective: Objective, random: np.random.Generator) -> None:
        """Compute the Hessian if it is wanted."""
        if self.exact_hessian:
            self.hessian = objective.hessian()

    def combine(self, batch: list[Contribution], server: Server) -> np.ndarray:
        """Correct the gradient for what happened since its read."""
        gradient, moved = batch[0].gradient, server.iterate - batch[0].job.iterate
        correction = self.compensation * gradient * gradient * moved if self.hessian is None else self.hessian @ moved
        corrected: np.ndarray = gradient + correction
        return corrected
