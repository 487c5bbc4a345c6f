"""DPSGD: parallel SGD on two levels, asynchronous nodes of lock-free threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from sddeverify.emulator.policies._parameters import count
from sddeverify.emulator.policies.asynchronous import Asynchronous
from sddeverify.objectives import Objective

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class InnerSteps(Objective):
    """An objective whose "gradient" is what a node pushes: its total movement in B inner steps, over the step size.

    The C threads take turns: the gradient of inner step j = 0, ..., B - 1 is taken at the inner iterate
    max(j - C + 1, 0), as if each thread had read just after its last write.
    """

    def __init__(self, objective: Objective, steps: int, threads: int, learning_rate: float) -> None:
        self.inner = objective
        self.steps, self.threads, self.rate = steps, threads, learning_rate
        self.batch_size = steps * int(getattr(objective, "batch_size", 1))

    def gradient(self, w: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """(w - w after B inner steps)/eta."""
        iterates = [w]
        for step in range(self.steps):
            read = iterates[max(step - self.threads + 1, 0)]
            iterates.append(iterates[-1] - self.rate * self.inner.gradient(read, rng))
        return np.asarray((w - iterates[-1]) / self.rate)

    @property
    def dimension(self) -> int:
        """Of the inner objective, like everything below."""
        return self.inner.dimension

    def initial(self) -> np.ndarray:
        """Return the start."""
        return self.inner.initial()

    def minimum(self) -> np.ndarray:
        """Return the minimiser."""
        return self.inner.minimum()

    def loss(self, w: np.ndarray) -> float:
        """Return f(w)."""
        return self.inner.loss(w)

    def full_gradient(self, w: np.ndarray) -> np.ndarray:
        """Return the gradient of f."""
        return self.inner.full_gradient(w)

    def hessian(self, w: np.ndarray | None = None) -> np.ndarray:
        """Return the Hessian of f."""
        return self.inner.hessian(w)

    def noise_covariance(self) -> np.ndarray:
        """Return the covariance of one inner gradient."""
        return self.inner.noise_covariance()


@dataclass
class Dpsgd(Asynchronous):
    """Each worker is a node: it copies the model, its threads make inner steps lock-free, it pushes the sum of them.

    Reconstructed: only the abstract was available. Filled in: inner steps use the learning rate of the scenario; a node
    pushes after ``steps`` inner steps; the threads take turns; the compute law is the time of a whole push.

    Conservation: as asynchronous SGD between nodes, (P - 1) J; inside a node the staleness of B inner steps of C
    threads sums to (C - 1) B minus what the first steps lack, sum over j < B of min(j, C - 1).

    Attributes:
        steps: Inner steps B of a push; by default 4.
        threads: Threads C of a node; by default 2.
    """

    steps: int
    threads: int

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"steps": count, "threads": count}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {
        "steps": lambda workers: 4,
        "threads": lambda workers: 2,
    }

    def equip(self, objective: Objective, learning_rate: float) -> Objective:
        """Let the workers make inner steps."""
        return InnerSteps(objective, self.steps, self.threads, learning_rate)
