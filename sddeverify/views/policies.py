"""Server policies side by side: loss against virtual time, staleness, traffic."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.ticker import FormatStrFormatter, LogLocator, MaxNLocator, NullFormatter

from sddeverify.views import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

_COLORS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.INK, style.GREY)
_LONGEST = 6  # the most staleness that is drawn, in workers: a few late gradients must not flatten the rest
_TOGETHER = len(_COLORS)  # more curves than that are not told apart in one panel
_LINES = ("-", (0, (5, 1.5)), (0, (5, 1, 1, 1)), (0, (1.5, 1)))
_COLUMNS = 5
_WIDTH = 10.0  # inches; a page of a paper shows it at 0.7 of that
_POINTS = 80  # of each curve in the background
_OTHERS = "#CFCFCF"


@dataclass(frozen=True)
class Series:
    """One policy.

    Attributes:
        name: Its name.
        times: Times in seconds, ascending, shape (n,).
        losses: Loss at these times; may be infinite.
        staleness: Number of applied gradients of staleness 0, 1, 2, ... versions; may be empty.
        downloads: Iterates sent to workers.
        uploads: Gradients sent to the server.
        stopped: Whether it ended before the others, because nobody would ever have finished a gradient.
    """

    name: str
    times: Sequence[float] | np.ndarray
    losses: Sequence[float] | np.ndarray
    staleness: Sequence[int] | np.ndarray
    downloads: int
    uploads: int
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

    Up to eight curves share one panel, each named at its end. More get a panel each, with the same axes and all others
    in grey behind it.

    Args:
        data: The runs.
    """
    size, many = len(data.series), len(data.series) > _TOGETHER
    grid = -(-size // _COLUMNS)
    above = 0.6 + 1.3 * grid if many else 3.8
    rows = list(reversed(data.series))
    names = [named(one.name, 34) for one in rows]
    tall = [max(1.0, 0.75 * len(name.splitlines())) for name in names]
    below = max(1.1 + 0.23 * sum(tall), 2.2)
    result = style.empty_figure(_WIDTH, above + below)
    upper, lower = result.subfigures(2, 1, height_ratios=[above, below], hspace=0.02, squeeze=False)[:, 0]
    if many:
        _multiples(upper, data)
    else:
        _together(upper, data)
    colors = [style.BLUE if many else _COLORS[index] for index in reversed(range(size))]
    staleness, traffic = lower.add_subplot(1, 2, 1), lower.add_subplot(1, 2, 2)
    middles = [float(end - height / 2) for end, height in zip(np.cumsum(tall), tall, strict=True)]
    for middle, one, color in zip(middles, rows, colors, strict=True):
        _histogram(staleness, np.asarray(one.staleness, dtype=float), middle - 0.4, color)
        _bars(traffic, one, middle, color)
    for panel in (staleness, traffic):
        style.dress(panel)
        panel.set_ylim(-0.1, sum(tall) + 0.1)
        panel.grid(visible=False, axis="y")
    staleness.set_yticks(middles, names, fontsize=8)
    traffic.set_yticks(middles, [""] * size)
    for panel in (staleness, traffic):
        panel.tick_params(axis="y", length=0)
    _, right = staleness.get_xlim()
    longest = _LONGEST * data.workers
    cut = f", up to {longest}" if right > longest else ""
    staleness.set_xlim(-0.5, min(right, longest))
    traffic.set_xlim(0, 1.16 * max(1, *(one.downloads + one.uploads for one in data.series)))
    traffic.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    staleness.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    style.label(staleness, x=f"staleness (versions{cut}); triangle: the median", y="", title="Staleness at application")
    style.label(traffic, x="messages: gradients (full) and iterates (pale)", y="", title="Traffic")
    return result


def named(name: str, width: int) -> str:
    """Return the name of a policy in lines of about this many characters, at most three, its parameters after it."""
    name, _, parameters = name.partition(":")
    spaced = parameters.replace(",", ", ")
    if not spaced or len(name) + 2 + len(spaced) <= width:
        return f"{name}, {spaced}" if spaced else name
    return "\n".join([name, *textwrap.wrap(spaced, width, max_lines=2, placeholder=" ...")])


def _shown(one: Series, *, log: bool) -> np.ndarray:
    """Return the losses, not a number where they cannot be drawn."""
    values = np.asarray(one.losses, dtype=float)
    return np.where(np.isfinite(values) & ((values > 0) | (not log)), values, np.nan)


def _scaled(panels: Sequence[Axes], data: Data) -> bool:
    """Give panels the one scale on which all policies are seen, and return whether it is logarithmic."""
    first = [float(one.losses[0]) for one in data.series]
    log = min(first) > 0
    every = np.concatenate([_shown(one, log=log) for one in data.series])
    least, most = float(np.nanmin(every)), max(first)  # a diverging policy must not flatten the others
    limits = (least / 1.15, 1.5 * most) if log else (least - 0.05 * (most - least), most + 0.2 * (most - least))
    limits = limits if limits[0] < limits[1] else (least - 1, least + 1)
    for panel in panels:
        if log:
            panel.set_yscale("log")
            if limits[1] / limits[0] < 100:
                panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                panel.yaxis.set_major_formatter(FormatStrFormatter("%g"))
            panel.yaxis.set_minor_formatter(NullFormatter())
        panel.set_ylim(*limits)
        panel.set_xlim(0, max(float(one.times[-1]) for one in data.series))
    return log


def _together(part: SubFigure, data: Data) -> None:
    """Draw all curves in one panel, and at their ends their names, moved apart."""
    panel = part.add_subplot()
    style.dress(panel)
    log = _scaled([panel], data)
    ends = []
    for index, one in enumerate(data.series):
        color, values = _COLORS[index], _shown(one, log=log)
        panel.plot(one.times, values, color=color, linestyle=_LINES[index % len(_LINES)], linewidth=1.4, label=one.name)
        last = int(np.flatnonzero(np.isfinite(values))[-1])
        end = float(one.times[last]), float(values[last])
        if one.stopped:
            panel.plot(*end, color=color, marker="x", markersize=7, clip_on=False)
        ends.append((min(max(_height(panel, end[1]), 0.0), 1.0), end[0] / panel.get_xlim()[1], index))
    ends.sort()
    texts = [named(data.series[index].name, 26) for _, _, index in ends]
    places = _apart([height for height, _, _ in ends], [0.055 * len(text.splitlines()) + 0.01 for text in texts])
    for (height, time, index), place, text in zip(ends, places, texts, strict=True):
        panel.annotate(
            text,
            xy=(time, height),
            xytext=(1.04, place),
            xycoords="axes fraction",
            textcoords="axes fraction",
            va="center",
            fontsize=9,
            color=_COLORS[index],
            arrowprops={"arrowstyle": "-", "color": _COLORS[index], "linewidth": 0.7, "relpos": (0, 0.5)},
            annotation_clip=False,
        )
    style.label(panel, x="virtual time (s)", y="loss", title="Loss against time")


def _height(panel: Axes, value: float) -> float:
    """Return how high in its panel a value is drawn, 0 to 1."""
    low, high = panel.get_ylim()
    if panel.get_yscale() == "log":
        low, high, value = np.log(low), np.log(high), np.log(value)
    return float((value - low) / (high - low))


def _apart(wanted: list[float], heights: list[float]) -> list[float]:
    """Return ascending places near those wanted with room for texts of these heights: the mean of two that have it."""
    gaps = [(one + other) / 2 for one, other in pairwise(heights)]
    up, down = [wanted[0]], [wanted[-1]]
    for place, gap in zip(wanted[1:], gaps, strict=True):
        up.append(max(place, up[-1] + gap))
    for place, gap in zip(reversed(wanted[:-1]), reversed(gaps), strict=True):
        down.append(min(place, down[-1] - gap))
    places = [(one + other) / 2 for one, other in zip(up, reversed(down), strict=True)]
    shift = max(0.0, heights[0] / 2 - places[0]) or min(0.0, 1 - heights[-1] / 2 - places[-1])
    return [place + shift for place in places]


def _multiples(part: SubFigure, data: Data) -> None:
    """Draw each curve in a panel of its own, all others in grey behind it."""
    size = len(data.series)
    rows = -(-size // _COLUMNS)
    panels = [part.add_subplot(rows, _COLUMNS, index + 1) for index in range(size)]
    log = _scaled(panels, data)
    others = []
    for one in data.series:
        kept = np.unique(np.linspace(0, len(one.times) - 1, _POINTS).round().astype(int))
        others.append(np.column_stack([np.asarray(one.times)[kept], _shown(one, log=log)[kept]]))
    for index, (panel, one) in enumerate(zip(panels, data.series, strict=True)):
        style.dress(panel, size=8)
        panel.add_collection(LineCollection(others[:index] + others[index + 1 :], colors=_OTHERS, linewidths=0.5))
        values = _shown(one, log=log)
        panel.plot(one.times, values, color=style.BLUE, linewidth=1.3, label=one.name)
        if one.stopped:
            panel.plot(one.times[-1:], values[-1:], color=style.VERMILLION, marker="x", markersize=6, clip_on=False)
        panel.set_title(named(one.name, 28), fontsize=8.5, color=style.INK, loc="left")
        panel.xaxis.set_major_locator(MaxNLocator(3))
        panel.tick_params(labelleft=index % _COLUMNS == 0, labelbottom=index + _COLUMNS >= size)
    part.supxlabel("virtual time (s)", fontsize=10, color=style.INK)
    part.supylabel("loss", fontsize=10, color=style.INK)
    part.suptitle("Loss against time; grey: the other policies", fontsize=10.5, color=style.INK, x=0.01, ha="left")


def _bars(panel: Axes, one: Series, middle: float, color: str) -> None:
    """Draw the gradients and the iterates of one policy, one after the other, and write how many they are."""
    pale = tuple(0.7 + 0.3 * part for part in to_rgb(color))
    start = 0
    for count, filled in ((one.uploads, color), (one.downloads, pale)):
        panel.barh(middle, count, 0.66, start, color=filled, edgecolor=style.INK, linewidth=0.5)
        start += count
    panel.annotate(
        f"{start}", (start, middle), (3, 0), textcoords="offset points", va="center", fontsize=8, color=style.INK
    )


def _histogram(panel: Axes, counts: np.ndarray, base: float, color: str) -> None:
    """Draw one histogram as a row, up to the 99.5 % quantile, every column over the middle of its staleness."""
    if not counts.sum():
        return
    cumulative = np.cumsum(counts) / counts.sum()
    shown = counts[: np.searchsorted(cumulative, 0.995) + 1]
    heights = np.append(0.85 * shown / shown.max(), 0.0)
    panel.fill_between(
        np.arange(len(heights)) - 0.5,
        base,
        base + heights,
        step="post",
        color=color,
        edgecolor=style.INK,
        linewidth=0.4,
    )
    panel.plot([np.searchsorted(cumulative, 0.5)], [base], color=style.INK, marker="^", markersize=4)
