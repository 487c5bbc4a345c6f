"""``sddeverify record --listen`` and ``sddeverify worker``: a recording over the network, and what is refused."""

import json
import os
import socket
import subprocess
import sys

import pytest

from sddeverify.emulator.threads import one_thread_environment

SECRET = "to be known by both sides"  # noqa: S105  # of these tests alone


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def start(port, *options, secret=SECRET):
    line = [sys.executable, "-m", "sddeverify", "worker", "--connect", f"127.0.0.1:{port}", *map(str, options)]
    return subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "SDDEVERIFY_SECRET": secret}
    )


@pytest.fixture(autouse=True)
def _secret(monkeypatch):
    monkeypatch.setenv("SDDEVERIFY_SECRET", SECRET)
    for name, value in one_thread_environment().items():  # a worker sets these, and they are put back
        monkeypatch.setenv(name, value)


def test_a_worker_that_joins(run, tmp_path):
    file, port = tmp_path / "secret", free_port()
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    worker = start(port, "--json", "--secret-file", file, secret="the file counts")  # noqa: S106  # a wrong one
    options = [
        "--workers",
        2,
        "--remote-workers",
        1,
        "--listen",
        f"127.0.0.1:{port}",
        "--policy",
        "k_async",
        "-p",
        "k=2",
    ]
    outcome = run("record", *options, "--batch-size", 200, "--seconds", 0.5, "--out", tmp_path / "trace.csv", "--json")
    out, err = worker.communicate(timeout=60)
    assert outcome.status == worker.returncode == 0
    summary, mine = outcome.json, json.loads(out)
    assert (summary["joined"], summary["refused"], summary["lost_elsewhere"]) == (1, 0, 0)
    assert f"listening on 127.0.0.1:{port}; let others join: sddeverify worker --connect" in outcome.err
    assert "worker 1 joined from 127.0.0.1:" in outcome.err
    assert (mine["session"], mine["workers"]) == (f"127.0.0.1:{port}", [1])
    assert mine["gradients"] > 5
    assert err.splitlines() == [f"joined 127.0.0.1:{port} as worker 1: objective ridge, policy k_async"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--listen", "0.0.0.0:0"], ("listen: '0.0.0.0:0'", "only this machine reaches", "--allow-remote", "secret")),
        (["--listen", "192.0.2.1:7000", "--allow-remote"], ("listen: '192.0.2.1:7000'", "of this machine")),
        (["--listen", "nowhere:port"], ("--listen: 'nowhere:port'", "HOST:PORT or HOST")),
        (["--listen", "127.0.0.1", "--remote-workers", 3], ("remote_workers: 3", "1 to 2")),
        (["--listen", "127.0.0.1", "--remote-workers", 0], ("remote_workers: 0", "1 to 2")),
        (["--listen", "127.0.0.1", "--wait", -1], ("wait: -1.0",)),
        (["--listen", "127.0.0.1", "--secret-file", "/dev/null"], ("secret file: '/dev/null (mode 0666)'", "chmod")),
        (["--listen", None], ("--listen: None",)),
        (["--listen", None, "--allow-remote"], ("--listen: None",)),
        (["--listen", None, "--secret-file", "x"], ("--listen: None",)),
    ],
)
def test_bad_listening(run, tmp_path, options, words):
    options = options[2:] if options[1] is None else options
    options = ["--remote-workers", 1, *options] if "--remote-workers" not in options else options
    run("record", "--workers", 2, *options, "--out", tmp_path / "t.csv").assert_one_sentence(*words)
    assert os.listdir(tmp_path) == []


def test_no_secret(run, tmp_path, monkeypatch):
    options = ["--listen", "[::]", "--allow-remote", "--remote-workers", 1, "--out", tmp_path / "t.csv"]
    for secret in ("", "   ", "15 characters.."):
        monkeypatch.setenv("SDDEVERIFY_SECRET", secret)
        for command in (["record", *options], ["worker", "--connect", "127.0.0.1:7000"]):
            outcome = run(*command)
            outcome.assert_one_sentence("secret: ", "SDDEVERIFY_SECRET", "--secret-file")
            assert "15 characters" not in outcome.err
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--connect", "127.0.0.1"], ("--connect: '127.0.0.1'", "HOST:PORT")),
        (["--connect", "127.0.0.1:7", "--patience", -1], ("patience: -1.0",)),
        (["--connect", "127.0.0.1:{port}", "--patience", 0.1], ("no session could be joined", "Connection refused")),
        (["--connect", "no.such.host.invalid:70", "--patience", 0], ("no session", "no.such.host.invalid:70")),
        (["--connect", "127.0.0.1:7", "--secret-file", "none"], ("secret file: 'none'", "No such file")),
    ],
)
def test_bad_workers(run, options, words):
    run("worker", *(str(one).format(port=free_port()) for one in options)).assert_one_sentence(*words)
