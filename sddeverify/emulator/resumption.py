"""The checkpoint file of a recording, and going on from it after its server was killed."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.emulator.checkpoint import load_server
from sddeverify.emulator.problem import parts_of
from sddeverify.emulator.trace_writer import TraceFile
from sddeverify.errors import invalid
from sddeverify.objectives import Mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sddeverify.emulator.server import Server
    from sddeverify.objectives import Objective


@dataclass(frozen=True)
class Resumption:
    """What a checkpoint file says.

    Attributes:
        path: Its name.
        fill: Puts the stored state into a server of the same kind.
        rows: Rows of the trace at the checkpoint.
        size: Its length in bytes then.
        incarnation: What the random streams of new workers begin with.
        batch_size: Samples in one gradient, before the policy adds inner steps.
        learning_rate: Step size.
        data: What :func:`identity` says of the data of the workers.
    """

    path: Path
    fill: Callable[[Server], None]
    rows: int
    size: int
    incarnation: int
    batch_size: int
    learning_rate: float
    data: str

    @classmethod
    def read(cls, path: Path | None, given: Mapping[str, object]) -> Resumption:
        """Return what a file says.

        Args:
            path: The file.
            given: Fields of the recording that must be those of the checkpoint, as JSON data; ``None`` is not compared.

        Raises:
            InvalidScenario: if it is none, or belongs to another recording.
        """
        if path is None:
            raise invalid("resume", True, "a checkpoint to go on from (--checkpoint FILE)")
        try:
            about, fill = load_server(path.read_bytes())
        except OSError as error:
            raise invalid("checkpoint", str(path), f"the name of a readable file ({error.strerror})") from None
        for name, value in given.items():
            if value is not None and about.get(name) != value:
                raise invalid(name, value, f"{about.get(name)!r}, as in the checkpoint {path}")
        counts = [about.get(name) for name in ("rows", "bytes", "incarnation", "batch_size")]
        rate, data = about.get("learning_rate"), about.get("data")
        whole = all(isinstance(count, int) and count >= 0 for count in counts)
        if not (whole and isinstance(rate, float) and isinstance(data, str)):
            raise invalid("checkpoint", str(path), "a file that a recording has left")
        return cls(path, fill, about["rows"], about["bytes"], about["incarnation"], about["batch_size"], rate, data)

    def require_data(self, objective: Objective) -> None:
        """Refuse to go on with another objective, or with other data for some worker.

        Raises:
            InvalidScenario: if they are not those of the checkpoint.
        """
        if identity(objective) != self.data:
            name = type(objective).__name__
            raise invalid("objective", name, f"the objective of the checkpoint {self.path}, with its data (--labels)")

    def trace(self, path: Path) -> TraceFile:
        """Open the trace to go on with it; the rows after the checkpoint are cut off."""
        return TraceFile.resume(path, self.rows, self.size)


def identity(objective: Objective) -> str:
    """Return what tells objectives and their data apart: a digest of their kinds and gradients at the start."""
    digest = hashlib.sha256(repr(objective.counts if isinstance(objective, Mean) else ()).encode())
    start = np.asarray(objective.initial(), dtype=np.float64)
    for part in parts_of(objective):
        digest.update(type(part).__name__.encode())
        digest.update(np.asarray(part.full_gradient(start), dtype=np.float64).tobytes())
    return digest.hexdigest()


def keeper(path: Path) -> Callable[[bytes], None]:
    """Return what writes a checkpoint to a file that is, at every moment, whole."""

    def keep(data: bytes) -> None:
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_bytes(data)
        temporary.replace(path)

    return keep
