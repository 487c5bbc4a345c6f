"""Plans, folders of results, and runs of them: alone, on real worker processes, and when one is killed."""

import json
import os
import signal
import threading
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from sddeverify import checker, scale
from sddeverify.analysis.optimum import decay_rate
from sddeverify.errors import InvalidScenario, MissingExtra
from sddeverify.scale import running
from sddeverify.scale.work import work
from sddeverify.scenario import PolicySpec, Scenario

SCENARIO = Scenario("1/10", 4, "erlang(2, 1)", hessian=["1", "2"], noise_variance="1/10")


def computed(plan: scale.Plan, **options: Any) -> str:
    results = scale.Results(plan)
    scale.run(results, **options)
    return results.text()


def test_sweep_is_certified_and_agrees_with_the_computed_optimum() -> None:
    results = scale.Results(scale.sweep(SCENARIO, [1, 2, 3, 4, 6], ["1/10", "1/5"]))
    scale.run(results)
    summary = scale.summarise(results)
    expected = {}
    for task in results.plan.tasks:
        eta, p = float(Fraction(task.parameters["learning_rate"])), task.parameters["workers"]
        expected[task.key] = min(decay_rate(SCENARIO.compute, eta * h * p) for h in (1, 2))
        lo, hi = map(Fraction, results.rows[task.key]["rate"])
        assert lo <= Fraction(expected[task.key]) + Fraction(1, 10**10)
        assert hi >= Fraction(expected[task.key]) - Fraction(1, 10**10)
        assert hi - lo < Fraction(1, 10**6)
        for document in results.rows[task.key]["certificates"]:
            assert checker.check(document).status is checker.Status.ACCEPTED
    assert max(expected, key=lambda key: expected[key]) in summary["best"]
    assert len(summary["best"]) < len(expected)
    assert summary["undecided"] == {}


def test_ensemble_is_that_of_single_emulations() -> None:
    from sddeverify.emulator.run import Emulation

    results = scale.Results(scale.ensemble(SCENARIO, 3, 200))
    scale.run(results)
    for replica in range(3):
        alone = Emulation.create(SCENARIO, replica=replica).run(arrivals=200).result()
        row = results.rows[f"run-{replica}"]
        assert row["final_loss"] == alone.final_loss
        assert row["duration"] == alone.duration
    assert len({row["final_loss"] for row in results.rows.values()}) == 3
    summary = scale.summarise(results)
    assert summary["arrivals"] == 600
    assert summary["mean_staleness"] == pytest.approx(3, abs=0.1)  # P - 1, but for the start


def test_a_deadlock_is_a_result() -> None:
    broken = Scenario("1/10", 4, "constant(1)", hessian=["1"], policy="unheard_of")
    row = work("ensemble", broken.to_json(), {"replica": 0, "arrivals": 10})
    assert "unheard_of" in row["failed"]


def test_interrupted_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = scale.ensemble(SCENARIO, 6, 50)
    whole = computed(plan)
    done: list[int] = []

    def interrupt(count: int) -> None:
        if count == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), scale.Results(plan, tmp_path / "out") as results:
        scale.run(results, progress=interrupt)
    assert not (tmp_path / "out" / "results.jsonl").exists()
    with (tmp_path / "out" / "finished.jsonl").open("a") as file:
        file.write('{"task": "run-5", "resu')  # killed in the midst of a line

    def counted(kind: str, scenario: str, parameters: dict[str, Any]) -> dict[str, Any]:
        done.append(parameters["replica"])
        return work(kind, scenario, parameters)

    monkeypatch.setattr(running, "work", counted)
    with scale.Results(plan, tmp_path / "out") as results:
        assert len(results.rows) == 3
        scale.run(results)
    assert done == [3, 4, 5]
    assert (tmp_path / "out" / "results.jsonl").read_text() == whole
    with scale.Results(plan, tmp_path / "out") as results:
        scale.run(results)
    assert done == [3, 4, 5]


