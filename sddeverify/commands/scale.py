"""``sddeverify scale``: ensembles and certified sweeps on all cores, or on a Dask cluster."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.commands._outputs import EXIT_INCONCLUSIVE, EXIT_INTERRUPTED
from sddeverify.errors import invalid

if TYPE_CHECKING:
    from sddeverify.scale import Plan

KINDS = ("ensemble", "sweep", "chart")
_MOST = 100_000


def command(
    kind: Annotated[str, typer.Argument(metavar="|".join(KINDS), help="Emulated runs, decay rates, or a chart.")],
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario file (.json or .toml).")],
    runs: Annotated[int, typer.Option(metavar="N", help="ensemble: number of runs.")] = 100,
    arrivals: Annotated[int, typer.Option(metavar="N", help="ensemble: gradients in each run.")] = 10_000,
    workers: Annotated[
        str, typer.Option(metavar="A:B", help="sweep, chart: numbers of workers, such as 1:64 or 1,2,4,8.")
    ] = "1:32",
    learning_rates: Annotated[
        str | None,
        typer.Option(
            metavar="ETA,...", help="sweep: learning rates, the scenario's if left out; chart: their ends, A:B."
        ),
    ] = None,
    tiles: Annotated[int, typer.Option(metavar="N", help="chart: tiles of the learning rates in each row.")] = 16,
    halvings: Annotated[int, typer.Option(metavar="N", help="chart: how often an undecided tile is halved.")] = 3,
    digits: Annotated[int, typer.Option(metavar="N", help="sweep: significant digits of a rate.")] = 9,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FOLDER", help="Where to keep results, also half-done ones.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", metavar="N", help="Processes on this machine.")] = 1,
    cluster: Annotated[
        str | None, typer.Option(metavar="tcp://...", help="Scheduler of a Dask cluster to use instead.")
    ] = None,
    retries: Annotated[int, typer.Option(metavar="N", help="How often a failed task is tried again.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Ensembles, certified sweeps and charts, on many cores.

    An ensemble is many emulated runs; a sweep certifies the decay rates of many candidates and names the best; a chart
    certifies where the scenario is stable, over learning rates and numbers of workers. The results are the same, byte
    for byte, however many processes there are. With --out nothing finished is lost, whatever is killed: the same
    command goes on where the last one ended. Exit status 3: not one task has a result, as when all runs deadlock.

    \b
    Example: sddeverify scale sweep scenario.toml --workers 1:64 --jobs 4 --out sweep
             sddeverify scale chart scenario.toml --workers 1:8 --learning-rates 1/100:1
    """
    from sddeverify import scale
    from sddeverify.scenario import Scenario

    asked = Scenario.load(scenario)
    if kind == "ensemble":
        plan = scale.ensemble(asked, runs, arrivals)
    elif kind == "sweep":
        rates = [] if learning_rates is None else [rate.strip() for rate in learning_rates.split(",")]
        plan = scale.sweep(asked, counts(workers), rates, digits)
    elif kind == "chart":
        plan = scale.chart(asked, counts(workers), ends(learning_rates), tiles, halvings)
    else:
        raise invalid("kind", kind, " or ".join(KINDS))
    summary = _run(plan, out, jobs, cluster, retries)
    if as_json:
        typer.echo(json.dumps(summary, indent=2, allow_nan=False))
    else:
        _print(summary, out)
    if len(summary["undecided"]) == summary["tasks"]:
        reason = next(iter(summary["undecided"].values()))
        typer.echo(f"sddeverify: none of {summary['tasks']} tasks has a result ({reason})", err=True)
        raise typer.Exit(EXIT_INCONCLUSIVE)


def counts(text: str) -> list[int]:
    """Return the numbers that ``1:4`` or ``1,2,4,8`` means.

    Raises:
        InvalidScenario: for anything else.
    """
    if found := re.fullmatch(r"([1-9][0-9]{0,6}):([1-9][0-9]{0,6})", text, re.ASCII):
        first, last = int(found[1]), int(found[2])
        if first <= last < first + _MOST:
            return list(range(first, last + 1))
    elif re.fullmatch(r"[1-9][0-9]{0,6}(,[1-9][0-9]{0,6})*", text, re.ASCII):
        return [int(number) for number in text.split(",")]
    raise invalid("--workers", text, "numbers of workers such as 1:64 or 1,2,4,8")


def ends(text: str | None) -> tuple[str, str]:
    """Return the ends that ``1/100:1/2`` means.

    Raises:
        InvalidScenario: for anything else.
    """
    lo, colon, hi = (text or "").partition(":")
    if not (colon and lo.strip() and hi.strip()):
        raise invalid("--learning-rates", text, "the ends of the chart, such as 1/100:1/2")
    return lo.strip(), hi.strip()


def _run(plan: Plan, out: Path | None, jobs: int, cluster: str | None, retries: int) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import Progress

    from sddeverify import scale

    console = Console(stderr=True)
    results = scale.Results(plan, out)
    try:
        with results, Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task(plan.kind, total=len(plan.tasks))
            scale.run(
                results, jobs=jobs, cluster=cluster, retries=retries, progress=lambda n: bar.update(task, completed=n)
            )
            return scale.summarise(results)
    except KeyboardInterrupt:
        done = f"interrupted after {len(results.rows)} of {len(plan.tasks)} tasks"
        kept = "nothing is kept without --out" if out is None else f"{out} keeps them, and the same command goes on"
        typer.echo(f"sddeverify: {done}; {kept}", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None


def _print(summary: dict[str, Any], out: Path | None) -> None:
    from fractions import Fraction

    from rich.console import Console
    from rich.table import Table

    table = Table("", "", title=f"{summary['kind']}: {summary['finished']} tasks", title_justify="left")
    if summary["kind"] == "sweep":
        table.columns[1].header = "decay rate of the slowest mode, certified (1/time)"
        for key, (lo, hi) in summary["rates"].items():
            best = "  best" if key in summary["best"] else ""
            table.add_row(key, f"[{float(Fraction(lo)):.12g}, {float(Fraction(hi)):.12g}]{best}", style="")
    elif summary["kind"] == "chart":
        table.columns[0].header, table.columns[1].header = "workers", "learning rates, certified unless undecided"
        for row in summary["rows"]:
            shown = (
                f"{float(Fraction(lo)):.6g} to {float(Fraction(hi)):.6g} {word}" for lo, hi, word in row["intervals"]
            )
            table.add_row(str(row["workers"]), ", ".join(shown))
    else:
        for key in ("arrivals", "mean_staleness", "mean_final_loss", "standard_error", "diverged"):
            value = summary[key]
            table.add_row(key.replace("_", " "), "-" if value is None else f"{value:.6g}")
    for key, why in summary["undecided"].items():
        table.add_row(key, why)
    console = Console(markup=False)
    console.print(table)
    if out is not None:
        console.print(f"results: {out / 'results.jsonl'}", soft_wrap=True)
