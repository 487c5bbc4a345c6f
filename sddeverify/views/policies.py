"""Server policies side by side: loss against virtual time, staleness, traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.views import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLORS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.INK, style.GREY)
_LONGEST = 6  # the most staleness that is drawn, in workers: a few late gradients must not flatten the rest
_LINES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Series:
    """One policy.

    Attributes:
        name: Its name.
        times: Times in seconds, ascending, shape (n,).
        losses: Loss at these times; may be infinite.
        staleness: Number of applied gradients of staleness 0, 1, 2, ... versions; may be empty.
        messages: Iterates sent to workers and gradients sent back.
        stopped: Whether it ended before the others, because nobody would ever have finished a gradient.
    """

    name: str
    times: Sequence[float] | np.ndarray
    losses: Sequence[float] | np.ndarray
    staleness: Sequence[int] | np.ndarray
    messages: int
    stopped: bool = False


@dataclass(frozen=True)
class Data:
    """The policies, and the number of workers."""

    series: tuple[Series, ...]
    workers: int


def caption(data: Data) -> str:
    """Return the figure in two sentences, for the caption and for readers who cannot see it."""
    finals = {one.name: float(one.losses[-1]) for one in data.series}
    best = min(finals, key=lambda name: finals[name])
    stopped = [one.name for one in data.series if one.stopped]
    end = f" {', '.join(stopped)} ended early: nobody would ever have finished." if stopped else ""
    return (
        f"{len(data.series)} server policies, {data.workers} workers, the same virtual time; the lowest loss at the "
        f"end is that of {best}, {finals[best]:.3g}. Staleness: histograms of the applied gradients, each of the same "
        f"height, the median marked.{end}"
    )


def figure(data: Data) -> Figure:
    """Draw loss curves, the spread of staleness, and messages.

    Args:
        data: The runs; their colours and line styles together tell them apart.
    """
    size = len(data.series)
    result, (loss, staleness, traffic) = style.new_figure(3, width=14.0, height=max(4.6, 2.2 + 0.27 * size))
    for index, one in enumerate(data.series):
        color, line = _COLORS[index % len(_COLORS)], _LINES[index // len(_COLORS) % len(_LINES)]
        values = np.asarray(one.losses, dtype=float)
        values = np.where(np.isfinite(values), values, np.nan)
        loss.plot(one.times, values, color=color, linestyle=line, linewidth=1.5, label=one.name)
        row = size - 1 - index
        if one.stopped:
            loss.plot(one.times[-1:], values[-1:], color=color, marker="x", markersize=7)
        _histogram(staleness, np.asarray(one.staleness, dtype=float), row, color)
        traffic.barh(row, one.messages, color=color, edgecolor=style.INK, linewidth=0.6)
    first = [float(one.losses[0]) for one in data.series]
    if min(first) > 0:
        loss.set_yscale("log")
        loss.set_ylim(top=1.5 * max(first))  # a diverging policy must not flatten the others
    for panel in (staleness, traffic):
        panel.set_yticks(range(size), [one.name for one in reversed(data.series)])
        panel.set_xlim(left=0)
        panel.set_ylim(-0.5, size)
    _, right = staleness.get_xlim()
    longest = _LONGEST * data.workers
    cut = f", up to {longest}" if right > longest else ""
    staleness.set_xlim(0, min(right, longest))
    style.label(loss, x="virtual time (s)", y="loss", title="Loss against time")
    style.label(staleness, x=f"staleness (versions{cut})", y="policy", title="Staleness at application")
    style.label(traffic, x="messages (iterates and gradients)", y="policy", title="Traffic")
    handles, labels = loss.get_legend_handles_labels()
    result.legend(handles, labels, loc="outside lower center", ncols=min(7, size), fontsize=8.5, frameon=False)
    return result


def _histogram(panel: Axes, counts: np.ndarray, row: int, color: str) -> None:
    """Draw one histogram as a row, up to the 99.5 % quantile."""
    if not counts.sum():
        return
    cumulative = np.cumsum(counts) / counts.sum()
    shown = counts[: np.searchsorted(cumulative, 0.995) + 1]
    heights = np.append(0.85 * shown / shown.max(), 0.0)
    panel.fill_between(
        np.arange(len(heights)), row, row + heights, step="post", color=color, edgecolor=style.INK, linewidth=0.4
    )
    panel.plot([np.searchsorted(cumulative, 0.5) + 0.5], [row], color=style.INK, marker="^", markersize=4)
