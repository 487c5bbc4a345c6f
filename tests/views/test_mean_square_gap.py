"""The figure of both mean-square limits."""

from sddeverify.views import mean_square_gap, style

DATA = mean_square_gap.Data([2, 8, 32], [0.7808, 0.4414, 0.2349], [1.2808, 0.5664, 0.2661])


def test_caption_says_how_large_the_gap_is() -> None:
    caption = mean_square_gap.caption(DATA)
    assert "2 to 32 memoryless workers" in caption
    assert "39% of the exact limit for P = 2" in caption
    assert "11.7% for P = 32" in caption


def test_figure_shows_the_numbers() -> None:
    limits, relative = mean_square_gap.figure(DATA).axes
    exact, sdde = (list(line.get_ydata()) for line in limits.get_lines())
    assert (exact, sdde) == (DATA.exact, DATA.sdde)
    assert list(relative.get_lines()[0].get_ydata()) == [1 - x / y for x, y in zip(sdde, exact, strict=True)]
    assert style.to_png(mean_square_gap.figure(DATA)).startswith(b"\x89PNG")
