"""Workers that join over the network: strangers, deaths, faults, tampering, and every gradient accounted for.

Workers are threads of this process or processes of this machine; addresses are its own.
"""

import contextlib
import ipaddress
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from sddeverify.emulator import gate, handshake, joining, policies
from sddeverify.emulator.access import Listening
from sddeverify.emulator.fault_plan import Fault, Kind
from sddeverify.emulator.handshake import Refused
from sddeverify.emulator.joining import SessionLost, join
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.pool import WorkersFailed
from sddeverify.emulator.processes import record
from sddeverify.emulator.task import Task, follow, named
from sddeverify.emulator.worker import generators
from sddeverify.errors import InvalidScenario, MissingExtra, UnsupportedScenario
from sddeverify.objectives import Ridge
from tests.emulator import pools
from tests.emulator.test_faulty_processes import whole
from tests.emulator.test_processes import conserved

SECRET = b"sixteen bytes, or more"


def own_address():
    """An address of this machine that others could reach: the one that packets to a test network would leave from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.51.100.1", 9))  # nothing is sent
        except OSError:
            return None
        own = probe.getsockname()[0]
    return None if ipaddress.ip_address(own).is_loopback else own


class Helpers:
    """Starts workers when the session listens, and collects what everybody says and how the workers end."""

    def __init__(self, *actions):
        self.actions, self.said, self.ends, self.threads, self.port = actions, [], [], [], None

    def __call__(self, sentence):
        self.said.append(sentence)
        if sentence.startswith("listening on "):
            self.port = int(sentence.split()[2].rstrip(";").rpartition(":")[2])
            for action in self.actions:
                self.start(action)

    def start(self, action):
        self.threads.append(threading.Thread(target=self.run, args=(action,)))
        self.threads[-1].start()

    def run(self, action):
        try:
            self.ends.append(action(self.port))
        except Exception as error:
            self.ends.append(error)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for thread in self.threads:
            thread.join(20)
            assert not thread.is_alive()


def member(port, **options):
    return join(("127.0.0.1", port), SECRET, **options)


def session(tmp_path, helpers, workers=2, elsewhere=None, host="127.0.0.1", wait=20.0, **options):
    listening = Listening(host, 0, workers if elsewhere is None else elsewhere, SECRET, host != "127.0.0.1", wait)
    defaults = {"objective": "ridge", "seconds": 0.4, "batch_size": 200, "out": tmp_path / "t.csv"}
    return record(workers=workers, listening=listening, on_event=helpers, **(defaults | options))


def test_two_threads_join(tmp_path):
    with Helpers(member, member) as helpers:
        recording = session(tmp_path, helpers)
    assert whole(recording)
    assert conserved(recording)
    assert (recording.joined, recording.refused, recording.deaths) == (2, 0, ())
    assert sorted(end.workers for end in helpers.ends) == [[0], [1]]
    # Those in flight at the end may be counted by the worker or not.
    assert 0 <= sum(end.gradients for end in helpers.ends) - len(recording.trace) <= 2
    ridge = Ridge()
    best = ridge.loss(ridge.minimum())
    assert ridge.loss(recording.iterates.iterates[-1]) - best < 0.9 * (ridge.loss(ridge.initial()) - best)


def test_processes_of_another_address_a_wrong_secret_and_kill_9(tmp_path):
    """One local worker, two that join over a real interface; one of these is killed, and another takes its place."""
    host = own_address()
    if host is None:
        pytest.skip("this machine has no network address but loopback")
    environment = {**os.environ, "SDDEVERIFY_SECRET": SECRET.decode()}
    processes, enough = [], []

    def start(port):
        line = [sys.executable, "-m", "sddeverify", "worker", "--connect", f"{host}:{port}"]
        processes.append(subprocess.Popen(line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        _, said = processes[-1].communicate(timeout=60)
        return said.decode()

    def stranger(port):
        return join((host, port), b"another secret of 24 bytes")

    def kill(pids):
        assert len(pids) == 1  # of this machine
        threading.Timer(0.3, processes[0].send_signal, [signal.SIGKILL]).start()

    def lost(_):
        helpers.start(stranger)
        helpers.start(start)

    def progress(seconds, _):
        if sum(" joined from " in sentence for sentence in helpers.said) == 3 and not enough:
            enough.append(threading.Timer(0.5, signal.raise_signal, [signal.SIGTERM]))
            enough[0].start()

    options = {"workers": 3, "elsewhere": 2, "host": host, "wait": 60, "seconds": 60}
    with Helpers(start, start, stranger) as helpers:
        recording = session(tmp_path, helpers, **options, on_start=kill, on_death=lost, on_progress=progress)
    assert whole(recording)
    assert conserved(recording)
    (death,) = recording.deaths
    assert death.worker in (1, 2)
    assert death.elsewhere
    assert death.lost
    assert f"worker {death.worker} (of {host}:" in str(death)
    assert "was lost after" in str(death)
    assert "its place is free" in str(death)
    assert recording.ledger.counts[Outcome.LOST] == 1
    assert recording.ledger.absences > 0
    assert set(recording.trace.worker.tolist()) == {0, 1, 2}
    mine = recording.trace.push_time[recording.trace.worker == death.worker]
    assert np.any(mine < death.seconds)
    assert np.any(mine > death.seconds), "nobody has taken the place"
    assert (recording.joined, recording.refused) == (3, 2)
    assert sum("the other end does not know the secret" in sentence for sentence in helpers.said) == 2
    refused = [end for end in helpers.ends if isinstance(end, Refused)]
    assert len(refused) == 2
    assert all("is the secret the same" in str(end) for end in refused)
    assert sorted(process.returncode for process in processes) == [-9, 0, 0]


def test_silent_and_talkative_strangers_do_not_block(tmp_path, monkeypatch):
    monkeypatch.setattr(gate, "HANDSHAKE_SECONDS", 0.3)
    lines = []

    def silent(port):
        lines.append(socket.create_connection(("127.0.0.1", port)))

    def talkative(port):
        with socket.create_connection(("127.0.0.1", port)) as line, contextlib.suppress(ConnectionError):
            line.sendall(b"GET / HTTP/1.1\r\nHost: example.org\r\n" + b"x" * 100_000)

    def crowd(port):
        for _ in range(40):
            silent(port)

    with Helpers(crowd, talkative, member, member) as helpers:
        recording = session(tmp_path, helpers, seconds=0.6)
    for line in lines:
        line.close()
    assert whole(recording)
    assert recording.joined == 2
    assert recording.refused >= 40
    text = "\n".join(helpers.said)
    for words in ("nothing came from it for 0.3 s", "too many connections at once", "counted, but not told"):
        assert words in text
    assert len(helpers.said) < 30


def test_nobody_joins(tmp_path):
    with Helpers(member) as helpers, pytest.raises(WorkersFailed, match=r"only 1 of 2 workers joined at .* within 1 s"):
        session(tmp_path, helpers, wait=1.0)
    assert os.listdir(tmp_path) == []
    assert [end.gradients for end in helpers.ends] == [0]  # it was told that it is over


def test_who_leaves_before_the_start_is_replaced(tmp_path):
    def fickle(port):
        with socket.create_connection(("127.0.0.1", port)) as line:
            joining.greet(line, SECRET)
        while not any("worker 1 joined" in sentence for sentence in helpers.said):
            time.sleep(0.01)
        return member(port)

    def late(port):
        while not any("worker 0 joined" in sentence for sentence in helpers.said):
            time.sleep(0.01)
        return member(port)

    with Helpers(fickle, late) as helpers:
        recording = session(tmp_path, helpers)
    assert recording.joined == 3
    assert recording.deaths == ()
    assert whole(recording)


def test_faults_of_the_plan(tmp_path):
    """A crash cuts the connection, and the worker joins anew; it pauses when told to; a restart cuts off everybody."""
    plan = [Fault(6, Kind.CRASH, 0.05), Fault(14, Kind.STALL, 0.2), Fault(22, Kind.LOSS, 0.01)]
    plan.append(Fault(90, Kind.RESTART, 0.0))
    with Helpers(member, member) as helpers:
        recording = session(tmp_path, helpers, seconds=2.0, faults=plan, batch_size=2000)
    assert whole(recording)
    assert [one.kind for one in recording.faults] == [Kind.CRASH, Kind.STALL, Kind.LOSS, Kind.RESTART]
    assert [death.how for death in recording.deaths] == ["its connection was broken off"]
    assert recording.joined == 2 + 1 + 2
    assert sorted(len(end.workers) for end in helpers.ends) == [2, 3]
    stall = recording.faults[1]
    mine = recording.trace.worker == stall.worker
    assert recording.trace.delays[mine].max() >= 0.2
    assert recording.trace.push_time.max() > recording.faults[-1].seconds


@pytest.mark.parametrize("policy", ["dpsgd", "guided_asynchronous", "synchronous"])
def test_any_policy(policy, tmp_path):
    with Helpers(member, member) as helpers:
        recording = session(tmp_path, helpers, policy=policy, batch_size=20)
    assert whole(recording)
    assert recording.ledger.updates > 0
    assert recording.batch_size == 20 * (recording.objective.steps if policy == "dpsgd" else 1)


PARAMETERS = pools.PARAMETERS | {"mindflayer": {"trials": 3, "success": "1/2", "limit": "1/50"}}


@pytest.mark.parametrize("policy", policies.POLICIES)
def test_a_recipe_gives_the_gradients_of_the_objective_itself(policy):
    parameters = {"regularization": "1/50", "batch_size": 7}
    rule = policies.create(policy, PARAMETERS.get(policy) or {}, 3)
    names = named("ridge", parameters, policy, PARAMETERS.get(policy) or {})
    target = Ridge(**parameters)
    task = Task(target, 5, 3, names, target).with_batch_size(11).equipped(rule, 0.1 + 0.2)
    local, random = pickle.loads(pickle.dumps((task.computed, generators(5, 2, 4)[1])))  # noqa: S301  # as a worker of this machine gets it
    remote, other, members = follow(task.recipe(2, 4))
    assert members["worker"] == 2
    w = np.linspace(-1, 1, 64)
    for _ in range(3):
        gradients = [one.gradient(w, stream) for one, stream in ((local, random), (remote, other))]
        assert gradients[0].tobytes() == gradients[1].tobytes()
        assert len(gradients[0]) == task.length
    text = task.recipe(2, 4)
    for word in (b"ridge", b"1/50", policy.encode()):
        assert word in text


def test_a_worker_that_cannot_compute_says_why(tmp_path, monkeypatch):
    def refuse(body):
        raise MissingExtra("the digits come with\x1b scikit-learn")

    monkeypatch.setattr(joining, "follow", refuse)
    words = r"worker 0 could not be set up \(it said: the digits come with  scikit"
    with Helpers(member) as helpers, pytest.raises(WorkersFailed, match=words):
        session(tmp_path, helpers, workers=1)
    assert [type(end) for end in helpers.ends] == [MissingExtra]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("wrong", ["short", "kind"])
def test_a_gradient_that_is_none_ends_the_connection(tmp_path, monkeypatch, wrong):
    """From somebody who knows the secret: the session goes on with the other worker."""

    def bad(port):
        with socket.create_connection(("127.0.0.1", port)) as line:
            channel = joining.Channel(line, joining.greet(line, SECRET))
            channel.receive()
            channel.send(joining.Kind.READY)
            channel.receive()
            if wrong == "short":
                channel.send(joining.Kind.GRADIENT, 0, b"1234567")
            else:
                channel.send(joining.Kind.END)
            return channel.receive()

    with Helpers(bad) as helpers:
        recording = session(tmp_path, helpers, elsewhere=1)
    assert whole(recording)
    (death,) = recording.deaths
    assert "where a gradient has 512" in death.how
    assert recording.ledger.counts[Outcome.LOST] == 1
    assert recording.trace.worker.tolist().count(0) > 5


def test_tampering_on_the_way_ends_the_connection_and_not_the_session(tmp_path):
    """Somebody in the middle changes one byte of a gradient: the worker is lost and joins anew."""
    changed = []

    def middle(port):
        with socket.create_server(("127.0.0.1", 0)) as server:
            worker = threading.Thread(target=lambda: ends.append(member(server.getsockname()[1])))
            worker.start()
            while not ends and not (changed and not worker.is_alive()):
                server.settimeout(0.2)
                try:
                    left, _ = server.accept()
                except TimeoutError:
                    continue
                with left, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as right:
                    back = threading.Thread(target=pump, args=(right, left))
                    back.start()
                    pump(left, right, change=not changed)
                    back.join()
            worker.join()

    def pump(source, sink, change=False):
        seen = 0
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                seen += len(data)
                if change and not changed and seen > 5000:
                    data = data[:-1] + bytes([data[-1] ^ 1])
                    changed.append(seen)
                sink.sendall(data)
        for line in (source, sink):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    ends = []
    with Helpers(middle) as helpers:
        recording = session(tmp_path, helpers, elsewhere=1, seconds=1.5)
    assert changed
    assert whole(recording)
    (death,) = recording.deaths
    assert "its authentication code is wrong" in death.how
    assert recording.joined == 2
    assert ends[0].workers == [1, 1]


def test_a_session_that_is_not_there():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(SessionLost, match=r"no session could be joined at .* for 0.3 s \(Connection refused\)"):
        member(port, patience=0.3)
    for patience in (-1, float("nan"), 1e9):
        with pytest.raises(InvalidScenario, match="patience"):
            member(port, patience=patience)
    with pytest.raises(InvalidScenario, match=r"secret: '5 bytes'"):
        join(("127.0.0.1", port), b"short")


def impostor(*answers):
    """A server that is no session; return its port."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        with server:
            line, _ = server.accept()
            with line:
                for answer in answers:
                    line.sendall(answer)
                    line.recv(1 << 16)

    threading.Thread(target=serve).start()
    return server.getsockname()[1]


def test_impostors():
    hello = handshake.Handshake(handshake.Role.SESSION, b"x" * 16).hello
    cases = [
        ((b"SSH-2.0-OpenSSH_9.6\r\n" + b"x" * 100,), "no sddeverify session"),
        ((hello, b"p" * 32), "does not know the secret"),
        ((hello[:20] + b"\x07" + hello[21:], b""), "install the same version"),
    ]
    for answers, words in cases:
        with pytest.raises(Refused, match=words):
            member(impostor(*answers))


def test_an_objective_without_a_name_cannot_be_told(tmp_path):
    with pytest.raises(UnsupportedScenario, match=r"objective Busy: .* no code; take one of quadratic, ridge"):
        session(tmp_path, Helpers(), objective=pools.Busy())
    with pytest.raises(UnsupportedScenario, match="no mini-batches"):
        session(tmp_path, Helpers(), objective="quadratic", parameters={"eigenvalues": ["1"]})
