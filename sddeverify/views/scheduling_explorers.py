"""What messages cost and save: an event trigger's threshold, and the bandwidth of a shared uplink."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from sddeverify.views import style
from sddeverify.views._explorer import Explorer, exact, slider

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_THRESHOLDS = [Fraction(k, 20) for k in range(61)]
_MOST = 32


@lru_cache(maxsize=256)
def _shares(threshold: Fraction) -> tuple[float, float]:
    from sddeverify.derivations.event_trigger import shares

    found = shares(threshold**2)
    return float(found.traffic.midpoint), float(found.gain.midpoint)


def trigger_figure(threshold: float) -> Figure:
    """Draw traffic and gain of an event trigger against its threshold."""
    result, (panel,) = style.new_figure(height=4.0)
    over = [float(one) for one in _THRESHOLDS]
    panel.plot(over, [_shares(one)[1] for one in _THRESHOLDS], color=style.BLUE, label="gain K: the pull that is left")
    panel.plot(
        over, [_shares(one)[0] for one in _THRESHOLDS], "--", color=style.VERMILLION, label="traffic q: gradients sent"
    )
    panel.axvline(threshold, color=style.INK, linestyle=":", label="chosen threshold")
    panel.set_xlim(0, 3)
    panel.set_ylim(0, 1.05)
    panel.legend(loc="upper right", fontsize=9)
    style.label(panel, x="threshold (deviations of the noise)", y="share", title="An event trigger")
    return result


def draw_trigger(threshold: float) -> tuple[Figure, str]:
    """Return figure and caption for a threshold in standard deviations of the gradient noise."""
    traffic, gain = _shares(exact(threshold))
    words = (
        f"Threshold {threshold:.2f}: {traffic:.1%} of the gradients are sent, and they keep {gain:.1%} of the mean "
        f"pull. Near the minimum the damping is {gain:.3g} times as large, the largest stable "
        f"learning rate {1 / gain:.3g} times."
    )
    return trigger_figure(threshold), words


def trigger(threshold: float = 1.0) -> Explorer:
    """Return the explorer of an event trigger.

    Args:
        threshold: Where the slider starts, in standard deviations of the gradient noise.
    """
    return Explorer("trigger-explorer", {"threshold": slider("threshold", threshold, 0.0, 3.0, 0.05)}, draw_trigger)


@lru_cache(maxsize=4096)
def _throughput(workers: int, bandwidth: Fraction) -> float:
    from sddeverify.derivations.closed_network import throughput

    return float(throughput(workers, Fraction(1), bandwidth))


def bandwidth_figure(workers: int, bandwidth: Fraction) -> Figure:
    """Draw arrivals per compute time against workers, with and without a shared uplink."""
    result, (panel,) = style.new_figure(height=4.0)
    counts = range(1, _MOST + 1)
    panel.plot(counts, counts, ":", color=style.INK, label="uplink without limit: P arrivals")
    panel.axhline(float(bandwidth), color=style.VERMILLION, linestyle="--", label="bandwidth")
    panel.plot(counts, [_throughput(one, bandwidth) for one in counts], color=style.BLUE, label="shared uplink")
    panel.plot([workers], [_throughput(workers, bandwidth)], "*", markersize=14, color=style.INK, label="chosen")
    panel.set_xlim(1, _MOST)
    panel.set_ylim(0, _MOST)
    panel.legend(loc="upper left", fontsize=9)
    style.label(panel, x="workers P", y="gradients per compute time", title="A shared uplink")
    return result


def draw_bandwidth(workers: int, bandwidth: float) -> tuple[Figure, str]:
    """Return figure and caption; the mean compute time is 1."""
    line = exact(bandwidth)
    rate = _throughput(workers, line)
    words = (
        f"{workers} workers, {bandwidth:g} gradients per compute time through the uplink: {rate:.2f} arrive, "
        f"{rate / workers:.0%} of what the workers could send; a gradient waits and travels "
        f"{workers / rate - 1:.2f} compute times (Little's law)."
    )
    return bandwidth_figure(workers, line), words


def bandwidth(workers: int = 8, capacity: float = 10.0) -> Explorer:
    """Return the explorer of a shared uplink.

    Args:
        workers: Where the slider of the workers starts.
        capacity: Where that of the bandwidth starts, in gradients per compute time.
    """
    controls = {
        "workers": slider("workers", workers, 1, _MOST, 1),
        "bandwidth": slider("bandwidth", capacity, 0.5, 32.0, 0.5),
    }
    return Explorer("bandwidth-explorer", controls, draw_bandwidth)
