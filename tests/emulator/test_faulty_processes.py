"""Faults of real processes: what is lost, doubled, late, stopped or killed is in the books, and the trace is whole."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from sddeverify.emulator.fault_plan import Fault, Kind, read_faults
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.policies import POLICIES
from sddeverify.emulator.processes import record
from sddeverify.errors import InvalidScenario
from tests.emulator import pools

DECIDING = ["k_sync", "round_robin", "bounded_staleness", "mindflayer", "mindflayer_adaptive", "dpsgd"]


def recorded(tmp_path, **options):
    return record(**({"objective": pools.Busy(), "batch_size": 300, "out": tmp_path / "t.csv"} | options))


def whole(recording):
    """Counted again from the trace: every gradient has one row, every update its gradients, and nothing twice."""
    ledger, trace = recording.ledger, recording.trace
    assert sum(ledger.counts) + ledger.outstanding == ledger.started
    assert len(trace) == ledger.pushed
    applied = trace.version_applied
    assert set(applied[applied >= 0].tolist()) == set(range(ledger.updates))
    assert np.sum(applied >= 0) == ledger.applied
    assert trace.staleness.sum() == ledger.ages[Outcome.APPLIED].versions
    assert len(set(zip(trace.worker.tolist(), trace.read_time.tolist(), strict=True))) == len(trace)
    assert np.all(np.diff(trace.push_time) >= 0)
    return True


def test_every_kind(tmp_path):
    """Three workers; the gradients hit are of different rounds, so that all of them are awaited."""
    delays = {Kind.CRASH: 0.0, Kind.LOSS: 0.05, Kind.DUPLICATE: 0.05, Kind.LATE: 0.15, Kind.STALL: 0.2}
    plan = [Fault(4 + 8 * kind, kind, delay) for kind, delay in delays.items()]
    recording = recorded(tmp_path, workers=3, seconds=1.2, faults=plan)
    assert whole(recording)
    assert sorted((one.kind, one.job) for one in recording.faults) == [(one.kind, one.job) for one in plan]
    ledger, trace = recording.ledger, recording.trace
    assert ledger.counts[Outcome.LOST] == 2  # the crash and the loss
    assert ledger.duplicates == 1
    assert ledger.absences > 0
    assert [death.worker for death in recording.deaths] == [one.worker for one in recording.faults if not one.kind]
    happened = {one.kind: one for one in recording.faults}
    for kind in (Kind.LATE, Kind.STALL):  # the others overtook it
        mine = (trace.worker == happened[kind].worker) & (trace.delays >= delays[kind])
        assert np.any(mine)
        assert trace.staleness[mine].max() >= 2


def test_a_restarted_server_goes_on_from_its_checkpoint(tmp_path):
    recording = recorded(tmp_path, workers=2, seconds=1.5, faults=[Fault(70, Kind.RESTART, 0.0)])
    assert whole(recording)
    (restart,) = recording.faults
    assert recording.ledger.counts[Outcome.LOST] == 2  # all that was in flight at the checkpoint
    assert recording.deaths == ()  # its workers ended with it: that is no death of their own
    before = recording.trace.push_time < restart.seconds
    assert 0 < before.sum() <= 70  # 0 to 69, if the checkpoint is of the last push before: on a busy machine it may
    assert np.any(~before), "nothing was recorded after the restart"
    assert np.all(recording.trace.read_time[~before] > restart.seconds)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in DECIDING else pytest.mark.slow) for name in POLICIES]
)
def test_any_policy(name, tmp_path):
    parameters = {
        "mindflayer": {"trials": 3, "success": "1/2", "limit": "1/50"},
        "mindflayer_adaptive": {"limit": "1/50"},
    }
    plan = [Fault(5, Kind.LOSS, 0.02), Fault(9, Kind.DUPLICATE, 0.02)]
    options = {"policy": name, "policy_parameters": parameters.get(name) or pools.PARAMETERS.get(name), "faults": plan}
    recording = recorded(tmp_path, workers=2, seconds=0.5, batch_size=20, **options)
    assert whole(recording)
    assert recording.ledger.updates > 0
    assert recording.batch_size == 20 * (recording.objective.steps if name == "dpsgd" else 1)


def test_a_killed_server_is_resumed(tmp_path):
    """Killed with SIGKILL in the midst of its work; the second recording goes on from the file that the first left."""
    out, store = tmp_path / "t.csv", tmp_path / "state"
    options = {"workers": 2, "out": str(out), "checkpoint": str(store), "policy": "k_batch_async", "batch_size": 300}
    code = (
        "import json, sys; from tests.emulator import pools; from sddeverify.emulator.processes import record;"
        "record(objective=pools.Busy(), seconds=60, policy_parameters={'k': 2}, **json.loads(sys.argv[1]))"
    )
    home = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([home, os.environ.get("PYTHONPATH", "")])}
    first = subprocess.Popen([sys.executable, "-c", code, json.dumps(options)], env=environment)
    deadline = time.monotonic() + 30
    while not (out.exists() and out.read_bytes().count(b"\n") > 60):
        assert time.monotonic() < deadline
        assert first.poll() is None
        time.sleep(0.01)
    first.send_signal(signal.SIGKILL)
    first.wait()
    left = out.read_text().splitlines()
    fields = options | {"objective": pools.Busy(), "policy_parameters": {"k": 2}, "seconds": 0.5}
    with pytest.raises(InvalidScenario, match="not taken"):
        record(**fields)
    another = {"policy": "asynchronous", "policy_parameters": {}}
    parameters = {"policy_parameters": {"k": 1}}
    for changed in ({"workers": 3}, another, parameters, {"batch_size": 301}, {"learning_rate": 0.5}, {"seed": 1}):
        with pytest.raises(InvalidScenario, match="as in the checkpoint"):
            record(**(fields | changed), resume=True)
    assert out.read_text().splitlines() == left
    recording = record(**fields, resume=True)
    assert whole(recording)
    lines = out.read_text().splitlines()
    differ = (number for number, (old, new) in enumerate(zip(left, lines, strict=False)) if old != new)
    kept = next(differ, len(left))  # all, if the kill came just after a checkpoint
    assert kept > 20  # the rows up to the checkpoint; a tenth of the time goes into checkpoints
    assert len(lines) > kept
    assert recording.ledger.counts[Outcome.LOST] == 2
    again = record(**fields, resume=True)  # one that has ended can go on, too
    assert whole(again)
    assert out.read_text().splitlines()[: len(lines) - 1] == lines[:-1]  # the last may have waited for an update


def test_what_cannot_be_resumed(tmp_path):
    store = tmp_path / "state"
    for data, words in ((None, "a readable file"), (b"PK nonsense", "not a complete file")):
        if data is not None:
            store.write_bytes(data)
        with pytest.raises(InvalidScenario, match=words):
            recorded(tmp_path, workers=1, seconds=1, checkpoint=store, resume=True)
    with pytest.raises(InvalidScenario, match="a checkpoint to go on from"):
        recorded(tmp_path, workers=1, seconds=1, resume=True)
    with pytest.raises(InvalidScenario, match="--resume"):
        recorded(tmp_path, workers=1, seconds=1, checkpoint=store)
    assert store.read_bytes() == b"PK nonsense"


def test_files_of_faults(tmp_path):
    path = tmp_path / "faults.json"
    path.write_text('[{"job": 3, "kind": "late", "delay": 0.5}, {"job": 1, "kind": "restart", "delay": 0}]')
    assert read_faults(path) == [Fault(3, Kind.LATE, 0.5), Fault(1, Kind.RESTART, 0.0)]
    late = '{"job": 3, "kind": "late", "delay": 1}'
    for text, words in (
        ("{}", "a list of faults"),
        ("[", "not JSON"),
        ("[3]", 'fault 1: 3 is not allowed; write the members "job", "kind" and "delay"'),
        (f"[{late}, {late}]", "each at most once"),
        (late.replace("3", '"3"').join("[]"), "fault 1, job"),
        (late.replace("late", "lazy").join("[]"), "one of crash, loss, duplicate, late, stall, restart"),
        (late.replace("1}", "true}").join("[]"), "fault 1, delay"),
        (late.replace("1}", "-1}").join("[]"), "a delay of 0 to 10.9 seconds"),
        (late.replace("1}", "NaN}").join("[]"), "a delay of 0 to 10.9 seconds"),
    ):
        path.write_text(text)
        with pytest.raises(InvalidScenario, match=words):
            read_faults(path)
    with pytest.raises(InvalidScenario, match="readable file"):
        read_faults(tmp_path / "none.json")
