"""How long a slider of an explorer takes to answer: the promise is half a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest

pytest.importorskip("ipywidgets", reason="the extra 'notebook' is not installed")

from sddeverify.views import (
    law_gallery,
    pade_explorer,
    root_explorer,
    scheduling_explorers,
    stability_explorer,
    staleness_explorer,
)

EXPLORERS: dict[str, Callable[[], Any]] = {
    "bandwidth": scheduling_explorers.bandwidth,
    "gallery": law_gallery.explorer,
    "pade": pade_explorer.explorer,
    "roots": root_explorer.explorer,
    "stability": stability_explorer.explorer,
    "staleness": staleness_explorer.explorer,
    "trigger": scheduling_explorers.trigger,
}
PROMISE = 0.5  # seconds of processor time, median: the machine may be shared


def positions(control: Any) -> list[Any]:
    """Where a control is put: every entry of a menu, three places of a slider."""
    if hasattr(control, "options"):
        return [one[1] if isinstance(one, tuple) else one for one in control.options]
    kind = type(control.value)
    return [kind(control.min + (control.max - control.min) * part) for part in (0.25, 0.5, 0.9)]


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("name", EXPLORERS)
def test_a_control_answers(benchmark: Any, name: str) -> None:
    explorer = EXPLORERS[name]()
    moves = cycle([(key, one) for key, control in explorer.controls.items() for one in positions(control)])

    def move() -> None:
        key, value = next(moves)
        explorer.set(**{key: value})

    benchmark.pedantic(move, rounds=12, iterations=1)
    assert benchmark.stats.stats.median < PROMISE
