"""The jump process behind the delay equation, many paths at once: exact, and in blocks that fit into the caches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sddeverify.analysis.draws import Draws
from sddeverify.delays import Constant, Law

PATHS, _ROWS = 1528, 32  # of a block, as measured: small for the caches, and rows no power of two apart
_CELLS_PER_EVENT = 1.5
NARROWEST, _MOST_EVENTS = 64, 2**23  # of a block: the memory of a long run is bounded by narrower blocks

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

    Time is counted in cells, 3/2 of them to an event on average, and starts at 1. A table says for each cell which row
    of ``times`` to try first; few steps are left to the first row that is not before the time that is sought, and what
    X was then stands in the row of that number. Rows 0 and 1 are the past: nothing before time 1 is seen.

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
        self.scale = _CELLS_PER_EVENT * rate  # cells to a unit of time
        self.times = np.empty((events + 3, paths))
        self.times[0], self.times[1], self.times[-1] = -math.inf, 1.0, math.inf
        self.x = np.empty((events + 3, paths))  # row k + 1: from the time in row k on, until that in row k + 1
        self.x[:2], self.x[2] = 0.0, 1.0
        self._column = np.arange(paths, dtype=np.int32)
        self._table = np.empty((0, paths), dtype=np.int32)
        shape = (min(events, _ROWS), paths)
        self._wanted, self._scratch = np.empty(shape), np.empty(shape)
        self._cell, self._row = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
        self._small, self._steps = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.int32)
        self._early = np.empty(shape, dtype=bool)
        self._after = np.arange(3 * paths, (shape[0] + 3) * paths, dtype=np.int32).reshape(shape)

    def run(self, rng: np.random.Generator) -> Floats:
        """Draw the paths anew; return X after each event, shape (events, paths), valid until the next run."""
        draws = Draws(rng, self._wanted.size)
        self._draw_times(draws)
        self._fill_table()
        flat, delayed, factor = self.x.reshape(-1), np.empty(self.paths), -self.alpha
        before = self.x[2]
        for start, stop in self._blocks():
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

    def _blocks(self) -> Iterator[tuple[int, int]]:
        return ((start, min(start + _ROWS, self.events)) for start in range(0, self.events, _ROWS))

    def _draw_times(self, draws: Draws) -> None:
        for start, stop in self._blocks():
            draws.exponentials(self.times[start + 2 : stop + 2], 1, _CELLS_PER_EVENT)
            last = self.times[start + 1]
            for row in self.times[start + 2 : stop + 2]:
                np.add(row, last, row)
                last = row

    def _fill_table(self) -> None:
        cells = int(self.times[-2].max()) + 2
        if len(self._table) < cells:
            self._table = np.empty((cells + cells // 8, self.paths), dtype=np.int32)
        table, flat = self._table[:cells], self._table.reshape(-1)
        table[0], table[1], table[2:] = self._column + self.paths, self._column + 2 * self.paths, 0
        for start, stop in self._blocks():
            n = stop - start
            small, cell, after = self._small[:n], self._cell[:n], self._steps[:n]
            np.add(self._after[:n], start * self.paths, out=after)
            np.copyto(small, self.times[start + 2 : stop + 2], casting="unsafe")
            small += 1
            small *= self.paths
            small += self._column
            np.copyto(cell, small)
            flat[cell] = after  # of several events in a cell the last one stays
        before = table[1]
        for row in table[2:]:
            np.maximum(row, before, out=row)
            before = row

    def _rows(self, draws: Draws, start: int, stop: int) -> NDArray[np.int64]:
        """Return the flat index of the first time that is not before those which some events read."""
        n = stop - start
        wanted, scratch, early = self._wanted[:n], self._scratch[:n], self._early[:n]
        cell, row, small, steps = self._cell[:n], self._row[:n], self._small[:n], self._steps[:n]
        now = self.times[start + 2 : stop + 2]
        if isinstance(self.law, Constant):
            np.subtract(now, self.law.mean_float * self.scale, out=wanted)
        else:
            draws.delays(self.law, self.scale, wanted)
            np.subtract(now, wanted, out=wanted)
        np.maximum(wanted, 0.0, out=wanted)
        np.copyto(small, wanted, casting="unsafe")
        small *= self.paths
        small += self._column
        np.copyto(cell, small)
        self._table.reshape(-1).take(cell, out=small, mode="clip")
        np.copyto(row, small)
        times = self.times.reshape(-1)
        for _ in range(2):
            times.take(row, out=scratch, mode="clip")
            np.less(scratch, wanted, out=early)
            np.copyto(steps, early)
            steps *= self.paths
            small += steps
            np.copyto(row, small)
        left = np.flatnonzero(early)
        flat, sought = row.reshape(-1), wanted.reshape(-1)
        while len(left):
            left = left[times.take(flat.take(left)) < sought.take(left)]
            flat[left] += self.paths
        return row
