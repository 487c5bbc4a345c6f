"""MindFlayer SGD."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.emulator.policies._parameters import count, of_each, probability
from sddeverify.emulator.policies._policy import Policy, added
from sddeverify.emulator.policies._trial_plan import plan
from sddeverify.errors import invalid
from sddeverify.exact import non_negative, positive, rational

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from sddeverify.emulator.server import Contribution, Job, Server


def _exact(value: object, field: str, workers: int) -> Fraction:
    return positive(value, field)


def _exact_or_zero(value: object, field: str, workers: int) -> Fraction:
    return non_negative(value, field)


def _exact_probability(value: object, field: str, workers: int) -> Fraction:
    probability(value, field, workers)
    return rational(value, field)


def _trials(value: object, field: str, workers: int) -> object:
    return None if value is None else of_each(count, some=True)(value, field, workers)


def _batch(value: object, field: str, workers: int) -> Fraction | None:
    return None if value is None else positive(value, field)


@dataclass
class MindFlayer(Policy):
    """Rounds of trials that are given up at a time limit, so that workers that hang do no harm.

    Source: "MindFlayer SGD" (UAI 2025). The time of worker i is a fixed part tau_i and a random one. In a round it
    makes B_i trials at the same iterate; a trial ends with a gradient, or without one at tau_i plus the limit t_i. Then
    x <- x - (eta/B) (sum of the gradients), where B = sum of p_i B_i is their expected number, and the next round
    begins, also if there was no gradient at all.

    Attributes:
        limits: tau_i + t_i of each worker, in seconds.
        counts: B_i: trials of each worker in a round, 0 for workers that are not used.
        expected: B.
        done: Trials that each worker has finished in this round.
        left: Trials of this round that are not finished.
    """

    limits: list[float]
    counts: list[int]
    expected: float
    done: list[int] = field(default_factory=list)
    left: int = 0

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {
        "limit": of_each(_exact),
        "trials": _trials,
        "success": of_each(_exact_probability),
        "fixed": of_each(_exact_or_zero),
        "batch": _batch,
    }
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {
        "limit": lambda workers: 1,
        "trials": lambda workers: None,
        "success": lambda workers: 1,
        "fixed": lambda workers: 0,
        "batch": lambda workers: None,
    }

    @classmethod
    def create(cls, parameters: Mapping[str, object], workers: int) -> MindFlayer:
        """Return the policy of a scenario.

        ``limit`` t_i, ``success`` p_i and ``fixed`` tau_i are one number for all workers, or a list. Either ``trials``
        B_i is given in the same way, or ``batch`` S, from which the plan of the paper follows; neither is one trial
        each.
        """
        values: dict[str, Any] = {
            name: value if name == "batch" or isinstance(value, list) else [value] * workers
            for name, value in cls.read(parameters, workers).items()
        }
        lengths = [limit + fixed for limit, fixed in zip(values["limit"], values["fixed"], strict=True)]
        counts = [1 if one is None else one for one in values["trials"]]
        if values["batch"] is not None:
            if "trials" in parameters:
                raise invalid("policy.batch", parameters["batch"], "either batch or trials, which follows from it")
            counts = list(plan(lengths, values["success"], values["batch"]).trials)
        expected = sum(p * b for p, b in zip(values["success"], counts, strict=True))
        return cls([float(one) for one in lengths], counts, float(expected))

    @property
    def scalars(self) -> bool:
        """Gradients are but added."""
        return True

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Every gradient in time is of the present iterate; it counts."""
        self._finish(contribution.job)
        return 1.0

    def timed_out(self, job: Job, server: Server) -> None:
        """A trial without a gradient is a trial."""
        self._finish(job)

    def _finish(self, job: Job) -> None:
        self.done[job.worker] += 1
        self.left -= 1

    def _next_round(self) -> None:
        self.done, self.left = [0] * len(self.counts), sum(self.counts)

    def ready(self, server: Server) -> list[Contribution]:
        """All gradients of the round, when all trials are done."""
        if self.left:
            return []
        self._next_round()
        return server.buffer

    def readers(self, server: Server, worker: int, *, updated: bool) -> Sequence[int]:
        """Whoever has trials left; at the end of a round that is everybody."""
        return [one for one in server.idle() if self.done[one] < self.counts[one]]

    def joins(self, server: Server, worker: int) -> bool:
        """The same for a worker that comes back."""
        if not self.done:
            self._next_round()
        return self.done[worker] < self.counts[worker]

    def time_limit(self, server: Server, worker: int) -> int:
        """The worker's limit, in ticks."""
        return max(1, server.ticks.of(self.limits[worker]))

    def combine(self, batch: list[Contribution], server: Server) -> np.ndarray:
        """The sum over the expected number."""
        return added([one.gradient for one in batch]) / self.expected
