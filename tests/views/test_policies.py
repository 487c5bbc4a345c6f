import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from sddeverify.views import policies, style
from sddeverify.views.policies import Data, Series

TIMES = np.linspace(0, 10, 40)


def series(name, **changes):
    values = {"times": TIMES, "losses": np.exp(-TIMES), "staleness": [0, 3, 4, 5], "downloads": 50, "uploads": 30}
    return Series(name, **(values | changes))


def words(drawn):
    """Draw a figure and return the boxes of its visible texts, in pixels."""
    drawn.canvas.draw()
    texts = [one for one in drawn.findobj(Text) if one.get_visible() and one.get_text().strip()]
    ticks = [tick for panel in axes(drawn) for axis in (panel.xaxis, panel.yaxis) for tick in axis.get_major_ticks()]
    hidden = {id(one) for tick in ticks for one in (tick.label1, tick.label2) if not tick.get_visible()}
    beyond = set()
    for panel in axes(drawn):
        for axis in (panel.xaxis, panel.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.get_loc() <= high:
                    beyond |= {id(tick.label1), id(tick.label2)}
    # An annotation of its own would count its arrow.
    return [Text.get_window_extent(one) for one in texts if id(one) not in hidden | beyond]


def axes(drawn):
    return [panel for part in drawn.subfigs for panel in part.axes]


LONG = "mindflayer:limit=[1 1 1 1 1 1 3 3],trials=2,success=9/10"


@pytest.mark.parametrize("size", [1, 3, 8, 9, 26])
def test_texts_neither_overlap_nor_leave_the_figure(size):
    # Curves that end at one height are the hardest to name.
    together = tuple(series(f"a_policy_{index}:k={index}", uploads=10**6 + index) for index in range(size - 1))
    drawn = policies.figure(Data((*together, series(LONG, stopped=True)), 8))
    boxes = words(drawn)
    assert len(boxes) > 2 * size
    for index, box in enumerate(boxes):
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= drawn.bbox.width
        assert box.y1 <= drawn.bbox.height
        assert not any(box.overlaps(other) for other in boxes[:index])


@pytest.mark.parametrize(
    "data",
    [
        Data((series("asynchronous"), series("synchronous", losses=np.exp(-TIMES / 3), staleness=[9])), 4),
        Data((series("diverging", losses=[1.0] * 39 + [np.inf]), series("idle", staleness=[], downloads=0)), 4),
        Data((series("lost", losses=[1.0] * 40), series("negative", losses=-TIMES)), 4),
        Data((series("solved", losses=np.zeros(40)),), 1),
    ],
)
def test_few_policies_share_a_panel(data):
    drawn = policies.figure(data)
    assert isinstance(drawn, Figure)
    loss, staleness, _ = axes(drawn)
    assert sorted(one.get_text() for one in loss.texts) == sorted(one.name for one in data.series)
    assert [one.get_text() for one in staleness.get_yticklabels()] == [one.name for one in reversed(data.series)]
    assert all(panel.get_xlabel() for panel in axes(drawn))
    looks = {(line.get_color(), line.get_linestyle()) for line in loss.lines}
    assert len(looks) == len(data.series)
    assert style.to_svg(drawn) == style.to_svg(policies.figure(data))


def test_many_policies_have_panels_on_one_scale():
    data = Data(tuple(series(f"policy_{index}", losses=np.exp(-TIMES / (1 + index))) for index in range(11)), 4)
    *panels, _, _ = axes(policies.figure(data))
    assert [panel.get_title(loc="left") for panel in panels] == [one.name for one in data.series]
    assert len({(panel.get_xlim(), panel.get_ylim(), panel.get_yscale()) for panel in panels}) == 1
    for panel, one in zip(panels, data.series, strict=True):
        (line,) = panel.lines
        assert np.array_equal(line.get_ydata(), one.losses)
        assert len(panel.collections[0].get_segments()) == 10


def test_histograms_are_rows():
    data = Data((series("one", staleness=[0, 2, 8, 4]), series("far", staleness=[1] * 100)), 4)
    _, staleness, traffic = axes(policies.figure(data))
    assert staleness.get_xlim() == (-0.5, 24)
    assert "up to 24" in staleness.get_xlabel()
    lower, upper = (one.get_paths()[0].vertices for one in staleness.collections)
    assert lower[:, 1].max() < upper[:, 1].min()
    assert np.ptp(lower[:, 1]) == pytest.approx(np.ptp(upper[:, 1]))
    assert upper[:, 0].min() == -0.5  # every column is centred
    medians = [line.get_xdata()[0] for line in staleness.lines if line.get_marker() == "^"]
    assert medians == [49, 2]
    assert [bar.get_width() for bar in traffic.patches] == [30, 50, 30, 50]
    assert [one.get_text() for one in traffic.texts] == ["80", "80"]


def test_names_in_lines():
    assert policies.named("k_async", 20) == "k_async"
    assert policies.named("k_async:k=3", 20) == "k_async, k=3"
    lines = policies.named(LONG, 24).splitlines()
    assert lines == ["mindflayer", "limit=[1 1 1 1 1 1 3 3],", "trials=2, success=9/10"]
    assert policies.named(LONG + ",batch=12", 24).endswith(" ...")


def test_what_stopped_is_said():
    data = Data((series("goes on"), series("waits", stopped=True)), 4)
    assert "waits ended early" in policies.caption(data)
    assert "x" in [line.get_marker() for line in axes(policies.figure(data))[0].lines]


def test_the_caption_names_the_best():
    text = policies.caption(Data((series("slow"), series("fast", losses=np.exp(-2 * TIMES))), 4))
    assert "2 server policies, 4 workers" in text
    assert "lowest loss at the end is that of fast, 2.06e-09" in text
