"""The look that all figures share, and how a figure becomes bytes, without pyplot's global state."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from sddeverify.errors import MissingExtra

try:
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
except ImportError as error:  # pragma: no cover - depends on the installation
    raise MissingExtra("figures need matplotlib: install sddeverify[report]") from error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

# Okabe & Ito's palette, which stays apart under the common colour-vision deficiencies. Every series
# differs in marker, line style or hatching as well: colour is never the only signal.
BLUE = "#0072B2"
SKY = "#56B4E9"
GREEN = "#009E73"
ORANGE = "#E69F00"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"
INK = "#222222"
GREY = "#767676"
PALE_BLUE = "#DCECF6"
PALE_RED = "#FBE6DA"

_METADATA_SVG = {"Date": None, "Creator": None}
_METADATA_PNG = {"Software": None}


class Picture(Figure):
    """A figure that a notebook shows as a picture, also where pyplot, which would teach it that, is not loaded."""

    def _repr_png_(self) -> bytes:
        return to_png(self, dpi=int(self.dpi))


def new_figure(columns: int = 1, *, width: float = 7.2, height: float = 4.4) -> tuple[Figure, list[Axes]]:
    """Return an empty figure and its axes, side by side, already styled.

    Args:
        columns: Number of axes in the one row.
        width: Width in inches.
        height: Height in inches.
    """
    figure = empty_figure(width, height)
    axes = [figure.add_subplot(1, columns, column + 1) for column in range(columns)]
    for panel in axes:
        dress(panel)
    return figure, axes


def empty_figure(width: float, height: float) -> Figure:
    """Return a figure of this size in inches, without axes: what is added to it is to be dressed."""
    figure = Picture(figsize=(width, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def dress(panel: Axes, *, size: float = 9) -> None:
    """Give a panel the common look, its numbers in this size."""
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[["left", "bottom"]].set_color(GREY)
    panel.tick_params(labelsize=size, color=GREY, labelcolor=INK)
    panel.grid(visible=True, which="major", color="#E4E4E4", linewidth=0.7)
    panel.set_axisbelow(True)


def label(panel: Axes, *, x: str, y: str, title: str = "") -> None:
    """Write the axis labels (with their units) and the title of one panel."""
    panel.set_xlabel(x, fontsize=10, color=INK)
    panel.set_ylabel(y, fontsize=10, color=INK)
    if title:
        panel.set_title(title, fontsize=10.5, color=INK, loc="left")


def legend_below(panel: Axes, *, columns: int = 2) -> None:
    """Draw the legend under the panel, where it hides no data."""
    panel.legend(
        loc="upper center",
        bbox_to_anchor=(0.5, -0.16),
        ncols=columns,
        fontsize=8.5,
        frameon=False,
        borderaxespad=0.2,
    )


def time_scale(values: Iterable[float]) -> tuple[float, str]:
    """Return a factor and a unit that make times in seconds easy to read, such as ``(1000.0, "ms")``."""
    largest = max((abs(value) for value in values), default=1.0)
    if largest < 1e-3:
        return 1e6, "µs"
    return (1e3, "ms") if largest < 1.0 else (1.0, "s")


def to_png(figure: Figure, dpi: int = 150) -> bytes:
    """Return the figure as PNG bytes; equal figures give equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata=_METADATA_PNG)
    return buffer.getvalue()


def to_svg(figure: Figure) -> bytes:
    """Return the figure as SVG bytes with text as outlines; equal figures give equal bytes."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "sddeverify", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata=_METADATA_SVG)
    return buffer.getvalue()


def to_pdf(figure: Figure) -> bytes:
    """Return the figure as a PDF file, the same bytes for the same figure."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None})
    return buffer.getvalue()
