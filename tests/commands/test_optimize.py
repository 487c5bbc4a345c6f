"""``sddeverify optimize``: the table, the certificate, the figure; ties, bad input, an interruption."""

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from scipy.special import lambertw

from sddeverify import checker
from sddeverify.certificates import optimum

# Two atoms: the rate has local maxima near c = .26 and c = 1.16.
TWO_MAXIMA = "0.8806*constant(0.169) + 0.1194*constant(1)"


def fastest(strengths: dict[str, float]) -> str:
    """The name of the strength c whose rate for a constant delay of 1 is the largest: minus the real part of W(-c)."""
    return max(strengths, key=lambda name: -lambertw(-strengths[name]).real)


WORKERS = fastest({str(p): p / 20 for p in range(1, 13)})


def written(folder: Path, compute: str = "constant(1)", **others: Any) -> Path:
    path = folder / "scenario.json"
    members = {"learning_rate": "1/20", "workers": 4, "compute": compute, "hessian": ["1"]} | others
    path.write_text(json.dumps(members))
    return path


def test_the_best_number_of_workers(run: Any, tmp_path: Path) -> None:
    out, picture = tmp_path / "best.cert.json", tmp_path / "best.png"
    result = run("optimize", written(tmp_path), "--to", 12, "-o", out, "--figure", picture)
    assert (result.status, result.err) == (0, "")
    assert WORKERS in ("7", "8")  # 1/(e eta h) = 7.36
    assert f"certified: the best number of workers is {WORKERS}" in result.out
    verdict = checker.check(out.read_bytes())
    assert verdict.status is checker.Status.ACCEPTED
    assert optimum.Optimum.load(out).best == [WORKERS]
    assert picture.read_bytes().startswith(b"\x89PNG")
    # Nothing is overwritten by accident.
    run("optimize", written(tmp_path), "-o", out).assert_one_sentence("--out", "--force")


def test_json_has_enclosures(run: Any, tmp_path: Path) -> None:
    data = run("optimize", written(tmp_path), "--from", 6, "--to", 8, "--json").json
    assert (data["status"], data["best"], data["computed"]) == ("certified", [WORKERS], [])
    rates = {name: tuple(map(Fraction, ends)) for name, ends in data["rates"].items()}
    assert list(rates) == ["6", "7", "8"]
    assert all(lo < hi < lo + Fraction(1, 10**8) for lo, hi in rates.values())
    assert all(rates[WORKERS][0] > hi for name, (_, hi) in rates.items() if name != WORKERS)


def test_all_numbers_are_compared(run: Any, tmp_path: Path) -> None:
    """A search that climbs from P = 1 would stop at the lower one of two maxima."""
    path = written(tmp_path, TWO_MAXIMA, learning_rate="1/50")
    data = run("optimize", path, "--to", 80, "--json").json
    rates = [float(Fraction(lo)) for lo, _ in data["rates"].values()]
    peaks = [k + 1 for k in range(1, 79) if rates[k] > max(rates[k - 1], rates[k + 1])]
    assert peaks == [13, 58]  # c = P/50
    assert data["best"] == [str(1 + rates.index(max(rates)))]


def test_ties_are_ties(run: Any, tmp_path: Path) -> None:
    result = run("optimize", written(tmp_path, "exponential(1)"), "--to", 8)
    assert result.status == 0
    assert "a tie of 5, 6, 7, 8" in result.out
    undecided = run("optimize", written(tmp_path, "exponential(1)"), "--from", 5, "--to", 8)
    assert undecided.status == 3
    assert "undecided (PRECISION)" in undecided.out


def test_schedules_change_the_answer(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path, "erlang(2, 1)", hessian=["1/2", "2"], learning_rate="1/10")

    def best(*options: Any) -> tuple[list[str], list[str]]:
        data = run("optimize", path, "--to", 16, "--json", *options).json
        return data["best"], data["computed"]

    ideal, exact = best()
    assert exact == []
    halved, exact = best("--keep", "1/2")
    assert exact == []
    assert abs(int(halved[0]) - 2 * int(ideal[0])) <= 1  # half the pull of each: twice the workers
    narrow, exact = best("--bandwidth", 2)
    assert exact == []
    assert narrow != ideal
    rare, computed = best("--event-trigger", "1/2", "--bandwidth", 2)
    assert len(computed) == 2
    assert rare
    assert best("--time-cap", "3/2", "--batch", 2, "--from", 2)[1]


def test_thresholds_and_learning_rates(run: Any, tmp_path: Path) -> None:
    path = written(tmp_path, "exponential(1)", workers=16, learning_rate="1/10")
    caps = run("optimize", path, "--over", "threshold", "--from", 1, "--to", 9, "--json").json
    assert caps["status"] == "certified"
    assert len(caps["rates"]) == 9
    pushes = sum(math.prod(1 - f / 16 for f in range(1, n + 1)) for n in range(16))  # to an accepted gradient
    assert float(Fraction(caps["rates"]["1"][0])) == pytest.approx(0.1 * 16 / pushes, rel=1e-9)  # no delay: eta h q P
    given = ["--over", "learning_rate", "--from", "0.05", "--to", "0.15", "--count", 11]
    rates = run("optimize", written(tmp_path), *given, "--json").json
    assert rates["best"] == [fastest({str(Fraction(k, 100)): 4 * k / 100 for k in range(5, 16)})]


