import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sddeverify.emulator.trace import Trace

OPTIONS = ["--workers", "2", "--batch-size", "2000"]


def test_a_recording(run, tmp_path):
    out = tmp_path / "trace.csv"
    outcome = run("record", *OPTIONS, "--seconds", 0.7, "--out", out, "--json")
    assert outcome.status == 0
    summary = outcome.json
    trace = Trace.from_csv(out)
    assert summary["arrivals"] == len(trace) > 10
    assert summary["batch_size"] == 2000
    assert summary["mean_staleness"] == pytest.approx(trace.staleness.mean())
    assert summary["mean_delay"] == pytest.approx(trace.delays.mean())
    ledger = summary["ledger"]
    versions = [ledger[f"staleness_{part}"]["versions"] for part in ("applied", "not_applied", "outstanding")]
    assert sum(versions) == (2 - 1) * len(trace) == ledger["staleness_expected_of_pool"]
    assert summary["deaths"] == []
    assert summary["final_loss"] < 0.5


def test_the_table(run, tmp_path):
    outcome = run("record", *OPTIONS, "--seconds", 0.3, "--out", tmp_path / "trace.csv")
    assert outcome.status == 0
    assert "P - 1 = 1" in outcome.out
    assert "balanced" in outcome.out
    assert "trace.csv" in outcome.out


def start(out):
    return subprocess.Popen(
        [sys.executable, "-m", "sddeverify", "record", *OPTIONS, "--seconds", "60", "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def rows(path):
    return path.read_bytes().count(b"\n") - 1 if path.exists() else 0


def alive(pid):
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_kill_9_of_a_worker_and_ctrl_c(tmp_path):
    out = tmp_path / "trace.csv"
    process = start(out)
    wait_for(lambda: rows(out) > 20)
    workers = children(process.pid)
    assert len(workers) == 2
    victim = workers[0]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in (now := children(process.pid)) and len(now) == 2)
    workers += children(process.pid)
    before = rows(out)
    wait_for(lambda: rows(out) > before + 20)
    seen = rows(out)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted; the trace is complete up to then" in stdout
    assert "1 worker died and was replaced" in stdout
    assert "balanced" in stdout
    assert f"(process {victim}) died" in stderr
    assert "killed by SIGKILL" in stderr
    assert "the worker is replaced" in stderr
    assert "Traceback" not in stderr
    trace = Trace.from_csv(out)
    assert len(trace) >= seen
    assert trace.version_applied.tolist() == list(range(len(trace)))
    wait_for(lambda: not any(alive(pid) for pid in workers))


def test_ctrl_c_while_the_workers_start(tmp_path):
    out = tmp_path / "trace.csv"
    process = start(out)
    wait_for(lambda: len(children(process.pid)) == 2)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "nothing was recorded" in stderr
    assert "Traceback" not in stderr
    assert os.listdir(tmp_path) == []


def test_kill_9_of_the_server_loses_no_row_and_leaves_no_process(tmp_path):
    out = tmp_path / "trace.csv"
    process = start(out)
    wait_for(lambda: rows(out) > 20)
    workers = children(process.pid)
    process.kill()
    process.communicate(timeout=30)
    trace = Trace.from_csv(out)
    assert len(trace) == rows(out) > 20
    wait_for(lambda: not any(alive(pid) for pid in workers))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (["--workers", 0], "workers: 0"),
        (["--seconds", 0], "seconds: 0.0"),
        (["--seconds", "nan"], "seconds: nan"),
        (["--batch-size", 0], "batch_size: 0"),
        (["--learning-rate", "inf"], "learning_rate: inf"),
        (["--seed", -1], "--seed"),
        (["--policy", "magic"], "policy: 'magic'"),
        (["--objective", "magic"], "objective: 'magic'"),
        (["--objective", "quadratic"], "eigenvalues"),
        (["--out", "trace.txt"], "--out"),
        (["--labels", "01", "--labels", "23"], "--labels: '2 times' is not allowed; write it 4 times"),
        (["--workers", 1, "--labels", "0x"], "--labels: '0x'"),
        (["--workers", 1, "--labels", "00"], "ridge.labels: [0, 0]"),
        (["--workers", 1, "--labels", "01", "--objective", "double_well"], "labels"),
        (["--workers", 1, "--labels", "01", "--policy", "guided_synchronous"], "different data"),
        (["--workers", 1, "--labels", "01", "--listen", "127.0.0.1"], "--labels: workers that join over the network"),
    ],
)
def test_bad_options(run, tmp_path, changed, words):
    run("record", "--out", tmp_path / "trace.csv", *changed).assert_one_sentence(words)
    assert os.listdir(tmp_path) == []


