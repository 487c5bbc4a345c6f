"""A worker of another machine: joins a recording, computes gradients until it is over, and joins anew when cut off."""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sddeverify.emulator.access import check_secret, written
from sddeverify.emulator.handshake import CODE_SIZE, HANDSHAKE_SECONDS, HELLO_SIZE, Handshake, Refused, Role, Seals
from sddeverify.emulator.messages import Channel, Kind, Message, exactly
from sddeverify.emulator.remote import keep_alive
from sddeverify.emulator.task import follow
from sddeverify.emulator.worker_process import serve
from sddeverify.errors import SddeverifyError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from sddeverify.objectives import Objective

_LARGEST_BODY = 64_000_000  # an iterate of eight million numbers
_LONGEST_PATIENCE = 86_400.0
_AGAIN_SECONDS = 0.2


class SessionLost(SddeverifyError):
    """The session cannot be reached, or not any more."""


@dataclass
class Joined:
    """What a worker did.

    Attributes:
        session: Address of the session.
        workers: The places that it had, one after the other.
        tally: Its first entry counts the gradients.
    """

    session: str
    workers: list[int] = field(default_factory=list)
    tally: list[int] = field(default_factory=lambda: [0])

    @property
    def gradients(self) -> int:
        """Gradients computed and sent, those of the calibration included."""
        return self.tally[0]


def join(
    address: tuple[str, int], secret: bytes, *, patience: float = 30.0, say: Callable[[str], None] | None = None
) -> Joined:
    """Join the recording at an address and work for it until it is over.

    Args:
        address: Host and port.
        secret: What both ends know.
        patience: Seconds to try to reach it, at first and whenever the connection breaks.
        say: Called with a sentence when something happens.

    Raises:
        InvalidScenario: for a patience out of range, or a short secret.
        Refused: if the session does not know the secret, does not accept ours, or is of another version.
        SessionLost: if it cannot be reached, or all its places are taken.
    """
    if not 0 <= patience <= _LONGEST_PATIENCE:
        raise invalid("patience", patience, f"a number of seconds from 0 to {_LONGEST_PATIENCE:g}")
    check_secret(secret)
    say = say or (lambda sentence: None)
    joined = Joined(written(address))
    deadline = time.monotonic() + patience
    while True:
        before, last = len(joined.workers), "it closed the connection"
        try:
            with socket.create_connection(address, timeout=HANDSHAKE_SECONDS) as connection:
                keep_alive(connection)
                channel = Channel(connection, greet(connection, secret), _LARGEST_BODY)
                connection.settimeout(None)  # a session may wait for others; keep-alive finds out when it is gone
                message = _work(channel, joined, say)
            if message is not None and message.number == 0:
                return joined
            if message is not None:
                last = "all its places are taken"
                if not joined.workers:
                    raise SessionLost(f"{joined.session}: {last}")
        except (OSError, UnicodeError) as error:
            last = str(getattr(error, "strerror", None) or error)
        if len(joined.workers) > before:
            say(f"the connection to {joined.session} is lost ({last}): joining again")
            deadline = time.monotonic() + patience
        if time.monotonic() >= deadline:
            raise SessionLost(f"no session could be joined at {joined.session} for {patience:g} s ({last})")
        time.sleep(_AGAIN_SECONDS)


def greet(connection: socket.socket, secret: bytes) -> Seals:
    """Do the worker's part of a handshake.

    Raises:
        Refused: if the session is not one that knows the secret, or does not accept us.
        TimeoutError: if it is silent.
    """
    ours = Handshake(Role.WORKER, secret)
    connection.sendall(ours.hello)
    hello = exactly(connection, HELLO_SIZE)
    if hello is None:
        raise ConnectionAbortedError("it closed the connection at once")
    ours.meet(hello)
    connection.sendall(ours.proof())
    proof = exactly(connection, CODE_SIZE)
    if proof is None:
        raise Refused("the session did not accept this worker: is the secret the same on both machines?")
    ours.verify(proof)
    return ours.seals()


def _work(channel: Channel, joined: Joined, say: Callable[[str], None]) -> Message | None:
    known: list[int] = []

    def unpack(body: bytes) -> tuple[Objective, np.random.Generator]:
        objective, random, members = follow(body)
        if not known:  # otherwise it is the same place, now with inner steps
            known.append(members["worker"])
            worker, names = members["worker"], (members["objective"]["name"], members["policy"]["name"])
            joined.workers.append(worker)
            say(f"joined {joined.session} as worker {worker}: objective {names[0]}, policy {names[1]}")
        return objective, random

    try:
        return serve(channel, unpack, joined.tally)
    except Refused:
        raise
    except SddeverifyError as error:
        channel.send(Kind.FAILED, 0, str(error).encode()[:2000])
        raise
    except ConnectionError:
        # The session may have said good-bye while we were computing what it does not want any more.
        with contextlib.suppress(OSError, Refused):
            while (message := channel.receive()) is not None:
                if message.kind is Kind.END:
                    return message
        raise