def test_the_uplink_of_the_scenario_counts(run: Any, tmp_path: Path) -> None:
    plain = run("optimize", written(tmp_path, uplink=2), "--to", 8, "--json").json["rates"]
    option = run("optimize", written(tmp_path), "--to", 8, "--bandwidth", 2, "--json").json["rates"]
    assert plain == option


@pytest.mark.parametrize(("options", "words"), [
    (["--over", "seed"], ["--over", "workers"]),
    (["--from", "0"], ["--from"]),
    (["--from", "1/2"], ["--from", "integers"]), (["--from", "9", "--to", "9"], ["--to"]),
    (["--to", "100000"], ["--to"]), (["--count", "3"], ["--count"]), (["--bandwidth", "0"], ["bandwidth"]),
    (["--bandwidth", "x"], ["bandwidth"]), (["--threshold", "0"], ["threshold"]),
    (["--threshold", "2"], ["exponential"]), (["--threshold", "2", "--bandwidth", "1"], ["threshold"]),
    (["--time-cap", "1/2"], ["time_cap", "no gradient"]), (["--event-trigger", "-1"], ["event_trigger"]),
    (["--keep", "2"], ["keep"]), (["--batch", "5"], ["batch"]), (["--to", "300", "--bandwidth", "1"], ["256"]),
    (["--digits", "0"], ["digits"]), (["--out", "x.json"], ["--out", ".cert.json"]),
    (["--figure", "x.gif"], ["--figure"]), (["--figure", "no/x.png"], ["--figure", "folder"]),
    (["--over", "learning_rate", "--from", "2", "--to", "1"], ["--from"]),
    (["--over", "learning_rate", "--from", "1", "--to", "2", "--count", "1"], ["--count"]),
])  # fmt: skip
def test_bad_input_is_one_sentence(run: Any, tmp_path: Path, options: list[str], words: list[str]) -> None:
    run("optimize", written(tmp_path), *options).assert_one_sentence(*words)


def interrupt(monkeypatch: pytest.MonkeyPatch, after: int) -> list[Any]:
    """Press ctrl-C while the candidate after this many is at work; return what was worked on."""
    calls: list[Any] = []
    right = optimum.slowest

    def interrupted(functions: Any, digits: int) -> Any:
        calls.append(functions)
        if len(calls) == after + 1:
            raise KeyboardInterrupt
        return right(functions, digits)

    monkeypatch.setattr(optimum, "slowest", interrupted)
    return calls


def test_an_interruption_is_told(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(monkeypatch, 2)
    result = run("optimize", written(tmp_path), "--to", 8)
    assert result.status == 130
    assert result.err == "sddeverify: interrupted after 2 of 8 candidates; no best one is claimed\n"


def test_an_interrupted_run_goes_on(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, out = written(tmp_path, hessian=["1/2", "1"]), tmp_path / "x.cert.json"
    partial = tmp_path / "x.cert.json.partial.json"
    with monkeypatch.context() as patch:
        interrupt(patch, 5)
        result = run("optimize", path, "--to", 8, "-o", out)
    assert result.status == 130
    assert f"--resume {partial}" in result.err
    assert not out.exists()
    with monkeypatch.context() as patch:
        worked_on = interrupt(patch, 99)
        resumed = run("optimize", path, "--to", 8, "-o", out, "--resume", partial, "--json")
        assert len(worked_on) == 3
    assert resumed.status == 0, resumed
    whole = run("optimize", path, "--to", 8, "--json").json
    assert {name: resumed.json[name] for name in whole} == whole
    assert checker.check(out.read_bytes()).status is checker.Status.ACCEPTED
    # Nothing is taken from a file that does not prove it.
    for options in (["--digits", 6], ["--to", 3], ["--keep", "1/2"]):
        given = ["optimize", path, "--to", 8, "--resume", partial, *options]
        run(*given).assert_one_sentence("--resume", "same scenario")
    kept = json.loads(partial.read_text())
    document = kept["candidates"]["3"]["documents"][0]
    document["claim"]["rate"] = ["1", "1"]
    partial.write_text(json.dumps(kept))
    run("optimize", path, "--to", 8, "--resume", partial).assert_one_sentence("--resume")
    partial.write_text("[]")
    run("optimize", path, "--to", 8, "--resume", partial).assert_one_sentence("--resume")
    run("optimize", path, "--to", 8, "--resume", tmp_path / "none").assert_one_sentence("--resume", "none")
