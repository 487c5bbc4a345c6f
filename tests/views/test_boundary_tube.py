"""The figure of a boundary tube, and the committed one of the README: its data are re-created here."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from matplotlib.figure import Figure

from sddeverify.views import boundary_tube, style

GUIDES = Path(__file__).parents[2] / "notebooks" / "guides"
ROWS = ((0.5, 1.0, 1.5, 1.6), (1.0, 1.5, 1.0, 1.2))


def data(**changes: object) -> boundary_tube.Data:
    values = {"rows": ROWS, "parameter": "delay", "law": "constant", "operating": (("mine", 1.0, 1.1),)}
    return boundary_tube.Data(**(values | changes))


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_figures", GUIDES / "make_figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_draws_the_same_every_time_with_labels() -> None:
    drawn = boundary_tube.figure(data())
    assert isinstance(drawn, Figure)
    (axes,) = drawn.axes
    assert axes.get_xlabel() == "delay"
    names = [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(names) == 4
    assert names[-1] == "mine"
    assert style.to_svg(drawn) == style.to_svg(boundary_tube.figure(data()))
    assert len(boundary_tube.figure(data(operating=())).axes[0].get_legend().get_texts()) == 3


def test_the_caption_states_the_width() -> None:
    assert "2 cells" in boundary_tube.caption(data())
    assert "20 % wide" in boundary_tube.caption(data())


def test_the_committed_figure_shows_what_is_certified_now() -> None:
    made = script()
    with (GUIDES / "figures" / "boundary_tube.csv").open(encoding="utf-8") as file:
        committed = [[float(x) for x in row] for row in list(csv.reader(file))[1:]]
    now = made.tube().rows
    assert len(committed) == len(now) == made.CELLS
    for one, other in zip(committed, now, strict=True):
        assert one == pytest.approx(other, rel=0.01)
    assert (GUIDES / "figures" / "boundary_tube.png").read_bytes().startswith(b"\x89PNG")
