"""Mutual authentication by a shared secret, and the seal on every frame after it.

Both ends say hello at once: a magic word, the protocol, the version of the package, a fresh nonce of 32 bytes. Then
the worker proves first, and the session second, that it knows the secret: HMAC-SHA256 under the secret of its role and
of both hellos. So a proof is of use in one role, for one pair of nonces only: reflected, replayed or relayed to another
session it is refused. The same hellos give one key for each direction; the code of a frame is HMAC-SHA256 under the
key of its direction of the frame's number (how many came before it), head and body. A frame that is changed, left out,
doubled, moved, cut or sent back is refused, and with it the connection.

Frames are authenticated, not encrypted.
"""

from __future__ import annotations

import hmac
import secrets
import struct
from enum import Enum
from typing import NamedTuple

from sddeverify import __version__
from sddeverify.errors import SddeverifyError

_HELLO = struct.Struct("!16sH30s32s")
_MAGIC = b"sddeverify join\n"
_PROTOCOL = 1
_COUNT = struct.Struct("!Q")
HELLO_SIZE = _HELLO.size
CODE_SIZE = 32
HANDSHAKE_SECONDS = 10.0


class Refused(SddeverifyError):
    """What came over a connection is not from somebody who knows the secret, or not what was to come."""


class Role(Enum):
    """Which end of a connection."""

    SESSION = b"session"
    WORKER = b"worker"

    @property
    def other(self) -> Role:
        """The other end."""
        return Role.WORKER if self is Role.SESSION else Role.SESSION


class Seal:
    """The codes of the frames of one direction, one after the other; both ends have one.

    Args:
        key: Key of the connection and direction.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._count = 0

    def code(self, frame: bytes) -> bytes:
        """Return the code of the next frame, 32 bytes."""
        code = hmac.digest(self._key, _COUNT.pack(self._count) + frame, "sha256")
        self._count += 1
        return code

    def check(self, frame: bytes, code: bytes) -> None:
        """Raise :class:`Refused` unless this is the code of the next frame."""
        if not hmac.compare_digest(self.code(frame), code):
            raise Refused("a frame was changed, left out or repeated on its way: its authentication code is wrong")


class Seals(NamedTuple):
    """The two seals of one end."""

    sent: Seal
    received: Seal


class Handshake:
    """One end of a handshake; who reads and writes is somebody else.

    Args:
        role: Which end.
        secret: What both ends know.

    Attributes:
        hello: What to send first.
    """

    def __init__(self, role: Role, secret: bytes) -> None:
        self.role = role
        self._secret = secret
        self._nonce = secrets.token_bytes(32)
        self.hello = _HELLO.pack(_MAGIC, _PROTOCOL, __version__.encode()[:30], self._nonce)
        self._hellos = b""

    def meet(self, hello: bytes) -> None:
        """Take the hello of the other end.

        Raises:
            Refused: if it is none, that of another version, or our own.
        """
        if len(hello) != HELLO_SIZE:
            raise Refused("the handshake was cut short")
        magic, protocol, version, nonce = _HELLO.unpack(hello)
        if magic != _MAGIC:
            raise Refused("the other end is no sddeverify session or worker")
        theirs = "".join(c for c in version.rstrip(b"\0").decode("ascii", "replace") if c.isprintable())
        if (protocol, theirs) != (_PROTOCOL, __version__):
            raise Refused(
                f"the other end runs sddeverify {theirs} (protocol {protocol}) and this one {__version__} "
                f"(protocol {_PROTOCOL}): install the same version on both machines"
            )
        if hmac.compare_digest(nonce, self._nonce):
            raise Refused("the other end sends back what it gets")
        pair = (self.hello, hello) if self.role is Role.SESSION else (hello, self.hello)
        self._hellos = b"".join(pair)

    def _derive(self, purpose: bytes, role: Role) -> bytes:
        if not self._hellos:
            raise RuntimeError("the hello of the other end comes first")
        return hmac.digest(self._secret, purpose + b" of the " + role.value + b"\0" + self._hellos, "sha256")

    def proof(self) -> bytes:
        """Return the proof that this end knows the secret, 32 bytes."""
        return self._derive(b"proof", self.role)

    def verify(self, proof: bytes) -> None:
        """Raise :class:`Refused` unless the proof is that of the other end."""
        if not hmac.compare_digest(self._derive(b"proof", self.role.other), proof):
            raise Refused("the other end does not know the secret")

    def seals(self) -> Seals:
        """Return the seals of this end; to be used after :meth:`verify`."""
        return Seals(Seal(self._derive(b"key", self.role)), Seal(self._derive(b"key", self.role.other)))
