import numpy as np
import pytest
from matplotlib.figure import Figure

from sddeverify.views import policies, style
from sddeverify.views.policies import Data, Series

TIMES = np.linspace(0, 10, 40)


def series(name, **changes):
    values = {"times": TIMES, "losses": np.exp(-TIMES), "staleness": [0, 3, 4, 5], "messages": 80}
    return Series(name, **(values | changes))


@pytest.mark.parametrize(
    "data",
    [
        Data((series("asynchronous"), series("synchronous", losses=np.exp(-TIMES / 3), staleness=[9])), 4),
        Data((series("diverging", losses=[1.0] * 39 + [np.inf]), series("idle", staleness=[], messages=0)), 4),
        Data(tuple(series(f"policy_{index}") for index in range(24)), 4),
        Data((series("solved", losses=np.zeros(40)),), 1),
    ],
)
def test_draws_the_same_every_time(data):
    drawn = policies.figure(data)
    assert isinstance(drawn, Figure)
    loss, *others = drawn.axes
    assert len(drawn.legends[0].get_texts()) == len(data.series)
    for panel in others:
        assert [one.get_text() for one in panel.get_yticklabels()] == [one.name for one in reversed(data.series)]
    assert all(panel.get_xlabel() and panel.get_ylabel() for panel in drawn.axes)
    # A colour comes with a second line style before it comes again.
    looks = {(line.get_color(), line.get_linestyle()) for line in loss.lines}
    assert len(looks) == len(data.series)
    if len(data.series) < 3:  # drawing many takes seconds
        assert style.to_svg(drawn) == style.to_svg(policies.figure(data))


def test_histograms_are_rows():
    data = Data((series("one", staleness=[0, 2, 8, 4]), series("far", staleness=[1] * 100)), 4)
    _, staleness, _ = policies.figure(data).axes
    assert staleness.get_xlim() == (0, 24)
    assert "up to 24" in staleness.get_xlabel()
    first = staleness.collections[0].get_paths()[0].vertices  # the upper row
    assert first[:, 1].min() == pytest.approx(1)
    assert first[:, 1].max() == pytest.approx(1.85)
    medians = [line.get_xdata()[0] for line in staleness.lines if line.get_marker() == "^"]
    assert medians == [2.5, 49.5]


def test_what_stopped_is_said():
    data = Data((series("goes on"), series("waits", stopped=True)), 4)
    assert "waits ended early" in policies.caption(data)
    assert "x" in [line.get_marker() for line in policies.figure(data).axes[0].lines]


def test_the_caption_names_the_best():
    text = policies.caption(Data((series("slow"), series("fast", losses=np.exp(-2 * TIMES))), 4))
    assert "2 server policies, 4 workers" in text
    assert "lowest loss at the end is that of fast, 2.06e-09" in text
