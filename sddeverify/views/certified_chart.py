"""Certified stability chart: where two parameters are stable, where not, and what is undecided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.views import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

_COLOURS = {None: "white", 0: style.PALE_BLUE}
_UNSTABLE = (style.PALE_RED, "#F3C9B0", "#E8A988")  # 1 or 2, 3 or 4, and more unstable roots


@dataclass(frozen=True)
class Data:
    """What the chart shows.

    Attributes:
        cells: Rectangles (x from, x to, y from, y to, unstable roots or None), certified.
        x: The name of the first parameter, with its unit.
        y: The name of the second one.
        operating: A point to be marked, if any.
        rates: Decay rates on a grid, computed: the points in x, those in y, and the rates with one row for each y; nan
            where they are not known.
    """

    cells: tuple[tuple[float, float, float, float, int | None], ...]
    x: str
    y: str
    operating: tuple[float, float] | None = None
    rates: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]] | None = None


def caption(data: Data) -> str:
    """Return the chart in a few sentences, for the caption and for readers who cannot see it."""
    area = {True: 0.0, False: 0.0, None: 0.0}
    for left, right, low, high, roots in data.cells:
        area[None if roots is None else roots == 0] += (right - left) * (high - low)
    whole = sum(area.values())
    text = (
        f"Certified: {area[True] / whole:.1%} of the area is stable (blue), {area[False] / whole:.1%} unstable (red, "
        f"hatched); {area[None] / whole:.1%} is undecided (dotted)."
    )
    if data.operating is not None:
        text += f" Star: the operating point, {data.x} {data.operating[0]:.4g}, {data.y} {data.operating[1]:.4g}."
    return text + (" Lines: computed decay rate." if data.rates is not None else "")


def figure(data: Data) -> Figure:
    """Draw the cells, by colour and by hatching, the contours of the decay rate and the operating point.

    Args:
        data: The cells of a certificate, and what else to show.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.patches import Patch

    result, (panel,) = style.new_figure(width=6.6, height=5.4)
    panel.grid(visible=False)
    groups: dict[int | None, list[tuple[float, float, float, float]]] = {}
    for left, right, low, high, roots in data.cells:
        kind = roots if roots is None else min((roots + 1) // 2, 3)
        groups.setdefault(kind, []).append((left, right, low, high))
    names = {None: "undecided", 0: "stable (certified)", 1: "unstable (certified): 1 or 2 roots", 2: "3 or 4 roots"}
    handles: list[Any] = []
    for kind in sorted(groups, key=lambda kind: 99 if kind is None else kind):
        colour = _COLOURS.get(kind) or _UNSTABLE[(kind or 1) - 1]
        hatch = {None: "......", 0: None}.get(kind, "///" if kind == 1 else "xxx")
        boxes = [[(a, c), (b, c), (b, d), (a, d)] for a, b, c, d in groups[kind]]
        edge = style.INK if kind is None else "#DDA98A"
        # hatches restart in every polygon; few and large ones look alike only if they share an origin, as here
        panel.add_collection(
            PolyCollection(boxes, facecolors=colour, edgecolors=edge if hatch else colour, linewidths=0, hatch=hatch)
        )
        label = names.get(kind, "more roots")
        handles.append(Patch(facecolor=colour, edgecolor=edge, hatch=hatch, linewidth=0.4, label=label))
    levels = [] if data.rates is None else _levels(data.rates[2])
    if data.rates is not None and levels:
        lines = panel.contour(*data.rates, levels=levels, colors=style.INK, linewidths=0.8, alpha=0.8)
        panel.clabel(lines, fontsize=7, fmt="%.3g")
        handles.append(panel.plot([], [], color=style.INK, linewidth=0.8, label="decay rate (computed)")[0])
    if data.operating is not None:
        handles += panel.plot(
            *[[value] for value in data.operating],
            marker="*",
            markersize=15,
            color=style.INK,
            markeredgecolor="white",
            linestyle="none",
            label="operating point",
        )
    panel.set_xlim(min(cell[0] for cell in data.cells), max(cell[1] for cell in data.cells))
    panel.set_ylim(min(cell[2] for cell in data.cells), max(cell[3] for cell in data.cells))
    style.label(panel, x=data.x, y=data.y, title="Number of unstable roots, certified")
    panel.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2, frameon=False, fontsize=8)
    return result


def _levels(rates: NDArray[np.float64]) -> list[float]:
    """The numbers 1, 2, 5 times powers of ten that occur among the rates, without the rarest ones."""
    known = rates[np.isfinite(rates) & (rates > 0)]
    if known.size < 4:
        return []
    low, high = np.percentile(known, (10, 98))
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    return [m * 10.0**k for k in decades for m in (1, 2, 5) if low <= m * 10.0**k <= high]
