"""``sddeverify record``: measure real worker processes on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.errors import invalid

if TYPE_CHECKING:
    from sddeverify.emulator.processes import Recording

EXIT_INTERRUPTED = 130


def command(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write the trace (*.csv).")],
    workers: Annotated[int, typer.Option(metavar="P", help="Number of worker processes.")] = 4,
    seconds: Annotated[float, typer.Option(metavar="S", help="How long to record, after the start-up.")] = 3.0,
    objective: Annotated[str, typer.Option(metavar="NAME", help="What to minimise.")] = "ridge",
    policy: Annotated[str, typer.Option(metavar="NAME", help="The server's policy.")] = "asynchronous",
    learning_rate: Annotated[
        float | None,
        typer.Option(metavar="ETA", help="Step size; 1/(4 P h) if left out, h the largest Hessian eigenvalue."),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(metavar="N", help="Samples in a gradient; if left out, so many that one takes about 10 ms."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the mini-batches.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing trace file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Record real asynchronous SGD on this machine.

    P worker processes compute real mini-batch gradients for a parameter server; the trace says when each was read and
    pushed, and how stale it was. Rows reach the file at once: ctrl-C leaves a complete file. A worker that
    dies is reported and replaced.

    \b
    Example: sddeverify record --workers 4 --seconds 3 --out trace.csv
    """
    if out.suffix != ".csv":
        raise invalid("--out", str(out), "a name ending in .csv")
    if seed < 0:
        raise invalid("--seed", seed, "a number that is not negative")
    recording = _record(
        out=out,
        workers=workers,
        seconds=seconds,
        objective=objective,
        policy=policy,
        learning_rate=learning_rate,
        batch_size=batch_size,
        seed=seed,
        force=force,
    )
    summary = _summary(recording, objective, policy)
    if as_json:
        import json

        typer.echo(json.dumps(summary, indent=2, allow_nan=False))
    else:
        _print(summary)
    if recording.interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)


def _record(**options: Any) -> Recording:
    from rich.console import Console
    from rich.progress import Progress

    from sddeverify.emulator.processes import Interrupted, record

    console = Console(stderr=True)
    try:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("starting workers", total=options["seconds"])
            return record(
                **options,
                on_start=lambda _: bar.update(task, description="recording"),
                on_progress=lambda seconds, _: bar.update(task, completed=seconds),
                on_death=lambda death: console.print(str(death), highlight=False),
            )
    except Interrupted as interrupted:
        typer.echo(f"sddeverify: {interrupted}", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _summary(recording: Recording, objective: str, policy: str) -> dict[str, Any]:
    from sddeverify.emulator.summary import audit_summary, finite

    ledger = recording.ledger
    delays = recording.trace.delays
    return {
        "objective": objective,
        "policy": policy,
        "workers": recording.workers,
        "learning_rate": recording.learning_rate,
        "batch_size": recording.batch_size,
        "arrivals": ledger.pushed,
        "duration": recording.duration,
        "arrival_rate": finite(recording.arrival_rate),
        "mean_delay": finite(float(delays.mean())) if len(delays) else None,
        "mean_staleness": finite(ledger.mean_staleness),
        "workers_minus_one": recording.workers - 1,
        "ledger": audit_summary(ledger, recording.audit),
        "final_loss": finite(float(recording.objective.loss(recording.iterates.iterates[-1]))),
        "diverged": recording.diverged,
        "deaths": [str(death) for death in recording.deaths],
        "interrupted": recording.interrupted,
        "trace": str(recording.path),
    }


def _print(summary: dict[str, Any]) -> None:
    from rich.console import Console

    from sddeverify.emulator.summary import ledger_rows, number, table

    delay = summary["mean_delay"]
    compare = "" if not delay else f"P/delay = {number(summary['workers'] / delay)} /s"
    rows = [
        ("gradients", f"{summary['arrivals']} in {number(summary['duration'])} s", ""),
        ("samples in a gradient", str(summary["batch_size"]), ""),
        ("mean delay", "-" if delay is None else f"{1000 * delay:.3f} ms", ""),
        ("arrival rate", f"{number(summary['arrival_rate'])} /s", compare),
        ("mean staleness", f"{number(summary['mean_staleness'])} versions", f"P - 1 = {summary['workers_minus_one']}"),
        *ledger_rows(summary["ledger"]),
        ("learning rate", number(summary["learning_rate"]), ""),
        ("loss at the end", "diverged" if summary["diverged"] else number(summary["final_loss"]), ""),
    ]
    console = Console()
    console.print(table(f"{summary['policy']} SGD, {summary['workers']} real worker processes", rows))
    if deaths := len(summary["deaths"]):
        console.print("1 worker died and was replaced" if deaths == 1 else f"{deaths} workers died and were replaced")
    ended = "interrupted; the trace is complete up to then" if summary["interrupted"] else "trace"
    console.print(f"{ended}: {summary['trace']}", soft_wrap=True)
