"""Messages between the server and worker processes: one frame each, over a socket of their own.

A frame is a kind (one byte), a number (eight bytes), the length of the body (four bytes), and the body. Vectors travel
as the bytes of float64, the lowest first. Between machines the code of a seal follows each frame.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sddeverify.emulator.handshake import CODE_SIZE, Refused

if TYPE_CHECKING:
    import asyncio
    import socket

    from sddeverify.emulator.handshake import Seal, Seals

_HEADER = struct.Struct("!BQI")
_FLOAT64 = np.dtype("<f8")


class Kind(IntEnum):
    """What a frame says; the number's meaning in brackets."""

    SETUP = 0
    """To a worker: the objective and random stream, pickled; to one of another machine a recipe for them."""
    BATCH = 1
    """To a worker: compute later gradients from so many samples [number of samples]."""
    JOB = 2
    """To a worker: compute a gradient at this iterate [job]."""
    READY = 3
    """From a worker: it is set up."""
    GRADIENT = 4
    """From a worker: the gradient [job]."""
    FAILED = 5
    """From a worker of another machine: why it gives up, in UTF-8."""
    PAUSE = 6
    """To a worker of another machine: do nothing for a while [microseconds]."""
    END = 7
    """To a worker of another machine: the session is over [0], or all its places are taken [1]."""


class Message(NamedTuple):
    """One frame."""

    kind: Kind
    number: int
    body: bytes

    def vector(self) -> np.ndarray:
        """Return the body as a vector of its own, shape (d,)."""
        return np.frombuffer(self.body, dtype=_FLOAT64).astype(np.float64)


def frame(kind: Kind, number: int = 0, body: bytes = b"") -> bytes:
    """Return the bytes of one frame."""
    return _HEADER.pack(kind, number, len(body)) + body


def vector_body(vector: np.ndarray) -> bytes:
    """Return the body of a frame that carries a vector."""
    return np.ascontiguousarray(vector, dtype=_FLOAT64).tobytes()


def sealed(seal: Seal, kind: Kind, number: int = 0, body: bytes = b"") -> bytes:
    """Return the bytes of one frame with its code."""
    plain = frame(kind, number, body)
    return plain + seal.code(plain)


async def read(stream: asyncio.StreamReader) -> Message:
    """Return the next message.

    Raises:
        asyncio.IncompleteReadError: when the other end is gone.
    """
    kind, number, length = _HEADER.unpack(await stream.readexactly(_HEADER.size))
    return Message(Kind(kind), number, await stream.readexactly(length) if length else b"")


async def read_sealed(stream: asyncio.StreamReader, seal: Seal, most: int) -> Message:
    """Return the next message of a connection with a seal.

    Raises:
        asyncio.IncompleteReadError: when the other end is gone.
        Refused: for a frame that is not the next one from the other end, or has a body of more than ``most`` bytes.
    """
    head = await stream.readexactly(_HEADER.size)
    length = _length(head, most)
    rest = await stream.readexactly(length + CODE_SIZE)
    return _opened(seal, head, rest[:length], rest[length:])


class Channel:
    """The worker's end of a connection: a blocking socket.

    Args:
        connection: The socket.
        seals: The seals, for a connection between machines.
        most: Bytes that a body may have.
    """

    def __init__(self, connection: socket.socket, seals: Seals | None = None, most: int = 2**32 - 1) -> None:
        self.connection = connection
        self.seals = seals
        self.most = most

    def send(self, kind: Kind, number: int = 0, body: bytes = b"") -> None:
        """Send one message."""
        plain = frame(kind, number, body)
        self.connection.sendall(plain if self.seals is None else plain + self.seals.sent.code(plain))

    def receive(self) -> Message | None:
        """Return the next message; ``None`` when the other end is gone.

        Raises:
            Refused: over a connection with seals, as :func:`read_sealed`.
        """
        head = exactly(self.connection, _HEADER.size)
        if head is None:
            return None
        length = _length(head, self.most)
        body = exactly(self.connection, length)
        if body is None:
            return None
        if self.seals is None:
            kind, number, _ = _HEADER.unpack(head)
            return Message(Kind(kind), number, body)
        code = exactly(self.connection, CODE_SIZE)
        return None if code is None else _opened(self.seals.received, head, body, code)


def _length(head: bytes, most: int) -> int:
    length: int = _HEADER.unpack(head)[2]
    if length > most:
        raise Refused(f"a frame of {length} bytes, where {most} are the most")
    return length


def _opened(seal: Seal, head: bytes, body: bytes, code: bytes) -> Message:
    seal.check(head + body, code)
    kind, number, _ = _HEADER.unpack(head)
    if kind not in Kind._value2member_map_:
        raise Refused(f"a frame of the unknown kind {kind}")
    return Message(Kind(kind), number, body)


def exactly(connection: socket.socket, size: int) -> bytes | None:
    """Return so many bytes from a blocking socket; ``None`` when the other end is gone."""
    parts = []
    while size:
        part = connection.recv(min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
