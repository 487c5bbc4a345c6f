"""The main job: measured workers -> model -> certificates -> emulation -> agreement -> a report."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from sddeverify.report import output, source
from sddeverify.report.rows import MARK, MEANING, Row, Status

if TYPE_CHECKING:
    from pathlib import Path

    from sddeverify.report.study import Progress, Study

__all__ = ["MARK", "MEANING", "Report", "Row", "Status", "make"]


@dataclass(frozen=True)
class Report:
    """What was found and written."""

    study: Study
    rows: list[Row]


def make(
    out: Path,
    *,
    scenario: Path | None = None,
    trace: Path | None = None,
    workers: int = source.WORKERS,
    seconds: float = source.SECONDS,
    cap: Fraction | None = None,
    confidence: Fraction = source.CONFIDENCE,
    progress: Progress,
) -> Report:
    """Do the whole job and write the report to a folder, which is replaced if it holds an earlier report.

    Args:
        out: The folder; it must be new, empty, or an earlier report.
        scenario: Scenario file. Without scenario and trace, worker processes are recorded.
        trace: Trace file, whose times become the compute law.
        workers: Number of processes to record.
        seconds: How long to record.
        cap: The time (s) at which the workers stop, fixed before the trace was looked at; chosen on half of it if None.
        confidence: Of the statement about the true law of the capped times.
        progress: Told how far the work is.

    Raises:
        InvalidScenario: for files that are not exactly what they should be, or a folder with other files in it.
        UnsupportedScenario: for a scenario that the theory does not cover.
        MissingExtra: if a package of the extra ``report`` is missing.
    """
    with output.staged(out) as stage:
        if scenario is None and trace is None:
            progress("starting worker processes", 0)
            given = source.record(
                stage / "trace.csv",
                workers=workers,
                seconds=seconds,
                progress=lambda elapsed: progress("recording worker processes", min(elapsed / seconds, 1.0)),
            )
        else:
            given = source.load(scenario, trace)
            source.require_covered(given)  # before the imports below, which take seconds
        from sddeverify.report.study import conduct
        from sddeverify.report.write import write

        study = conduct(replace(given, cap=cap, confidence=confidence), stage, progress)
        return Report(study, write(study, stage, progress))
