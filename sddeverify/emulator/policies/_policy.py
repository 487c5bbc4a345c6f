"""The interface of a server policy: five questions, asked by the server, answered from plain state."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sddeverify.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np

    from sddeverify.emulator.server import Contribution, Server


class Policy(ABC):
    """What a parameter server does with gradients; one policy per file, each a dataclass.

    A policy answers five questions and nothing else: it may read the server, but only the server changes
    the iterate, the buffer and the books. What a policy must remember are fields of its dataclass (numbers,
    strings, arrays, lists, dicts, generators), so that a checkpoint holds all of it.

    1. On a push: apply, buffer or discard, and with which weight? :meth:`weigh`, :meth:`ready`
    2. Who reads again, and when? :meth:`readers`, asked after every event
    3. Whose gradient in flight is cancelled? :meth:`cancelled`
    4. When does a gradient in flight time out? :meth:`time_limit`
    5. How do gradients combine to one step? :meth:`combine`

    Attributes:
        parameters: Name of each parameter of the policy in a scenario, with the function that reads it:
            called with the value, the field name for messages, and the number of workers.
    """

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], Any]]] = {}

    @classmethod
    def create(cls, parameters: Mapping[str, object], workers: int) -> Self:
        """Return the policy for the parameters of a scenario.

        Raises:
            InvalidScenario: for an unknown or missing parameter or a value that is not allowed.
        """
        names = ", ".join(cls.parameters) or "no parameter at all"
        for name, value in parameters.items():
            if name not in cls.parameters:
                raise invalid(f"policy.{name}", value, f"for this policy: {names}")
        values = {}
        for name, read in cls.parameters.items():
            if name not in parameters:
                raise invalid(f"policy.{name}", None, "a value for it: this policy needs one")
            values[name] = read(parameters[name], f"policy.{name}", workers)
        return cls(**values)

    @abstractmethod
    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Return the weight with which a pushed gradient is kept, or ``None`` to discard it."""

    @abstractmethod
    def ready(self, server: Server) -> list[Contribution]:
        """Return the buffered gradients that form the next update; an empty list to wait for more.

        Asked after every kept push, and again after each update that it caused.
        """

    @abstractmethod
    def readers(self, server: Server, worker: int, *, updated: bool) -> Iterable[int]:
        """Return the workers that read the iterate now and compute.

        Args:
            server: The server, after the event.
            worker: The worker whose gradient was pushed or timed out.
            updated: Whether the event led to an update.
        """

    def cancelled(self, server: Server, *, updated: bool) -> Iterable[int]:
        """Return the workers whose gradients in flight are cancelled after a push."""
        return ()

    def time_limit(self, server: Server, worker: int) -> int | None:
        """Return after how many ticks a gradient that a worker now begins times out; ``None`` for never."""
        return None

    def combine(self, batch: list[Contribution], server: Server) -> np.ndarray:
        """Return the direction of the step, shape (d,): by default the weighted mean of the gradients."""
        if len(batch) == 1:
            only = batch[0]
            return only.gradient if only.weight == 1 else only.weight * only.gradient
        total: np.ndarray = sum(one.weight * one.gradient for one in batch[1:]) + batch[0].weight * batch[0].gradient
        return total / len(batch)

    def remaining(self, workers: int) -> int | None:
        """Return how many gradients are outstanding after every update when no worker is absent.

        This is the conservation identity of the policy, if it has one: summed over updates, it equals the
        sum of all staleness in versions, and the audit checks it after every run.
        """
        return None
