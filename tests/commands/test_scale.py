import os
import re
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import pytest

from tests.commands.conftest import Run

SCENARIO = """
learning_rate = 0.05
workers = 4
compute = "erlang(3, 1/2)"
hessian = ["1", "1/2"]
"""

PERHAPS = """
[[pool]]
workers = 4
compute = "erlang(3, 1/2)"
hang = "{}"
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "scenario.toml"
    path.write_text(SCENARIO)
    return path


def test_sweep(run: Run, scenario: Path, tmp_path: Path) -> None:
    arguments = ("scale", "sweep", scenario, "--workers", "2,8", "--out", tmp_path / "out", "--json")
    outcome = run(*arguments)
    assert outcome.json["best"] == ["P=8,eta=1/20"]
    lo, hi = map(Fraction, outcome.json["rates"]["P=2,eta=1/20"])
    assert 0 < lo < hi
    lines = (tmp_path / "out" / "results.jsonl").read_text()
    assert lines.count("\n") == 2
    assert run(*arguments).json == outcome.json  # done already
    assert (tmp_path / "out" / "results.jsonl").read_text() == lines
    run("scale", "sweep", scenario, "--workers", "2:4", "--out", tmp_path / "out").assert_one_sentence("another plan")
    assert "best" in run("scale", "sweep", scenario, "--workers", "2,8", "--learning-rates", "0.05,1/10").out


def test_ensemble(run: Run, scenario: Path, tmp_path: Path) -> None:
    outcome = run("scale", "ensemble", scenario, "--runs", 3, "--arrivals", 50, "--json")
    assert outcome.json["arrivals"] == 150
    assert outcome.json["finished"] == outcome.json["tasks"] == 3
    assert "mean staleness" in run("scale", "ensemble", scenario, "--runs", 1, "--arrivals", 50).out


def test_an_ensemble_of_deadlocks(run: Run, tmp_path: Path) -> None:
    """Nothing to show is no success; one run that ends is."""
    path = tmp_path / "hung.toml"
    path.write_text(SCENARIO.replace("workers = 4\n", "workers = 4\npolicy = 'synchronous'\n") + PERHAPS.format("1"))
    outcome = run("scale", "ensemble", path, "--runs", 3, "--arrivals", 50, "--json")
    assert outcome.status == 3
    assert len(outcome.json["undecided"]) == 3
    assert "none of 3 tasks has a result (deadlock" in outcome.err
    path.write_text(path.read_text().replace(PERHAPS.format("1"), PERHAPS.format("1/60")))
    outcome = run("scale", "ensemble", path, "--runs", 6, "--arrivals", 50, "--json")
    assert outcome.status == 0
    assert 0 < len(outcome.json["undecided"]) < 6


def test_ctrl_c_at_a_terminal(scenario: Path, tmp_path: Path) -> None:
    """It goes to all processes of the group: one sentence comes of it, and what is finished is kept."""
    out = tmp_path / "out"
    arguments = ["ensemble", scenario, "--runs", 2000, "--arrivals", 2000, "--jobs", 2, "--out", out]
    command = [sys.executable, "-m", "sddeverify", "scale", *map(str, arguments)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 60
    while not (out / "finished.jsonl").exists() or (out / "finished.jsonl").stat().st_size < 1000:
        assert time.monotonic() < deadline
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    found = re.fullmatch(r"sddeverify: interrupted after (\d+) of 2000 tasks; (\S+) keeps them, .* goes on\n", stderr)
    assert found, stderr
    assert found[2] == str(out)
    assert int(found[1]) == len((out / "finished.jsonl").read_text().splitlines())


def test_chart(run: Run, scenario: Path) -> None:
    arguments = ("scale", "chart", scenario, "--workers", "8", "--learning-rates", "1/10:1/2", "--tiles", 2)
    (row,) = run(*arguments, "--json").json["rows"]
    assert row["workers"] == 8
    assert [verdict for _, _, verdict in row["intervals"]] == ["stable", "undecided", "unstable"]
    assert "0.1 to" in run(*arguments).out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("charts",), "kind"),
        (("chart",), "--learning-rates"),
        (("chart", "--learning-rates", "1/2"), "--learning-rates"),
        (("chart", "--learning-rates", "1:1/2"), "learning_rates"),
        (("chart", "--learning-rates", "0:1/2"), "learning_rates"),
        (("chart", "--learning-rates", "1/9:1/2", "--tiles", "0"), "tiles"),
        (("chart", "--learning-rates", "1/9:1/2", "--halvings", "99"), "halvings"),
        (("sweep", "--workers", "0:3"), "--workers"),
        (("sweep", "--workers", "5:3"), "--workers"),
        (("sweep", "--workers", "1:9999999"), "--workers"),
        (("sweep", "--workers", "two"), "--workers"),
        (("sweep", "--learning-rates", "fast"), "learning_rates"),
        (("sweep", "--digits", "0"), "digits"),
        (("ensemble", "--runs", "0"), "runs"),
        (("ensemble", "--jobs", "0", "--runs", "1"), "jobs"),
    ],
)
def test_bad_input(run: Run, scenario: Path, arguments: tuple[str, ...], word: str) -> None:
    run("scale", arguments[0], scenario, *arguments[1:]).assert_one_sentence(word)
