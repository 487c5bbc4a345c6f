"""``sddeverify report``: the main job, from measured workers to certified answers and a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sddeverify.commands._outputs import EXIT_INTERRUPTED
from sddeverify.errors import InvalidScenario, MissingExtra, invalid

if TYPE_CHECKING:
    from fractions import Fraction

    from rich.console import Console
    from rich.table import Table

    from sddeverify.report import Report, Row

_MOST_WORKERS = 256
_WIDE = 110


def command(
    scenario: Annotated[
        Path | None,
        typer.Argument(metavar="[SCENARIO]", help="The scenario file (.json or .toml).", show_default=False),
    ] = None,
    trace: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Measured times (*.csv): they become the compute law.")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="Where to write; an earlier report there is replaced.")
    ] = Path("report"),
    workers: Annotated[
        int | None, typer.Option(metavar="P", help="Number of processes to record; 8 if left out.")
    ] = None,
    seconds: Annotated[float | None, typer.Option(metavar="S", help="How long to record; 5 if left out.")] = None,
    cap: Annotated[
        str | None,
        typer.Option(
            metavar="T", help="When workers stop (s), fixed beforehand; chosen on half of the times if left out."
        ),
    ] = None,
    confidence: Annotated[
        str | None,
        typer.Option(metavar="p", help="Of the statement about the true law of the times; 0.99 if left out."),
    ] = None,
    mean_delay: Annotated[
        str | None,
        typer.Option(metavar="M", help="All that is known of the delay (s): say what holds for every law."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answers as JSON.")] = False,
) -> None:
    """Measure workers, certify, emulate, compare, and write a report.

    Without SCENARIO and --trace, worker processes are recorded on this machine: real mini-batch gradients of ridge
    regression on scikit-learn's digits. With --trace the measured times replace the scenario's compute law. With
    --mean-delay nothing is measured or emulated: a short report says what is certified for every delay law.

    \b
    Example: sddeverify report --out demo
    Exit status: 0 the report was written (it may say "undecided"), 2 bad input.
    """
    if mean_delay is not None:
        _mean_only(
            mean_delay,
            scenario,
            out,
            workers,
            {"trace": trace, "seconds": seconds, "cap": cap, "confidence": confidence},
            as_json,
        )
        return
    _check(scenario, trace, workers, seconds)
    measure = _measure(scenario is not None and trace is None, cap, confidence)
    try:
        found, console = _make(scenario, trace, out, workers, seconds, measure)
    except ImportError as error:
        raise MissingExtra(f"the report needs {error.name}: install sddeverify[report]") from None
    if as_json:
        import json

        from sddeverify.report.write import document

        typer.echo(json.dumps(document(found.study, found.rows), indent=2, allow_nan=False))
        return
    for note in found.study.source.notes:
        _say(console, note)
    console.print(_table(found.rows, with_basis=console.width >= _WIDE))
    _say(
        console, "Numbers of workers hold for this mean compute time, which on a small machine depends on their number."
    )
    _say(console, f"report:       {out / 'report.html'}")
    _say(console, f"check again:  sddeverify check {out}")


def _mean_only(
    mean_delay: str, scenario: Path | None, out: Path, workers: int | None, others: dict[str, object], as_json: bool
) -> None:
    """Do the job when no more than a mean delay is known."""
    from sddeverify.exact import positive

    mean = positive(mean_delay, "--mean-delay")
    for name, value in others.items():
        if value is not None:
            raise InvalidScenario(f"--{name}: it is about measured times; leave out --mean-delay, or --{name}")
    if scenario is not None and workers is not None:
        raise InvalidScenario("--workers: the scenario says how many; leave it out")
    if workers is not None and not 1 <= workers <= _MOST_WORKERS:
        raise invalid("--workers", workers, f"a number of workers from 1 to {_MOST_WORKERS}")
    try:
        from sddeverify.report import mean_only, source

        count = workers or source.WORKERS
        found = mean_only.make(out, mean, scenario=scenario, workers=count, progress=lambda *_: None)
    except ImportError as error:
        raise MissingExtra(f"the report needs {error.name}: install sddeverify[report]") from None
    if as_json:
        import json

        typer.echo(json.dumps(found.to_json(), indent=2))
        return
    console = _console()
    for note in found.notes:
        _say(console, note)
    console.print(_table(found.rows, with_basis=console.width >= _WIDE))
    _say(console, f"report:       {out / 'report.html'}")
    _say(console, f"check again:  sddeverify check {out}")


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def _check(scenario: Path | None, trace: Path | None, workers: int | None, seconds: float | None) -> None:
    """Refuse options that contradict each other, before any work."""
    given = {"--workers": workers, "--seconds": seconds}
    named = [name for name, value in given.items() if value is not None]
    if named and (scenario is not None or trace is not None):
        raise InvalidScenario(f"{named[0]}: it is for recording; leave it out with a scenario or a trace")
    if workers is not None and not 1 <= workers <= _MOST_WORKERS:
        raise invalid("--workers", workers, f"a number of processes from 1 to {_MOST_WORKERS}")
    if seconds is not None and not 0.5 <= seconds <= 3600:
        raise invalid("--seconds", seconds, "a number of seconds from 0.5 to 3600")


def _measure(unmeasured: bool, cap: str | None, confidence: str | None) -> dict[str, Fraction]:
    """Read what the statement about the true law of the times is to be about."""
    from sddeverify.exact import positive

    given = {"cap": cap, "confidence": confidence}
    found = {name: positive(value, f"--{name}") for name, value in given.items() if value is not None}
    if found and unmeasured:
        raise InvalidScenario(
            f"--{next(iter(found))}: it is about measured times; add --trace, or leave out the scenario"
        )
    if found.get("confidence", 0) >= 1:
        raise invalid("--confidence", confidence, "a number between 0 and 1, such as 0.99")
    return found


def _make(
    scenario: Path | None,
    trace: Path | None,
    out: Path,
    workers: int | None,
    seconds: float | None,
    measure: dict[str, Fraction],
) -> tuple[Report, Console]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from sddeverify.emulator.interruption import Interrupted
    from sddeverify.report import make, source

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = _console(stderr=True)
    try:
        # In a log a bar is only noise.
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("starting", total=1.0)
            found = make(
                out,
                scenario=scenario,
                trace=trace,
                workers=workers or source.WORKERS,
                seconds=seconds or source.SECONDS,
                **measure,
                progress=lambda stage, done: bar.update(task, description=stage, completed=done),
            )
    except Interrupted as interrupted:
        typer.echo(f"sddeverify: {interrupted}", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    except KeyboardInterrupt:
        typer.echo("sddeverify: interrupted; no report was written, and an earlier one is as it was", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    return found, _console()


def _console(*, stderr: bool = False) -> Console:
    import os

    from rich.console import Console

    console = Console(stderr=stderr)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 150  # a log has no width of its own
    return console


def _table(rows: list[Row], *, with_basis: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    from sddeverify.report import MARK, Status

    styles = {
        Status.CERTIFIED: "bold green",
        Status.COMPUTED: "blue",
        Status.OBSERVED: "yellow",
        Status.CONSISTENT: "magenta",
        Status.INCONSISTENT: "bold red",
        Status.TOO_LITTLE_DATA: "dim",
        Status.UNDECIDED: "dim",
    }
    table = Table("quantity", "answer", "status", *(["what it rests on"] if with_basis else []), show_lines=True)
    for row in rows:
        status = Text(f"{MARK[row.status]} {row.status.value}", style=styles[row.status], no_wrap=True)
        cells = [Text(row.quantity), Text(row.value), status]
        table.add_row(*cells, *([Text(row.basis, style="dim")] if with_basis else []))
    return table
