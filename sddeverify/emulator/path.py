"""The path of the iterate: recorded cheaply, in bounded memory."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sddeverify.emulator.clock import Ticks
    from sddeverify.objectives import Objective


@dataclass(frozen=True)
class Path:
    """The iterate at chosen times of a run, right-continuous.

    Attributes:
        times: Times in seconds, ascending, shape (n,).
        versions: Number of updates made up to then, shape (n,).
        iterates: The iterates, shape (n, d).
    """

    times: np.ndarray
    versions: np.ndarray
    iterates: np.ndarray

    def distances(self, minimum: np.ndarray) -> np.ndarray:
        """Return the Euclidean distances to a point, shape (n,)."""
        distances: np.ndarray = np.sqrt(np.sum((self.iterates - minimum) ** 2, axis=1))
        return distances

    def losses(self, objective: Objective) -> np.ndarray:
        """Return the loss at every iterate, shape (n,); infinity where a diverging run overflows it."""
        with np.errstate(all="ignore"):
            values = np.array([objective.loss(iterate) for iterate in self.iterates])
        return np.where(np.isfinite(values), values, np.inf)


class PathRecorder(Protocol):
    """What the server tells of each update. Iterates are never changed in place, so they need no copy."""

    def observe(self, now: int, version: int, before: np.ndarray, after: np.ndarray) -> None:
        """Note the update at tick ``now`` that leads to ``version``."""

    def waits_for(self) -> tuple[float, float]:
        """Return the version from which on the next update must be told, and the tick after which it must be."""

    def path(self, now: int, version: int, iterate: np.ndarray, ticks: Ticks) -> Path:
        """Return the path up to tick ``now``, at which the iterate is as given."""


@dataclass
class Thinned:
    """Every update at first; each time the memory is full, every other point goes.

    Attributes:
        points: The path has at most twice as many points, and at least as many once there were enough updates.
        stride: The versions kept so far are its multiples.
        times: Ticks of the points kept.
        versions: Their versions.
        iterates: Their iterates.
    """

    points: int = 512
    stride: int = 1
    times: list[int] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    iterates: list[np.ndarray] = field(default_factory=list)

    def observe(self, now: int, version: int, before: np.ndarray, after: np.ndarray) -> None:
        """Keep the first iterate and those whose version is a multiple of the stride."""
        if not self.times:
            self._keep(0, 0, before)
        if version % self.stride:
            return
        self._keep(now, version, after)
        if len(self.times) >= 2 * self.points:
            self.stride *= 2
            self.times, self.versions, self.iterates = self.times[::2], self.versions[::2], self.iterates[::2]

    def waits_for(self) -> tuple[float, float]:
        """The first update, and then the next multiple of the stride."""
        return (self.versions[-1] // self.stride + 1) * self.stride if self.versions else 0, math.inf

    def path(self, now: int, version: int, iterate: np.ndarray, ticks: Ticks) -> Path:
        """Return the points kept and the present one."""
        times, versions, iterates = [*self.times, now], [*self.versions, version], [*self.iterates, iterate]
        if self.times and self.versions[-1] == version and self.times[-1] == now:
            times.pop(), versions.pop(), iterates.pop()
        return _path(times, versions, iterates, ticks)

    def _keep(self, now: int, version: int, iterate: np.ndarray) -> None:
        self.times.append(now)
        self.versions.append(version)
        self.iterates.append(iterate)


@dataclass
class Grid:
    """The iterate at given ticks, so that the paths of many runs can be averaged.

    Attributes:
        times: Ascending ticks.
        versions: Versions at the times passed so far.
        iterates: Iterates at the times passed so far.
    """

    times: list[int]
    versions: list[int] = field(default_factory=list)
    iterates: list[np.ndarray] = field(default_factory=list)

    def observe(self, now: int, version: int, before: np.ndarray, after: np.ndarray) -> None:
        """Fill in the times before ``now``; at ``now`` itself another update may still come."""
        self._fill(now, version - 1, before)

    def waits_for(self) -> tuple[float, float]:
        """The next of the given times."""
        return math.inf, self.times[len(self.versions)] if len(self.versions) < len(self.times) else math.inf

    def path(self, now: int, version: int, iterate: np.ndarray, ticks: Ticks) -> Path:
        """Return the iterates at the times up to and including ``now``."""
        done = Grid(self.times, list(self.versions), list(self.iterates))
        done._fill(now + 1, version, iterate)
        if not done.iterates:
            return Path(np.empty(0), np.empty(0, dtype=np.int64), np.empty((0, iterate.size)))
        return _path(self.times[: len(done.versions)], done.versions, done.iterates, ticks)

    def _fill(self, end: int, version: int, iterate: np.ndarray) -> None:
        times = self.times
        while len(self.versions) < len(times) and times[len(self.versions)] < end:
            self.versions.append(version)
            self.iterates.append(iterate)


def _path(times: list[int], versions: list[int], iterates: Sequence[np.ndarray], ticks: Ticks) -> Path:
    return Path(
        np.array([ticks.seconds(time) for time in times]), np.array(versions, dtype=np.int64), np.array(iterates)
    )
