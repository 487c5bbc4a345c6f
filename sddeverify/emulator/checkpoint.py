"""Checkpoints: the dynamic fields of the state machines, written out exactly.

A checkpoint is a zip file (``numpy.savez``) with the arrays of the run and one JSON text for all the
rest; reading one runs no code. Fields marked ``static`` are not stored: they follow from the scenario, which
is stored, and the run is rebuilt from it before the stored fields are put in place.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import zipfile
from array import array
from collections import deque
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.emulator.path import Grid, Thinned
from sddeverify.emulator.server import Contribution, Job
from sddeverify.errors import InvalidScenario, UnsupportedScenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sddeverify.emulator.run import Emulation
    from sddeverify.emulator.server import Server
    from sddeverify.scenario import Scenario

_FORMAT = "sddeverify-checkpoint-1"
_SERVER_FORMAT = "sddeverify-recording-1"
_TUPLES: dict[str, Any] = {"Contribution": Contribution, "Job": Job}


def dump(scenario: Scenario, emulation: Emulation) -> bytes:
    """Return the checkpoint of a run.

    Raises:
        UnsupportedScenario: if its state holds something that cannot be stored, such as an open trace file.
    """
    writer = _Writer()
    return _pack(writer, {"format": _FORMAT, "scenario": scenario.to_json(), "state": writer.encode(emulation)})


def load(data: bytes) -> tuple[Scenario, Callable[[Emulation], None]]:
    """Return the scenario of a checkpoint, and what puts the stored state into a run created from it.

    Raises:
        InvalidScenario: if the data is no checkpoint of this format.
    """
    from sddeverify.scenario import Scenario

    document, arrays = _unpack(data, _FORMAT)
    if not isinstance(document.get("scenario"), str):
        raise _no_checkpoint(_FORMAT)
    scenario = Scenario.from_json(document["scenario"])

    def fill(emulation: Emulation) -> None:
        with _fits("scenario"):
            _Reader(arrays).decode(document["state"], emulation)

    return scenario, fill


def dump_server(server: Server, about: dict[str, Any]) -> bytes:
    """Return the checkpoint of a server over real processes: all but its trace file, and JSON data about the rest."""
    writer = _Writer()
    state = {name: writer.encode(getattr(server, name)) for name in _dynamic(server) if name != "rows"}
    return _pack(writer, {"format": _SERVER_FORMAT, "about": about, "state": state})


def load_server(data: bytes) -> tuple[dict[str, Any], Callable[[Server], None]]:
    """Return what was said about the rest, and what puts the stored state into a server of the same kind.

    Raises:
        InvalidScenario: if the data is no checkpoint of this format.
    """
    document, arrays = _unpack(data, _SERVER_FORMAT)
    if not isinstance(document.get("about"), dict):
        raise _no_checkpoint(_SERVER_FORMAT)

    def fill(server: Server) -> None:
        with _fits("recording"):
            if set(document["state"]) != set(_dynamic(server)) - {"rows"}:
                raise ValueError("another state machine")
            for name, stored in document["state"].items():
                setattr(server, name, _Reader(arrays).decode(stored, getattr(server, name)))

    return document["about"], fill


def _pack(writer: _Writer, document: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {f"a{index}": value for index, value in enumerate(writer.arrays)}
    np.savez(buffer, text=np.frombuffer(json.dumps(document).encode(), dtype=np.uint8), **arrays)
    return buffer.getvalue()


def _unpack(data: bytes, form: str) -> tuple[dict[str, Any], list[np.ndarray]]:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            document = json.loads(stored["text"].tobytes())
            arrays = [stored[f"a{index}"] for index in range(len(stored.files) - 1)]
        if document["format"] != form:
            raise ValueError(document["format"])
    except (ValueError, KeyError, TypeError, EOFError, OSError, RecursionError, zipfile.BadZipFile):
        raise _no_checkpoint(form) from None
    return document, arrays


def _no_checkpoint(form: str) -> InvalidScenario:
    return InvalidScenario(f"checkpoint: not a complete file of the format {form}; write a new one")


@contextlib.contextmanager
def _fits(what: str) -> Iterator[None]:
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError):
        raise InvalidScenario(f"checkpoint: its state does not fit its {what}; write a new one") from None


class _Writer:
    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []
        self._index: dict[int, int] = {}

    def encode(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"float": repr(value)}
        if isinstance(value, np.ndarray):
            return {"array": self._store(value)}
        if isinstance(value, array):
            return {"column": self._store(np.array(value))}
        if isinstance(value, np.random.Generator):
            return {"generator": value.bit_generator.state}
        if isinstance(value, Fraction):
            return {"fraction": str(value)}
        if type(value).__name__ in _TUPLES:
            return {"tuple": type(value).__name__, "values": [self.encode(one) for one in value]}
        if isinstance(value, tuple):
            return {"tuple": "tuple", "values": [self.encode(one) for one in value]}
        if isinstance(value, list):
            return [self.encode(one) for one in value]
        if isinstance(value, deque):
            return {"deque": [self.encode(one) for one in value]}
        if isinstance(value, set):
            return {"set": [self.encode(one) for one in sorted(value)]}
        if isinstance(value, dict):
            return {"items": [[self.encode(key), self.encode(one)] for key, one in value.items()]}
        if is_dataclass(value):
            state = {name: self.encode(getattr(value, name)) for name in _dynamic(value)}
            return {"type": type(value).__name__, "state": state}
        raise UnsupportedScenario(f"a {type(value).__name__} cannot be stored in a checkpoint")

    def _store(self, value: np.ndarray) -> int:
        # Many jobs share an iterate; it is stored once. The list keeps the arrays, and so their ids, alive.
        index = self._index.get(id(value))
        if index is None:
            index = self._index[id(value)] = len(self.arrays)
            self.arrays.append(value)
        return index


class _Reader:
    def __init__(self, arrays: list[np.ndarray]) -> None:
        self._arrays = arrays

    def decode(self, value: Any, current: Any) -> Any:
        """Return the stored value; state machines are filled in place."""
        if isinstance(value, list):
            if current and is_dataclass(current[0]):
                return [self.decode(one, machine) for one, machine in zip(value, current, strict=True)]
            return [self.decode(one, None) for one in value]
        if not isinstance(value, dict):
            return value
        if "state" in value:
            if isinstance(current, Thinned) and value["type"] == "Grid":
                current = Grid([])
            if type(current).__name__ != value["type"] or set(value["state"]) != set(_dynamic(current)):
                raise ValueError("another state machine")
            for name, stored in value["state"].items():
                setattr(current, name, self.decode(stored, getattr(current, name)))
            return current
        if "generator" in value:
            current.bit_generator.state = value["generator"]
            return current
        return self._plain(value)

    def _plain(self, value: dict[str, Any]) -> Any:
        if "array" in value:
            return self._arrays[value["array"]]
        if "column" in value:
            column = self._arrays[value["column"]]
            return array("q" if column.dtype == np.int64 else "d", column.tolist())
        if "float" in value:
            return float(value["float"])
        if "fraction" in value:
            return Fraction(value["fraction"])
        if "deque" in value:
            return deque(self.decode(one, None) for one in value["deque"])
        if "set" in value:
            return {self.decode(one, None) for one in value["set"]}
        if "items" in value:
            return {self.decode(key, None): self.decode(one, None) for key, one in value["items"]}
        values = [self.decode(one, None) for one in value["values"]]
        return tuple(values) if value["tuple"] == "tuple" else _TUPLES[value["tuple"]](*values)


def _dynamic(machine: Any) -> list[str]:
    return [one.name for one in fields(machine) if not one.metadata.get("static")]
