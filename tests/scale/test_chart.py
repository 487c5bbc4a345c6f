"""Certified charts in tiles, against the certified stability boundary."""

from fractions import Fraction
from typing import Any

import pytest

from sddeverify import checker, scale
from sddeverify.certificates import Inconclusive, stability_boundary
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.scenario import Group, Scenario

SCENARIO = Scenario("1/10", 4, "erlang(2, 1)", hessian=["1", "2"])
ENDS = ("1/10", "3")


def run(plan: scale.Plan) -> scale.Results:
    results = scale.Results(plan)
    scale.run(results)
    return results


def test_intervals_enclose_the_boundary() -> None:
    """The largest eigenvalue is unstable first: at the learning rate a* m/(2 P)."""
    boundary = stability_boundary.prove(SCENARIO.compute)
    assert not isinstance(boundary, Inconclusive)
    results = run(scale.chart(SCENARIO, [1, 2, 5], ENDS, tiles=3, halvings=5))
    summary = scale.summarise(results)
    for row in summary["rows"]:
        critical = boundary.damping.lo / (2 * row["workers"])
        (a, b, stable), (c, d, undecided), (e, f, unstable) = row["intervals"]
        assert (stable, undecided, unstable) == ("stable", "undecided", "unstable")
        assert (Fraction(a), Fraction(f)) == tuple(map(Fraction, ENDS))
        assert b == c
        assert d == e
        assert Fraction(c) <= critical <= Fraction(d)
        assert Fraction(d) - Fraction(c) <= Fraction(29, 10) / 3 / 2**5 * 2  # one piece, or two that touch there
    assert sum(summary["shares"].values()) == pytest.approx(1)
    assert summary["undecided"] == {}
    documents = [
        (piece["verdict"], document)
        for row in results.rows.values()
        for piece in row["pieces"]
        for document in piece["certificates"]
    ]
    assert len(documents) > 12
    for verdict, document in documents:
        assert checker.check(document).status is checker.Status.ACCEPTED
        assert document["claim"]["stable"] == (verdict == "stable")


def test_more_halvings_decide_more() -> None:
    shares = [scale.summarise(run(scale.chart(SCENARIO, [3], ENDS, 2, halvings)))["shares"] for halvings in (0, 2, 4)]
    undecided = [share["undecided"] for share in shares]
    assert undecided[0] > undecided[1] > undecided[2] > 0


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"workers": []}, "workers"),
        ({"workers": [2, 2]}, "workers"),
        ({"workers": [0]}, "workers"),
        ({"learning_rates": ("1", "1")}, "learning_rates"),
        ({"learning_rates": ("2", "1")}, "learning_rates"),
        ({"learning_rates": ("-1", "1")}, "learning_rates"),
        ({"tiles": 0}, "tiles"),
        ({"halvings": -1}, "halvings"),
        ({"workers": range(1, 1000), "tiles": 10_000}, "workers x tiles"),
    ],
)
def test_bad_charts(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidScenario, match=f"^{field}: .* is not allowed; write "):
        scale.chart(SCENARIO, **({"workers": [1], "learning_rates": ENDS} | options))


def test_unequal_workers_have_no_chart() -> None:
    unequal = Scenario("1/10", 2, "constant(1)", hessian=["1"], pool=[Group(1, "constant(1)"), Group(1, "constant(2)")])
    with pytest.raises(UnsupportedScenario):
        scale.chart(unequal, [1], ENDS)
