"""A gallery of delay laws of mean 1: how the delay is spread, its transform, and the boundary that follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.views import style
from sddeverify.views._explorer import LAWS, Explorer, menu
from sddeverify.views.stability_explorer import boundary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

LONGEST, SAMPLES, HIGHEST = 4.0, 40_000, 12.0


@dataclass(frozen=True)
class Data:
    """What is drawn; time in units of the mean delay.

    Attributes:
        name: The law.
        delays: A large sample of it.
        transform: Its transform on the imaginary axis, from frequency 0 on.
        boundary: Damping up to which the law is certified stable; None if that is undecided.
        at_boundary: The transform at the frequency of the crossing, None without one.
    """

    name: str
    delays: Sequence[float]
    transform: Sequence[complex]
    boundary: float | None
    at_boundary: complex | None


def caption(data: Data) -> str:
    """Return the figure in words."""
    spread = float(np.std(data.delays))
    if data.boundary is None:
        return f"{data.name}: standard deviation {spread:.2f}; its boundary is undecided."
    if data.at_boundary is None:
        known = f"certified stable up to a = {data.boundary:g}, and no crossing"
        return f"{data.name}: standard deviation {spread:.2f}; {known}."
    return (
        f"{data.name}: standard deviation {spread:.2f}; the mean is certified stable up to a = {data.boundary:.4f} per "
        f"mean delay, {data.boundary / (np.pi / 2):.2f} times as far as for the constant delay."
    )


def figure(data: Data) -> Figure:
    """Draw density (a histogram of samples), transform in the complex plane, and boundary as a bar."""
    result, (density, plane, bar) = style.new_figure(3, width=10.4, height=4.0)
    share = np.histogram(data.delays, np.linspace(0, LONGEST, 81))[0] / len(data.delays)
    density.stairs(
        share, np.linspace(0, LONGEST, 81), fill=True, facecolor=style.PALE_BLUE, edgecolor=style.BLUE, linewidth=1.0
    )
    density.set_xlim(0, LONGEST)
    density.set_ylim(0, 0.25)
    beyond = float(np.mean(np.asarray(data.delays) > LONGEST))
    more = f"; {beyond:.0%} lies beyond" if beyond > 0.005 else ""
    style.label(density, x=f"delay (mean delays){more}", y="share per 1/20 (sampled)", title="The delay")
    values = np.asarray(data.transform)
    plane.plot(values.real, values.imag, color=style.BLUE, linewidth=1.6, label="Φ(iω), ω from 0 (at 1) to 20")
    plane.axvline(0, color=style.GREY, linewidth=1.0)
    plane.plot([1], [0], marker="s", color=style.BLUE)
    if data.at_boundary is not None:
        plane.plot(
            [data.at_boundary.real],
            [data.at_boundary.imag],
            marker="o",
            markersize=10,
            markerfacecolor="none",
            color=style.VERMILLION,
            linestyle="none",
            label="at the boundary: ω = -a Im Φ",
        )
    plane.set_xlim(-1.1, 1.1)
    plane.set_ylim(-1.1, 1.9)  # room for the legend above the unit circle
    plane.legend(loc="upper left", fontsize=8)
    style.label(plane, x="Re Φ(iω)", y="Im Φ(iω)", title="Its transform")
    bar.axhline(np.pi / 2, color=style.INK, linestyle=":", linewidth=1.4, label="constant delay: π/2")
    if data.boundary is not None:
        bar.bar([0], [data.boundary], width=0.5, color=style.PALE_BLUE, edgecolor=style.BLUE, hatch="//")
    bar.set_xlim(-1, 1)
    bar.set_xticks([])
    bar.set_ylim(0, HIGHEST)
    bar.legend(loc="upper right", fontsize=8)
    style.label(bar, x="", y="certified damping (1/mean delay)", title="The boundary")
    return result


def draw(law: str) -> tuple[Figure, str]:
    """Return figure and caption of a law in the textual notation."""
    from fractions import Fraction

    from sddeverify.certificates import Certificate
    from sddeverify.delays import parse

    chosen = parse(law)
    proof = boundary(law)
    edge = at = None
    if isinstance(proof, Certificate):
        edge = float(Fraction(proof.claim["damping"][0]))
    if isinstance(proof, Certificate) and proof.claim["frequency"] is not None:
        at = complex(chosen.laplace(1j * float(Fraction(proof.claim["frequency"][0])), np.exp, float))
    delays = chosen.sample(np.random.default_rng(0), SAMPLES)
    transform = chosen.laplace(1j * np.linspace(0, 20, 801), np.exp)
    data = Data(law, delays, transform, edge, at)
    return figure(data), caption(data)


def explorer(law: str = LAWS[0]) -> Explorer:
    """Return the gallery with one law chosen.

    Args:
        law: One of the laws of the menu.
    """
    control = menu("delay law", list(LAWS))
    control.value = law
    return Explorer("law-gallery", {"law": control}, draw)
