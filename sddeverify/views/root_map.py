"""Root map: characteristic roots in the complex plane with the certified discs of the rightmost ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.views import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Panel:
    """The roots of one eigenmode.

    Attributes:
        title: Which eigenmode this is.
        roots: Computed roots (1/s), upper half-plane and real axis; conjugates are added by the drawing.
        discs: Certified discs: centre (1/s) and radius (1/s); each holds exactly one root.
        abscissa: Real part (1/s) such that no other root is certified to lie to the right of it, if any.
    """

    title: str
    roots: tuple[complex, ...]
    discs: tuple[tuple[complex, float], ...]
    abscissa: float | None = None


@dataclass(frozen=True)
class Data:
    """One panel for each eigenmode shown, one or two."""

    panels: tuple[Panel, ...]


def caption(data: Data) -> str:
    """Return the map in one or two sentences, for the caption and for readers who cannot see it."""
    parts = []
    for panel in data.panels:
        if panel.discs:
            centre, radius = max(panel.discs, key=lambda disc: disc[0].real)
            place = f"{centre.real:.6g}" + (f" ± {abs(centre.imag):.6g} i" if centre.imag else "")
            parts.append(
                f"{panel.title}: rightmost root at {place} per second, in a certified disc of radius {radius:.1e}"
            )
        else:
            parts.append(f"{panel.title}: computed roots only")
    return "; ".join(parts) + ". The hatched half-plane Re s > 0 is where modes grow."


def _conjugates(points: tuple[complex, ...]) -> list[complex]:
    found = list(points)
    found.extend(z.conjugate() for z in points if z.imag != 0 and z.conjugate() not in points)
    return found


def _draw(axes: Axes, panel: Panel) -> None:
    roots = _conjugates(panel.roots)
    centres = _conjugates(tuple(centre for centre, _ in panel.discs))
    reals = [z.real for z in (*roots, *centres)] or [0.0]
    if panel.abscissa is not None:
        reals.append(panel.abscissa)
    imags = [abs(z.imag) for z in (*roots, *centres)] or [1.0]
    span = max(max(reals) - min(reals), max(abs(x) for x in reals), 1e-12)
    left, right = min(*reals, 0.0) - 0.12 * span, max(*reals, 0.0) + 0.25 * span
    height = max(imags) * 1.15 or span
    axes.axvspan(0, right, facecolor=style.PALE_RED, edgecolor="#EBC3AB", hatch="///", linewidth=0)
    axes.axvline(0, color=style.GREY, linewidth=1.2)
    axes.axhline(0, color=style.GREY, linewidth=0.8)
    if panel.abscissa is not None:
        axes.axvline(
            panel.abscissa,
            color=style.GREEN,
            linewidth=1.4,
            linestyle="-.",
            label="right of this line: only the certified roots",
        )
    axes.plot(
        [z.real for z in roots],
        [z.imag for z in roots],
        marker="x",
        markersize=6,
        markeredgewidth=1.4,
        color=style.BLUE,
        linestyle="none",
        label="roots (computed)",
    )
    if centres:
        radius = max(radius for _, radius in panel.discs)
        axes.plot(
            [z.real for z in centres],
            [z.imag for z in centres],
            marker="o",
            markersize=13,
            markerfacecolor="none",
            markeredgecolor=style.VERMILLION,
            markeredgewidth=1.8,
            linestyle="none",
            label=f"certified disc (radius {radius:.0e} per s, drawn enlarged)",
        )
    axes.set_xlim(left, right)
    axes.set_ylim(-height, height)
    axes.text(
        0.985,
        0.975,
        "growth",
        transform=axes.transAxes,
        ha="right",
        va="top",
        fontsize=9,
        color="#8A3A00",
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 2},
    )
    style.label(axes, x="Re s (1/s)", y="Im s (1/s)", title=panel.title)
    style.legend_below(axes, columns=1)


def figure(data: Data) -> Figure:
    """Draw one panel per eigenmode; the half-plane of growth is hatched.

    Args:
        data: Roots and certified discs.
    """
    count = len(data.panels)
    result, axes = style.new_figure(count, width=7.2 if count == 1 else 9.6, height=4.9)
    for panel, drawing in zip(axes, data.panels, strict=True):
        _draw(panel, drawing)
    return result
