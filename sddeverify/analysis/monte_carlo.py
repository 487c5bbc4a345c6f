"""Random paths of the delay equation, many at once: Euler-Maruyama, and the jump process behind the equation.

Both start from X(0) = 1 with no gradients before t = 0 (X = 0 there). Estimates, not claims.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis.jumps import NARROWEST, Jumps, width
from sddeverify.delays import Constant, Erlang, Exponential, Law, Sum
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import integer

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_ENTRIES = 2**28


@dataclass(frozen=True, eq=False)
class Paths:
    """Sampled paths.

    Attributes:
        times: Sampling times, shape (n,).
        values: X there, one path per row, shape (paths, n).
    """

    times: NDArray[np.float64]
    values: NDArray[np.float64]

    def mean_square(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mean of X^2 over the paths at each time, and its standard error."""
        squares = self.values**2
        return squares.mean(axis=0), squares.std(axis=0, ddof=1) / math.sqrt(len(squares))


def euler_maruyama(
    law: Law,
    damping: float,
    noise_intensity: float = 0.0,
    *,
    step: float,
    samples: int = 1,
    steps_per_sample: int = 1,
    paths: int = 1000,
    seed: int = 0,
) -> Paths:
    """Integrate dX = -a E[X(t - tau)] dt + sqrt(noise_intensity) dW.

    The step is explicit and of weak order 1. A constant part of the delay is rounded to whole steps; an exponential or
    Erlang part is a chain of k linear equations, exact but for the step.

    Args:
        law: Constant, exponential, Erlang, or a sum of a constant and one of the others.
        damping: a (1/time).
        noise_intensity: The square of the factor of dW (1/time).
        step: Step (time).
        samples: Number of sampling times.
        steps_per_sample: Steps between two of them.
        paths: Number of independent paths.
        seed: Seed of the Wiener processes.

    Raises:
        UnsupportedScenario: for another law.
        InvalidScenario: for numbers out of range.
    """
    _require(damping, "damping")
    _require(step, "step")
    if not 0 <= noise_intensity < math.inf:
        raise invalid("noise_intensity", noise_intensity, "a number that is not negative")
    _require_counts(samples=samples, steps_per_sample=steps_per_sample, paths=paths)
    delay, stages, mean = _parts(law)
    lag = round(delay / step)
    if stages and step * stages / mean > 1:
        raise invalid("step", step, f"at most {mean / stages:g}, the mean of one stage")
    if lag * paths > _MOST_ENTRIES:
        raise invalid("step", step, "a longer step or fewer paths: the past does not fit into memory")
    rng = np.random.Generator(np.random.SFC64(seed))
    x = np.ones(paths)
    past = np.zeros((lag + 1, paths))  # a ring: X of the last lag steps
    chain = np.zeros((stages, paths))
    noise, scratch = np.empty(paths), np.empty(paths)
    gain, scale, pull = damping * step, math.sqrt(noise_intensity * step), step * stages / mean if stages else 0.0
    values = np.empty((paths, samples))
    for n in range(samples * steps_per_sample):
        past[n % (lag + 1)] = x
        entering = past[(n + 1) % (lag + 1)]  # X lag steps ago
        np.multiply(chain[-1] if stages else entering, gain, out=scratch)
        x -= scratch
        for k in range(stages - 1, -1, -1):  # each takes the old value of the one before
            np.subtract(chain[k - 1] if k else entering, chain[k], out=scratch)
            scratch *= pull
            chain[k] += scratch
        if scale:
            rng.standard_normal(out=noise)
            noise *= scale
            x += noise
        if (n + 1) % steps_per_sample == 0:
            values[:, n // steps_per_sample] = x
    return Paths(np.arange(1, samples + 1, dtype=np.float64) * (step * steps_per_sample), values)


def jump_process(
    law: Law,
    alpha: float,
    arrival_rate: float,
    noise: float = 0.0,
    *,
    events: int,
    events_per_sample: int = 1,
    paths: int = 1000,
    seed: int = 0,
    threads: int | None = None,
) -> Paths:
    """Simulate X <- X - alpha X(t - tau) + noise xi at the times of a Poisson process, exactly.

    This is what the delay equation is the diffusion limit of: Poisson arrivals, each with an independent delay. It is
    stable in the mean square iff it is in the mean and alpha a S < 1, a = alpha arrival_rate.

    Times are whole numbers of ticks, at least 2^16 and at most 2^20 to an event on average. Constant delays are
    fastest, then exponential ones and Erlang ones of few stages, alone or plus a constant; all other laws take what
    their own sampler takes in addition, gamma laws and Erlang laws of more than seven stages most.

    Args:
        law: The law of tau, any. A delay longer than the largest float reads the past before t = 0.
        alpha: Learning rate times Hessian eigenvalue.
        arrival_rate: Events per unit of time.
        noise: Standard deviation of what an event adds (learning rate times that of the gradient).
        events: Number of events of each path.
        events_per_sample: After how many events each X is kept; a divisor of ``events``.
        paths: Number of independent paths.
        seed: Seed of all randomness. Exponential and Erlang times and the noise are drawn in single precision
            (:class:`sddeverify.analysis.draws.Draws`); times are added up exactly, and paths in double precision.
        threads: Number of threads, by default one for each core that this process may use; the paths are the same
            for any number.

    Returns:
        X after every so many events; ``times`` are the means k/arrival_rate of the random times of these events.

    Raises:
        InvalidScenario: for numbers out of range.
    """
    _require(alpha, "alpha")
    _require(arrival_rate, "arrival_rate")
    if not 0 <= noise < math.inf:
        raise invalid("noise", noise, "a number that is not negative")
    _require_counts(events=events, events_per_sample=events_per_sample, paths=paths)
    if events % events_per_sample:
        raise invalid("events_per_sample", events_per_sample, f"a divisor of {events}, the number of events")
    if events * paths > _MOST_ENTRIES * events_per_sample:
        raise invalid("events x paths", events * paths, f"at most {_MOST_ENTRIES} for each event of a sample")
    if events * min(paths, NARROWEST) > _MOST_ENTRIES:
        raise invalid("events", events, f"at most {_MOST_ENTRIES // min(paths, NARROWEST)} with {paths} paths")
    if threads is not None:
        integer(threads, "threads", 1, 1024)
    values = np.empty((events // events_per_sample, paths))
    wide = width(events, paths)
    blocks = [values[:, first : first + wide] for first in range(0, paths, wide)]
    left = iter(enumerate(blocks))

    def work(_: int) -> None:
        jumps = Jumps(law, arrival_rate, alpha, noise, events, wide)
        for number, block in left:  # of all threads: a step of an iterator is not interrupted
            rng = np.random.Generator(np.random.SFC64([seed, number]))
            block[:] = jumps.run(rng)[events_per_sample - 1 :: events_per_sample, : block.shape[1]]

    count = min(threads or _cores(), len(blocks))
    if count == 1:
        work(0)
    else:
        with ThreadPoolExecutor(count) as pool:
            try:
                list(pool.map(work, range(count)))
            finally:  # after an interruption nobody begins another block
                list(left)
    return Paths(np.arange(events_per_sample, events + 1, events_per_sample) / arrival_rate, values.T)


def _cores() -> int:
    known = hasattr(os, "sched_getaffinity")  # on Linux
    return len(os.sched_getaffinity(0)) if known else os.cpu_count() or 1


def _parts(law: Law) -> tuple[float, int, float]:
    """Return the constant part of a delay, and the number of stages and the mean of the other part."""
    delay, stages, mean = 0.0, 0, 0.0
    for part in law.parts if isinstance(law, Sum) else [law]:
        if isinstance(part, Constant):
            delay += part.mean_float
        elif isinstance(part, Exponential | Erlang) and not stages:
            stages, mean = (part.shape if isinstance(part, Erlang) else 1), part.mean_float
        else:
            raise UnsupportedScenario(
                f"compute law {law}: Euler-Maruyama takes a constant plus one Erlang time at most"
            )
    return delay, stages, mean


def _require(value: float, field: str) -> None:
    if not 0 < value < math.inf:
        raise invalid(field, value, "a positive number")


def _require_counts(**counts: int) -> None:
    for field, value in counts.items():
        integer(value, field, 1, 10**9)
