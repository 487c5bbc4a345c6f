"""The picture of a certified chart: its caption counts areas, and equal data give equal bytes."""

import numpy as np

from sddeverify.views import certified_chart, style

CELLS = ((0.0, 1.0, 0.0, 1.0, 0), (1.0, 2.0, 0.0, 1.0, 2), (0.0, 1.0, 1.0, 2.0, 4), (1.0, 2.0, 1.0, 2.0, None))


def test_caption_states_areas():
    text = certified_chart.caption(certified_chart.Data(CELLS, "damping", "delay", (1.0, 0.5)))
    assert "25.0% of the area is stable" in text
    assert "50.0% unstable" in text
    assert "25.0% is undecided" in text
    assert "damping 1, delay 0.5" in text


def test_every_kind_of_cell_has_a_legend_and_a_hatch_of_its_own():
    axis = np.linspace(0.0, 2.0, 5)
    rates = (axis, axis, np.add.outer(axis, axis))
    figure = certified_chart.figure(certified_chart.Data(CELLS, "damping", "delay", (1.0, 0.5), rates))
    legend = figure.axes[0].get_legend()
    assert len(legend.get_texts()) == 6
    hatches = [patch.get_hatch() for patch in legend.get_patches()]
    assert len(set(hatches)) == len(hatches)


def test_equal_data_give_equal_bytes():
    draw = [style.to_png, style.to_svg, style.to_pdf]
    one, other = ([f(certified_chart.figure(certified_chart.Data(CELLS, "x", "y"))) for f in draw] for _ in range(2))
    assert one == other
    assert one[2].startswith(b"%PDF")
