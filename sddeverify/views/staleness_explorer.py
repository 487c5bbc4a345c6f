"""Staleness against the number of workers, from the emulator as it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sddeverify.views import style
from sddeverify.views._explorer import LAWS, Explorer, menu, slider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

MOST, ARRIVALS = 32, 2_000


def figure(staleness: Sequence[int], workers: int) -> Figure:
    """Draw the shares of staleness counts with the mean of theory, on axes that never change."""
    result, (panel,) = style.new_figure(height=4.0)
    edges = np.arange(-0.5, 2 * MOST + 1)
    share = np.histogram(np.asarray(staleness), edges)[0] / len(staleness)
    panel.stairs(share, edges, fill=True, facecolor=style.PALE_BLUE, edgecolor=style.BLUE, label="emulator (observed)")
    panel.axvline(
        workers - 1, color=style.VERMILLION, linestyle="--", linewidth=1.6, label="P - 1, the mean for any delay law"
    )
    panel.set_xlim(edges[0], edges[-1])
    panel.set_ylim(0, 1)
    panel.legend(loc="upper right", fontsize=9)
    style.label(panel, x="staleness (versions)", y="share of gradients", title="Staleness at application")
    return result


def draw(workers: int, law: str) -> tuple[Figure, str]:
    """Emulate asynchronous SGD and return figure and caption."""
    from sddeverify.emulator.run import emulate
    from sddeverify.scenario import Scenario

    run = emulate(Scenario("1/1000", workers, law, ["1"]), arrivals=ARRIVALS + 20 * workers, driver="heap")
    staleness = (run.trace.version_applied - run.trace.version_read)[20 * workers :]  # past the start
    mean, spread = float(np.mean(staleness)), float(np.std(staleness))
    words = f"{workers} workers: mean staleness {mean:.2f} (theory: {workers - 1}), standard deviation {spread:.2f}."
    return figure(staleness, workers), words


def explorer(workers: int = 8) -> Explorer:
    """Return the explorer: workers and delay law.

    Args:
        workers: Where the slider starts.
    """
    controls = {"workers": slider("workers", workers, 1, MOST, 1), "law": menu("delay law", list(LAWS))}
    return Explorer("staleness-explorer", controls, draw)