def test_workers_with_digits_of_their_own(run, tmp_path):
    options = ["--workers", 2, "--seconds", 0.3, "--batch-size", 50, "--learning-rate", 0.05]
    halves = ["--labels", "02468", "--labels", "13579"]
    result = run("record", "--out", tmp_path / "trace.csv", *options, *halves, "--json")
    summary = result.json
    assert summary["ledger"]["balanced"]
    assert summary["arrivals"] == len(Trace.from_csv(tmp_path / "trace.csv")) > 5
    assert not summary["diverged"]


def test_an_existing_trace_is_left_alone(run, tmp_path):
    out = tmp_path / "trace.csv"
    out.write_text("mine")
    run("record", "--out", out).assert_one_sentence("trace.csv", "--force")
    assert out.read_text() == "mine"


def test_a_policy_with_parameters_under_faults(run, tmp_path):
    faults = tmp_path / "faults.json"
    faults.write_text('[{"job": 3, "kind": "duplicate", "delay": 0.01}, {"job": 7, "kind": "loss", "delay": 0.01}]')
    options = ["--policy", "k_async", "-p", "k=2", "--faults", faults, "--checkpoint", tmp_path / "state"]
    outcome = run("record", *OPTIONS, *options, "--seconds", 0.5, "--out", tmp_path / "t.csv", "--json")
    assert outcome.status == 0
    assert [fault.split(" after")[0][:-1] for fault in outcome.json["faults"]] == [
        "duplicate of gradient 3 of worker ",
        "loss of gradient 7 of worker ",
    ]
    assert (outcome.json["ledger"]["duplicates"], outcome.json["ledger"]["lost"]) == (1, 1)
    options = [*options[:4], "--checkpoint", tmp_path / "state", "--resume"]
    outcome = run("record", *OPTIONS, *options, "--seconds", 0.3, "--out", tmp_path / "t.csv")
    assert outcome.status == 0
    assert "lost" in outcome.out
    assert "1 arrived again" in outcome.out


def test_a_checkpoint_has_a_file_of_its_own(run, tmp_path):
    trace = tmp_path / "t.csv"
    for store in (trace, tmp_path / "missing" / "state"):
        refused = run("record", *OPTIONS, "--seconds", 0.3, "--out", trace, "--checkpoint", store)
        refused.assert_one_sentence("checkpoint", "another file than the trace, in a folder that exists")
    assert not trace.exists()


def test_another_recording_is_not_resumed(run, tmp_path):
    """Neither with other data for the workers, nor with another objective: the trace stays as it is."""
    trace, options = tmp_path / "t.csv", [*OPTIONS, "--checkpoint", tmp_path / "state", "--seconds", 0.5]
    labels = ["--labels", "01234", "--labels", "56789"]
    assert run("record", *options, *labels, "--out", trace).status == 0
    left = trace.read_bytes()
    for others in ([], ["--labels", "56789", "--labels", "01234"], ["--labels", "01234", "--labels", "56780"]):
        refused = run("record", *options, *others, "--resume", "--out", trace)
        refused.assert_one_sentence("objective", "state", "--labels")
    assert trace.read_bytes() == left
    assert run("record", *options, *labels, "--resume", "--out", trace).status == 0
    assert len(trace.read_bytes()) > len(left)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--policy", "k_async", "-p", "k=9"], "policy.k: 9"),
        (["--policy", "k_async", "-p", "j=2"], "policy.j: 2"),
        (["-p", "k"], "--parameter: 'k'"),
        (["--policy", "k_async", "-p", "k=1", "-p", "k=2"], "each name once"),
        (["--faults", "none.json"], "faults: 'none.json'"),
        (["--resume"], "resume: True"),
    ],
)
def test_bad_policies_and_faults(run, tmp_path, options, words):
    outcome = run("record", *OPTIONS, *options, "--out", tmp_path / "t.csv")
    assert outcome.status == 2
    assert words in outcome.err
    assert os.listdir(tmp_path) == []
