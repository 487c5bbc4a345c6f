"""A worker of another machine, over a connection whose frames carry a seal."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sddeverify.emulator import messages
from sddeverify.emulator.handshake import Refused, Seals
from sddeverify.emulator.messages import Kind, Message
from sddeverify.emulator.pool import Member

if TYPE_CHECKING:
    from sddeverify.emulator.gate import Gate
    from sddeverify.emulator.task import Task

ANSWER_SECONDS = 60.0
_PARTING_SECONDS = 1.0
_LONGEST_WORD = 2000
_LAST_WORDS = 8192  # room for what a worker says beside gradients


@dataclass
class RemoteWorker(Member):
    """A worker that has joined from elsewhere.

    Attributes:
        reader: What it sends.
        writer: What is sent to it.
        seals: Of both directions.
        gate: Where others join.
        where: Its address.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    seals: Seals
    gate: Gate
    where: str
    _length: int = field(default=0, init=False)
    _ended: str = field(default="", init=False)
    _closed: bool = field(default=False, init=False)

    @property
    def name(self) -> str:
        """Its address."""
        return f"of {self.where}"

    def send(self, kind: Kind, number: int = 0, body: bytes = b"") -> None:
        """Write one frame with its code."""
        self.writer.write(messages.sealed(self.seals.sent, kind, number, body))

    def set_up(self, task: Task, incarnation: int) -> None:
        """Send the recipe."""
        self._length = 8 * task.length
        self.send(Kind.SETUP, 0, task.recipe(self.index, incarnation))

    async def receive(self) -> Message | None:
        """Return the next message; ``None`` when it is gone, gives up, or sends what it should not."""
        try:
            most = self._length + _LAST_WORDS
            message = await messages.read_sealed(self.reader, self.seals.received, most)
            if message.kind is Kind.FAILED:
                said = "".join(c if c.isprintable() else " " for c in message.body.decode("utf-8", "replace"))
                self._ended = f"it said: {said[:_LONGEST_WORD]}"
                return None
            if message.kind is not Kind.READY and (message.kind, len(message.body)) != (Kind.GRADIENT, self._length):
                raise Refused(f"{message.kind.name} of {len(message.body)} bytes, where a gradient has {self._length}")
        except asyncio.IncompleteReadError:
            self._ended = self._ended or "its connection was closed"
        except OSError as error:
            self._ended = self._ended or f"its connection broke ({error.strerror or error})"
        except Refused as refused:
            self._ended = str(refused)
            self.writer.transport.abort()  # what comes now cannot be trusted
        else:
            return message
        return None

    async def answer(self) -> Message | None:
        """As :meth:`receive`, but a silent connection counts as gone after a minute."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self.receive()
        except TimeoutError:
            self._ended = f"nothing came from it for {ANSWER_SECONDS:g} s"
            self.writer.transport.abort()
            return None

    def kill(self) -> None:
        """Break the connection off: the worker stops, and may join anew."""
        self._ended = "its connection was broken off"
        self.writer.transport.abort()

    def pause(self, seconds: float) -> None:
        """Tell it to do nothing for a while, when it comes to read this."""
        self.send(Kind.PAUSE, round(1e6 * seconds))

    async def successor(self) -> RemoteWorker:
        """Wait until another one joins."""
        return await self.gate.next(self.index)

    async def close(self, patience: float = 0.0) -> str:
        """Say that it is over, if the connection stands, and close it; never wait long."""
        if self._closed:
            return self._ended or "closed before"
        self._closed = True
        try:
            async with asyncio.timeout(_PARTING_SECONDS):
                with contextlib.suppress(OSError, RuntimeError):  # it is closed, or breaks
                    if not self._ended:
                        self.send(Kind.END)
                        self.writer.write_eof()
                        while await self.reader.read(1 << 16):  # closed with unread data, the farewell would be lost
                            pass
                        self._ended = "the session is over"
        except TimeoutError:
            self._ended = "it was still busy when the session was over"
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()
        return self._ended


def keep_alive(connection: socket.socket) -> None:
    """Let the system find out within half a minute when the machine at the other end is gone."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("KEEPIDLE", 10), ("KEEPINTVL", 5), ("KEEPCNT", 4), ("USER_TIMEOUT", 30_000)):
        option = getattr(socket, f"TCP_{name}", None)  # not every system has each
        if option is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
