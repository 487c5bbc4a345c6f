"""Where the question comes from: a scenario file, a trace, or workers recorded here and now."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sddeverify.errors import invalid
from sddeverify.scenario import ObjectiveSpec, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sddeverify.emulator.trace import Trace

WORKERS = 8
SECONDS = 5.0
CELLS = 1024
CONFIDENCE = Fraction(99, 100)
STRENGTH = Fraction(6, 5)
"""Packaged learning rate times workers: 3/20 for 8 workers, well inside the stable range of the digits."""

OBJECTIVE = ObjectiveSpec("ridge", {"regularization": "1/100"})
"""The packaged default: ridge regression on scikit-learn's digits; the penalty keeps every eigenvalue positive."""


@dataclass(frozen=True)
class Source:
    """A scenario and the trace that goes with it.

    Attributes:
        scenario: The question.
        trace: Observed times of real workers, if there are any.
        measured: What the trace is called in the report, e.g. ``"8 processes on this machine"``.
        notes: Sentences that a reader must know: which law was used, what was replaced.
        cap: The time (s) at which the workers stop, fixed before the trace was looked at; None if it is to be chosen.
        confidence: Of the statement about the true law of the capped times.
    """

    scenario: Scenario
    trace: Trace | None
    measured: str
    notes: tuple[str, ...]
    cap: Fraction | None = None
    confidence: Fraction = CONFIDENCE

    @property
    def fitted(self) -> bool:
        """Whether the compute law was made from the trace."""
        return self.trace is not None


def packaged(trace: Trace, workers: int) -> Scenario:
    """Return the packaged default scenario with the compute law of a trace."""
    law = trace.to_empirical(CELLS)  # first: it refuses a trace without rows, and so without workers
    return Scenario(learning_rate=STRENGTH / workers, workers=workers, compute=law, objective=OBJECTIVE)


def record(
    out: Path, *, workers: int = WORKERS, seconds: float = SECONDS, progress: Callable[[float], None] | None = None
) -> Source:
    """Record worker processes on this machine and return the packaged scenario with their compute law.

    Args:
        out: Where to write the trace (CSV).
        workers: Number of processes.
        seconds: How long to record.
        progress: Called with the seconds recorded so far.

    Raises:
        InvalidScenario: if not a single gradient arrived.
    """
    from sddeverify.emulator.processes import record as record_processes

    recording = record_processes(
        workers=workers,
        seconds=seconds,
        out=out,
        objective=OBJECTIVE.name,
        parameters=OBJECTIVE.parameters,
        learning_rate=float(STRENGTH / workers),
        on_progress=None if progress is None else lambda elapsed, _: progress(elapsed),
    )
    trace = recording.trace
    cores = os.cpu_count() or 1
    notes = [
        f"{workers} worker processes were recorded on this machine for {recording.duration:.1f} s, each computing "
        f"real gradients of {recording.batch_size} examples; their {len(trace)} compute times, rounded to a lattice, "
        "are the compute law.",
        f"This machine has {cores} core{'s' * (cores != 1)} for {workers} workers: the measured compute times include "
        "waiting for a core, so the law, and every answer below, belongs to this number of workers.",
        *(str(death) for death in recording.deaths),
    ]
    if recording.interrupted:
        notes.append("The recording was interrupted and is shorter than planned.")
    return Source(packaged(trace, workers), trace, f"{workers} processes on this machine", tuple(notes))


def load(scenario: Path | None, trace: Path | None) -> Source:
    """Read a scenario file, a trace file, or both; then the trace replaces the scenario's compute law.

    Raises:
        InvalidScenario: for files that are not exactly what they should be.
    """
    question = None if scenario is None else Scenario.load(scenario)
    if trace is None:
        if question is None:
            raise invalid("scenario", None, "a scenario file or a trace file")
        return Source(question, None, "", (f"The scenario is that of {scenario}; no measured times were given.",))
    from sddeverify.emulator.trace import Trace as TraceOf

    observed = TraceOf.load(trace)
    count = observed.workers
    made = f"The compute law is made of the {len(observed)} times in {trace.name}, rounded to a lattice."
    measured = f"{count} worker{'s' * (count != 1)} in {trace.name}"
    if question is None:
        note = f"No scenario was given: the packaged objective and learning rate with the {count} workers of the trace."
        return Source(packaged(observed, count), observed, measured, (made, note))
    notes = [made, f"It replaces the law of the scenario, {_short(str(question.compute))}."]
    if count != question.workers:
        notes.append(
            f"The trace has {count} workers, the scenario {question.workers}: the measured times are taken "
            "to be those of the scenario's workers, too."
        )
    return Source(replace_law(question, observed), observed, measured, tuple(notes))


def require_covered(source: Source) -> None:
    """Refuse at once what the derivations do not cover.

    Raises:
        UnsupportedScenario: for a policy other than plain asynchronous SGD, or unequal workers.
    """
    source.scenario.require_plain("the derivations of a report")


def replace_law(scenario: Scenario, trace: Trace) -> Scenario:
    """Return the scenario with the empirical law of a trace."""
    return replace(scenario, compute=trace.to_empirical(CELLS))


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
