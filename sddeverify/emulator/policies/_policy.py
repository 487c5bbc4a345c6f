"""The interface of a server policy: five questions, asked by the server, answered from plain state."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from functools import reduce
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sddeverify.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np

    from sddeverify.emulator.server import Contribution, Job, Server
    from sddeverify.objectives import Objective


def added(gradients: Sequence[np.ndarray]) -> np.ndarray:
    """Return the sum, one after the other; ``sum`` of floats, which may stand for arrays, may round otherwise."""
    return reduce(operator.add, gradients)


class Policy(ABC):
    """What a parameter server does with gradients; one policy per file, each a dataclass.

    A policy answers five questions and nothing else: it may read the server, but only the server changes
    the iterate, the buffer and the books. Inner loops of the heap driver show it the version, the iterate, the buffer,
    who computes and who is free; where :meth:`weigh` alone is not that of asynchronous SGD, version and iterate alone.
    What a policy must remember are fields of its dataclass (numbers, strings, arrays, lists, dicts, generators), so
    that a checkpoint holds all of it.

    1. On a push: apply, buffer or discard, and with which weight? :meth:`weigh`, :meth:`ready`
    2. Who reads again, and when? :meth:`readers`, asked after every update, and after an event without one;
       :meth:`joins` for a worker that comes new; :meth:`served` for which version it gets
    3. Whose gradient in flight is cancelled? :meth:`cancelled`
    4. When does a gradient in flight time out? :meth:`time_limit`; :meth:`timed_out` tells that one has
    5. How do gradients combine to one step? :meth:`combine`

    Attributes:
        parameters: Name of each parameter of the policy in a scenario, with the function that reads it:
            called with the value, the field name for messages, and the number of workers.
        defaults: The value of a parameter that is left out, as the scenario would have it, from the number of workers.
        silent: Whether a discarded gradient was never sent, so that it costs no traffic; then :meth:`uploads` is asked
            before a gradient enters a shared uplink.
        same_data: Whether all workers must have the same data, as the policy computes gradients itself.
    """

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], Any]]] = {}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {}
    silent: ClassVar[bool] = False
    same_data: ClassVar[bool] = False

    @property
    def scalars(self) -> bool:
        """Whether floats may stand for arrays of one component: they enter by arithmetic alone and are not kept."""
        return False

    @property
    def extra_gradients(self) -> int:
        """Gradients that the server has computed itself, beside those of the workers."""
        return 0

    @classmethod
    def create(cls, parameters: Mapping[str, object], workers: int) -> Self:
        """Return the policy for the parameters of a scenario.

        Raises:
            InvalidScenario: for an unknown or missing parameter or a value that is not allowed.
        """
        return cls(**cls.read(parameters, workers))

    @classmethod
    def read(cls, parameters: Mapping[str, object], workers: int) -> dict[str, Any]:
        """Return the value of each parameter, checked; raises as :meth:`create`."""
        cls._refuse_unknown(parameters)
        values = {}
        for name, read in cls.parameters.items():
            if name not in parameters and name not in cls.defaults:
                raise invalid(f"policy.{name}", None, "a value for it: this policy needs one")
            value = parameters[name] if name in parameters else cls.defaults[name](workers)
            values[name] = read(value, f"policy.{name}", workers)
        return values

    @classmethod
    def _refuse_unknown(cls, parameters: Mapping[str, object]) -> None:
        names = ", ".join(cls.parameters) or "no parameter at all"
        for name, value in parameters.items():
            if name not in cls.parameters:
                raise invalid(f"policy.{name}", value, f"for this policy: {names}")

    def prepare(self, objective: Objective, random: np.random.Generator) -> None:  # noqa: B027  # optional
        """Be told before a run what is minimised, and take a random stream of one's own."""

    def equip(self, objective: Objective, learning_rate: float) -> Objective:
        """Return what the workers compute gradients of; by default the objective itself."""
        return objective

    def uploads(self, job: Job, gradient: np.ndarray) -> bool:
        """Whether a worker sends a finished gradient; asked of a silent policy before it enters a shared uplink."""
        return True

    @abstractmethod
    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Return the weight with which a pushed gradient is kept, or ``None`` to discard it."""

    @abstractmethod
    def ready(self, server: Server) -> list[Contribution]:
        """Return the buffered gradients that form the next update; an empty list to wait for more.

        Asked after every event, and again after each update that it caused if gradients are left.
        """

    @abstractmethod
    def readers(self, server: Server, worker: int, *, updated: bool) -> Iterable[int]:
        """Return the workers that read the iterate now and compute.

        Args:
            server: The server, after the event, or in its midst after one of several updates that it caused.
            worker: The worker whose gradient was pushed or timed out.
            updated: Whether the event led to an update.
        """

    def joins(self, server: Server, worker: int) -> bool:
        """Return whether a worker reads at once when the run begins, or when it comes back after its death."""
        return True

    def served(self, server: Server, worker: int) -> tuple[int, np.ndarray]:
        """Return the version that a worker reads, and that iterate; by default the newest."""
        return server.version, server.iterate

    def cancelled(self, server: Server) -> Iterable[int]:
        """Return the workers whose gradients in flight are cancelled by an update, before :meth:`readers` is asked."""
        return ()

    def time_limit(self, server: Server, worker: int) -> int | None:
        """Return after how many ticks a gradient that a worker now begins times out; ``None`` for never."""
        return None

    def timed_out(self, job: Job, server: Server) -> None:  # noqa: B027  # optional
        """Be told that a worker gave up a gradient at its time limit; :meth:`ready` is asked next."""

    def combine(self, batch: list[Contribution], server: Server) -> np.ndarray:
        """Return the direction of the step, shape (d,): by default the weighted mean of the gradients."""
        if len(batch) == 1:
            only = batch[0]
            return only.gradient if only.weight == 1 else only.weight * only.gradient
        return added([one.weight * one.gradient for one in batch]) / len(batch)

    def remaining(self, workers: int) -> int | None:
        """Return how many gradients are outstanding just after every update when no worker is absent.

        Just after means before anybody is cancelled or reads.

        This is the conservation identity of the policy, if it has one: summed over updates, it equals the
        sum of all staleness in versions, and the audit checks it after every run.
        """
        return None