def test_folders_of_others_are_refused(tmp_path: Path) -> None:
    plan = scale.ensemble(SCENARIO, 2, 10)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("x")
    with pytest.raises(InvalidScenario, match="a new or empty folder"):
        scale.Results(plan, tmp_path / "other")
    assert os.listdir(tmp_path / "other") == ["thesis.tex"]
    with pytest.raises(InvalidScenario, match="name of a folder"):
        scale.Results(plan, tmp_path / "other" / "thesis.tex")
    with scale.Results(plan, tmp_path / "mine"), pytest.raises(InvalidScenario, match="not over yet"):
        scale.Results(plan, tmp_path / "mine")
    with pytest.raises(InvalidScenario, match="another plan"):
        scale.Results(scale.ensemble(SCENARIO, 3, 10), tmp_path / "mine")
    (tmp_path / "mine" / "finished.jsonl").write_text('{"task": "run-9", "result": {}}\n')
    with pytest.raises(InvalidScenario, match=r"finished.jsonl, line 1"):
        scale.Results(plan, tmp_path / "mine")


def test_failures_are_tried_again_and_then_told(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: dict[int, int] = {}

    def flaky(kind: str, scenario: str, parameters: dict[str, Any]) -> dict[str, Any]:
        replica = parameters["replica"]
        attempts[replica] = attempts.get(replica, 0) + 1
        if replica == 1 or (replica == 0 and attempts[0] < 3):
            raise MemoryError("full")
        return {"failed": "no matter"}

    monkeypatch.setattr(running, "work", flaky)
    results = scale.Results(scale.ensemble(SCENARIO, 3, 10))
    with pytest.raises(scale.Unfinished, match=r"1 of 3 tasks failed \(run-1: MemoryError: full\)"):
        scale.run(results, retries=2)
    assert attempts == {0: 3, 1: 3, 2: 1}
    assert set(results.rows) == {"run-0", "run-2"}


def test_killed_worker_loses_nothing(tmp_path: Path) -> None:
    """Two real processes, one killed at work: the bytes are those of one process."""
    plan = scale.ensemble(SCENARIO, 10, 4000)
    killed: list[int] = []

    def kill_soon(client: Any) -> None:
        pids = client.run(os.getpid)
        assert len(pids) == 2
        assert os.getpid() not in pids.values()

        def kill() -> None:
            while len(results.rows) < 1:  # in the middle
                time.sleep(0.01)
            victim = next(iter(pids.values()))
            os.kill(victim, signal.SIGKILL)
            killed.append(len(results.rows))

        threading.Thread(target=kill, daemon=True).start()

    with scale.Results(plan, tmp_path / "out") as results:
        scale.run(results, jobs=2, on_start=kill_soon)
    assert killed
    assert killed[0] < 10
    assert (tmp_path / "out" / "results.jsonl").read_text() == computed(plan)


@pytest.mark.parametrize(
    ("options", "field"),
    [({"jobs": 0}, "jobs"), ({"retries": -1}, "retries"), ({"cluster": "nonsense://x"}, "cluster")],
)
def test_bad_options(options: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidScenario, match=f"^{field}: .* is not allowed; write "):
        scale.run(scale.Results(scale.ensemble(SCENARIO, 1, 1)), **options)


def test_bad_plans() -> None:
    for make in (
        lambda: scale.ensemble(SCENARIO, 0, 1),
        lambda: scale.ensemble(SCENARIO, 1, 0),
        lambda: scale.sweep(SCENARIO, []),
        lambda: scale.sweep(SCENARIO, [2, 2]),
        lambda: scale.sweep(SCENARIO, [0]),
        lambda: scale.sweep(SCENARIO, [1], ["0"]),
        lambda: scale.sweep(SCENARIO, [1], digits=0),
    ):
        with pytest.raises(InvalidScenario, match="is not allowed; write "):
            make()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"policy": "unheard_of"}, "policy: "),
        ({"policy": PolicySpec("k_async", {"k": 5})}, "policy.k: 5 "),
    ],
)
def test_what_is_wrong_with_every_run_is_said_once(changes: dict[str, Any], said: str) -> None:
    broken = Scenario(**{"learning_rate": 1, "workers": 4, "compute": "constant(1)", "hessian": ["1"]} | changes)
    with pytest.raises(InvalidScenario, match=f"^{said}.*is not allowed; write "):
        scale.ensemble(broken, 2, 10)


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(MissingExtra, match=r"install sddeverify\[cluster\]"):
        scale.run(scale.Results(scale.ensemble(SCENARIO, 1, 1)), jobs=2)


def test_lines_are_json() -> None:
    plan = scale.ensemble(SCENARIO, 2, 20)
    lines = [json.loads(line) for line in computed(plan).splitlines()]
    assert [line["task"] for line in lines] == ["run-0", "run-1"]
    assert [line["replica"] for line in lines] == [0, 1]
