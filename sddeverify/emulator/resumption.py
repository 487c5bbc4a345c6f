"""The checkpoint file of a recording, and going on from it after its server was killed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sddeverify.emulator.checkpoint import load_server
from sddeverify.emulator.trace_writer import TraceFile
from sddeverify.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.emulator.server import Server


@dataclass(frozen=True)
class Resumption:
    """What a checkpoint file says.

    Attributes:
        fill: Puts the stored state into a server of the same kind.
        rows: Rows of the trace at the checkpoint.
        size: Its length in bytes then.
        incarnation: What the random streams of new workers begin with.
        batch_size: Samples in one gradient, before the policy adds inner steps.
        learning_rate: Step size.
    """

    fill: Callable[[Server], None]
    rows: int
    size: int
    incarnation: int
    batch_size: int
    learning_rate: float

    @classmethod
    def read(cls, path: Path | None, workers: int, policy: str) -> Resumption:
        """Return what a file says.

        Raises:
            InvalidScenario: if it is none, or belongs to another number of workers or another policy.
        """
        if path is None:
            raise invalid("resume", True, "a checkpoint to go on from (--checkpoint FILE)")
        try:
            about, fill = load_server(path.read_bytes())
        except OSError as error:
            raise invalid("checkpoint", str(path), f"the name of a readable file ({error.strerror})") from None
        for name, value in (("workers", workers), ("policy", policy)):
            if about.get(name) != value:
                raise invalid(name, value, f"{about.get(name)!r}, as in the checkpoint {path}")
        counts = [about.get(name) for name in ("rows", "bytes", "incarnation", "batch_size")]
        rate = about.get("learning_rate")
        if not all(isinstance(count, int) and count >= 0 for count in counts) or not isinstance(rate, float):
            raise invalid("checkpoint", str(path), "a file that a recording has left")
        return cls(fill, about["rows"], about["bytes"], about["incarnation"], about["batch_size"], rate)

    def trace(self, path: Path) -> TraceFile:
        """Open the trace to go on with it; the rows after the checkpoint are cut off."""
        return TraceFile.resume(path, self.rows, self.size)


def keeper(path: Path) -> Callable[[bytes], None]:
    """Return what writes a checkpoint to a file that is, at every moment, whole."""

    def keep(data: bytes) -> None:
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_bytes(data)
        temporary.replace(path)

    return keep
