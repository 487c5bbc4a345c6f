"""What guided SGD adds to a policy: batches that agree with the trend of the loss are used again."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from sddeverify.emulator.policies._parameters import count, count_or_zero
from sddeverify.emulator.policies._policy import Policy
from sddeverify.errors import UnsupportedScenario

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sddeverify.emulator.server import Contribution, Server
    from sddeverify.objectives import Objective

_MOST_REPLAYS = 4


class Drawn(np.ndarray):
    """A gradient that knows from which state of the random stream its batch was drawn."""

    batch: dict[str, Any] | None = None


class Remembering:
    """An objective whose gradients know their batches."""

    def __init__(self, objective: Objective) -> None:
        self.inner = objective
        self.batch_size = int(getattr(objective, "batch_size", 1))

    def gradient(self, w: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the gradient of the objective, the same to the last bit, with its batch."""
        batch = dict(rng.bit_generator.state)
        gradient = np.asarray(self.inner.gradient(w, rng)).view(Drawn)
        gradient.batch = batch
        return gradient


@dataclass
class Guided(Policy):
    """The replays of guided SGD, to be put before a policy that applies every gradient.

    After each update the loss E on a random batch for verification is compared with the one before. Each recent
    batch, whose loss at the new iterate is e, scores E_before - e if the loss fell, e - E_before if it did not. After
    ``window`` updates the batches of the highest positive scores, at most ``replays``, are used once more: with fresh
    gradients, one step each; then all scores are forgotten.

    The server computes these gradients itself, and they take no virtual time; :attr:`extra_gradients` counts them, so
    that runs can be compared at an equal budget of gradients. The ledger is about the gradients of the workers.

    Attributes:
        window: Updates between replays, the authors' rho; by default P.
        replays: The most batches to replay; by default min(4, P/2). With 0 the run is that of the plain policy, bit
            for bit.
        random: The stream of verification batches.
        objective: What is minimised.
        recent: Where the stream of each recent batch was, before the batch was drawn.
        scores: Their scores; a batch that has not taken part in an update yet has none.
        updates: Updates since the last replays.
        error: The loss on the last verification batch.
        replayed: Gradients computed for replays so far.
    """

    window: int = 1
    replays: int = 0
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    objective: Objective | None = field(default=None, metadata={"static": True})
    recent: list[dict[str, Any]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    updates: int = 0
    error: float | None = None
    replayed: int = 0

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {
        "window": count,
        "replays": count_or_zero,
    }
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {
        "window": lambda workers: workers,
        "replays": lambda workers: min(_MOST_REPLAYS, workers // 2),
    }

    @property
    def extra_gradients(self) -> int:
        """The replays."""
        return self.replayed

    def prepare(self, objective: Objective, random: np.random.Generator) -> None:
        """Take the stream, and remember the objective."""
        self.random, self.objective = random, objective

    def equip(self, objective: Objective, learning_rate: float) -> Objective:
        """Let gradients know their batches."""
        return Remembering(objective)  # type: ignore[return-value]  # workers ask it for gradients and nothing else

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Note the batch of a gradient that is kept."""
        weight = super().weigh(contribution, server)  # type: ignore[safe-super]  # of the policy that comes after
        if weight is not None:
            batch = getattr(contribution.gradient, "batch", None)
            if batch is None:
                raise UnsupportedScenario(
                    "guided SGD: the batches of these gradients are not known, so it is emulated only"
                )
            self.recent.append(batch)
        return weight

    def combine(self, batch: list[Contribution], server: Server) -> np.ndarray:
        """The direction of the plain policy, and that of the replays if their time has come."""
        direction = np.asarray(super().combine(batch, server))
        objective = self.objective
        if objective is None:
            return direction
        rate = server.learning_rate
        iterate = server.iterate - rate * direction
        before, self.error = self.error, float(objective.batch_loss(iterate, self.random))
        self.scores += [0.0] * (len(self.recent) - len(self.scores))
        if before is not None:
            sign = 1 if self.error < before else -1
            for index, state in enumerate(self.recent):
                self.scores[index] += sign * (before - objective.batch_loss(iterate, self._stream(state)))
        self.updates += 1
        if self.updates < self.window:
            return direction
        order = sorted(range(len(self.recent)), key=lambda index: -self.scores[index])
        for index in [one for one in order if self.scores[one] > 0][: self.replays]:
            fresh = np.asarray(objective.gradient(iterate, self._stream(self.recent[index])))
            iterate, direction = iterate - rate * fresh, direction + fresh
            self.replayed += 1
        self.recent, self.scores, self.updates = [], [], 0
        return direction

    def _stream(self, state: dict[str, Any]) -> np.random.Generator:
        bits = copy.copy(self.random.bit_generator)
        bits.state = state
        return np.random.Generator(bits)
