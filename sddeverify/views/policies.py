"""Server policies side by side: loss against virtual time, staleness, traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.views import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

_COLORS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.INK, style.GREY)
_LINES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class Series:
    """One policy.

    Attributes:
        name: Its name.
        times: Times in seconds, ascending, shape (n,).
        losses: Loss at these times; may be infinite.
        staleness: Staleness in versions of each applied gradient; may be empty.
        messages: Iterates sent to workers and gradients sent back.
    """

    name: str
    times: Sequence[float] | np.ndarray
    losses: Sequence[float] | np.ndarray
    staleness: Sequence[int] | np.ndarray
    messages: int


@dataclass(frozen=True)
class Data:
    """The policies, and the number of workers."""

    series: tuple[Series, ...]
    workers: int


def caption(data: Data) -> str:
    """Return the figure in two sentences, for the caption and for readers who cannot see it."""
    finals = {one.name: float(one.losses[-1]) for one in data.series}
    best = min(finals, key=lambda name: finals[name])
    return (
        f"{len(data.series)} server policies, {data.workers} workers, the same virtual time; the lowest loss at the "
        f"end is that of {best}, {finals[best]:.3g}. Staleness: 5 %, median and 95 % of the applied gradients."
    )


def figure(data: Data) -> Figure:
    """Draw loss curves, the spread of staleness, and messages.

    Args:
        data: The runs; their colours and line styles together tell them apart.
    """
    size = len(data.series)
    result, (loss, staleness, traffic) = style.new_figure(3, width=13.0, height=max(4.6, 1.6 + 0.27 * size))
    for index, one in enumerate(data.series):
        color, line = _COLORS[index % len(_COLORS)], _LINES[index // len(_COLORS) % len(_LINES)]
        values = np.asarray(one.losses, dtype=float)
        values = np.where(np.isfinite(values), values, np.nan)
        loss.plot(one.times, values, color=color, linestyle=line, linewidth=1.5, label=one.name)
        row = size - 1 - index
        if len(one.staleness):
            low, middle, high = np.quantile(np.asarray(one.staleness), (0.05, 0.5, 0.95))
            staleness.plot([low, high], [row, row], color=color, linestyle=line, linewidth=2)
            staleness.plot([middle], [row], color=color, marker="o")
        traffic.barh(row, one.messages, color=color, edgecolor=style.INK, linewidth=0.6)
    first = [float(one.losses[0]) for one in data.series]
    if min(first) > 0:
        loss.set_yscale("log")
        loss.set_ylim(top=3 * max(first))  # a diverging policy must not flatten the others
    for panel in (staleness, traffic):
        panel.set_yticks(range(size), [one.name for one in reversed(data.series)])
        panel.set_xlim(left=0)
    style.label(loss, x="virtual time (s)", y="loss", title="Loss against time")
    style.label(staleness, x="staleness (versions): 5 %, median, 95 %", y="policy", title="Staleness at application")
    style.label(traffic, x="messages (iterates and gradients)", y="policy", title="Traffic")
    loss.legend(fontsize=7.5, frameon=False, ncols=2 if size > 8 else 1)
    return result
