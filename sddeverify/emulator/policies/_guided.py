"""What guided SGD adds to a policy: batches that agree with the trend of the loss are used again."""

from __future__ import annotations

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


_CODE = 18
_CHUNKS = range(0, 128, 16)


class Remembering:
    """An objective whose gradients tell their batches: behind each, in 18 numbers, the state of the random stream.

    So they do over a socket, too, and in a checkpoint. Everything else is the objective's.
    """

    def __init__(self, objective: Objective) -> None:
        self.inner = objective
        self.batch_size = int(getattr(objective, "batch_size", 1))

    def __getattr__(self, name: str) -> Any:
        # The inner objective is not there yet while a copy is made; noise drawn ahead would not tell its batch.
        if name in ("inner", "additive_noise"):
            raise AttributeError(name)
        return getattr(self.inner, name)

    def gradient(self, w: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the gradient of the objective, the same to the last bit, and then its batch, shape (d + 18,)."""
        code = _written(rng.bit_generator.state)
        return np.concatenate([self.inner.gradient(w, rng), code])


def _written(state: Any) -> list[int]:
    if state["bit_generator"] != "PCG64":
        raise UnsupportedScenario("guided SGD: batches are remembered for streams of numpy's PCG64 only")
    words = (state["state"]["state"], state["state"]["inc"])
    return [word >> chunk & 0xFFFF for word in words for chunk in _CHUNKS] + [state["has_uint32"], state["uinteger"]]


def _read(code: np.ndarray) -> dict[str, Any]:
    numbers = [int(one) for one in code]
    word = [
        sum(one << chunk for one, chunk in zip(part, _CHUNKS, strict=True)) for part in (numbers[:8], numbers[8:16])
    ]
    return {
        "bit_generator": "PCG64",
        "state": {"state": word[0], "inc": word[1]},
        "has_uint32": numbers[16],
        "uinteger": numbers[17],
    }


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
        recent: The batch of each recent gradient, shape (18,).
        scores: Their scores; a batch that has not taken part in an update yet has none.
        updates: Updates since the last replays.
        error: The loss on the last verification batch.
        replayed: Gradients computed for replays so far.
    """

    window: int = 1
    replays: int = 0
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    objective: Objective | None = field(default=None, metadata={"static": True})
    recent: list[np.ndarray] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    updates: int = 0
    error: float | None = None
    replayed: int = 0

    same_data: ClassVar[bool] = True
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

    @property
    def scalars(self) -> bool:
        """No: gradients carry the numbers of their random stream."""
        return False

    def prepare(self, objective: Objective, random: np.random.Generator) -> None:
        """Take the stream, and remember the objective."""
        self.random, self.objective = random, objective

    def equip(self, objective: Objective, learning_rate: float) -> Objective:
        """Let gradients tell their batches."""
        self.objective = objective
        return Remembering(objective)  # type: ignore[return-value]  # it answers like one, by delegation

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Note the batch of a gradient that is kept."""
        size = len(server.iterate)
        if len(contribution.gradient) != size + _CODE:
            raise UnsupportedScenario("guided SGD: these gradients do not tell their batches")
        weight = super().weigh(contribution, server)  # type: ignore[safe-super]  # of the policy that comes after
        if weight is not None:
            self.recent.append(contribution.gradient[size:])
        return weight

    def combine(self, batch: list[Contribution], server: Server) -> np.ndarray:
        """The direction of the plain policy, and that of the replays if their time has come."""
        size = len(server.iterate)
        direction = super().combine([one._replace(gradient=one.gradient[:size]) for one in batch], server)
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

    def _stream(self, code: np.ndarray) -> np.random.Generator:
        bits = np.random.PCG64(0)
        bits.state = _read(code)  # type: ignore[assignment]  # the same keys, as a plain dict
        return np.random.Generator(bits)
