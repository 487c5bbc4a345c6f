"""Boundary tube: the certified band of the critical damping along one parameter of the delay law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.views import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Data:
    """What the figure shows.

    Attributes:
        rows: For each cell the parameter from and to, and the certified bracket of the critical damping, as
            ``BoundaryTube.rows`` returns them; exact numbers or floats.
        parameter: What the parameter is, with its unit, for the axis.
        law: The delay law in words or as notation, for the title.
        operating: Operating points (parameter, damping) with their names, if any.
    """

    rows: tuple[tuple[float, float, float, float], ...]
    parameter: str
    law: str
    operating: tuple[tuple[str, float, float], ...] = ()


def caption(data: Data) -> str:
    """Return the figure in two sentences, for the caption and for readers who cannot see it."""
    widest = max((hi - lo) / lo for _, _, lo, hi in data.rows)
    return (
        f"The critical damping is certified to lie inside the dark band, in {len(data.rows)} cells of the parameter, "
        "for every value in a cell: below the band the mean is stable, at its upper edge it is unstable. "
        f"The band is at most {100 * float(widest):.2g} % wide."
    )


def figure(data: Data) -> Figure:
    """Draw the band, stable below it and unstable above it.

    Args:
        data: The cells and optional operating points.
    """
    result, (panel,) = style.new_figure(width=6.6, height=4.2)
    edges, lower, upper = [], [], []
    for start, end, lo, hi in data.rows:
        edges += [float(start), float(end)]
        lower += [float(lo)] * 2
        upper += [float(hi)] * 2
    top = 1.12 * max(upper)
    panel.fill_between(
        edges, 0, lower, facecolor=style.PALE_BLUE, linewidth=0, label="stable for every smaller damping"
    )
    panel.fill_between(
        edges,
        upper,
        top,
        facecolor=style.PALE_RED,
        edgecolor="#EBC3AB",
        hatch="///",
        linewidth=0,
        label="beyond the critical damping (unstable at the edge)",
    )
    panel.fill_between(
        edges,
        lower,
        upper,
        facecolor=style.BLUE,
        edgecolor=style.BLUE,
        linewidth=0.6,
        label="certified band of the boundary",
    )
    for (name, x, y), marker in zip(data.operating, "*osD^v" * len(data.operating), strict=False):
        panel.plot(
            [x],
            [y],
            marker=marker,
            markersize=11,
            color=style.INK,
            markeredgecolor="white",
            linestyle="none",
            label=name,
        )
    panel.set_xlim(edges[0], edges[-1])
    panel.set_ylim(0, top)
    style.label(panel, x=data.parameter, y="damping coefficient a", title=data.law)
    style.legend_below(panel)
    return result
