"""Who may join a recording from elsewhere: addresses, and the secret that both ends share."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sddeverify.errors import invalid

SECRET_VARIABLE = "SDDEVERIFY_SECRET"  # noqa: S105 - the name of the variable, not what is in it
SHORTEST_SECRET = 16
_LONGEST_SECRET = 4096
_MOST_PORTS = 65_535
_LONGEST_WAIT = 86_400.0
_ADDRESS = re.compile(r"(?:\[(?P<six>[0-9a-z:.%]+)\]|(?P<host>[^\s:/\[\]]+))(?::(?P<port>[0-9]{1,5}))?", re.I | re.A)
_WHERE = f"the environment variable {SECRET_VARIABLE}, or --secret-file with a file that only you can read"


@dataclass(frozen=True)
class Listening:
    """How workers of other machines may join.

    Attributes:
        host: Address or name of this machine to listen on.
        port: The port; 0 for any that is free.
        workers: How many of the workers join from elsewhere.
        secret: What both ends know; never shown.
        allow_remote: Whether the address may be one that other machines reach.
        wait: Seconds to wait until all have joined.
    """

    host: str
    port: int
    workers: int
    secret: bytes = field(repr=False)
    allow_remote: bool = False
    wait: float = 60.0

    def bind(self, workers: int) -> socket.socket:
        """Return a socket that is bound to the address, which is numeric by then, and listens.

        Args:
            workers: Number of all workers.

        Raises:
            InvalidScenario: for an address that other machines reach, if that is not allowed, or one that cannot be
                listened on; for a number of workers or seconds out of range, or a short secret.
        """
        check_secret(self.secret)
        if not 1 <= self.workers <= workers:
            allowed = f"how many of the {workers} workers join from elsewhere (--remote-workers), 1 to {workers}"
            raise invalid("remote_workers", self.workers, allowed)
        if not 0 < self.wait <= _LONGEST_WAIT:
            raise invalid("wait", self.wait, f"a positive number of seconds, at most {_LONGEST_WAIT:g}")
        family, where = require_loopback(self.host, self.port, self.allow_remote)
        server = socket.socket(family, socket.SOCK_STREAM)
        try:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(where)
            server.listen()
        except OSError as error:
            server.close()
            shown = written((self.host, self.port))
            raise invalid("listen", shown, f"an address and a free port of this machine ({error.strerror})") from None
        return server


def require_loopback(host: str, port: int, allow_remote: bool) -> tuple[socket.AddressFamily, Any]:
    """Return the numeric form of an address to listen on, which only this machine reaches unless others may.

    Raises:
        InvalidScenario: for another address, or an unknown name.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a name"
        raise invalid("listen", host, f"an address or a name of this machine ({reason})") from None
    family, _, _, _, where = found[0]
    if not (allow_remote or ipaddress.ip_address(str(where[0]).partition("%")[0]).is_loopback):
        raise invalid(
            "listen", written((host, port)), "an address that only this machine reaches, such as 127.0.0.1, or let "
            f"others join: --allow-remote, and a shared secret in {_WHERE}"
        )  # fmt: skip
    return family, where


def address(text: str, name: str, port: int | None = None) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT``; an IPv6 address is written ``[::1]:7000``.

    Args:
        text: What the user wrote.
        name: What messages call it.
        port: The port if the text has none; without it a text must have one, and not 0.

    Raises:
        InvalidScenario: for anything else.
    """
    parts = _ADDRESS.fullmatch(text)
    number = None if parts is None else port if parts["port"] is None else int(parts["port"])
    if parts is None or number is None or not (port is None) <= number <= _MOST_PORTS:
        form = "HOST:PORT" if port is None else "HOST:PORT or HOST"
        raise invalid(name, text, f"{form}, such as 192.0.2.7:7000 or [2001:db8::7]:7000")
    return parts["six"] or parts["host"], number


def written(where: tuple[Any, ...]) -> str:
    """Return an address of a socket as :func:`address` reads it."""
    host, port = where[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def read_secret(path: Path | None = None) -> bytes:
    """Return the secret of a file, or of the environment variable; blanks and line ends around it do not count.

    Raises:
        InvalidScenario: if there is none, it is too short, or others may read the file.
    """
    if path is None:
        secret = os.environb.get(SECRET_VARIABLE.encode(), b"").strip()
        if not secret:
            raise invalid("secret", None, f"one of at least {SHORTEST_SECRET} bytes into {_WHERE}")
    else:
        secret = _read_privately(path).strip()
    check_secret(secret)
    return secret


def check_secret(secret: bytes) -> None:
    """Refuse one that is too short to be one."""
    if not SHORTEST_SECRET <= len(secret) <= _LONGEST_SECRET:
        allowed = f"one of {SHORTEST_SECRET} to {_LONGEST_SECRET} bytes, chosen at random, into {_WHERE}"
        raise invalid("secret", f"{len(secret)} bytes", allowed)


def _read_privately(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would block
    except OSError as error:
        raise invalid("secret file", str(path), f"the name of a readable file ({error.strerror})") from None
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077 or about.st_uid not in (os.geteuid(), 0):
            shown = f"{path} (mode {stat.S_IMODE(about.st_mode):04o})"
            raise invalid("secret file", shown, f"a plain file of yours that nobody else may read: chmod 600 {path}")
        return os.read(descriptor, _LONGEST_SECRET + 1024)
    finally:
        os.close(descriptor)
