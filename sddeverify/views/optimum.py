"""Decay rate of the slowest mode for every candidate, the certified best ones marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.views import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Data:
    """What is drawn.

    Attributes:
        over: What the candidates are, for the axis: ``"number of workers"``.
        candidates: The candidates as numbers.
        lower: Certified lower ends of their decay rates (1/time).
        upper: Certified upper ends; far narrower than a line, as a rule.
        best: The candidates that are certified to be the best; empty if undecided.
        title: Law and schedule in a few words.
    """

    over: str
    candidates: Sequence[float]
    lower: Sequence[float]
    upper: Sequence[float]
    best: Sequence[float]
    title: str = ""


def caption(data: Data) -> str:
    """Return the figure in one or two sentences, for the caption and for readers who cannot see it."""
    first, last = min(data.candidates), max(data.candidates)
    start = f"Certified decay rate of the slowest mode for {len(data.candidates)} candidates, {data.over} from "
    start += f"{first:g} to {last:g}. "
    if not data.best:
        return start + "Which is the best is undecided."
    names = ", ".join(f"{value:g}" for value in data.best)
    if len(data.best) > 6:
        names = f"{data.best[0]:g} to {data.best[-1]:g}, {len(data.best)} in number"
    tie = "the largest rate belongs to" if len(data.best) == 1 else "the largest rates, which tie, belong to"
    return start + f"Certified: {tie} {names}. Below 0 the mean grows."


def figure(data: Data) -> Figure:
    """Draw the rates.

    Args:
        data: Candidates in ascending order, with their rates.
    """
    result, (axes,) = style.new_figure(width=7.2, height=4.6)
    middle = [(low + high) / 2 for low, high in zip(data.lower, data.upper, strict=True)]
    if min(data.lower) < 0:
        axes.axhspan(min(data.lower), 0, color=style.PALE_RED, linewidth=0, label="the mean grows")
    axes.plot(data.candidates, middle, color=style.SKY, linewidth=1.0)
    axes.vlines(data.candidates, data.lower, data.upper, color=style.BLUE, linewidth=1.2)
    axes.plot(
        data.candidates,
        middle,
        color=style.BLUE,
        linestyle="",
        marker="o",
        markersize=3.6,
        label="decay rate (certified)",
    )
    best = [(x, y) for x, y in zip(data.candidates, middle, strict=True) if x in data.best]
    if best:
        tie = "best (certified)" if len(best) == 1 else f"best, {len(best)} tie (certified)"
        axes.plot(*zip(*best, strict=True), color=style.VERMILLION, linestyle="", marker="D", markersize=7, label=tie)
    if len(best) == 1:
        x, y = best[0]
        axes.annotate(
            f"{x:g}",
            (x, y),
            textcoords="offset points",
            xytext=(0, 9),
            ha="center",
            fontsize=9.5,
            color=style.VERMILLION,
        )
    axes.margins(y=0.12)
    style.label(axes, x=data.over, y="decay rate of the slowest mode (1/time)", title=data.title)
    style.legend_below(axes, columns=3)
    return result
