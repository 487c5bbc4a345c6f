"""``sddeverify compare``: the same scenario under several server policies, side by side."""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from sddeverify.commands._outputs import require_output
from sddeverify.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.emulator.run import Emulation, Run
    from sddeverify.scenario import PolicySpec, Scenario

ARRIVALS = 2_000


class _Result(NamedTuple):
    """What is kept of a run: the row of the table, and the curve and histogram of the figure."""

    row: dict[str, Any]
    times: list[float]
    losses: list[float]
    staleness: list[int]


def command(
    policies: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[POLICY]...", help="Names such as k_async or k_async:k=3; the file's, or all, if left out."
        ),
    ] = None,
    scenario: Annotated[
        Path | None, typer.Option("--scenario", "-s", metavar="FILE", help="The scenario file (.json or .toml).")
    ] = None,
    arrivals: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Run for the time of N gradients of asynchronous SGD; the file's arrivals, or 2000.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to draw the figure (*.svg or *.png).")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing figure.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run one scenario under several server policies.

    All run for the same virtual time, with default parameters or those given, here or as "policies" in the file.
    Shown are loss, updates, staleness and traffic; the figure shows loss against virtual time, staleness histograms
    and traffic. A policy that waits forever for workers that hang is shown up to there.

    \b
    Example: sddeverify compare synchronous k_async:k=3 asynchronous -s scenario.toml --out policies.svg
    """
    from sddeverify.emulator.policies import POLICIES, create
    from sddeverify.scenario import Scenario

    if scenario is None:
        raise invalid("--scenario", None, "the name of a scenario file (.json or .toml)")
    if arrivals is not None and arrivals < 1:
        raise invalid("--arrivals", arrivals, "a positive number of gradients")
    require_output("--out", out, (".svg", ".png"), force=force)
    if out is not None:
        import_module("sddeverify.views.policies")  # says at once if matplotlib is missing
    asked = Scenario.load(scenario)
    create(asked.policy.name, asked.policy.parameters, asked.workers)  # not run, but a mistake in the file all the same
    every = [name for name, policy in POLICIES.items() if not (asked.different_data and policy.same_data)]
    specs = [_spec(text) for text in policies] if policies else [*asked.policies] or [_spec(name) for name in every]
    results = _run(asked, _variants(asked, specs), arrivals or asked.arrivals or ARRIVALS)
    if out is not None:
        _draw(asked, results, out)
    rows = [one.row for one in results]
    if as_json:
        import json

        summary = {"workers": asked.workers, "figure": None if out is None else str(out), "policies": rows}
        typer.echo(json.dumps(summary, indent=2, allow_nan=False))
    else:
        _print(asked, rows, out)


def _spec(text: str) -> PolicySpec:
    """Return the policy ``name:parameter=value,...``."""
    from sddeverify.scenario import PolicySpec

    name, colon, rest = text.partition(":")
    parameters: dict[str, Any] = {}
    for part in rest.split(",") if colon else []:
        key, equals, value = part.partition("=")
        if not (key and equals and value) or key in parameters:
            raise invalid("policy", text, "a name, or name:parameter=value,..., each parameter once")
        parameters[key] = {"true": True, "false": False}.get(value, value)
    return PolicySpec(name, parameters)


def _variants(asked: Scenario, specs: list[PolicySpec]) -> dict[str, Scenario]:
    """Return the scenario with each policy, by a name that tells them apart."""
    import dataclasses

    from sddeverify.emulator.problem import policy_of
    from sddeverify.scenario import Scenario

    members = {field.name: getattr(asked, field.name) for field in dataclasses.fields(asked)}
    variants = {}
    for spec in specs:
        said = ",".join(f"{key}={_said(value)}" for key, value in spec.parameters.items())
        variant = Scenario(**(members | {"policy": spec}))
        policy_of(variant)  # refused before anything runs
        variants[f"{spec.name}:{said}" if said else spec.name] = variant
    return variants


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + " ".join(map(_said, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _run(asked: Scenario, variants: dict[str, Scenario], arrivals: int) -> list[_Result]:
    """Run each variant and keep what is shown of it: traces are not kept, so that memory stays bounded."""
    from rich.console import Console
    from rich.progress import Progress

    from sddeverify.emulator.clock import Stalled
    from sddeverify.emulator.problem import objective_of
    from sddeverify.emulator.run import Emulation
    from sddeverify.emulator.team import mean_rate

    until = arrivals / mean_rate(asked)
    objective = objective_of(asked)  # shared: its data are loaded once
    console = Console(stderr=True)
    results = []
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        total = bar.add_task("emulating", total=len(variants))
        for name, scenario in variants.items():
            task = bar.add_task(name, total=arrivals)
            emulation, stopped = Emulation.create(scenario, objective=objective), None
            try:
                emulation.run(until=until, progress=_shown(bar.update, task))
            except Stalled as error:
                stopped = str(error)
            if all(worker.due is None for worker in emulation.workers):
                stopped = "it waits forever: no worker will ever finish a gradient"
            results.append(_result(name, emulation, stopped))
            bar.remove_task(task)
            bar.advance(total)
    return results


def _shown(update: Callable[..., None], task: int) -> Callable[[int], None]:
    return lambda pushed: update(task, completed=pushed)


def _result(name: str, emulation: Emulation, stopped: str | None) -> _Result:
    import numpy as np

    run, extra = emulation.result(), emulation.server.policy.extra_gradients
    losses = run.path.losses(run.objective)
    row = _row(name, run, losses.tolist(), extra, stopped)
    staleness = np.bincount(run.trace.staleness.astype(np.int64)).tolist()
    return _Result(row, run.path.times.tolist(), losses.tolist(), staleness)


def _uploads(run: Run) -> int:
    """Return how many gradients were sent to the server: those that a silent policy discards were not."""
    from sddeverify.emulator.ledger import Outcome
    from sddeverify.emulator.policies import POLICIES

    silent = POLICIES[run.scenario.policy.name].silent
    return run.ledger.pushed - (run.ledger.counts[Outcome.DISCARDED] if silent else 0)


def _row(name: str, run: Run, losses: list[float], extra: int, stopped: str | None) -> dict[str, Any]:
    from sddeverify.emulator.problem import least_loss
    from sddeverify.emulator.summary import audit_summary, finite

    ledger = run.ledger
    least = least_loss(run.objective)
    least = math.nan if least is None else least  # then no target is reached
    target = least + float(run.scenario.target) * (losses[0] - least)
    reached = [float(time) for time, loss in zip(run.path.times, losses, strict=True) if loss <= target]
    return {
        "policy": name,
        "duration": run.duration,
        "updates": ledger.updates,
        "gradients": ledger.pushed,
        "gradients_of_the_server": extra,
        "applied": ledger.applied,
        "uploads": _uploads(run),
        "downloads": ledger.started,
        "mean_staleness": finite(run.mean_staleness),
        "final_loss": finite(run.final_loss),
        "time_to_target": reached[0] if reached else None,
        "diverged": run.diverged,
        "stopped": stopped,
        "ledger": audit_summary(ledger, run.audit),
    }


def _draw(asked: Scenario, results: list[_Result], out: Path) -> None:
    from sddeverify.views import policies, style

    series = tuple(
        policies.Series(
            name=one.row["policy"],
            times=one.times,
            losses=one.losses,
            staleness=one.staleness,
            downloads=one.row["downloads"],
            uploads=one.row["uploads"],
            stopped=one.row["stopped"] is not None,
        )
        for one in results
    )
    drawn = policies.figure(policies.Data(series, asked.workers))
    out.write_bytes(style.to_svg(drawn) if out.suffix == ".svg" else style.to_png(drawn))


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def _print(asked: Scenario, rows: list[dict[str, Any]], out: Path | None) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Column, Table

    longest = _short(max(row["duration"] for row in rows))
    table = Table(
        Column("policy", min_width=20),  # long parameters go on in the next line: no number is cut off
        *(Column(name, no_wrap=True) for name in ("last loss", "to target", "updates", "staleness", "uploads")),
        title=f"{asked.workers} workers, {longest} s of virtual time; every ledger balances",
        title_justify="left",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
    )
    for row in rows:
        table.add_row(
            row["policy"].replace(":", ": ").replace(",", ", "),
            "diverged" if row["diverged"] else _short(row["final_loss"]),
            "-" if row["time_to_target"] is None else f"{_short(row['time_to_target'])} s",
            str(row["updates"]),
            _short(row["mean_staleness"]),
            str(row["uploads"]),
        )
    console = Console()
    console.print(table)
    for row in rows:
        name, extra = row["policy"], row["gradients_of_the_server"]
        if row["stopped"]:
            console.print(f"{name}: {row['stopped']}", soft_wrap=True)
        if extra:
            console.print(f"{name}: the server computed {extra} gradients more", soft_wrap=True)
    if out is not None:
        console.print(f"figure: {out}", soft_wrap=True)
