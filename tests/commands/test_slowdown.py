"""``sddeverify slowdown``: its table is that of the analysis, and bad input is one sentence."""

import pytest

from sddeverify.analysis import hitting_times
from sddeverify.delays import Erlang


def test_table(run):
    result = run("slowdown", "erlang(2, 3)", "--strengths", "1/5,3/2", "--target", "1/50", "--floor", "1/4", "--json")
    assert result.status == 0, result
    expected = hitting_times.sensitivities(Erlang(2, 3), ["1/5", "3/2"], 0.02, 0.25)
    assert result.json["status"] == "computed"
    assert result.json["rows"] == [vars(row) for row in expected]


def test_text(run):
    head, *rows, foot = run("slowdown", "exponential(1)", "--strengths", "1/4,1").out.splitlines()
    assert len({len(line) for line in (head, *rows)}) == 1
    assert "two roots meet" in rows[0]
    assert "two roots meet" not in rows[1]
    assert foot.startswith("computed")
    assert len(run("slowdown").out.splitlines()) == 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing(1)"], ["nothing"]),
        (["--strengths", "1,"], ["strength"]),
        (["--strengths", "0"], ["strength", "positive"]),
        (["--strengths", "2"], ["not stable"]),
        (["--target", "1"], ["target"]),
        (["--target", "nan"], ["--target"]),
        (["--floor", "1"], ["floor", "below 1"]),
        (["--floor", "-1"], ["--floor"]),
    ],
)
def test_bad_input(run, arguments, words):
    run("slowdown", *arguments).assert_one_sentence(*words)
