"""Roots and path side by side: what a learning rate, a number of workers and a delay law do to the mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.views import style
from sddeverify.views._explorer import LAWS, Explorer, exact, menu, slider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from sddeverify.certificates import Certificate, Inconclusive
    from sddeverify.models import CharacteristicFunction

LEFT, RIGHT, HEIGHT = -3.0, 1.5, 14.0
SPAN, RANGE = 30.0, 2.0


@dataclass(frozen=True)
class Data:
    """What is drawn; time in units of the mean delay.

    Attributes:
        roots: Computed roots, upper half-plane and real axis.
        disc: Certified disc of the rightmost root, centre and radius; None where undecided.
        others: Certified discs of other roots, each with one root in it or a cluster of two.
        times: Times.
        path: The mean path at them, from 1.
    """

    roots: tuple[complex, ...]
    disc: tuple[complex, float] | None
    others: tuple[tuple[complex, float], ...]
    times: Sequence[float]
    path: Sequence[float]


def caption(data: Data) -> str:
    """Return the figure in words."""
    root = max(data.roots, key=lambda one: one.real)
    fate = "decays" if root.real < 0 else "grows"
    how = "oscillating" if root.imag else "without oscillation"
    proof = "undecided by the prover" if data.disc is None else f"in a certified disc of radius {data.disc[1]:.0e}"
    place = f"{root.real:.4f}" + (f" ± {root.imag:.4f} i" if root.imag else "")
    rest = len(data.roots) - 1
    more = f" Further discs are certified for {len(data.others)} of the {rest} other roots drawn." if rest else ""
    return f"Rightmost root {place} per mean delay, {proof}: the mean {fate}, {how}.{more}"


def figure(data: Data) -> Figure:
    """Draw the root plane, growth hatched, and the mean path beside it; the axes are always the same."""
    result, (plane, path) = style.new_figure(2, width=9.6, height=4.2)
    plane.axvspan(0, RIGHT, facecolor=style.PALE_RED, edgecolor="#EBC3AB", hatch="///", linewidth=0)
    plane.axvline(0, color=style.GREY, linewidth=1.2)
    points = [*data.roots, *(one.conjugate() for one in data.roots if one.imag)]
    plane.plot(
        [one.real for one in points],
        [one.imag for one in points],
        marker="x",
        linestyle="none",
        color=style.BLUE,
        label="roots (computed)",
    )
    first = [] if data.disc is None else [data.disc]
    for discs, width, label in (
        (first, 1.8, "certified disc: no root further right"),
        (data.others, 0.9, "certified discs (all drawn enlarged)"),
    ):
        centres = [one for centre, _ in discs for one in (centre, centre.conjugate())]
        plane.plot(
            [one.real for one in centres],
            [one.imag for one in centres],
            marker="o",
            markersize=13,
            markerfacecolor="none",
            markeredgecolor=style.VERMILLION,
            markeredgewidth=width,
            linestyle="none",
            label=label,
        )
    plane.set_xlim(LEFT, RIGHT)
    plane.set_ylim(-HEIGHT, HEIGHT)
    style.label(plane, x="Re s (1/mean delay)", y="Im s (1/mean delay)", title="Roots; hatched: growth")
    plane.legend(loc="lower left", fontsize=8)
    path.axhline(0, color=style.GREY, linewidth=1.0)
    path.plot(data.times, np.clip(data.path, -2 * RANGE, 2 * RANGE), color=style.BLUE, linewidth=1.8)
    path.set_xlim(0, SPAN)
    path.set_ylim(-RANGE, RANGE)
    style.label(path, x="time (mean delays)", y="mean distance to the minimum", title="The mean path (computed)")
    return result


@lru_cache(maxsize=512)
def data_of(h: CharacteristicFunction) -> Data:
    """Compute what is drawn for a law of mean 1.

    Raises:
        UnsupportedScenario: if no roots can be computed.
    """
    from sddeverify.analysis.roots import leading
    from sddeverify.analysis.trajectory import mean_path
    from sddeverify.certificates import rightmost_root, root_enclosure

    roots = tuple(leading(h))
    disc = _disc(rightmost_root.prove(h, digits=6))
    rightmost = max(roots, key=lambda one: one.real)
    found = [_disc(root_enclosure.prove(h, root, digits=6)) for root in roots if root != rightmost]
    times = np.linspace(0, SPAN, 241)
    return Data(roots, disc, tuple(one for one in found if one), times.tolist(), mean_path(h, times).tolist())


def _disc(proof: Certificate | Inconclusive) -> tuple[complex, float] | None:
    """Return centre and size of a certified enclosure of a root."""
    from sddeverify.certificates import Inconclusive

    if isinstance(proof, Inconclusive):
        return None
    ends = [getattr(proof, name) for name in ("real", "imag")]
    return complex(*(float(one.midpoint) for one in ends)), float(sum(one.width for one in ends))


def explorer(learning_rate: float = 0.1, workers: int = 8) -> Explorer:
    """Return the explorer: learning rate, workers and delay law; the Hessian eigenvalue is 1.

    Args:
        learning_rate: Where the slider starts.
        workers: Where the other one starts.
    """
    controls = {
        "learning_rate": slider("learning rate", learning_rate, 0.01, 0.4, 0.01),
        "workers": slider("workers", workers, 1, 32, 1),
        "law": menu("delay law", list(LAWS)),
    }
    return Explorer("root-explorer", controls, draw)


def draw(learning_rate: float, workers: int, law: str) -> tuple[Figure, str]:
    """Return figure and caption for the values of the controls."""
    from sddeverify.delays import parse
    from sddeverify.models import CharacteristicFunction

    damping = exact(learning_rate) * workers
    data = data_of(CharacteristicFunction(damping, parse(law)))
    return figure(data), f"Damping times mean delay: {float(damping):.3g}. {caption(data)}"
