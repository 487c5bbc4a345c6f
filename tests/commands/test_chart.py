"""``sddeverify chart``: files, figures, scenario files, resumption, and bad input."""

import csv
import json

import pytest

from sddeverify import checker

SCENARIO = """
learning_rate = "1/20"
workers = 8
compute = "erlang(2, 1)"
hessian = ["1", "5"]
"""


def test_law_to_certificate_table_and_figure(run, tmp_path):
    out = tmp_path / "chart.png"
    arguments = ["chart", "constant($y)", "--cells", "8", "--point", "1,1", "-o", out]
    result = run(*arguments)
    assert result.status == 0, result
    assert out.read_bytes().startswith(b"\x89PNG")
    document = (tmp_path / "chart.cert.json").read_bytes()
    assert checker.check(document).status is checker.Status.ACCEPTED
    with (tmp_path / "chart.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    tree = json.loads(document)["claim"]["tree"]
    assert len(rows) == sum(n != -2 for n in tree)
    assert {row["unstable_roots"] for row in rows} == {"", "0", "2"}
    run(*arguments).assert_one_sentence("exists already")
    # the undecided cells of the file are taken up on a finer grid
    finer = run("chart", "constant($y)", "--cells", "16", "--resume", tmp_path / "chart.cert.json", "--json")
    assert json.loads(finer.out)["undecided"] < 0.15


def test_ctrl_c_keeps_finished_cells_and_a_chart_goes_on(run, tmp_path, monkeypatch):
    from sddeverify.certificates import stability_chart

    right, calls = stability_chart._leaf, []

    def interrupted(h, effort):
        calls.append(h)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return right(h, effort)

    arguments = ["chart", "constant($y)", "--cells", "8", "--no-rates"]
    with monkeypatch.context() as patch:
        patch.setattr(stability_chart, "_leaf", interrupted)
        part = run(*arguments, "-o", tmp_path / "part.png", "--json").json
    certificate = tmp_path / "part.cert.json"
    assert checker.check(certificate.read_bytes()).status is checker.Status.ACCEPTED
    assert 0 < part["stable"] < 1
    with monkeypatch.context() as patch:
        patch.setattr(stability_chart, "_leaf", lambda h, effort: calls.append(h) or right(h, effort))
        whole = run(*arguments, "--json").json
        alone = len(calls)
        resumed = run(*arguments, "--resume", certificate, "--json").json
    assert len(calls) - alone < alone - 12  # less work than from the start
    assert {name: resumed[name] for name in ("stable", "unstable", "undecided")} == {
        name: whole[name] for name in ("stable", "unstable", "undecided")
    }
    assert part["undecided"] > whole["undecided"]


@pytest.mark.parametrize("suffix", [".svg", ".pdf"])
def test_a_scenario_is_learning_rate_against_workers(run, tmp_path, suffix):
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(SCENARIO)
    out = tmp_path / f"chart{suffix}"
    result = run("chart", scenario, "--cells", "4", "--no-rates", "-o", out, "--json")
    assert result.status == 0, result
    summary = json.loads(result.out)
    assert "learning_rate" in summary["statement"]
    assert summary["stable"] + summary["unstable"] + summary["undecided"] == pytest.approx(1)
    assert out.stat().st_size > 1000


def test_a_law_without_y_gets_more_constant_delay(run):
    result = run("chart", "exponential(1)", "--x", "0,4", "--y", "0,1", "--cells", "4", "--json")
    assert result.status == 0, result
    assert json.loads(result.out)["certificate"]["claim"]["delay"]["sum"][0] == {"constant": {"time": "$y"}}


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["constant($y)", "--cells", "31623"], "cells"),
        (["constant($y)", "--cells", "0"], "cells"),
        (["constant($y)", "--x", "2"], "--x"),
        (["constant($y)", "--x", "2,1"], "x"),
        (["constant($y)", "--x", "0.5,nan"], "x"),
        (["erlang($y, 1)"], "shape"),
        (["exponential($y)"], "family"),
        (["nothing"], "delay law"),
        (["none.toml"], "none.toml"),
        (["constant($y)", "--damping", "2"], "$x"),
        (["constant($y)", "--resume", "none.cert.json"], "none.cert.json"),
        (["constant($y)", "--out", "chart.gif"], "--out"),
        (["constant($y)", "--out", "nowhere/chart.png"], "folder"),
        (["constant($y)", "--point", "1"], "--point"),
    ],
    ids=lambda value: "_".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_one_sentence(run, arguments, named):
    run("chart", *arguments).assert_one_sentence(named)
