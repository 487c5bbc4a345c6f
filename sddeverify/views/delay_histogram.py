"""Delay histogram: measured delays and the law that stands for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.views import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Data:
    """Delays and law.

    Attributes:
        delays: Observed delays (s).
        law_samples: A large sample (s) from the law; its histogram is drawn as the law.
        law: The law in words.
        mean: Mean of the law (s).
        source: Where the delays come from, e.g. ``"8 processes on this machine"``.
        fitted: Whether the law was made from these very delays.
    """

    delays: Sequence[float]
    law_samples: Sequence[float]
    law: str
    mean: float
    source: str
    fitted: bool


def caption(data: Data) -> str:
    """Return the figure in one or two sentences, for the caption and for readers who cannot see it."""
    delays = np.asarray(data.delays)
    note = (
        " The law was made from these delays, so that the two outlines agree by construction; "
        "what is tested is whether the two halves of the trace follow one law."
        if data.fitted
        else ""
    )
    return (
        f"{len(delays)} delays of {data.source}, mean {delays.mean():.4g} s, "
        f"standard deviation {delays.std():.3g} s; the law has the mean {data.mean:.4g} s.{note}"
    )


def figure(data: Data) -> Figure:
    """Draw the histogram (density) with the law's outline and the early and late halves of the trace.

    Args:
        data: Delays and a sample of the law.
    """
    result, (panel,) = style.new_figure()
    delays = np.asarray(data.delays, dtype=float)
    law = np.asarray(data.law_samples, dtype=float)
    top = float(max(delays.max(), np.quantile(law, 0.999))) * 1.02
    factor, unit = style.time_scale([top])
    low = float(min(delays.min(), law.min()))
    bins = np.linspace(low, top if top > low else low + 1.0, 41)
    widths = np.diff(bins) * factor
    density = np.histogram(delays, bins)[0] / (len(delays) * widths)
    panel.stairs(
        density,
        bins * factor,
        fill=True,
        facecolor=style.PALE_BLUE,
        edgecolor=style.BLUE,
        linewidth=1.0,
        label=f"delays of {data.source} (observed)",
    )
    outline = np.histogram(law, bins)[0] / (len(law) * widths)
    panel.stairs(
        outline,
        bins * factor,
        color=style.VERMILLION,
        linewidth=1.8,
        linestyle="--",
        label=f"law: {data.law}",
    )
    half = len(delays) // 2
    if half >= 30:
        pieces = (
            (delays[:half], "first half of the trace", "<"),
            (delays[half:], "second half of the trace", ">"),
        )
        for (part, name, marker), colour in zip(pieces, (style.GREEN, style.PURPLE), strict=True):
            centre = (bins[1:] + bins[:-1]) / 2 * factor
            counts = np.histogram(part, bins)[0] / (len(part) * widths)
            shown = counts > 0
            panel.plot(
                centre[shown],
                counts[shown],
                marker=marker,
                markersize=4,
                color=colour,
                linestyle="none",
                label=name,
            )
    panel.axvline(
        data.mean * factor,
        color=style.INK,
        linewidth=1.4,
        linestyle=":",
        label=f"mean {data.mean * factor:.4g} {unit}",
    )
    panel.set_ylim(bottom=0)
    style.label(panel, x=f"delay from read to push ({unit})", y=f"density (1/{unit})", title="Delay law")
    style.legend_below(panel)
    return result
