"""Mean staleness: the observed mean, in versions, against P - 1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sddeverify.agreement._check import Check, judge, too_little
from sddeverify.agreement.statistics import BATCHES, batch_means_error

if TYPE_CHECKING:
    from sddeverify.emulator.trace import Trace

NAME = "mean staleness against P - 1"


def of_trace(trace: Trace) -> np.ndarray:
    """Return the staleness (versions) of every applied push, in order of application; empty without versions."""
    read, applied = np.asarray(trace.version_read), np.asarray(trace.version_applied)
    known = (read >= 0) & (applied >= 0)
    order = np.argsort(applied[known], kind="stable")
    ages: np.ndarray = (applied[known] - read[known])[order]
    return ages


def edge(trace: Trace) -> float:
    """Return what conservation adds to the mean: (staleness in flight at the start - at the end)/pushes, in versions.

    While P workers are busy, every update ages the P - 1 other gradients in flight by one version, so
    (sum of applied staleness) + (in flight at the end) - (in flight at the start) = (P - 1) x updates exactly.
    Both edges are read off the trace: a worker's first row tells what it held at the start, its last row
    that it re-read right after being applied.
    """
    read, applied, worker = (np.asarray(x) for x in (trace.version_read, trace.version_applied, trace.worker))
    known = (read >= 0) & (applied >= 0)
    read, applied, worker = read[known], applied[known], worker[known]
    first, end = int(applied.min()), int(applied.max()) + 1
    start_flight = end_flight = 0
    for one in np.unique(worker):
        mine = worker == one
        start_flight += max(0, first - int(read[mine].min()))
        end_flight += end - (int(applied[mine].max()) + 1)
    return (start_flight - end_flight) / len(read)


def check(trace: Trace, workers: int, *, level: float = 0.01) -> Check:
    """Compare the mean staleness with P - 1.

    Successive values are strongly dependent (their sum is conserved, see :func:`edge`), so the error of the
    mean is far from spread/sqrt(n); it is taken from the means of 20 consecutive batches. The edge term is the
    known bias of a finite trace.

    Args:
        trace: The trace.
        workers: Number of workers P in theory.
        level: Probability of a false alarm.
    """
    expected = float(workers - 1)
    values = of_trace(trace)
    least = BATCHES * max(2, workers)
    if len(values) < least:
        if len(values) == 0 and len(trace.worker):
            note = "the trace carries no versions"
        else:
            note = f"{len(values)} applied pushes; at least {least} are needed ({BATCHES} batches of P)"
        return too_little(NAME, "versions", expected=expected, level=level, note=note)
    bias = edge(trace)
    error = batch_means_error(values.astype(float), level)
    residual = float(values.mean()) - bias - expected
    exact = "holds exactly" if abs(residual) * len(values) < 0.5 else f"is off by {residual:+.3g} versions per push"
    note = (
        f"{len(values)} pushes; the bias is the staleness still in flight at the edges of the trace, "
        f"the error comes from {BATCHES} batch means; conservation {exact}"
    )
    return judge(
        NAME, "versions", observed=float(values.mean()), expected=expected, bias=bias, sampling_error=error,
        level=level, note=note, resolution=max(0.5, expected / 2),
    )  # fmt: skip
