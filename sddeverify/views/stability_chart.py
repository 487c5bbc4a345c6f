"""Stability chart: learning rate against number of workers, the certified boundary, the operating point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.views import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Data:
    """What the chart shows; every rate is dimensionless, as the learning rate times the Hessian is.

    Attributes:
        workers: Numbers of workers, ascending.
        critical: For each of them the learning rate up to which the mean dynamics is certified stable.
        mean_square: For each of them the computed mean-square limit, or an empty tuple.
        operating: Learning rate and number of workers of the scenario.
        has_crossing: Whether stability is certified to be lost at ``lost``; if not, the certificate simply
            ends at ``critical``.
        lost: For each number of workers the learning rate at which stability is certified to have been lost; between
            ``critical`` and this one it is undecided. An empty tuple where the two cannot be told apart.
        limits: The learning rates between which the chart is drawn; chosen from the data if left out.
        largest_stable: Largest certified stable number of workers at the operating learning rate, if any.
    """

    workers: tuple[int, ...]
    critical: tuple[float, ...]
    mean_square: tuple[float, ...]
    operating: tuple[float, int]
    has_crossing: bool
    largest_stable: int | None
    lost: tuple[float, ...] = ()
    limits: tuple[float, float] | None = None


def caption(data: Data) -> str:
    """Return the chart in one or two sentences, for the caption and for readers who cannot see it."""
    rate, workers = data.operating
    beyond = (
        "stability is certified to be lost at the right edge of the dotted strip, in which it is undecided"
        if data.lost
        else "stability is certified to be lost when the boundary is crossed"
        if data.has_crossing
        else "the certificate ends at that line; no loss of stability was found up to it"
    )
    largest = (
        ""
        if data.largest_stable is None
        else f" At this rate up to {data.largest_stable} workers are stable in the mean."
    )
    return (
        f"Left of the solid line the mean dynamics is certified stable; {beyond}. "
        f"The operating point is the learning rate {rate:.4g} with {workers} workers.{largest} "
        "The delay law is kept fixed along the vertical axis."
    )


def figure(data: Data) -> Figure:
    """Draw the chart on doubly logarithmic axes.

    Args:
        data: The boundary at each number of workers and the operating point.
    """
    result, (panel,) = style.new_figure(width=7.2, height=4.8)
    rate, workers = data.operating
    top, bottom = max(data.workers), min(data.workers)
    left = min(*data.critical, *(data.mean_square or data.critical), rate) / 2
    right = max(*data.critical, *data.lost, rate) * 2
    left, right = data.limits or (left, right)
    panel.set_xscale("log")
    panel.set_yscale("log", base=2)
    panel.fill_betweenx(data.workers, left, data.critical, color=style.PALE_BLUE, linewidth=0)
    lost = data.lost or data.critical
    if data.lost:
        panel.fill_betweenx(
            data.workers,
            data.critical,
            lost,
            facecolor="white",
            edgecolor=style.INK,
            hatch="....",
            linewidth=0,
            label="undecided (within the enclosure)",
        )
    panel.fill_betweenx(
        data.workers,
        lost,
        right,
        facecolor=style.PALE_RED,
        edgecolor="#EBC3AB",
        hatch="///",
        linewidth=0,
    )
    edge = "certified boundary of mean stability" if data.has_crossing else "end of the certified stable range"
    panel.plot(data.critical, data.workers, color=style.BLUE, linewidth=2.2, label=edge)
    if data.mean_square:
        panel.plot(
            data.mean_square,
            data.workers,
            color=style.VERMILLION,
            linewidth=1.8,
            linestyle="--",
            label="mean-square limit (computed)",
        )
    panel.plot(
        [rate],
        [workers],
        marker="*",
        markersize=15,
        color=style.INK,
        markeredgecolor="white",
        linestyle="none",
        label=f"operating point: learning rate {rate:.4g}, {workers} workers",
    )
    if data.largest_stable is not None and bottom <= data.largest_stable <= top:
        panel.plot(
            [rate, rate],
            [workers, data.largest_stable],
            color=style.INK,
            linewidth=1.0,
            linestyle=":",
        )
        panel.plot(
            [rate],
            [data.largest_stable],
            marker="^",
            markersize=8,
            color="white",
            markeredgecolor=style.INK,
            linestyle="none",
            label=f"largest certified stable number of workers: {data.largest_stable}",
        )
    panel.set_xlim(left, right)
    panel.set_ylim(bottom, top)
    panel.yaxis.set_major_formatter(lambda value, _position: f"{value:g}")
    panel.xaxis.set_major_formatter(lambda value, _position: f"{value:g}")
    box = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 2}
    panel.text(
        0.04,
        0.06,
        "stable in the\nmean (certified)",
        transform=panel.transAxes,
        fontsize=9,
        color=style.BLUE,
        bbox=box,
    )
    beyond = "beyond the\nboundary" if data.has_crossing else "beyond the\ncertificate"
    panel.text(
        0.97,
        0.93,
        beyond,
        transform=panel.transAxes,
        fontsize=9,
        color="#8A3A00",
        ha="right",
        va="top",
        bbox=box,
    )
    style.label(
        panel,
        x="learning rate (dimensionless)",
        y="number of workers",
        title="Stability of the mean dynamics",
    )
    style.legend_below(panel)
    return result
