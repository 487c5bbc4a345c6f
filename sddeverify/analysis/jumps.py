"""The jump process behind the delay equation, many paths at once: exact, and in blocks that fit into the caches."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sddeverify.delays import Constant, Erlang, Exponential, Law, Sum

PATHS, _ROWS = 1016, 32  # of a block, as measured: small for the caches, and rows no power of two apart
_CELLS_PER_EVENT = 1.5
_NARROWEST, _MOST_EVENTS = 64, 2**23  # of a block: the memory of a long run is bounded by narrower blocks
_MOST_FACTORS = 7  # of a product of uniforms; for more stages the gamma sampler is faster, as measured

Floats: TypeAlias = NDArray[np.float64]


def widths(events: int, paths: int) -> list[int]:
    """Return into how many paths each to cut an ensemble: almost equal numbers, few enough for caches and memory.

    Args:
        events: Number of events of each path.
        paths: Number of paths.
    """
    widest = min(PATHS, max(_NARROWEST, _MOST_EVENTS // events))
    parts = -(-paths // widest)
    return [(paths + part) // parts for part in range(parts)]


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
        self._column = np.arange(paths)
        self._after = np.arange(3 * paths, (events + 3) * paths, dtype=np.int32).reshape(events, paths)
        self._table = np.empty((0, paths), dtype=np.int32)
        shape = (min(events, _ROWS), paths)
        self._wanted, self._scratch, self._added = np.empty(shape), np.empty(shape), np.empty(shape)
        self._cell, self._row = np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64)
        self._small, self._early = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=bool)

    def run(self, rng: np.random.Generator) -> Floats:
        """Draw the paths anew; return X after each event, shape (events, paths), valid until the next run."""
        self._draw_times(rng)
        self._fill_table()
        flat, delayed = self.x.reshape(-1), np.empty(self.paths)
        before = self.x[2]
        for start, stop in self._blocks():
            row = self._rows(rng, start, stop)
            added = self._added[: stop - start]
            if self.noise:
                _normals(rng, added, self.noise)
            for k in range(stop - start):
                flat.take(row[k], out=delayed, mode="clip")
                np.multiply(delayed, -self.alpha, out=delayed)
                if self.noise:
                    np.add(delayed, added[k], out=delayed)
                after = self.x[start + k + 3]
                np.add(before, delayed, out=after)
                before = after
        return self.x[3:]

    def _blocks(self) -> Iterator[tuple[int, int]]:
        return ((start, min(start + _ROWS, self.events)) for start in range(0, self.events, _ROWS))

    def _draw_times(self, rng: np.random.Generator) -> None:
        for start, stop in self._blocks():
            gaps = self.times[start + 2 : stop + 2]
            _erlang(rng, gaps, self._scratch[: stop - start], 1, _CELLS_PER_EVENT)
            for k in range(start + 2, stop + 2):
                np.add(self.times[k], self.times[k - 1], out=self.times[k])

    def _fill_table(self) -> None:
        cells = int(self.times[-2].max()) + 2
        if len(self._table) < cells:
            self._table = np.empty((cells + cells // 8, self.paths), dtype=np.int32)
        table, flat = self._table[:cells], self._table.reshape(-1)
        table[0], table[1], table[2:] = self._column + self.paths, self._column + 2 * self.paths, 0
        for start, stop in self._blocks():
            cell = self._cell[: stop - start]
            np.copyto(cell, self.times[start + 2 : stop + 2], casting="unsafe")
            cell += 1
            cell *= self.paths
            cell += self._column
            flat[cell] = self._after[start:stop]  # of several events in a cell the last one stays
        before = table[1]
        for row in table[2:]:
            np.maximum(row, before, out=row)
            before = row

    def _rows(self, rng: np.random.Generator, start: int, stop: int) -> NDArray[np.int64]:
        """Return the flat index of the first time that is not before those which some events read."""
        n = stop - start
        wanted, scratch, early = self._wanted[:n], self._scratch[:n], self._early[:n]
        cell, row = self._cell[:n], self._row[:n]
        _delays(rng, self.law, self.scale, wanted, scratch)
        np.subtract(self.times[start + 2 : stop + 2], wanted, out=wanted)
        np.maximum(wanted, 0.0, out=wanted)
        np.copyto(cell, wanted, casting="unsafe")
        cell *= self.paths
        cell += self._column
        self._table.reshape(-1).take(cell, out=self._small[:n], mode="clip")
        np.copyto(row, self._small[:n])
        times = self.times.reshape(-1)
        for _ in range(2):
            times.take(row, out=scratch, mode="clip")
            np.less(scratch, wanted, out=early)
            np.multiply(early, self.paths, out=cell)
            row += cell
        left = np.flatnonzero(early)
        flat, sought = row.reshape(-1), wanted.reshape(-1)
        while len(left):
            left = left[times.take(flat.take(left)) < sought.take(left)]
            flat[left] += self.paths
        return row


def _erlang(rng: np.random.Generator, out: Floats, scratch: Floats, stages: int, stage: float) -> None:
    """Draw sums of exponential times of mean ``stage``, as the logarithm of a product."""
    rng.random(out=out)
    np.subtract(1.0, out, out=out)  # never 0
    for _ in range(stages - 1):
        rng.random(out=scratch)
        np.subtract(1.0, scratch, out=scratch)
        out *= scratch
    np.log(out, out=out)
    out *= -stage


def _delays(rng: np.random.Generator, law: Law, scale: float, out: Floats, scratch: Floats) -> None:
    """Draw delays, in units of 1/scale."""
    if isinstance(law, Sum):
        fixed = sum(part.mean_float for part in law.parts if isinstance(part, Constant))
        rest = [part for part in law.parts if not isinstance(part, Constant)]
        if len(rest) == 1:
            _delays(rng, rest[0], scale, out, scratch)
            out += fixed * scale
            return
    stages = law.shape if isinstance(law, Erlang) else 1
    if isinstance(law, Constant):
        out.fill(law.mean_float * scale)
    elif isinstance(law, Exponential | Erlang) and stages <= _MOST_FACTORS:
        _erlang(rng, out, scratch, stages, law.mean_float / stages * scale)
    else:
        with np.errstate(over="ignore"):  # a heavy tail may leave the range of floats: what is infinite reads the past
            sample: Any = law.sample(rng, size=out.size)
            np.multiply(np.asarray(sample, dtype=np.float64).reshape(out.shape), scale, out=out)


def _normals(rng: np.random.Generator, out: Floats, deviation: float) -> None:
    """Draw normal numbers by Box and Muller, in single precision: 24 bits, and none beyond 6.8 deviations."""
    half = -(-out.size // 2)
    bits = rng.bit_generator.random_raw(half).view(np.uint32).astype(np.float32)
    radius, angle = bits[:half], bits[half:]
    radius += np.float32(0.5)  # the largest of them is 2^32, of radius 0
    radius *= np.float32(2.0**-32)
    np.log(radius, out=radius)
    radius *= np.float32(-2)
    np.sqrt(radius, out=radius)
    angle *= np.float32(2 * math.pi / 2**32)
    flat = out.reshape(-1)
    np.multiply(np.cos(angle), radius, out=flat[:half])
    np.multiply(np.sin(angle)[: out.size - half], radius[: out.size - half], out=flat[half:])
    out *= deviation
