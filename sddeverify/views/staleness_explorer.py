"""Staleness against the number of workers, from the emulator as it runs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.views import style
from sddeverify.views._explorer import LAWS, Explorer, menu, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST, ARRIVALS, HIGHEST = 32, 2_000, 0.5
COUNTS = (1, 2, 4, 8, 12, 16, 20, 24, 28, 32)


@lru_cache(maxsize=256)
def _emulated(workers: int, law: str) -> np.ndarray:
    from sddeverify.emulator.run import emulate
    from sddeverify.scenario import Scenario

    run = emulate(Scenario("1/1000", workers, law, ["1"]), arrivals=ARRIVALS + 20 * workers, driver="heap")
    staleness: np.ndarray = (run.trace.version_applied - run.trace.version_read)[20 * workers :]  # past the start
    return staleness


def over_workers(law: str) -> tuple[tuple[float, float, float], ...]:
    """Emulate each number of workers of the right panel: mean staleness, and its 10 % and 90 % quantiles."""
    runs = [_emulated(workers, law) for workers in COUNTS]
    return tuple((float(np.mean(run)), float(np.quantile(run, 0.1)), float(np.quantile(run, 0.9))) for run in runs)


def figure(staleness: np.ndarray, workers: int, law: str) -> Figure:
    """Draw the shares of staleness counts, and mean and spread against workers, on axes that never change."""
    result, (panel, growth) = style.new_figure(2, width=9.6, height=4.0)
    edges = np.arange(-0.5, 2 * MOST + 1)
    share = np.histogram(staleness, edges)[0] / len(staleness)
    panel.stairs(share, edges, fill=True, facecolor=style.SKY, edgecolor=style.BLUE, label="emulator (observed)")
    panel.axvline(
        workers - 1, color=style.VERMILLION, linestyle="--", linewidth=1.6, label="P - 1, the mean for any delay law"
    )
    if max(share) > HIGHEST:
        panel.text(workers + 0.5, 0.6 * HIGHEST, f"up to {max(share):.0%}", fontsize=9, color=style.INK)
    panel.set_xlim(edges[0], edges[-1])
    panel.set_ylim(0, HIGHEST)
    panel.legend(loc="upper right", fontsize=8.5)
    style.label(panel, x="staleness (versions)", y="share of gradients", title=f"Staleness, P = {workers} workers")
    means, low, high = np.transpose(over_workers(law))
    growth.plot([1, MOST], [0, MOST - 1], "--", color=style.VERMILLION, label="P - 1")
    growth.vlines(COUNTS, low, high, color=style.SKY, linewidth=5, label="middle 80 % (observed)")
    growth.plot(COUNTS, means, "o", color=style.BLUE, label="mean (observed)")
    growth.plot([workers], [np.mean(staleness)], "*", markersize=14, color=style.INK, label="chosen")
    growth.set_xlim(0, MOST + 1)
    growth.set_ylim(0, 2 * MOST)
    growth.legend(loc="upper left", fontsize=8.5)
    style.label(growth, x="workers P", y="staleness (versions)", title="Staleness against workers")
    return result


def draw(workers: int, law: str) -> tuple[Figure, str]:
    """Emulate asynchronous SGD and return figure and caption."""
    staleness = _emulated(workers, law)
    mean, spread = float(np.mean(staleness)), float(np.std(staleness))
    words = f"{workers} workers: mean staleness {mean:.2f} (theory: {workers - 1}), standard deviation {spread:.2f}."
    return figure(staleness, workers, law), words


def explorer(workers: int = 8) -> Explorer:
    """Return the explorer: workers and delay law.

    Args:
        workers: Where the slider starts.
    """
    controls = {"workers": slider("workers", workers, 1, MOST, 1), "law": menu("delay law", list(LAWS))}
    controls["law"].value = "erlang(3, 1)"  # a constant delay has no spread to show
    return Explorer("staleness-explorer", controls, draw)
