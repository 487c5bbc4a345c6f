"""What may be listened on, what is a secret, and who gets to see it."""

import os

import pytest

from sddeverify.emulator import access
from sddeverify.emulator.access import Listening
from sddeverify.emulator.processes import record
from sddeverify.errors import InvalidScenario
from tests.emulator import pools

SECRET = b"sixteen bytes, or more"

BAD = {
    "reachable": ({"host": "::"}, r"listen: '\[::\]:0' .* --allow-remote, and a shared secret"),
    "another machine": ({"host": "192.0.2.1", "allow_remote": True}, "a free port of this machine"),
    "no name": ({"host": "a..b"}, "listen: 'a..b'"),
    "too many": ({"workers": 3}, "remote_workers: 3 is not allowed; write how many of the 2"),
    "none": ({"workers": 0}, "remote_workers: 0"),
    "no time": ({"wait": 0.0}, "wait: 0.0"),
    "nan": ({"wait": float("nan")}, "wait: nan"),
    "short": ({"secret": b"fifteen bytes.."}, "secret: '15 bytes' .* one of 16 to 4096 bytes"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_listening(tmp_path, name):
    changed, words = BAD[name]
    fields = {"host": "127.0.0.1", "port": 0, "workers": 1, "secret": SECRET} | changed
    with pytest.raises(InvalidScenario, match=words):
        record(workers=2, seconds=1, out=tmp_path / "t.csv", listening=Listening(**fields))
    assert os.listdir(tmp_path) == []


def test_the_secret_is_not_shown():
    assert SECRET.decode() not in repr(Listening("127.0.0.1", 0, 1, SECRET))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.7:7000", ("192.0.2.7", 7000)),
        ("[2001:db8::7]:7000", ("2001:db8::7", 7000)),
        ("node-3.example:1", ("node-3.example", 1)),
        *[(text, None) for text in ("", ":", ":7000", "host", "host:", "host:0", "host:65536", "host:-1", "host:7e3")],
        *[(text, None) for text in ("::1:7000", "[::1]", "host:１", "a b:1", "http://h:80", "h:1:2", "h:000001")],
    ],
)
def test_addresses(text, expected):
    if expected is None:
        with pytest.raises(InvalidScenario, match=r"--connect: .* HOST:PORT, such as"):
            access.address(text, "--connect")
    else:
        assert access.address(text, "--connect") == expected
        assert access.written(expected) == text
    if text in ("host", "[::1]"):
        assert access.address(text, "--listen", port=0) == (text.strip("[]"), 0)


def test_secrets(tmp_path, monkeypatch):
    path = tmp_path / "secret"
    path.write_bytes(b"  " + SECRET + b"\n")
    path.chmod(0o600)
    assert access.read_secret(path) == SECRET
    for mode in (0o640, 0o604, 0o620, 0o610):
        path.chmod(mode)
        with pytest.raises(InvalidScenario, match=rf"secret \(mode {mode:04o}\).* chmod 600"):
            access.read_secret(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(InvalidScenario, match=r"secret: '5 bytes' is not allowed; write one of 16 to 4096"):
        access.read_secret(path)
    path.write_bytes(b"x" * 10_000)
    with pytest.raises(InvalidScenario, match="4096"):
        access.read_secret(path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, words in (("none", "readable file"), ("pipe", "plain file"), (".", "plain file")):
        with pytest.raises(InvalidScenario, match=words):
            access.read_secret(tmp_path / name)
    monkeypatch.delenv("SDDEVERIFY_SECRET", raising=False)
    with pytest.raises(InvalidScenario, match=r"secret: None .* SDDEVERIFY_SECRET"):
        access.read_secret()
    monkeypatch.setenv("SDDEVERIFY_SECRET", SECRET.decode() + "\n")
    assert access.read_secret() == SECRET


def test_workers_of_this_machine_do_not_inherit_the_secret(tmp_path, monkeypatch):
    monkeypatch.setenv("SDDEVERIFY_SECRET", "to be kept from children")
    seen = []

    def started(pids):
        for pid in pids:
            with open(f"/proc/{pid}/environ", "rb") as file:
                seen.append(file.read())

    fields = {"objective": pools.Busy(), "batch_size": 9}
    record(workers=1, seconds=0.1, out=tmp_path / "t.csv", on_start=started, **fields)
    assert seen
    assert b"SDDEVERIFY_SECRET" not in seen[0]
