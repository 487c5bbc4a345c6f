"""Explorers without a browser: sliders are moved, and the figure, its words and its numbers follow."""

from collections.abc import Callable
from itertools import pairwise
from math import pi
from typing import Any

import numpy as np
import pytest

pytest.importorskip("ipywidgets", reason="the extra 'notebook' is not installed")

from sddeverify.delays import parse
from sddeverify.models import CharacteristicFunction
from sddeverify.views import (
    law_gallery,
    pade_explorer,
    root_explorer,
    scheduling_explorers,
    stability_explorer,
    staleness_explorer,
)
from sddeverify.views._explorer import LAWS, Explorer

EXPLORERS: dict[str, tuple[Callable[[], Explorer], dict[str, Any], str]] = {
    "roots": (root_explorer.explorer, {"workers": 20}, "the mean grows"),
    "chart": (stability_explorer.explorer, {"learning_rate": 0.3}, "up to 5 workers are stable"),
    "gallery": (law_gallery.explorer, {"law": "erlang(3, 1)"}, "a = 2.6667"),
    "staleness": (staleness_explorer.explorer, {"workers": 20}, "mean staleness 18.99 (theory: 19)"),
    "pade": (pade_explorer.explorer, {"order": 2}, "loses stability at a = 1.58"),
    "trigger": (scheduling_explorers.trigger, {"threshold": 2.0}, "4.6% of the gradients are sent"),
    "bandwidth": (scheduling_explorers.bandwidth, {"bandwidth": 5.0}, "4.65 arrive"),
}


@pytest.mark.parametrize("name", EXPLORERS)
def test_the_figure_follows_the_slider(name: str) -> None:
    make, change, says = EXPLORERS[name]
    explorer = make()
    before, words = explorer.png, explorer.caption
    assert before.startswith(b"\x89PNG")
    assert says not in words
    explorer.set(**change)
    assert says in explorer.caption
    assert explorer.png != before
    size = [png[16:24] for png in (before, explorer.png)]  # width and height in the header of a PNG file
    assert size[0] == size[1]
    shown = explorer._repr_mimebundle_()
    assert shown["text/markdown"] == explorer.caption
    assert {"image/png", "application/vnd.jupyter.widget-view+json"} <= set(shown)


@pytest.mark.parametrize("name", EXPLORERS)
def test_sliders_answer_when_they_are_let_go(name: str) -> None:
    for control in EXPLORERS[name][0]().controls.values():
        assert not getattr(control, "continuous_update", False)


def test_what_cannot_be_drawn_is_said() -> None:
    explorer = stability_explorer.explorer()
    before = explorer.png
    explorer.controls["law"].options = ["erlang(0, 1)"]
    assert "No picture" in explorer._words.value
    assert explorer.png == before


@pytest.mark.parametrize("law", LAWS)
def test_every_law_of_the_menus_can_be_drawn(law: str) -> None:
    _, words = root_explorer.draw(0.1, 8, law)
    assert "in a certified disc" in words
    _, words = law_gallery.draw(law)
    assert "certified stable up to" in words
    assert ("no crossing" in words) == (law == "exponential(1)")


def test_every_root_drawn_has_its_certified_disc() -> None:
    for law in ("constant(1)", "uniform(0, 2)", "erlang(3, 1)"):
        data = root_explorer.data_of(CharacteristicFunction("4/5", parse(law)))
        assert data.disc is not None
        discs = [data.disc, *data.others]
        right = [
            root for root in data.roots if law != "erlang(3, 1)" or root.real > -3
        ]  # where its transform converges
        assert len(discs) == len(right)
        for root in right:
            assert min(abs(centre - root) for centre, _ in discs) < 1e-4
        said = f"for {len(data.others)} of the {len(data.roots) - 1} other roots" in root_explorer.caption(data)
        assert said is (len(data.roots) > 1)


def test_pade_of_order_one_puts_the_boundary_at_two() -> None:
    assert pade_explorer.boundary(1) == pytest.approx(2, abs=1e-12)
    gaps = [abs(pade_explorer.boundary(order) - pi / 2) for order in range(1, 7)]
    assert all(after < before for before, after in pairwise(gaps))
    assert gaps[-1] < 1e-8


@pytest.mark.parametrize("order", range(1, 6))
def test_pade_agrees_with_the_exponential_to_its_order(order: int) -> None:
    below = pade_explorer.denominator(order)
    signs = (-1.0) ** np.arange(order + 1)

    def error(s: float) -> float:
        powers = s ** np.arange(order + 1)
        return abs(float(np.exp(-s) - (below * signs) @ powers / (below @ powers)))

    measured = np.log2(error(0.8) / error(0.4))
    assert measured == pytest.approx(2 * order + 1, abs=0.7)  # the next order is 2 away


def test_a_wrong_approximation_is_called_wrong() -> None:
    assert "the approximation is wrong" in pade_explorer.draw(1, 1.8)[1]
    assert "they agree" in pade_explorer.draw(1, 1.2)[1]


def test_staleness_against_workers_is_emulated() -> None:
    constant = staleness_explorer.over_workers("constant(1)")
    assert constant == tuple((workers - 1.0,) * 3 for workers in staleness_explorer.COUNTS)  # no spread at all
    for law in ("exponential(1)", "uniform(0, 2)"):
        found = staleness_explorer.over_workers(law)
        for workers, (mean, low, high) in zip(staleness_explorer.COUNTS, found, strict=True):
            assert mean == pytest.approx(workers - 1, abs=0.05 * workers), "whatever the law"
            assert low <= mean <= high
        assert high > mean > low
