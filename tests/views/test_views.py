"""Every figure draws from plain numbers, the same each time, with labels and a caption."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from sddeverify.views import decay, delay_histogram, optimum, root_map, stability_chart, staleness_histogram, style

RNG = np.random.default_rng(0)
TIMES = np.linspace(0, 0.5, 120)
WORKERS = tuple(range(1, 33))
CRITICAL = tuple(0.15 / p for p in WORKERS)
ROOTS = (-5 + 40j, -25 + 240j, -35 + 400j)


def chart(**changes):
    values = {"mean_square": tuple(0.7 * x for x in CRITICAL), "has_crossing": True, "largest_stable": 15}
    return stability_chart.Data(WORKERS, CRITICAL, operating=(0.01, 8), **(values | changes))


def mode(**changes):
    mean = np.exp(-10 * TIMES) * np.cos(60 * TIMES)
    values = {"mean": mean, "lower": mean - 0.01, "upper": mean + 0.01, "theory": mean, "finite": mean * 0.9}
    return decay.Panel("stiffest mode", TIMES, window=(0.1, 0.4), runs=400, **(values | changes))


FIGURES = {
    "chart": (stability_chart, chart()),
    "chart without crossing": (stability_chart, chart(has_crossing=False, mean_square=(), largest_stable=None)),
    "one mode": (root_map, root_map.Data((root_map.Panel("stiffest mode", ROOTS, ((-5 + 40j, 1e-20),), -5.01),))),
    "two modes": (
        root_map,
        root_map.Data((root_map.Panel("one", ROOTS, ((-5 + 40j, 1e-20),)), root_map.Panel("two", (-0.4 + 0j,), ()))),
    ),
    "decay": (decay, decay.Data((mode(), mode(theory=(), finite=())))),
    "growth": (decay, decay.Data((mode(mean=np.exp(3 * TIMES)),))),
    "delays": (
        delay_histogram,
        delay_histogram.Data(RNG.gamma(3, 0.01, 900), RNG.gamma(3, 0.01, 9000), "erlang", 0.03, "8 processes", True),
    ),
    "equal delays": (
        delay_histogram,
        delay_histogram.Data([0.5] * 40, [0.5] * 100, "constant(1/2)", 0.5, "the emulator", False),
    ),
    "optimum": (optimum, optimum.Data("workers", (1, 2, 3), (0.1, 0.3, -0.1), (0.1, 0.3, -0.1), (2,), "a law")),
    "tie": (optimum, optimum.Data("workers", range(1, 9), [0.5] * 8, [0.5] * 8, range(1, 9))),
    "no optimum": (optimum, optimum.Data("learning rate", (0.1, 0.2), (0.1, 0.1), (0.1, 0.1), ())),
    "staleness": (staleness_histogram, staleness_histogram.Data(RNG.poisson(7, 900), RNG.poisson(7, 4000), 8)),
    "staleness of one": (staleness_histogram, staleness_histogram.Data([], [0] * 50, 1)),
    "long tail": (staleness_histogram, staleness_histogram.Data([], [*RNG.poisson(300, 4000), 9000], 300)),
}


@pytest.mark.parametrize("name", FIGURES)
def test_draws_with_labels_and_legend(name):
    view, data = FIGURES[name]
    drawn = view.figure(data)
    assert isinstance(drawn, Figure)
    for axes in drawn.axes:
        assert axes.get_xlabel()
        assert axes.get_ylabel()
        assert axes.get_legend() is not None
    assert style.to_png(drawn, dpi=60).startswith(b"\x89PNG")
    assert len(view.caption(data)) > 40


# The first of each view.
@pytest.mark.parametrize("name", {view: name for name, (view, _) in reversed(FIGURES.items())}.values())
def test_is_a_pure_function(name):
    view, data = FIGURES[name]
    first, second = (style.to_svg(view.figure(data)) for _ in range(2))
    assert first == second
    assert b"<dc:date>" not in first


def test_pyplot_stays_out():
    import sys

    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_histogram_has_unit_area():
    _, data = FIGURES["delays"]
    (axes,) = delay_histogram.figure(data).axes
    for patch in axes.patches:
        values, edges, _ = patch.get_data()
        assert (values * np.diff(edges)).sum() == pytest.approx(1, abs=0.01)


def test_log_panel_shows_the_size_of_the_mean():
    (axes,) = decay.figure(decay.Data((mode(),))).axes
    line = next(one for one in axes.lines if "observed" in one.get_label())
    assert axes.get_yscale() == "log"
    np.testing.assert_allclose(line.get_xdata(), TIMES * 1000)  # 0.5 s is shown in milliseconds
    assert np.all(line.get_ydata() > 0)


def test_conjugates_are_added_once():
    assert root_map._conjugates((-1 + 2j, -1 - 2j, -3 + 0j, -4 + 1j)) == [-1 + 2j, -1 - 2j, -3, -4 + 1j, -4 - 1j]


def test_growth_is_on_the_right_of_the_axis():
    (axes,) = root_map.figure(FIGURES["one mode"][1]).axes
    assert axes.get_xlim()[0] < -35
    assert axes.get_xlim()[1] > 0


def test_chart_shows_what_is_undecided() -> None:
    wide = chart(lost=tuple(1.05 * x for x in CRITICAL))
    assert "undecided" in stability_chart.caption(wide)
    labels = [text.get_text() for text in stability_chart.figure(wide).axes[0].get_legend().get_texts()]
    assert any("undecided" in label for label in labels)
    assert "undecided" not in stability_chart.caption(chart())


def test_a_figure_shows_itself_in_a_notebook() -> None:
    figure, (panel,) = style.new_figure(width=2.0, height=1.5)
    style.label(panel, x="x", y="y")
    shown = figure._repr_png_()
    assert shown.startswith(b"\x89PNG")
    assert int.from_bytes(shown[16:20], "big") == round(2.0 * figure.dpi)
