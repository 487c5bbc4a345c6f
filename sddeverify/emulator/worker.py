"""An emulated worker: a plain state machine that takes as long as its law says and computes real gradients."""

from __future__ import annotations

import copy
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sddeverify.errors import UnsupportedScenario
from sddeverify.objectives import Mean

if TYPE_CHECKING:
    from sddeverify.emulator.availability import Availability
    from sddeverify.emulator.clock import Ticks
    from sddeverify.emulator.policies._policy import Policy
    from sddeverify.emulator.server import Job
    from sddeverify.emulator.uplink import Uplink
    from sddeverify.objectives import Objective

_FIRST_BLOCK = 8
_LARGEST_BLOCK = 256


def generators(seed: int, *key: int) -> tuple[np.random.Generator, np.random.Generator]:
    """Return the two independent random streams of a worker: for its times, and for its gradients.

    Args:
        seed: Seed of the scenario.
        key: Index of the worker, preceded by the index of the run in an ensemble.
    """
    times, noise = np.random.SeedSequence(seed, spawn_key=key).spawn(2)
    return np.random.Generator(np.random.PCG64(times)), np.random.Generator(np.random.PCG64(noise))


def batch_size_of(objective: Objective) -> int:
    """Return how many data samples are in one gradient; 1 for an objective without data."""
    samples: int = getattr(objective, "batch_size", 1)
    return samples


def with_batch_size(objective: Objective, samples: int) -> Objective:
    """Return the same objective, sharing its data, with another number of samples in a gradient.

    Raises:
        UnsupportedScenario: for an objective without mini-batches.
    """
    if not hasattr(objective, "batch_size"):
        name = type(objective).__name__.lower()
        raise UnsupportedScenario(f"objective {name}: it has no mini-batches to compute; take one of real data")
    changed = copy.copy(objective)
    vars(changed)["batch_size"] = samples
    if isinstance(changed, Mean):
        changed.whole = with_batch_size(changed.whole, samples)
        changed.parts = tuple(with_batch_size(part, samples) for part in changed.parts)
    return changed


class Sampler(Protocol):
    """What draws compute times: a delay law, or anything else that can."""

    def sample(self, rng: np.random.Generator, size: int) -> Any:
        """Return times in seconds, shape (size,); infinite for a gradient that never ends."""


@dataclass
class Worker:
    """One worker: idle, or busy with a job until it is due.

    Attributes:
        index: Its number, 0 to P - 1.
        law: Law of its compute times, in seconds; infinite ones never end.
        ticks: Unit of time.
        objective: What it computes gradients of.
        times: Random stream of compute times.
        noise: Random stream of gradients; used when a gradient is pushed, so that a cancelled one costs nothing.
        drawn: What gradients of an objective with additive noise add to the full gradient, drawn ahead, shape (n, d).
        used: How many rows of it are used.
        block: Compute times drawn ahead, in ticks, in reverse order; ``None`` is a gradient that never ends. An array
            where it can be: the blocks of a large pool then stay in the caches.
        block_size: Size of the next block.
        job: What it computes.
        due: When it will be done or give up, in ticks; ``None`` for never, or when it is idle.
        gives_up: Whether it will have run into the time limit then.
        uplink: What its gradients pass on their way, if it takes time.
        sending: Whether its gradient is finished and on its way; then it is due when that arrives.
        availability: When it is there, if not always.
        finished: Its gradient, shape (d,), if a policy has looked at it before it was sent.
    """

    index: int
    law: Sampler = field(metadata={"static": True})
    ticks: Ticks = field(metadata={"static": True})
    objective: Objective = field(metadata={"static": True})
    times: np.random.Generator
    noise: np.random.Generator
    drawn: np.ndarray = field(default_factory=lambda: np.empty((0, 1)))
    used: int = 0
    block: array[int] | list[int | None] = field(default_factory=list)
    block_size: int = _FIRST_BLOCK
    job: Job | None = None
    due: int | None = None
    gives_up: bool = False
    uplink: Uplink | None = None
    sending: bool = False
    availability: Availability | None = None
    finished: np.ndarray | None = None

    def begin(self, job: Job, now: int) -> int | None:
        """Start to compute and return when the worker is due; ``None`` for never."""
        if not self.block:
            self.draw_times()
        duration, limit = self.block.pop(), job.time_limit
        if self.availability is not None and duration is not None:
            duration = self.availability.lasts(now, duration)
        self.gives_up = limit is not None and (duration is None or duration > limit)
        if self.gives_up:
            duration = limit
        self.job = job
        self.due = None if duration is None else now + duration
        return self.due

    def sends(self, now: int, policy: Policy) -> bool:
        """Send a finished gradient if that takes time: then the worker is due again when it arrives.

        A gradient that the policy withholds does not enter the uplink: the worker is done with it at once.
        """
        if self.uplink is None or self.sending or self.gives_up:
            return False
        if policy.silent and self.job is not None:
            self.finished = self.gradient(self.job.iterate)
            if not policy.uploads(self.job, self.finished):
                return False
        self.sending = True
        self.due = self.uplink.send(now)
        return True

    def finish(self) -> np.ndarray:
        """End the job and return its gradient, shape (d,)."""
        finished, job = self.finished, self._end()
        return self.gradient(job.iterate) if finished is None else finished

    def gradient(self, iterate: np.ndarray) -> np.ndarray:
        """Return the next stochastic gradient, at an iterate, shape (d,)."""
        if not hasattr(self.objective, "additive_noise"):
            gradient: np.ndarray = self.objective.gradient(iterate, self.noise)
            return gradient
        if self.used == len(self.drawn):
            self.draw_noise()
        self.used += 1
        noisy: np.ndarray = self.objective.full_gradient(iterate)
        noisy += self.drawn[self.used - 1]
        return noisy

    def draw_times(self) -> None:
        """Draw the next compute times: one call for many is cheap; blocks grow, so that large pools draw little."""
        durations = np.asarray(self.law.sample(self.times, size=self.block_size), dtype=np.float64)
        self.block = self.ticks.of_durations(durations[::-1])
        self.block_size = min(2 * self.block_size, _LARGEST_BLOCK)

    def draw_noise(self) -> None:
        """Draw the noise of the next gradients, likewise; the draws are those of one gradient after the other."""
        size = min(max(_FIRST_BLOCK, 2 * len(self.drawn)), _LARGEST_BLOCK)
        self.drawn = self.objective.additive_noise(self.noise, size)  # type: ignore[attr-defined]  # finish() asked
        self.used = 0

    def give_up(self) -> None:
        """End the job without a gradient."""
        self._end()

    def _end(self) -> Job:
        job = self.job
        if job is None:
            raise RuntimeError(f"worker {self.index} has no job to end")
        self.job, self.due, self.gives_up, self.sending, self.finished = None, None, False, False, None
        return job
