"""``sddeverify compare``: the same scenario under several server policies, side by side."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.errors import invalid

if TYPE_CHECKING:
    from sddeverify.emulator.run import Run
    from sddeverify.scenario import Scenario


def command(
    policies: Annotated[
        list[str] | None,
        typer.Argument(metavar="[POLICY]...", help="Names such as k_async or k_async:k=3; all policies if left out."),
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", "-s", metavar="FILE", help="The scenario file (.json or .toml).")
    ] = None,
    arrivals: Annotated[
        int, typer.Option(metavar="N", help="Gradients that asynchronous SGD may use: the time is N m/P.")
    ] = 2_000,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to draw the figure (*.svg or *.png).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing figure.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run one scenario under several server policies.

    All run for the same virtual time. Each replaces the policy of the file, with default parameters or those
    given. Shown are loss, updates, staleness and traffic; the figure shows loss against virtual time.

    \b
    Example: sddeverify compare synchronous k_async:k=3 asynchronous -s scenario.toml --out policies.svg
    """
    from sddeverify.emulator.policies import POLICIES
    from sddeverify.scenario import Scenario

    if scenario is None:
        raise invalid("--scenario", None, "the name of a scenario file (.json or .toml)")
    if arrivals < 1:
        raise invalid("--arrivals", arrivals, "a positive number of gradients")
    if out is not None and out.suffix not in (".svg", ".png"):
        raise invalid("--out", str(out), "a name ending in .svg or .png")
    if out is not None and out.exists() and not force:
        raise invalid("--out", str(out), "a name that is not taken, or allow overwriting (--force)")
    if out is not None:
        import_module("sddeverify.views.policies")  # says at once if matplotlib is missing
    asked = Scenario.load(scenario)
    variants = {name: _variant(asked, name) for name in policies or POLICIES}
    runs = _run(asked, variants, arrivals)
    if out is not None:
        _draw(asked, runs, out)
    rows = [_row(name, variants[name], run) for name, run in runs.items()]
    if as_json:
        import json

        summary = {"workers": asked.workers, "figure": None if out is None else str(out), "policies": rows}
        typer.echo(json.dumps(summary, indent=2, allow_nan=False))
    else:
        _print(asked, rows, out)


def _variant(asked: Scenario, text: str) -> Scenario:
    """Return the scenario with the policy ``name:parameter=value,...``."""
    import dataclasses

    from sddeverify.emulator.policies import create
    from sddeverify.scenario import PolicySpec, Scenario

    name, _, rest = text.partition(":")
    parameters: dict[str, Any] = {}
    for part in rest.split(",") if rest else []:
        key, equals, value = part.partition("=")
        if not equals or key in parameters:
            raise invalid("policy", text, "a name, or name:parameter=value,..., each parameter once")
        parameters[key] = {"true": True, "false": False}.get(value, value)
    spec = PolicySpec(name, parameters)
    create(spec.name, spec.parameters, asked.workers)  # refused before anything runs
    members = {field.name: getattr(asked, field.name) for field in dataclasses.fields(asked)}
    return Scenario(**(members | {"policy": spec}))


def _run(asked: Scenario, variants: dict[str, Scenario], arrivals: int) -> dict[str, Run]:
    from rich.console import Console
    from rich.progress import Progress

    from sddeverify.emulator.run import emulate, objective_of

    until = arrivals * asked.compute.mean_float / asked.workers
    objective = objective_of(asked)  # shared: its data are loaded once
    console = Console(stderr=True)
    runs = {}
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        for name in bar.track(variants, description="emulating"):
            runs[name] = emulate(variants[name], until=until, objective=objective)
    return runs


def _uploads(run: Run) -> int:
    """Return how many gradients were sent to the server: those that a silent policy discards were not."""
    from sddeverify.emulator.ledger import Outcome
    from sddeverify.emulator.policies import POLICIES

    silent = POLICIES[run.scenario.policy.name].silent
    return run.ledger.pushed - (run.ledger.counts[Outcome.DISCARDED] if silent else 0)


def _row(name: str, scenario: Scenario, run: Run) -> dict[str, Any]:
    from sddeverify.emulator.summary import audit_summary, finite

    ledger = run.ledger
    losses = run.path.losses(run.objective)
    least = run.objective.loss(run.objective.minimum())
    target = least + float(scenario.target) * (float(losses[0]) - least)
    reached = [float(time) for time, loss in zip(run.path.times, losses, strict=True) if loss <= target]
    return {
        "policy": name,
        "duration": run.duration,
        "updates": ledger.updates,
        "gradients": ledger.pushed,
        "applied": ledger.applied,
        "uploads": _uploads(run),
        "downloads": ledger.started,
        "mean_staleness": finite(run.mean_staleness),
        "final_loss": finite(run.final_loss),
        "time_to_target": reached[0] if reached else None,
        "diverged": run.diverged,
        "ledger": audit_summary(ledger, run.audit),
    }


def _draw(asked: Scenario, runs: dict[str, Run], out: Path) -> None:
    from sddeverify.views import policies, style

    series = tuple(
        policies.Series(
            name,
            run.path.times,
            run.path.losses(run.objective),
            run.trace.staleness,
            run.ledger.started + _uploads(run),
        )
        for name, run in runs.items()
    )
    drawn = policies.figure(policies.Data(series, asked.workers))
    out.write_bytes(style.to_svg(drawn) if out.suffix == ".svg" else style.to_png(drawn))


def _print(asked: Scenario, rows: list[dict[str, Any]], out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from sddeverify.emulator.summary import number

    table = Table(
        Column("policy", min_width=max(len(row["policy"]) for row in rows)),
        "loss at the end",
        "to the target",
        "updates",
        "staleness",
        "uploads",
        "applied",
        title=f"{asked.workers} workers, {number(rows[0]['duration'])} s of virtual time; every ledger balances",
        title_justify="left",
    )
    for row in rows:
        table.add_row(
            row["policy"],
            "diverged" if row["diverged"] else number(row["final_loss"]),
            "-" if row["time_to_target"] is None else f"{number(row['time_to_target'])} s",
            str(row["updates"]),
            number(row["mean_staleness"]),
            str(row["uploads"]),
            str(row["applied"]),
        )
    console = Console()
    console.print(table)
    if out is not None:
        console.print(f"figure: {out}", soft_wrap=True)
