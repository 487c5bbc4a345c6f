"""Charts against the closed form a tau < pi/2, against counts at points, and their interruption and resumption."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from sddeverify.certificates import Reason, root_count, stability_chart
from sddeverify.certificates.stability_chart import family, prove
from sddeverify.delays import Constant, Erlang, Law, parse
from sddeverify.errors import InvalidScenario
from sddeverify.models import CharacteristicFunction
from tests.certificates.proved import HALF_PI, proved, undecided

DAMPING_AND_DELAY = family("constant($y)", "$x")


def test_constant_delay_is_stable_below_the_hyperbola() -> None:
    chart = proved(prove(DAMPING_AND_DELAY, (0, 2), (0, 2), 16))
    for cell in chart.cells():
        if cell.roots == 0:
            assert cell.x.hi * cell.y.hi < HALF_PI
        elif cell.roots is not None:
            assert cell.roots == 2
            assert cell.x.lo * cell.y.lo > HALF_PI
    # every cell that the hyperbola does not come close to is decided
    assert chart.share(None) < Fraction(15, 100)
    assert chart.share(0) + chart.share(2) + chart.share(None) == 1
    assert chart.at("1/100", "1/100") == chart.at(0, 0) == 0
    assert chart.at(2, 2) == 2


def test_cells_tile_the_rectangle() -> None:
    chart = proved(prove(DAMPING_AND_DELAY, ("1/3", 3), ("1/7", 3), 16))
    cells = chart.cells()
    assert sum(cell.x.width * cell.y.width for cell in cells) == chart.x.width * chart.y.width
    for j, one in enumerate(cells):
        for other in cells[j + 1 :]:
            apart = one.x.hi <= other.x.lo or other.x.hi <= one.x.lo
            assert apart or one.y.hi <= other.y.lo or other.y.hi <= one.y.lo
    assert len(chart.rows()) == len(cells)


@pytest.mark.parametrize(
    ("text", "damping", "undelayed", "x", "y"),
    [
        ("shifted_exponential($y, 1/2)", "$x", 0, (0, 4), (0, 1)),
        ("erlang(3, 1)", "$x", "$y", ("-1/2", 12), (1, 2)),
        ("uniform(1/4, $x)", "$y", 0, (1, 2), (0, 4)),
        ("3/10*constant($x) + 7/10*erlang(2, $x)", "$y", "1/10", ("1/2", 1), (0, 5)),
    ],
    ids=["shift", "undelayed", "uniform", "mixture"],
)
def test_as_counts_at_points(text: str, damping: str, undelayed: str, x: tuple[str, str], y: tuple[str, str]) -> None:
    chart = proved(prove(family(text, damping, undelayed), x, y, 8))
    assert {cell.roots for cell in chart.cells()} >= {0, None}
    rng = random.Random(1)
    for cell in rng.sample([cell for cell in chart.cells() if cell.roots is not None], 8):
        point = {"$x": cell.x.lo + cell.x.width * rng.randrange(1, 100) / 100}
        point["$y"] = cell.y.lo + cell.y.width * rng.randrange(1, 100) / 100
        law = parse(text.replace("$x", str(point["$x"])).replace("$y", str(point["$y"])))
        h = CharacteristicFunction(point[damping], law, undelayed=point.get(str(undelayed), undelayed))
        assert proved(root_count.prove(h)).count == cell.roots


def test_learning_rate_and_workers() -> None:
    """a = learning rate x 10 x workers for a mean delay of 1: the boundary of Erlang 2 is a = 4."""
    model = {"learning_rate": "$x", "hessian": "10", "workers": "$y", "mean_delay": "1"}
    chart = proved(prove(family(Erlang(2, 1), model=model), (0, "1/10"), (1, 9), 16))
    assert chart.at("1/32", 9) == 0  # a = 2.8
    assert chart.at("1/16", 9) == 2  # a = 5.6
    assert "learning_rate" in chart.statement


def test_interrupted_and_resumed() -> None:
    calls = []

    def stop(done: int) -> None:
        calls.append(done)
        if len(calls) == 20:
            raise KeyboardInterrupt

    part = proved(prove(DAMPING_AND_DELAY, (0, 2), (0, 2), 16, on_cell=stop))
    assert calls[-1] < 16**2
    assert part.share(None) > Fraction(1, 10)
    whole = proved(prove(DAMPING_AND_DELAY, (0, 2), (0, 2), 16, resume=part, on_cell=calls.append))
    assert calls == sorted(calls)
    assert calls[-1] == 16**2
    assert whole.digest == proved(prove(DAMPING_AND_DELAY, (0, 2), (0, 2), 16)).digest
    with pytest.raises(InvalidScenario, match="resume"):
        prove(DAMPING_AND_DELAY, (0, 3), (0, 2), 32, resume=part)


def test_refinement_of_a_coarser_chart() -> None:
    coarse = proved(prove(DAMPING_AND_DELAY, (0, 2), (0, 2), 8))
    fine = proved(prove(DAMPING_AND_DELAY, (0, 2), (0, 2), 16, resume=coarse))
    assert fine.share(None) < coarse.share(None) * 2 / 3


def test_too_much_work_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stability_chart, "MOST", 1000)
    undecided(prove(family("erlang(1000, $y)", "$x"), ("1", 200), ("1", 2), 2), Reason.BUDGET)


@pytest.mark.parametrize("cells", [1, 3, 31623, 2.0, "8", True])
def test_bad_cells(cells: int) -> None:
    with pytest.raises(InvalidScenario, match="cells"):
        prove(DAMPING_AND_DELAY, (0, 2), (0, 2), cells)


def test_bad_ranges_and_families() -> None:
    with pytest.raises(InvalidScenario, match="lo"):
        prove(DAMPING_AND_DELAY, (2, 0), (0, 2), 8)
    with pytest.raises(InvalidScenario, match="lo < hi"):
        prove(DAMPING_AND_DELAY, (1, 1), (0, 2), 8)
    with pytest.raises(InvalidScenario, match="family"):
        prove(family("exponential($y)", "$x"), (0, 1), (0, 1), 8)  # no law of mean 0
    with pytest.raises(InvalidScenario, match=r"\$y"):
        family("constant(1)", "$x")
    with pytest.raises(InvalidScenario, match="damping"):
        family("constant($y)")
    with pytest.raises(InvalidScenario):
        family("erlang($y, 1)", "$x")
    with pytest.raises(InvalidScenario, match="model"):
        family(Constant(1), model={"learning_rate": "$x"})


@pytest.mark.parametrize("law", [Constant(1), Erlang(2, 1)], ids=str)
def test_a_point_outside_is_refused(law: Law) -> None:
    chart = proved(stability_chart.prove(family(law, "$x", "$y"), (0, 1), (0, 1), 2))
    with pytest.raises(InvalidScenario, match="point"):
        chart.at(3, 0)
