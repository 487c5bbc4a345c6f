"""An independent simulator of a pool of workers, a few lines long, for the tests of agreement."""

import heapq

import numpy as np

from sddeverify.emulator.trace import Trace


def simulate(sample, workers, pushes, seed, *, idle=0.0):
    """Return the trace of a pool; ``sample(rng)`` draws a compute time, ``idle`` is a pause after each push."""
    rng = np.random.default_rng(seed)
    heap = [(sample(rng), worker, 0.0, 0) for worker in range(workers)]
    heapq.heapify(heap)
    rows = []
    for version in range(pushes):
        push, worker, read, version_read = heapq.heappop(heap)
        rows.append((worker, read, push, version_read, version))
        again = push + idle
        heapq.heappush(heap, (again + sample(rng), worker, again, version + 1))
    columns = list(zip(*rows, strict=True)) if rows else [[]] * 5
    kinds = (np.int64, np.float64, np.float64, np.int64, np.int64)
    return Trace(*(np.array(column, dtype=kind) for column, kind in zip(columns, kinds, strict=True)))
