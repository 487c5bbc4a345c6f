"""Decay: the certified rate against the emulated mean, on a logarithmic scale with its confidence band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.views import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Panel:
    """One eigenmode.

    Attributes:
        title: Which eigenmode this is.
        times: Sampling times (s).
        mean: Mean of the emulated coordinate over the ensemble, relative to its start.
        lower: Lower end of the confidence band of the mean.
        upper: Upper end of the confidence band of the mean.
        theory: The certified exponent with amplitude and phase fitted, at ``times``; empty if undecided.
        finite: The same with the exponent for this finite number of workers; may be empty.
        finite_label: Where that exponent comes from.
        window: The times (s) between which the exponent was fitted.
        runs: Number of runs in the ensemble.
        confidence: Confidence of the band, e.g. 0.99.
    """

    title: str
    times: Sequence[float]
    mean: Sequence[float]
    lower: Sequence[float]
    upper: Sequence[float]
    theory: Sequence[float]
    finite: Sequence[float]
    window: tuple[float, float]
    runs: int
    finite_label: str = "exponent at this number of workers"
    confidence: float = 0.99


@dataclass(frozen=True)
class Data:
    """One panel for each eigenmode shown, one or two."""

    panels: tuple[Panel, ...]


def caption(data: Data) -> str:
    """Return the figure in one or two sentences, for the caption and for readers who cannot see it."""
    parts = [f"{panel.title}: mean of {panel.runs} emulated runs" for panel in data.panels]
    return (
        "; ".join(parts)
        + ". The exponent of the theory line is certified; only its amplitude and phase are fitted, in the "
        "shaded window. Dips are sign changes of an oscillating mean."
    )


def _draw(axes: Axes, panel: Panel) -> None:
    factor, unit = style.time_scale(panel.times)
    times = np.asarray(panel.times) * factor
    mean, lower, upper = (np.asarray(values, dtype=float) for values in (panel.mean, panel.lower, panel.upper))
    size = np.abs(mean)
    floor = max(float(size[size > 0].min(initial=1.0)) / 3, float(size.max(initial=1.0)) * 1e-9)
    # The band of |mean|: where the band of the mean contains 0, that of its size reaches down to 0.
    small = np.where(lower * upper <= 0, 0.0, np.minimum(np.abs(lower), np.abs(upper)))
    large = np.maximum(np.abs(lower), np.abs(upper))
    start, stop = (moment * factor for moment in panel.window)
    axes.axvspan(start, stop, color="#F3F3F3", linewidth=0, label="fitting window")
    axes.fill_between(
        times,
        np.maximum(small, floor),
        np.maximum(large, floor),
        color=style.SKY,
        alpha=0.45,
        linewidth=0,
        label=f"{panel.confidence:.0%} confidence band",
    )
    step = max(1, len(times) // 40)
    axes.plot(
        times,
        np.maximum(size, floor),
        color=style.BLUE,
        linewidth=1.2,
        marker="o",
        markersize=3.2,
        markevery=step,
        label=f"emulator, mean of {panel.runs} runs (observed)",
    )
    if len(panel.theory):
        axes.plot(
            times,
            np.maximum(np.abs(np.asarray(panel.theory)), floor),
            color=style.VERMILLION,
            linewidth=1.8,
            linestyle="--",
            label="SDDE, certified exponent",
        )
    if len(panel.finite):
        axes.plot(
            times,
            np.maximum(np.abs(np.asarray(panel.finite)), floor),
            color=style.INK,
            linewidth=1.3,
            linestyle=":",
            label=panel.finite_label,
        )
    axes.set_yscale("log")
    axes.set_ylim(bottom=floor)
    axes.set_xlim(times.min(), times.max())
    style.label(axes, x=f"time ({unit})", y="|mean distance to the minimum| (relative)", title=panel.title)
    style.legend_below(axes)


def figure(data: Data) -> Figure:
    """Draw one panel per eigenmode.

    Args:
        data: Emulated means with their bands, and the theory.
    """
    count = len(data.panels)
    result, axes = style.new_figure(count, width=7.2 if count == 1 else 10.4, height=4.9)
    for panel, drawing in zip(axes, data.panels, strict=True):
        _draw(panel, drawing)
    return result
