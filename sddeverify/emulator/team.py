"""The workers of a scenario: compute laws, downlink, hung gradients, absences, and the uplink that they share."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.emulator.availability import Availability
from sddeverify.emulator.clock import Ticks
from sddeverify.emulator.uplink import Uplink
from sddeverify.emulator.worker import Worker, generators
from sddeverify.errors import invalid
from sddeverify.scenario import Group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sddeverify.delays import Law
    from sddeverify.emulator.worker import Sampler
    from sddeverify.objectives import Objective
    from sddeverify.scenario import Scenario

_UPLINK_STREAM = 2**32 - 2
_AVAILABILITY_STREAM = 2


@dataclass(frozen=True)
class JobTimes:
    """The time from a read to a finished gradient: downlink and computation, or forever.

    Attributes:
        compute: Law of the computation.
        downlink: Law of the time until the iterate has arrived.
        hang: Probability that the gradient never ends.
    """

    compute: Sampler
    downlink: Law | None
    hang: float

    def sample(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Draw times, shape (size,); some may be infinite."""
        times = np.asarray(self.compute.sample(rng, size=size), dtype=np.float64)
        if self.downlink is not None:
            times = times + self.downlink.sample(rng, size=size)
        return np.where(rng.random(size) < self.hang, np.inf, times) if self.hang else times


def ticks_of(scenario: Scenario) -> Ticks:
    """Return the unit of time that is fine enough for the fastest workers."""
    laws = [group.compute for group in scenario.pool] or [scenario.compute]
    return Ticks.for_mean(min(law.mean_float for law in laws))


def workers_of(
    scenario: Scenario,
    ticks: Ticks,
    objectives: Sequence[Objective],
    family: tuple[int, ...],
    laws: Sequence[Law] | None,
) -> list[Worker]:
    """Return the workers, in the order of the scenario's groups.

    Args:
        scenario: Who they are.
        ticks: Unit of time.
        objectives: What each computes gradients of.
        family: Index of the run in an ensemble, or nothing.
        laws: A compute law for each worker, instead of the scenario's.

    Raises:
        InvalidScenario: for a number of laws that is not that of the workers.
    """
    groups = scenario.pool or (Group(scenario.workers, scenario.compute),)
    if laws is not None and len(laws) != scenario.workers:
        raise invalid("laws", f"{len(laws)} laws", f"one for each of the {scenario.workers} workers")
    uplink = None
    if scenario.uplink is not None:
        uplink = Uplink(float(scenario.uplink), ticks, _stream(scenario.seed, *family, _UPLINK_STREAM))
    workers: list[Worker] = []
    for group in groups:
        hang = float(group.hang)
        for index in range(len(workers), len(workers) + group.workers):
            law: Sampler = group.compute if laws is None else laws[index]
            if scenario.downlink is not None or hang:
                law = JobTimes(law, scenario.downlink, hang)
            worker = Worker(index, law, ticks, objectives[index], *generators(scenario.seed, *family, index))
            worker.uplink = uplink
            if group.on is not None and group.off is not None:
                random = _stream(scenario.seed, *family, index, _AVAILABILITY_STREAM)  # a sibling of its other streams
                worker.availability = Availability(group.on, group.off, ticks, random)
            workers.append(worker)
    return workers


def _stream(seed: int, *key: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=key)))


def mean_rate(scenario: Scenario) -> float:
    """Return the gradients in a second that the pool computes when nobody waits or hangs: sum of 1/mean.

    Who is away at times computes in the others: renewal reward, share of the time there over mean.
    """
    groups = scenario.pool or (Group(scenario.workers, scenario.compute),)
    return math.fsum(group.workers * _share_there(group) / group.compute.mean_float for group in groups)


def _share_there(group: Group) -> float:
    if group.on is None or group.off is None:
        return 1.0
    return group.on.mean_float / (group.on.mean_float + group.off.mean_float)
