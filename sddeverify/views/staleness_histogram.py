"""Staleness histogram: how many versions old a gradient is when it is applied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.views import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Data:
    """Staleness of real processes and of the emulator.

    Attributes:
        observed: Staleness (versions) of each push of the recorded trace; may be empty.
        emulated: Staleness (versions) of each push of the emulated run.
        workers: Number of workers P; the mean staleness in theory is P - 1.
    """

    observed: Sequence[int]
    emulated: Sequence[int]
    workers: int


def caption(data: Data) -> str:
    """Return the figure in one or two sentences, for the caption and for readers who cannot see it."""
    parts = [
        f"{name}: mean {np.mean(values):.4g}, largest {int(np.max(values))}"
        for name, values in (("recorded processes", data.observed), ("emulator", data.emulated))
        if len(values)
    ]
    return (
        f"{'; '.join(parts)}. Whatever the delay law, the mean staleness of {data.workers} workers that are "
        f"never idle is {data.workers - 1}; the spread depends on the law."
    )


def figure(data: Data) -> Figure:
    """Draw both distributions and the line at P - 1.

    Args:
        data: Staleness counts.
    """
    result, (panel,) = style.new_figure()
    largest = max(max(data.observed, default=0), max(data.emulated, default=0), data.workers)
    # A few stragglers of very large staleness must not squeeze the rest into one bar.
    pooled = np.concatenate([np.asarray(data.observed, dtype=int), np.asarray(data.emulated, dtype=int)])
    cap = int(min(largest, max(np.quantile(pooled, 0.998) if pooled.size else 1, 2 * data.workers)))
    width = max(1, -(-(cap + 1) // 60))
    edges = np.arange(-0.5, cap + width + 0.5, width)
    series = (
        (data.observed, "recorded processes (observed)", style.PALE_BLUE, style.BLUE, "-", True),
        (data.emulated, "emulator (observed)", "none", style.VERMILLION, "--", False),
    )
    for values, name, face, edge, line, filled in series:
        if not len(values):
            continue
        counts = np.histogram(np.asarray(values), edges)[0] / len(values)
        beyond = float(np.mean(np.asarray(values) > edges[-1]))
        text = name if beyond == 0 else f"{name}; {beyond:.2%} lies beyond"
        panel.stairs(
            counts,
            edges,
            fill=filled,
            facecolor=face,
            edgecolor=edge,
            linewidth=1.0 if filled else 1.8,
            linestyle=line,
            label=text,
        )
    panel.axvline(
        data.workers - 1,
        color=style.INK,
        linewidth=1.4,
        linestyle=":",
        label=f"mean in theory: P − 1 = {data.workers - 1}",
    )
    panel.set_ylim(bottom=0)
    panel.set_xlim(edges[0], edges[-1])
    panel.locator_params(axis="x", integer=True)
    share = "share of pushes" if width == 1 else f"share of pushes per {width} versions"
    style.label(panel, x="staleness (versions)", y=share, title="Staleness at application")
    style.legend_below(panel)
    return result
