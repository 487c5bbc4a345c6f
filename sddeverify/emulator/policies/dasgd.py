"""DASGD: distributed asynchronous SGD with large delays, a ladder of step sizes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import word
from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from sddeverify.emulator.server import Contribution, Server

STEPS: dict[str, Callable[[int], float]] = {
    "constant": lambda n: 1.0,
    "bounded": lambda n: n**-0.75,
    "sublinear": lambda n: 1 / n,
    "linear": lambda n: 1 / (n * math.log(n + 2)),
    "polynomial": lambda n: 1 / (n * math.log(n + 2) * math.log(math.log(n + 15))),
}
"""The factor of the learning rate at update n = 1, 2, ..., named for the growth of the delays that it stands."""

READS: dict[str, Callable[[int], int]] = {
    "emergent": lambda n: n,
    "sublinear": lambda n: n - math.isqrt(n),
    "linear": lambda n: n - n // 2,
    "polynomial": lambda n: math.isqrt(n - 1) + 1 if n else 0,
}
"""The version s(n) that is served when the newest is n: its delay n - s(n) grows like sqrt n, n/2 or n - sqrt n."""


@dataclass
class Dasgd(Asynchronous):
    """Asynchronous SGD with decreasing steps, and delays that may grow without bound.

    Reconstructed: the result is known from the abstract of Zhou, Mertikopoulos, Bambos, Glynn, Ye, Li and Fei-Fei,
    "Distributed asynchronous optimization with unbounded delays: how slow can you go?" (ICML 2018). Steps
    g_n: any with divergent sum and convergent sum of squares for bounded delays, 1/n for delays O(n^p) with p < 1,
    1/(n log n) for linear and 1/(n log n loglog n) for polynomial ones. Filled in: n^(-3/4) for bounded delays, and
    shifts inside the logarithms, so that every step is defined from n = 1 on.

    Attributes:
        steps: The rung of the ladder, a name in STEPS; by default sublinear.
        reads: Which version a worker is served, a name in READS; by default the newest, so that staleness
            emerges. Otherwise the delay follows the script, and the staleness of the pool comes on top.
        history: Old iterates that may still be served, by version.
    """

    steps: str
    reads: str = "emergent"
    history: dict[int, np.ndarray] = field(default_factory=dict)

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {
        "steps": word(*STEPS),
        "reads": word(*READS),
    }
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {
        "steps": lambda workers: "sublinear",
        "reads": lambda workers: "emergent",
    }

    @property
    def scalars(self) -> bool:
        """Unless old iterates are kept."""
        return self.reads == "emergent"

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """The step of the next update."""
        return STEPS[self.steps](server.version + 1)

    def served(self, server: Server, worker: int) -> tuple[int, np.ndarray]:
        """The version that the script says."""
        if self.reads == "emergent":
            return server.version, server.iterate
        version = READS[self.reads](server.version)
        self.history[server.version] = server.iterate
        while (oldest := next(iter(self.history))) < version:
            del self.history[oldest]
        return version, self.history[version]

    def remaining(self, workers: int) -> int | None:
        """P - 1, unless old versions are served."""
        return workers - 1 if self.reads == "emergent" else None
