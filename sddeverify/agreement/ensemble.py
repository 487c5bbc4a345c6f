"""Ensembles of emulated runs on one eigen-direction, and the ladder in the number of workers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.objectives.quadratic import Quadratic

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.delays import Law

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_MAX_WARM_UP = 25
_MAX_POINTS = 1500
_FEWEST_RUNS = 12
_LARGEST_FACTOR = 4
_LATEST_START = 100
BUDGET = 100_000
"""About how many pushes an ensemble has unless told otherwise."""


@dataclass(frozen=True)
class Mode:
    """One eigen-direction of a scenario.

    Attributes:
        learning_rate: Learning rate at ``workers``.
        hessian: Hessian eigenvalue.
        workers: Number of workers P.
        law: Law of the compute time.
        root: Rightmost characteristic root (1/time), computed; it only shapes the window.
        gap: Distance (1/time) by which all other roots lie further left, computed.
    """

    learning_rate: Fraction
    hessian: Fraction
    workers: int
    law: Law
    root: complex
    gap: float


@dataclass(frozen=True)
class Ensemble:
    """Runs on one eigen-direction, from distance 1.

    Attributes:
        workers: Number of workers.
        times: Sampling times since the first effective push, shape (n,).
        paths: One run per row, shape (runs, n).
        arrivals: Number of pushes emulated in all.
    """

    workers: int
    times: Floats
    paths: Floats
    arrivals: int


class _WarmUp(Quadratic):
    """A quadratic objective on one direction whose first gradients are zero.

    All emulated workers start at once, which is far from the stationary phases that the theory speaks of; while
    the iterate rests, the phases spread. The stale reads at the end of the rest are all reads of the start.
    """

    def __init__(self, hessian: Fraction, calls: int) -> None:
        super().__init__((hessian,))
        self._left = calls

    def gradient(self, w: Floats, rng: np.random.Generator) -> Floats:
        if self._left:
            self._left -= 1
            return np.zeros(1)
        return super().gradient(w, rng)


def warm_up_cycles(law: Law) -> int:
    """Return how many mean delays the start is forgotten in: the first harmonic of the renewal rate falls to 2 %.

    It falls like exp(-2 pi^2 CV^2 n) after n cycles, CV the coefficient of variation; capped, since nearly
    constant delays never forget (and need not: a round robin has the same exponent from any phases).
    """
    spread = law.variance_float / law.mean_float**2
    return 0 if spread == 0 else min(_MAX_WARM_UP, math.ceil(0.2 / spread))


def window(mode: Mode, budget: int = BUDGET) -> tuple[float, float]:
    """Return from when to when the exponent is fitted: other modes have died; the mode has moved enough.

    Args:
        mode: The eigen-direction.
        budget: About how many pushes an ensemble may have; it bounds how long a run can be.
    """
    mean = mode.law.mean_float
    # Without noise one can wait until the others are gone; with noise that would cost the signal.
    rest = 1e-2 if mode.law.variance_float else 1e-9
    start = -math.log(rest) / mode.gap if mode.gap > 0 else 5 * mean
    # Near a double root that would be for ever; what of the others is left then counts as the leak of the fit.
    start = max(min(start, _LATEST_START * mean), mean)
    length = 1.5 / abs(mode.root.real) if mode.root.real else math.inf
    affordable = budget / (_FEWEST_RUNS * _LARGEST_FACTOR * mode.workers) * mean
    return start, start + max(min(length, affordable, 300 * mean), 8 * mean)


def run(
    mode: Mode,
    *,
    factor: int = 1,
    budget: int = BUDGET,
    seed: int = 0,
    progress: Callable[[], None] | None = None,
) -> Ensemble:
    """Emulate ``factor`` times the workers at 1/factor of the learning rate (c = learning rate x h x P is kept).

    Args:
        mode: The eigen-direction.
        factor: Multiple of the number of workers.
        budget: About how many pushes to emulate in all runs together.
        seed: Seed of the ensemble.
        progress: Called after each run.
    """
    from sddeverify.emulator.run import Emulation
    from sddeverify.scenario import Scenario

    law, mean = mode.law, mode.law.mean_float
    workers = mode.workers * factor
    scenario = Scenario(
        learning_rate=mode.learning_rate / factor, workers=workers, compute=law, hessian=(mode.hessian,), seed=seed
    )
    _, stop = window(mode, budget)
    rest = warm_up_cycles(law) * mean
    spread = law.variance_float / mean**2
    # Bursts of nearly equal workers come once per mean delay: sampling at that pace does not see them.
    per_mean = 1 if spread < 0.1 else 4
    per_mean *= max(1, math.ceil(abs(mode.root.imag) * mean / 2))
    step = mean / per_mean * max(1, math.ceil(stop / mean * per_mean / _MAX_POINTS))
    times: Floats = (np.arange(math.ceil(stop / step), dtype=np.float64) + 0.5) * step
    per_run = max(1.0, workers * (stop + rest) / mean)
    runs = 1 if spread == 0 else int(min(max(budget / per_run, _FEWEST_RUNS), 2000))
    paths = np.empty((runs, len(times)))
    arrivals = 0
    for replica in range(runs):
        objective = _WarmUp(mode.hessian, round(rest / mean) * workers)
        emulation = Emulation.create(scenario, objective=objective, path_times=(times + rest).tolist(), replica=replica)
        emulation.run(until=float(times[-1] + rest + step / 4))
        result = emulation.result()
        paths[replica] = np.nan
        found = result.path.iterates[:, 0] if len(result.path.iterates) else np.empty(0)
        paths[replica, : len(found)] = found
        arrivals += result.ledger.pushed
        if progress is not None:
            progress()
    return Ensemble(workers, times, paths, arrivals)
