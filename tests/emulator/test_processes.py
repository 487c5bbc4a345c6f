"""Real processes: recorded, killed, interrupted, and still every gradient is accounted for."""

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from sddeverify import objectives
from sddeverify.emulator import processes
from sddeverify.emulator.interruption import Interrupted
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.pool import WorkersFailed
from sddeverify.emulator.processes import record
from sddeverify.emulator.trace import Trace
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from tests.emulator import pools


def conserved(recording):
    """U1 from the trace and the ledger: (P - 1) J, less one for each update made while a worker was absent."""
    ledger, audit = recording.ledger, recording.audit
    assert int(recording.trace.staleness.sum()) == audit.applied.versions
    total = audit.applied.versions + audit.unapplied.versions + audit.outstanding.versions
    assert total == (recording.workers - 1) * ledger.updates - ledger.absences
    assert ledger.started == len(recording.trace) + ledger.counts[Outcome.LOST] + ledger.outstanding
    return True


def alive(process):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


def gone(pids):
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(alive(pid) for pid in pids)


def test_a_recording_of_real_gradients(tmp_path):
    out = tmp_path / "trace.csv"
    pids, environments, progress = [], [], []

    def started(processes):
        pids.extend(processes)
        environments.extend(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0") for pid in pids)

    ridge = objectives.build("ridge", {})
    recording = record(
        workers=3, seconds=1.0, out=out, objective=ridge, on_start=started, on_progress=lambda *at: progress.append(at)
    )
    trace = recording.trace
    assert conserved(recording)
    assert gone(pids)
    assert recording.deaths == ()
    assert not recording.interrupted
    assert 1.0 <= recording.duration < 5.0
    # Three workers; each reads again at the very moment of its push, so its times tile the recording.
    assert set(trace.worker.tolist()) == {0, 1, 2}
    for worker in range(3):
        mine = trace.worker == worker
        assert trace.read_time[mine][0] == 0
        assert np.array_equal(trace.read_time[mine][1:], trace.push_time[mine][:-1])
    assert np.all(np.diff(trace.push_time) >= 0)
    assert trace.version_applied.tolist() == list(range(len(trace)))
    assert np.all(trace.version_read < len(trace))
    assert np.all(trace.staleness >= 0)
    # The batch size was chosen for about 10 ms; a busy machine may be a few times slower or faster.
    assert 0.002 < np.median(trace.delays) < 0.1
    assert recording.batch_size > 100
    # Real descent: the loss has come closer to that of the minimum.
    best = ridge.loss(ridge.minimum())
    assert ridge.loss(recording.iterates.iterates[-1]) - best < 0.9 * (ridge.loss(ridge.initial()) - best)
    for environment in environments:
        assert {b"OMP_NUM_THREADS=1", b"OPENBLAS_NUM_THREADS=1", b"MKL_NUM_THREADS=1"} <= set(environment)
    assert progress[-1][0] > 0.5
    assert progress[-1][1] > 0
    assert trace.to_empirical(cells=256).mean_float == pytest.approx(trace.delays.mean(), rel=0.02)


def test_a_killed_worker_is_reported_replaced_and_accounted_for(tmp_path):
    out = tmp_path / "trace.csv"
    deaths = []

    def started(pids):
        threading.Timer(0.4, os.kill, [pids[1], signal.SIGKILL]).start()

    recording = record(
        workers=3,
        seconds=2.5,
        out=out,
        objective=pools.Busy(),
        batch_size=2000,
        on_start=started,
        on_death=deaths.append,
    )
    (death,) = recording.deaths
    assert deaths == [death]
    assert death.worker == 1
    assert death.lost
    assert 0.4 <= death.seconds < 2.5
    assert "worker 1" in str(death)
    assert "SIGKILL" in str(death)
    assert recording.ledger.counts[Outcome.LOST] == 1
    assert recording.ledger.absences > 0
    assert conserved(recording)
    mine = recording.trace.push_time[recording.trace.worker == 1]
    assert np.any(mine < death.seconds)
    assert np.any(mine > death.seconds), "the replacement has pushed nothing"


def test_workers_that_die_at_once_end_the_recording(tmp_path):
    out = tmp_path / "trace.csv"
    with pytest.raises(
        WorkersFailed, match=r"worker [01] died 5 times without computing anything \(at last: exit status 3"
    ):
        record(workers=2, seconds=60, out=out, objective=pools.Busy(deadly=True), batch_size=10)
    assert os.listdir(tmp_path) == []


def test_workers_that_cannot_start(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(WorkersFailed, match=r"worker 0 could not be set up \(exit status 1"):
        record(workers=2, seconds=60, out=tmp_path / "trace.csv", objective=pools.Busy())
    assert os.listdir(tmp_path) == []


def test_an_error_in_a_worker_is_quoted(tmp_path):
    broken = pools.Busy()
    broken.h = "text"  # the gradient fails in the worker
    with pytest.raises(WorkersFailed, match=r"exit status 1: numpy.*Error: ufunc"):
        record(workers=1, seconds=60, out=tmp_path / "t.csv", objective=broken, batch_size=5, learning_rate=0.1)


def test_a_signal_ends_the_recording_and_keeps_the_file(tmp_path):
    out = tmp_path / "trace.csv"
    handler = signal.getsignal(signal.SIGINT)
    pids = []

    def started(processes):
        pids.extend(processes)
        threading.Timer(0.3, signal.raise_signal, [signal.SIGTERM]).start()

    recording = record(workers=2, seconds=60, out=out, objective=pools.Busy(), batch_size=500, on_start=started)
    assert recording.interrupted
    assert recording.duration < 10
    assert conserved(recording)
    assert len(Trace.from_csv(out)) > 0
    assert gone(pids)
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_signal_before_the_first_read_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*arguments):
        signal.raise_signal(signal.SIGINT)
        return original(*arguments)

    original = processes._objective
    monkeypatch.setattr(processes, "_objective", interrupted)
    with pytest.raises(Interrupted, match="nothing was recorded"):
        record(workers=2, seconds=60, out=tmp_path / "trace.csv", objective=pools.Busy())
    assert os.listdir(tmp_path) == []


def test_recording_inside_a_running_loop(tmp_path):
    async def main():
        return record(workers=2, seconds=0.3, out=tmp_path / "trace.csv", objective=pools.Busy(), batch_size=500)

    assert conserved(asyncio.run(main()))


def test_a_learning_rate_that_diverges_is_reported(tmp_path):
    recording = record(
        workers=2, seconds=1, out=tmp_path / "t.csv", objective=pools.Busy(), batch_size=50, learning_rate=1e6
    )
    assert recording.diverged
    assert conserved(recording)


def test_an_existing_file_is_left_alone(tmp_path):
    out = tmp_path / "trace.csv"
    out.write_text("mine")
    with pytest.raises(InvalidScenario, match="not taken"):
        record(workers=1, seconds=1, out=out)
    assert out.read_text() == "mine"
    record(workers=1, seconds=0.2, out=out, objective=pools.Busy(), batch_size=100, force=True)
    assert len(Trace.from_csv(out)) > 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"workers": 0}, "workers: 0"),
        ({"workers": 1000}, "workers: 1000"),
        ({"workers": True}, "workers: True"),
        ({"seconds": 0.0}, "seconds: 0.0"),
        ({"seconds": float("nan")}, "seconds: nan"),
        ({"seconds": float("inf")}, "seconds: inf"),
        ({"batch_size": 0}, "batch_size: 0"),
        ({"learning_rate": -1.0}, "learning_rate: -1.0"),
        ({"policy": "magic"}, "policy: 'magic'"),
    ],
)
def test_bad_input(tmp_path, changed, words):
    with pytest.raises(InvalidScenario, match=words):
        record(**({"workers": 1, "seconds": 1.0, "out": tmp_path / "t.csv"} | changed))
    assert os.listdir(tmp_path) == []


def test_objectives_that_cannot_be_recorded(tmp_path):
    with pytest.raises(InvalidScenario, match="objective: 'magic'"):
        record(workers=1, seconds=1, out=tmp_path / "t.csv", objective="magic")
    with pytest.raises(UnsupportedScenario, match="quadratic: it has no mini-batches"):
        record(workers=1, seconds=1, out=tmp_path / "t.csv", objective=objectives.Quadratic(["1"]))
    assert os.listdir(tmp_path) == []
