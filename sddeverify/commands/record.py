"""``sddeverify record``: measure real worker processes on this machine, and on others if they may join."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.commands._outputs import EXIT_INTERRUPTED
from sddeverify.errors import UnsupportedScenario, invalid

if TYPE_CHECKING:
    from sddeverify.emulator.access import Listening
    from sddeverify.emulator.fault_plan import Fault
    from sddeverify.emulator.processes import Recording
    from sddeverify.objectives import Objective

_LONGEST_NUMBER = 1000
_WORDS = {"true": True, "false": False}


def command(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="Where to write the trace (*.csv).")],
    workers: Annotated[int, typer.Option(metavar="P", help="Number of worker processes.")] = 4,
    seconds: Annotated[float, typer.Option(metavar="S", help="How long to record, after the start-up.")] = 3.0,
    objective: Annotated[str, typer.Option(metavar="NAME", help="What to minimise.")] = "ridge",
    labels: Annotated[
        list[str] | None,
        typer.Option(metavar="DIGITS", help="Different data: the digits of one worker, such as 01234; once for each."),
    ] = None,
    policy: Annotated[str, typer.Option(metavar="NAME", help="The server's policy.")] = "asynchronous",
    parameter: Annotated[
        list[str] | None,
        typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A parameter of the policy; may be repeated."),
    ] = None,
    faults: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What is to go wrong: a JSON list of {job, kind, delay}."),
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to keep the state of the server.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint, and with the same trace.")
    ] = False,
    learning_rate: Annotated[
        float | None,
        typer.Option(metavar="ETA", help="Step size; 1/(4 P h) if left out, h the largest Hessian eigenvalue."),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(metavar="N", help="Samples in a gradient; if left out, so many that one takes about 10 ms."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Seed of the mini-batches.")] = 0,
    listen: Annotated[
        str | None,
        typer.Option(metavar="HOST[:PORT]", help="Let workers join over the network, at this address of this machine."),
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Let the address be one that other machines reach.")
    ] = False,
    secret_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Shared secret, in a file of mode 0600; or in SDDEVERIFY_SECRET."),
    ] = None,
    remote_workers: Annotated[int, typer.Option(metavar="N", help="How many of the P workers are to join.")] = 0,
    wait: Annotated[float, typer.Option(metavar="S", help="How long to wait until they have joined.")] = 60.0,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing trace file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Record real asynchronous SGD on this machine, or on several.

    P worker processes compute real mini-batch gradients for a parameter server; the trace says when each was read and
    pushed, and how stale it was. Rows reach the file at once: ctrl-C leaves a complete file. A worker that
    dies is reported and replaced. Server and workers talk over sockets that only they have: nothing listens on any
    network, unless --listen lets N of the workers join with "sddeverify worker". Both sides then prove that they know
    a shared secret, and every frame is authenticated; frames are not encrypted.

    \b
    Example: sddeverify record --workers 4 --seconds 3 --out trace.csv
             sddeverify record --policy k_async -p k=2 --out trace.csv
             sddeverify record --listen 192.0.2.7:7000 --allow-remote --remote-workers 2 --out trace.csv
    """
    if out.suffix != ".csv":
        raise invalid("--out", str(out), "a name ending in .csv")
    if seed < 0:
        raise invalid("--seed", seed, "a number that is not negative")
    if listen is None and (allow_remote or secret_file is not None or remote_workers):
        raise invalid("--listen", None, "the address at which workers may join, such as 192.0.2.7:7000")
    if listen is not None and labels:
        raise UnsupportedScenario("--labels: workers that join over the network have the same data; leave out either")
    recording = _record(
        listening=None if listen is None else _listening(listen, remote_workers, secret_file, allow_remote, wait),
        out=out,
        workers=workers,
        seconds=seconds,
        objective=_shared(objective, labels, workers) if labels else objective,
        policy=policy,
        policy_parameters=parameters(parameter or []),
        faults=read_faults(faults),
        checkpoint=checkpoint,
        resume=resume,
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


def parameters(texts: list[str]) -> dict[str, object]:
    """Return what ``["k=2", "success=1/2"]`` means: integers, true and false, and the text of everything else.

    Raises:
        InvalidScenario: for a text without ``=``, or a name twice.
    """
    found: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value) or name in found:
            raise invalid("--parameter", text, "NAME=VALUE, each name once")
        whole = value.isascii() and value.isdigit() and len(value) < _LONGEST_NUMBER
        found[name] = int(value) if whole else _WORDS.get(value, value)
    return found


def _shared(name: str, labels: list[str], workers: int) -> Objective:
    """Return the mean over workers that each have the examples of some digits."""
    from sddeverify.objectives import Mean, build

    if len(labels) != workers:
        raise invalid("--labels", f"{len(labels)} times", f"it {workers} times, once for each worker (--workers)")
    for text in labels:
        if not (text.isascii() and text.isdigit()):
            raise invalid("--labels", text, "the digits whose examples a worker has, such as 01234")
    parts = [build(name, {"labels": [int(digit) for digit in text]}) for text in labels]
    return Mean(build(name, {}), parts, [1] * workers)


def _listening(listen: str, workers: int, secret_file: Path | None, allow_remote: bool, wait: float) -> Listening:
    from sddeverify.emulator import access

    host, port = access.address(listen, "--listen", port=0)
    access.require_loopback(host, port, allow_remote)  # before a secret is asked for
    return access.Listening(host, port, workers, access.read_secret(secret_file), allow_remote, wait)


def read_faults(path: Path | None) -> list[Fault]:
    """Return the faults of a file, none without one."""
    from sddeverify.emulator import fault_plan

    return [] if path is None else fault_plan.read_faults(path)


def _record(**options: Any) -> Recording:
    from rich.console import Console
    from rich.progress import Progress

    from sddeverify.emulator.interruption import Interrupted
    from sddeverify.emulator.processes import record

    console = Console(stderr=True)
    try:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("starting workers", total=options["seconds"])
            return record(
                **options,
                on_start=lambda _: bar.update(task, description="recording"),
                on_progress=lambda seconds, _: bar.update(task, completed=seconds),
                on_death=lambda death: console.print(str(death), highlight=False, markup=False),
                on_event=lambda sentence: console.print(sentence, highlight=False, markup=False, soft_wrap=True),
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
        "faults": [str(fault) for fault in recording.faults],
        "deaths": [str(death) for death in recording.deaths],
        "replaced": sum(not death.elsewhere for death in recording.deaths),
        "lost_elsewhere": sum(death.elsewhere for death in recording.deaths),
        "joined": recording.joined,
        "refused": recording.refused,
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
    for fault in summary["faults"]:
        console.print(f"as planned: {fault}", highlight=False)
    if deaths := summary["replaced"]:
        console.print("1 worker died and was replaced" if deaths == 1 else f"{deaths} workers died and were replaced")
    if summary["joined"]:
        console.print(
            f"from elsewhere: {summary['joined']} joined, {summary['lost_elsewhere']} lost, "
            f"{summary['refused']} connections refused"
        )
    ended = "interrupted; the trace is complete up to then" if summary["interrupted"] else "trace"
    console.print(f"{ended}: {summary['trace']}", soft_wrap=True)
