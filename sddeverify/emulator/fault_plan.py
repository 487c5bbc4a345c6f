"""What is to go wrong: faults of single gradients, scripted in a file or at random.

A fault is tied to the number of a gradient, so that a plan means the same whatever the policy, in virtual time and over
real processes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sddeverify.errors import InvalidScenario, invalid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    import numpy as np

_LARGEST_FILE, _LONGEST = 10_000_000, 1e9


class Kind(IntEnum):
    """What goes wrong with a gradient."""

    CRASH = 0
    """Its worker dies when half of the compute time is over, and is replaced after the delay."""
    LOSS = 1
    """Its push never arrives; after the delay the server gives it up and lets the worker join anew."""
    DUPLICATE = 2
    """Its push arrives, and once more after the delay."""
    LATE = 3
    """Its push is under way for the delay: others overtake it."""
    STALL = 4
    """Its worker stops for the delay before it finishes."""
    RESTART = 5
    """When it arrives, the server is killed and restarted from its last checkpoint; its workers start anew."""


class Fault(NamedTuple):
    """One fault.

    Attributes:
        job: Number of the gradient, in the order of reads; the start of a run reads numbers 0 to P - 1.
        kind: What goes wrong.
        delay: The time that goes with it, in seconds.
    """

    job: int
    kind: Kind
    delay: float


@dataclass(frozen=True)
class Happened:
    """A fault of the plan, as it was carried out.

    Attributes:
        kind: What went wrong.
        job: Number of the gradient.
        worker: Who computed it.
        seconds: When, since the start of the recording.
    """

    kind: Kind
    job: int
    worker: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.kind.name.lower()} of gradient {self.job} of worker {self.worker} after {self.seconds:.2f} s"


def random_faults(random: np.random.Generator, jobs: int, share: float, mean: float) -> list[Fault]:
    """Return faults of random kinds for about a share of the first jobs, with exponential delays of a mean."""
    hit = [job for job in range(jobs) if random.random() < share]
    return [Fault(job, Kind(int(random.integers(len(Kind)))), float(random.exponential(mean))) for job in hit]


def by_job(faults: Iterable[Fault]) -> dict[int, Fault]:
    """Return the faults by job.

    Raises:
        InvalidScenario: for two faults of one job, a negative number, or a delay that is no time.
    """
    table: dict[int, Fault] = {}
    for fault in faults:
        if fault.job in table or fault.job < 0:
            raise invalid("faults", fault.job, "the number of a gradient, each at most once")
        if not 0 <= fault.delay <= _LONGEST:
            raise invalid("faults", fault.delay, "a delay of 0 to 10^9 seconds")
        table[fault.job] = fault
    return table


def read_faults(path: str | PathLike[str]) -> list[Fault]:
    """Return the faults of a JSON file: a list of ``{"job": 12, "kind": "late", "delay": 0.05}``, in seconds.

    Raises:
        InvalidScenario: naming what is wrong with it.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise invalid("faults", str(path), f"the name of a readable file ({error.strerror})") from None
    try:
        rows = json.loads(data) if len(data) <= _LARGEST_FILE else None
    except (ValueError, RecursionError) as error:
        raise InvalidScenario(f"{path}: not JSON ({error}); write a list of faults") from None
    if not isinstance(rows, list):
        raise invalid(str(path), type(rows).__name__, "a list of faults")
    faults = [_fault(row, f"{path}, fault {number}") for number, row in enumerate(rows, start=1)]
    by_job(faults)
    return faults


def _fault(row: Any, where: str) -> Fault:
    kinds = {kind.name.lower(): kind for kind in Kind}
    if not isinstance(row, dict) or set(row) != {"job", "kind", "delay"}:
        raise invalid(where, row, 'the members "job", "kind" and "delay"')
    job, kind, delay = row["job"], row["kind"], row["delay"]
    if isinstance(job, bool) or not isinstance(job, int):
        raise invalid(f"{where}, job", job, "the number of a gradient: 0, 1, 2, ...")
    if not isinstance(kind, str) or kind not in kinds:
        raise invalid(f"{where}, kind", kind, f"one of {', '.join(kinds)}")
    if isinstance(delay, bool) or not isinstance(delay, int | float):
        raise invalid(f"{where}, delay", delay, "a number of seconds")
    return Fault(job, kinds[kind], float(delay))
