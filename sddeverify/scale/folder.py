"""The folder of results: nothing done is lost, nothing is done twice, and the same plan leaves the same bytes."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sddeverify.errors import invalid

if TYPE_CHECKING:
    from types import TracebackType

    from sddeverify.scale.plan import Plan

_PLAN, _LOG, _RESULTS = "plan.json", "finished.jsonl", "results.jsonl"


class Results:
    """Results of a plan, in memory or in a folder.

    In the folder, ``plan.json`` says what is done; ``finished.jsonl`` grows by a line per finished task, in the order
    in which they finish; ``results.jsonl`` appears when all are, in the order of the plan.

    Args:
        plan: The plan.
        folder: The folder; created if need be. Results stay in memory if left out.

    Raises:
        InvalidScenario: if the folder holds something else, results of another plan, or is in use.
    """

    def __init__(self, plan: Plan, folder: str | os.PathLike[str] | None = None) -> None:
        self.plan = plan
        self.folder = None if folder is None else Path(folder)
        self.rows: dict[str, dict[str, Any]] = {}
        self._log = -1
        if self.folder is not None:
            self._open(self.folder)

    def _open(self, folder: Path) -> None:
        described = {"kind": self.plan.kind, "tasks": len(self.plan.tasks), "sha256": self.plan.sha256}
        if folder.exists() and not folder.is_dir():
            raise invalid("out", str(folder), "the name of a folder")
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / _PLAN).exists():
            if _json((folder / _PLAN).read_bytes()) != described:
                raise invalid("out", str(folder), "another folder: this one holds the results of another plan")
        elif any(folder.iterdir()):
            raise invalid("out", str(folder), "a new or empty folder, or one of an interrupted run of the same plan")
        else:
            _write(folder / _PLAN, json.dumps(described, indent=2) + "\n")
        self._log = os.open(folder / _LOG, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
        try:
            fcntl.flock(self._log, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise invalid("out", str(folder), "another folder: a run that is not over yet writes to this one") from None
        self._read((folder / _LOG).read_bytes())

    def _read(self, data: bytes) -> None:
        """Take what an earlier run left; a last line that it could not complete is cut off."""
        whole = data.rfind(b"\n") + 1
        keys = {task.key for task in self.plan.tasks}
        for number, line in enumerate(data[:whole].splitlines(), 1):
            row = _json(line)
            if not isinstance(row, dict) or set(row) != {"task", "result"} or row["task"] not in keys:
                self.close()
                raise invalid(f"{_LOG}, line {number}", line[:60].decode("utf-8", "replace"), "nothing there by hand")
            self.rows.setdefault(row["task"], row["result"])
        if whole < len(data):
            os.ftruncate(self._log, whole)

    @property
    def complete(self) -> bool:
        """Whether every task is done."""
        return len(self.rows) == len(self.plan.tasks)

    def add(self, key: str, result: dict[str, Any]) -> None:
        """Keep a result; a second one of the same task is ignored."""
        if key in self.rows:
            return
        # To text and back: what is in memory is what a later run reads.
        line = json.dumps({"task": key, "result": result}, allow_nan=False) + "\n"
        self.rows[key] = json.loads(line)["result"]
        data = line.encode()
        while self._log >= 0 and data:
            data = data[os.write(self._log, data) :]

    def text(self) -> str:
        """Return the JSON lines of all results so far, in the order of the plan."""
        lines = (
            json.dumps({"task": task.key, **task.parameters, "result": self.rows[task.key]}) + "\n"
            for task in self.plan.tasks
            if task.key in self.rows
        )
        return "".join(lines)

    def close(self) -> None:
        """Write ``results.jsonl`` if all is done; a second call does nothing."""
        if self._log < 0 or self.folder is None:
            return
        if self.complete:
            _write(self.folder / _RESULTS, self.text())
        os.close(self._log)  # which unlocks it
        self._log = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def _write(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.chmod(name, 0o644)
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    os.replace(name, path)
