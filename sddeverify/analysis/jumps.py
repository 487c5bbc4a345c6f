"""The jump process behind the delay equation, many paths at once: exact, and in blocks that fit into the caches."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sddeverify.analysis.draws import Draws
from sddeverify.delays import Law

PATHS, _ROWS = 2540, 32  # of a block, as measured: small for the caches, and long for the calls
NARROWEST, _MOST_EVENTS = 64, 2**23  # of a block: the memory of a long run is bounded by narrower blocks
_MOST_BITS, _FEWEST_BITS = 20, 16  # of a tick below an event
_LAGS, _CHECK = 32, 4  # so many times are compared with at most, and after so many it is asked whether to go on
_FAR = 3.0  # ninth deciles of a delay that so many strides span, if the run is that long; 2 to 8 are alike
_FEW = 0.02  # a part of the reads for which a search costs less than to compare with more times, as measured

Floats: TypeAlias = NDArray[np.float64]


def width(events: int, paths: int) -> int:
    """Return into how many paths each to cut an ensemble: few enough for caches and memory, and for the last ones, too.

    Args:
        events: Number of events of each path.
        paths: Number of paths.
    """
    widest = min(PATHS, max(NARROWEST, _MOST_EVENTS // events))
    return -(-paths // -(-paths // widest))


class Jumps:
    """X <- X - alpha X(t - tau) + noise xi at the times of a Poisson process, for paths that are columns.

    Time is counted in ticks and starts at 0: the number of ticks between events is geometric, cut from an exponential
    time, and its mean is 2^20; it is less, but at least 2^16, for runs of 1350 to 30 000 events, whose times then fit
    into 32 bits. What a path reads is what it was just before its first event after the time that is sought. That event
    is found by counting backwards, for all events of a block together: most reads reach back by few events, or by few
    strides where the mean delay is long; what is left is searched by bisection.

    Args:
        law: The law of the delays.
        rate: Events per unit of time.
        alpha: What an event takes off, as a part of X(t - tau).
        noise: Standard deviation of what an event adds.
        events: Number of events of each path.
        paths: Number of paths.
    """

    def __init__(self, law: Law, rate: float, alpha: float, noise: float, events: int, paths: int) -> None:
        self.law, self.alpha, self.noise, self.events, self.paths = law, alpha, noise, events, paths
        # By Chernoff's bound one path in 2^100 takes longer than this.
        room = math.floor(math.log2(2**31 / (events + 16 * math.sqrt(events) + 100)))
        ticks, self._longest = "int32", 2.0**31 - 256
        if room < _FEWEST_BITS:
            room, ticks, self._longest = _MOST_BITS, "int64", 2.0**62
        self._ticks = 2.0 ** min(room, _MOST_BITS)  # to an event
        self.scale = self._ticks * rate  # to a unit of time
        self._stride = 1
        far = _FAR * rate * _ninth_decile(law)  # in events: means say little of heavy tails
        while self._stride * _LAGS < far and 2 * self._stride * _LAGS <= events:
            self._stride *= 2
        self._first = self._stride * _LAGS + 1
        self._times = np.full((self._first + events, paths), np.iinfo(ticks).min, dtype=ticks)
        self._times[self._first - 1] = 0
        self.times = self._times[self._first - 2 :]  # rows: before all time, the start, the events
        self.x = np.zeros((events + 3, paths))  # row k: from the time in row k - 1 on, until that in row k
        self.x[2] = 1.0
        shape = (min(events, _ROWS), paths)
        self._wanted = np.empty(shape, dtype=ticks)
        self._later, self._count = np.empty(shape, dtype=bool), np.empty(shape, dtype=np.int8)
        self._small, self._row = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.int64)
        self._here = np.arange(2 * paths, (2 + shape[0]) * paths, dtype=np.int32).reshape(shape)

    def run(self, rng: np.random.Generator) -> Floats:
        """Draw the paths anew; return X after each event, shape (events, paths), valid until the next run."""
        draws = Draws(rng, self._wanted.size)
        flat, delayed, factor = self.x.reshape(-1), np.empty(self.paths), np.array(-self.alpha)
        before = self.x[2]
        for start in range(0, self.events, _ROWS):
            stop = min(start + _ROWS, self.events)
            self._draw_times(draws, start, stop)
            rows = self._rows(draws, start, stop)
            after = self.x[start + 3 : stop + 3]
            if self.noise:
                draws.normals(after, self.noise)
            for row, now in zip(rows, after, strict=True):
                flat.take(row, None, delayed, "clip")
                np.multiply(delayed, factor, delayed)
                if self.noise:
                    np.add(delayed, now, delayed)
                np.add(before, delayed, now)
                before = now
        return self.x[3:]

    def _draw_times(self, draws: Draws, start: int, stop: int) -> None:
        now, last = self.times[start + 2 : stop + 2], self.times[start + 1]
        gaps = draws.exponentials(now.size, 1, self._ticks + 0.5)  # 1/2 is cut off on average
        np.copyto(now, gaps.reshape(now.shape), casting="unsafe")
        for row in now:
            np.add(row, last, row)
            last = row

    def _rows(self, draws: Draws, start: int, stop: int) -> NDArray[np.int64]:
        """Return the flat index of the first time after those which some events read, or of the event itself."""
        n = stop - start
        wanted, later, row = self._wanted[:n], self._later[:n], self._row[:n]
        draws.delays(self.law, self.scale, self._longest, wanted)
        np.subtract(self.times[start + 2 : stop + 2], wanted, out=wanted)
        count, step, one = self._count[:n], self._stride, later.view(np.int8)
        count.fill(0)
        for lag in range(1, _LAGS + 1):
            back = self._first + start - lag * step
            np.greater(self._times[back : back + n], wanted, out=later)
            np.add(count, one, out=count)
            if lag % _CHECK == 0 and np.count_nonzero(later) < _FEW * later.size:
                break
        small = self._small[:n]
        np.multiply(count, np.int32(-step * self.paths), out=small)
        np.add(small, self._here[:n], out=small)
        np.add(small, np.int32(start * self.paths), out=small)
        left = np.flatnonzero(later)
        if step > 1:
            self._back(small, wanted, step // 2)
        if len(left):
            rows = small.take(left)
            self._back(rows, wanted.take(left), 2 ** self.events.bit_length())
            small.put(left, rows)
        np.copyto(row, small)
        return row

    def _back(self, row: NDArray[np.int32], wanted: NDArray[Any], step: int) -> None:
        """Go back by so many rows and by half as many, a quarter, ..., each time if that is still after the wanted."""
        tried, seen = np.empty(row.shape, dtype=np.int64), np.empty(row.shape, dtype=wanted.dtype)
        later, steps = np.empty(row.shape, dtype=bool), np.empty(row.shape, dtype=np.int32)
        while step:
            np.subtract(row, step * self.paths, out=steps)
            np.copyto(tried, steps)
            self.times.take(tried, out=seen, mode="clip")  # before the first row, which stands for all before it, too
            np.greater(seen, wanted, out=later)
            np.multiply(later.view(np.int8), np.int32(step * self.paths), out=steps)
            np.subtract(row, steps, out=row)
            step //= 2


def _ninth_decile(law: Law) -> float:
    with np.errstate(over="ignore"):
        return float(np.quantile(law.sample(np.random.default_rng(0), size=500), 0.9, method="lower"))
