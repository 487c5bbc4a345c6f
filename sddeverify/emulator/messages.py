"""Messages between the server and worker processes: one frame each, over a socket of their own.

A frame is a kind (one byte), a number (eight bytes), the length of the body (four bytes), and the body. Vectors travel
as the bytes of float64 in native order: both ends run on the same machine.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import asyncio
    import socket

_HEADER = struct.Struct("!BQI")


class Kind(IntEnum):
    """What a frame says; the number's meaning in brackets."""

    SETUP = 0
    """To a worker: the pickled objective and random stream."""
    BATCH = 1
    """To a worker: compute later gradients from so many samples [number of samples]."""
    JOB = 2
    """To a worker: compute a gradient at this iterate [job]."""
    READY = 3
    """From a worker: it is set up."""
    GRADIENT = 4
    """From a worker: the gradient [job]."""


class Message(NamedTuple):
    """One frame."""

    kind: Kind
    number: int
    body: bytes

    def vector(self) -> np.ndarray:
        """Return the body as a vector of its own, shape (d,)."""
        return np.frombuffer(self.body, dtype=np.float64).copy()


def frame(kind: Kind, number: int = 0, body: bytes = b"") -> bytes:
    """Return the bytes of one frame."""
    return _HEADER.pack(kind, number, len(body)) + body


def vector_frame(kind: Kind, number: int, vector: np.ndarray) -> bytes:
    """Return the bytes of one frame that carries a vector."""
    return frame(kind, number, np.ascontiguousarray(vector, dtype=np.float64).tobytes())


async def read(stream: asyncio.StreamReader) -> Message:
    """Return the next message.

    Raises:
        asyncio.IncompleteReadError: when the other end is gone.
    """
    kind, number, length = _HEADER.unpack(await stream.readexactly(_HEADER.size))
    return Message(Kind(kind), number, await stream.readexactly(length) if length else b"")


def receive(connection: socket.socket) -> Message | None:
    """Return the next message from a blocking socket; ``None`` when the other end is gone."""
    head = _exactly(connection, _HEADER.size)
    if head is None:
        return None
    kind, number, length = _HEADER.unpack(head)
    body = _exactly(connection, length)
    return None if body is None else Message(Kind(kind), number, body)


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    parts = []
    while size:
        part = connection.recv(min(size, 1 << 20))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
