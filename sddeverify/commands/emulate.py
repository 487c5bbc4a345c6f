"""``sddeverify emulate``: run a scenario in virtual time and audit its staleness ledger."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.commands._outputs import EXIT_INTERRUPTED
from sddeverify.errors import invalid

if TYPE_CHECKING:
    from sddeverify.emulator.fault_plan import Fault
    from sddeverify.emulator.run import Driver, Run
    from sddeverify.scenario import Scenario

DRIVERS = ("heap", "asyncio")
ARRIVALS = 10_000


def command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario file (.json or .toml).")],
    arrivals: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Stop after so many gradients have reached the server; the file's arrivals, or 10000, if left out.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write the trace (*.csv).")
    ] = None,
    driver: Annotated[
        str, typer.Option(metavar="|".join(DRIVERS), help="Event heap or asyncio tasks: the trace is the same.")
    ] = "heap",
    faults: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What is to go wrong, as for record: a JSON list of {job, kind, delay}."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing trace file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run a scenario in virtual time: server, workers, real gradients.

    Delays come from the scenario's compute law; staleness emerges. The same scenario gives the same trace, byte
    for byte. After the run, the staleness ledger is audited exactly.

    \b
    Example: sddeverify emulate scenario.toml --arrivals 100000 --out trace.csv
    """
    from sddeverify.emulator.fault_plan import read_faults
    from sddeverify.scenario import Scenario

    if arrivals is not None and arrivals < 1:
        raise invalid("--arrivals", arrivals, "a positive number of gradients")
    if driver not in DRIVERS:
        raise invalid("--driver", driver, f"one of {', '.join(DRIVERS)}")
    if out is not None and out.suffix != ".csv":
        raise invalid("--out", str(out), "a name ending in .csv")
    if faults is not None and driver != "heap":
        raise invalid("--driver", driver, "heap: only the event heap lets faults happen")
    asked = Scenario.load(scenario)
    arrivals = arrivals or asked.arrivals or ARRIVALS
    planned = None if faults is None else read_faults(faults)
    run, happened = _run(asked, arrivals, driver, planned, out, force)
    summary = _summary(asked, run, arrivals, out)
    if planned is not None:
        summary |= {"faults": happened, "faults_planned": len(planned)}
    if as_json:
        import json

        typer.echo(json.dumps(summary, indent=2, allow_nan=False))
    else:
        _print(asked, summary)


def _run(
    asked: Scenario, arrivals: int, driver: str, faults: list[Fault] | None, out: Path | None, force: bool
) -> tuple[Run, dict[str, int]]:
    from rich.console import Console
    from rich.progress import Progress

    from sddeverify.emulator.faults import emulate_with_faults
    from sddeverify.emulator.run import emulate

    console = Console(stderr=True)
    try:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("emulating", total=arrivals)

            def progress(pushed: int) -> None:
                bar.update(task, completed=pushed)

            if faults is not None:
                return emulate_with_faults(asked, faults, arrivals=arrivals, out=out, force=force, progress=progress)
            how: Driver = "asyncio" if driver == "asyncio" else "heap"
            return emulate(asked, arrivals=arrivals, driver=how, out=out, force=force, progress=progress), {}
    except KeyboardInterrupt:
        kept = (
            ""
            if out is None or faults is not None or not out.exists()
            else f"; the trace is complete up to then: {out}"
        )
        typer.echo(f"sddeverify: interrupted{kept}", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _summary(asked: Scenario, run: Run, arrivals: int, out: Path | None) -> dict[str, Any]:
    from sddeverify.emulator.problem import least_loss
    from sddeverify.emulator.summary import audit_summary, finite
    from sddeverify.emulator.team import mean_rate

    return {
        "policy": asked.policy.name,
        "workers": asked.workers,
        "arrivals": run.ledger.pushed,
        "arrivals_asked": arrivals,
        "duration": run.duration,
        "arrival_rate": finite(run.arrival_rate),
        "workers_per_mean_compute_time": finite(mean_rate(asked)),
        "updates": run.ledger.updates,
        "mean_staleness": finite(run.mean_staleness),
        "workers_minus_one": asked.workers - 1,
        "mean_staleness_seconds": finite(run.ticks.seconds(1) * run.ledger.mean_staleness_ticks),
        "mean_staleness_samples": finite(run.ledger.mean_staleness_samples),
        "ledger": audit_summary(run.ledger, run.audit),
        "final_loss": finite(run.final_loss),
        "least_loss": least_loss(run.objective) if asked.different_data else None,
        "diverged": run.diverged,
        "trace": None if out is None else str(out),
    }


def _fault_rows(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the row about faults, if any were planned."""
    if "faults" not in summary:
        return []
    happened = ", ".join(f"{number} {kind}" for kind, number in summary["faults"].items() if number)
    planned = summary["faults_planned"]
    return [("faults", happened or "none", f"{sum(summary['faults'].values())} of {planned} planned")]


def _print(asked: Scenario, summary: dict[str, Any]) -> None:
    from rich.console import Console

    from sddeverify.emulator.summary import ledger_rows, number, table

    away = any(group.off is not None for group in asked.pool)
    rate = "sum of (time there)/m" if away else "sum of 1/m" if asked.pool else "P/m"
    least = "" if summary["least_loss"] is None else f"least mean loss: {number(summary['least_loss'])}"
    rows = [
        ("arrivals", f"{summary['arrivals']} in {number(summary['duration'])} s", ""),
        (
            "arrival rate",
            f"{number(summary['arrival_rate'])} /s",
            f"{rate} = {number(summary['workers_per_mean_compute_time'])} /s",
        ),
        (
            "mean staleness",
            f"{number(summary['mean_staleness'])} versions",
            f"P - 1 = {summary['workers_minus_one']}",
        ),
        ("", f"{number(summary['mean_staleness_seconds'])} s", ""),
        ("", f"{number(summary['mean_staleness_samples'])} samples", ""),
        *ledger_rows(summary["ledger"]),
        *_fault_rows(summary),
        ("loss at the end", "diverged" if summary["diverged"] else number(summary["final_loss"]), least),
    ]
    console = Console()
    console.print(table(f"{summary['policy']} SGD, {summary['workers']} workers, virtual time", rows))
    if summary["diverged"]:
        console.print(
            f"the iterate grew beyond all bounds: the run ended after {summary['arrivals']} "
            f"of {summary['arrivals_asked']} arrivals"
        )
    if summary["trace"]:
        console.print(f"trace: {summary['trace']}", soft_wrap=True)
