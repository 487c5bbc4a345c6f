"""The two mean-square limits of memoryless workers against their number: the SDDE's and the exact one."""

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
        workers: Numbers P of workers, ascending.
        sdde: Certified critical alpha of the SDDE for each.
        exact: Certified critical alpha of P workers for each.
    """

    workers: Sequence[int]
    sdde: Sequence[float]
    exact: Sequence[float]


def caption(data: Data) -> str:
    """Return the figure in one or two sentences, for the caption and for readers who cannot see it."""
    first, last = data.workers[0], data.workers[-1]
    parts = [1 - low / high for low, high in zip(data.sdde, data.exact, strict=True)]
    return (
        f"Certified mean-square limits of {first} to {last} memoryless workers. The SDDE's is lower; the gap is "
        f"1/P, {parts[0]:.0%} of the exact limit for P = {first} and {parts[-1]:.1%} for P = {last}."
    )


def figure(data: Data) -> Figure:
    """Draw both limits, and between them what the SDDE leaves out; on the right the gap relative to the exact limit."""
    result, (limits, relative) = style.new_figure(2, width=8.6, height=4.2)
    limits.fill_between(data.workers, data.sdde, data.exact, color=style.PALE_BLUE, linewidth=0, label="gap = 1/P")
    limits.plot(data.workers, data.exact, color=style.BLUE, marker="o", markersize=4, label="P workers, exactly")
    limits.plot(data.workers, data.sdde, color=style.VERMILLION, marker="s", markersize=4, linestyle="--", label="SDDE")
    style.label(limits, x="number P of memoryless workers", y="critical learning rate x Hessian eigenvalue")
    parts = [1 - low / high for low, high in zip(data.sdde, data.exact, strict=True)]
    relative.plot(data.workers, parts, color=style.INK, marker="o", markersize=4, label="certified")
    asymptote = [(2 * p) ** -0.5 for p in data.workers]
    relative.plot(data.workers, asymptote, color=style.GREY, linestyle=":", label="1/sqrt(2 P)")
    style.label(relative, x="number P of memoryless workers", y="gap / exact limit")
    for panel in (limits, relative):
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.xaxis.set_major_formatter("{x:.0f}")
        panel.yaxis.set_major_formatter("{x:g}")
        style.legend_below(panel, columns=3)
    return result
