"""A Dask cluster of processes of its own: a scheduler and workers on loopback, one of them killed, then all."""

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sddeverify import scale
from sddeverify.errors import InvalidScenario
from sddeverify.scale import running
from sddeverify.scenario import Scenario

SCENARIO = Scenario("1/10", 4, "erlang(2, 1)", hessian=["1", "2"], noise_variance="1/10")
HOME = Path(__file__).parents[2]


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Yield the address of a scheduler, and its process and those of its workers."""
    where, quiet = folder / "scheduler.json", ["--scheduler-file", str(folder / "scheduler.json"), "--no-dashboard"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HOME), os.environ.get("PYTHONPATH", "")])}
    here = ["--host", "127.0.0.1"]
    commands = [["dask_scheduler", *quiet, *here, "--port", "0"]]
    commands += [["dask_worker", *quiet, *here, "--no-nanny", "--nthreads", "1"]] * workers
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for name, *options in commands:
            command = [sys.executable, "-m", f"distributed.cli.{name}", *options]
            silent = subprocess.DEVNULL
            processes.append(subprocess.Popen(command, env=environment, cwd=folder, stdout=silent, stderr=silent))
            while not where.exists():
                assert processes[0].poll() is None
                time.sleep(0.05)
        yield json.loads(where.read_text())["address"], processes
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def local(plan: scale.Plan) -> str:
    results = scale.Results(plan)
    scale.run(results)
    return results.text()


def test_a_cluster_of_others(tmp_path: Path) -> None:
    """Ensemble, sweep and chart give the bytes of one process, also when a worker is killed in the middle."""
    with cluster(tmp_path, 2) as (address, processes):
        ensemble = scale.ensemble(SCENARIO, 10, 3000)
        results = scale.Results(ensemble)

        def kill_one(client: Any) -> None:
            client.wait_for_workers(2, timeout=30)

            def kill() -> None:
                while len(results.rows) < 1:
                    time.sleep(0.01)
                processes[1].send_signal(signal.SIGKILL)

            threading.Thread(target=kill, daemon=True).start()

        scale.run(results, cluster=address, on_start=kill_one)
        assert results.text() == local(ensemble)
        assert processes[1].wait(10) == -signal.SIGKILL
        for plan in (scale.sweep(SCENARIO, [1, 2]), scale.chart(SCENARIO, [2], ("1/10", "1"), 2, 2)):
            results = scale.Results(plan)
            scale.run(results, cluster=address)
            assert results.text() == local(plan)


def test_a_cluster_that_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is killed in the middle: what was done is kept, and the same plan goes on elsewhere."""
    plan = scale.ensemble(SCENARIO, 12, 3000)
    log, said = logging.getLogger("distributed.client"), []
    listener = logging.Handler()
    monkeypatch.setattr(listener, "emit", said.append)
    monkeypatch.setattr(log, "handlers", [listener])
    with cluster(tmp_path, 1) as (address, processes), scale.Results(plan, tmp_path / "out") as results:

        def kill_all(done: int) -> None:
            if done == 2:
                for process in processes:
                    process.send_signal(signal.SIGKILL)

        with pytest.raises(scale.Unfinished, match=r"ConnectionError: the cluster has ended\); the same command"):
            scale.run(results, cluster=address, progress=kill_all)
    assert said == []  # no traceback beside the sentence
    with scale.Results(plan, tmp_path / "out") as results:
        assert 2 <= len(results.rows) < 12
        scale.run(results)
    assert (tmp_path / "out" / "results.jsonl").read_text() == local(plan)


def test_a_cluster_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused, where Dask itself would wait for ever."""
    monkeypatch.setattr(running, "_PATIENCE", 1)
    with cluster(tmp_path, 0) as (address, _), pytest.raises(InvalidScenario, match=r"^cluster: .* has workers"):
        scale.run(scale.Results(scale.ensemble(SCENARIO, 1, 10)), cluster=address)
