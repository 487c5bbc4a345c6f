"""``sddeverify optimize``: certify which number of workers, learning rate or threshold decays fastest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.commands._outputs import EXIT_INCONCLUSIVE, EXIT_INTERRUPTED, require_output
from sddeverify.errors import InvalidScenario, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from sddeverify.certificates import Inconclusive
    from sddeverify.certificates.optimum import Slowest
    from sddeverify.models import CharacteristicFunction
    from sddeverify.scenario import Scenario

SUFFIX = ".cert.json"
PARTIAL = ".partial.json"
AXES = {"workers": "number of workers", "learning_rate": "learning rate", "threshold": "staleness threshold"}
_MOST = 2000


def command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario file (.json or .toml).")],
    over: Annotated[str, typer.Option(metavar="|".join(AXES), help="What to choose.")] = "workers",
    first: Annotated[str, typer.Option("--from", metavar="X", help="The first candidate.")] = "1",
    last: Annotated[str, typer.Option("--to", metavar="X", help="The last candidate.")] = "64",
    count: Annotated[
        int | None, typer.Option(metavar="N", help="learning_rate: number of equally spaced candidates (20).")
    ] = None,
    bandwidth: Annotated[
        str | None, typer.Option(metavar="B", help="Gradients per time that a shared uplink carries.")
    ] = None,
    threshold: Annotated[
        int | None, typer.Option(metavar="S", help="Discard gradients of staleness S or more (exponential times).")
    ] = None,
    time_cap: Annotated[
        str | None, typer.Option(metavar="t0", help="A worker aborts a gradient after t0 and begins anew.")
    ] = None,
    event_trigger: Annotated[
        str | None,
        typer.Option(metavar="u", help="Upload gradients of at least u standard deviations of their noise only."),
    ] = None,
    keep: Annotated[str | None, typer.Option(metavar="q", help="Upload each gradient with probability q.")] = None,
    batch: Annotated[int | None, typer.Option(metavar="K", help="K gradients make an update.")] = None,
    digits: Annotated[int, typer.Option(metavar="N", help="Rates that agree to so many digits tie.")] = 9,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help=f"Where to save the certificate (*{SUFFIX}).")
    ] = None,
    figure: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the rates (*.png or *.svg).")] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help=f"Go on with what an interrupted run kept (*{PARTIAL})."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Certify the best number of workers or learning rate.

    The best is the candidate whose slowest mode, over all Hessian eigenvalues, decays fastest in the mean. All
    candidates are compared, since the rate can have several maxima; equal ones are reported as a tie. The schedule is
    that of the scenario's policy unless options give another one; what is computed about it is said. Ctrl-C keeps the
    finished candidates beside --out, and --resume goes on with them.

    \b
    Example: sddeverify optimize scenario.toml --from 1 --to 64 --bandwidth 8 -o best.cert.json
    Exit status: 0 certified, 3 undecided, 2 bad input.
    """
    values = candidates_of(over, first, last, count)
    require_output("--out", out, (SUFFIX,), force=force, why=", which sddeverify check looks for")
    require_output("--figure", figure, (".png", ".svg"), force=force)

    from sddeverify.scenario import Scenario

    asked = Scenario.load(scenario)
    given = {
        "bandwidth": bandwidth,
        "threshold": threshold,
        "time_cap": time_cap,
        "event_trigger": event_trigger,
        "keep": keep,
        "batch": batch,
    }
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    summary = _search(asked, over, values, chosen, digits, out, figure, resume)
    if as_json:
        typer.echo(json.dumps(summary, indent=2, allow_nan=False))
    else:
        _print(summary)
    if summary["status"] != "certified":
        raise typer.Exit(EXIT_INCONCLUSIVE)


def candidates_of(over: str, first: str, last: str, count: int | None) -> list[Fraction]:
    """Return the candidates: all integers of a range, or equally spaced learning rates.

    Raises:
        InvalidScenario: for an empty range or too many candidates.
    """
    from sddeverify.exact import positive, spell

    if over not in AXES:
        raise invalid("--over", over, f"one of {', '.join(AXES)}")
    lo, hi = positive(first, "--from"), positive(last, "--to")
    if over == "learning_rate":
        number = 20 if count is None else count
        if not 2 <= number <= _MOST or lo >= hi:
            allowed = f"a range, and 2 to {_MOST} candidates"
            raise invalid("--from, --to, --count", f"{first}, {last}, {number}", allowed)
        return [lo + (hi - lo) * k / (number - 1) for k in range(number)]
    if count is not None:
        raise InvalidScenario(f"--count: it is for --over learning_rate; every {over} of the range is compared")
    if lo.denominator > 1 or hi.denominator > 1 or not 1 <= hi - lo < _MOST:
        allowed = f"two integers, 2 to {_MOST} candidates with those between"
        raise invalid("--from, --to", f"{spell(lo)}, {spell(hi)}", allowed)
    return [lo + k for k in range(int(hi - lo) + 1)]


def _search(
    asked: Scenario,
    over: str,
    values: Sequence[Fraction],
    changes: Mapping[str, Any],
    digits: int,
    out: Path | None,
    figure: Path | None,
    resume: Path | None,
) -> dict[str, Any]:
    from sddeverify.certificates import Inconclusive, optimum
    from sddeverify.derivations import candidates
    from sddeverify.exact import pair

    computed = _computed(asked, over, values[-1], changes)  # first, for it also finds the range too long
    table = candidates(asked, over, values, **changes)
    kept = {} if resume is None else _kept(resume, table, digits)
    rates, undecided = _rates(table, digits, kept, None if out is None else out.with_name(f"{out.name}{PARTIAL}"))
    result = optimum.prove(table, digits)
    summary: dict[str, Any] = {
        "over": over,
        "rates": {name: pair(found.rate) for name, found in rates.items()},
        "undecided": undecided,
        "changes": {name: str(value) for name, value in changes.items()},
        "computed": list(computed),
    }
    if isinstance(result, Inconclusive):
        summary |= {"status": "inconclusive", "reason": result.reason.name, "detail": result.detail, "best": []}
    else:
        summary |= {"status": "certified", "best": result.best, "statement": result.statement, "digest": result.digest}
        if out is not None:
            result.save(out)
            summary["file"] = str(out)
    if figure is not None and rates:
        _draw(figure, over, rates, summary["best"], _title(asked, summary["changes"]))
        summary["figure"] = str(figure)
    return summary


def _computed(asked: Scenario, over: str, value: Fraction, changes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what is computed and not exact about the functions compared."""
    from sddeverify.derivations import candidate

    _, _, found = candidate(asked, over, value, **changes)
    if asked.objective is not None:
        return *found.computed, "the Hessian eigenvalues are computed from the objective, and rounded upward"
    return found.computed


def _rates(
    table: Mapping[str, Sequence[CharacteristicFunction]],
    digits: int,
    kept: Mapping[str, Slowest],
    partial: Path | None,
) -> tuple[dict[str, Slowest], dict[str, str]]:
    """Certify the rate of each candidate, with a progress bar; ctrl-C says what was done so far, and keeps it."""
    from rich.console import Console
    from rich.progress import Progress

    from sddeverify.certificates import Inconclusive
    from sddeverify.certificates.optimum import slowest

    console = Console(stderr=True)
    rates: dict[str, Slowest] = {}
    undecided: dict[str, str] = {}
    try:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("certifying rates", total=len(table))
            for name, functions in table.items():
                found: Slowest | Inconclusive = kept[name] if name in kept else slowest(functions, digits)
                if isinstance(found, Inconclusive):
                    undecided[name] = str(found)
                else:
                    rates[name] = found
                bar.advance(task)
    except KeyboardInterrupt:
        said = f"interrupted after {len(rates) + len(undecided)} of {len(table)} candidates; no best one is claimed"
        if partial is not None and rates:
            rows = {name: found.to_json() for name, found in rates.items()}
            partial.write_text(json.dumps({"digits": digits, "candidates": rows}) + "\n", encoding="ascii")
            said += f"; to go on, add --resume {partial}"
        typer.echo(f"sddeverify: {said}", err=True)
        raise typer.Exit(EXIT_INTERRUPTED) from None
    return rates, undecided


def _kept(path: Path, table: Mapping[str, Sequence[CharacteristicFunction]], digits: int) -> dict[str, Slowest]:
    """Return the finished candidates of an interrupted run, once the kernel has accepted their certificates again."""
    from sddeverify.certificates.optimum import restored

    allowed = "what an interrupted run of the same scenario, options and digits kept"
    try:
        data = json.loads(path.read_bytes())
        rows = {str(name): row for name, row in data["candidates"].items()}
        same = data["digits"] == digits
    except OSError as error:
        raise invalid("--resume", str(path), f"a file that can be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise invalid("--resume", str(path), allowed) from None
    if not same or not set(rows) <= set(table):
        raise invalid("--resume", str(path), allowed)
    return {name: restored(table[name], row) for name, row in rows.items()}


def _title(asked: Scenario, changes: Mapping[str, str]) -> str:
    said = {"uplink": asked.uplink, **changes}
    parts = [f"compute time {asked.compute}", *(f"{name} {x}" for name, x in said.items() if x is not None)]
    text = ", ".join(parts).replace("_", " ")
    return text if len(text) <= 90 else f"{text[:87]}..."


def _draw(path: Path, over: str, rates: Mapping[str, Slowest], best: Sequence[str], title: str) -> None:
    from fractions import Fraction

    from sddeverify.views import optimum, style

    def numbers(names: Any) -> list[float]:
        return [float(Fraction(name)) for name in names]

    data = optimum.Data(
        AXES[over],
        numbers(rates),
        [float(found.rate.lo) for found in rates.values()],
        [float(found.rate.hi) for found in rates.values()],
        numbers(best),
        title,
    )
    drawn = optimum.figure(data)
    path.write_bytes(style.to_png(drawn) if path.suffix == ".png" else style.to_svg(drawn))


def _print(summary: Mapping[str, Any]) -> None:
    from fractions import Fraction

    from rich.console import Console
    from rich.table import Table

    table = Table(AXES[summary["over"]], "decay rate of the slowest mode, certified (1/time)", "")
    for name, (lo, hi) in summary["rates"].items():
        mark = "best" if name in summary["best"] else "grows" if Fraction(hi) < 0 else ""
        table.add_row(name, f"[{float(Fraction(lo)):.12g}, {float(Fraction(hi)):.12g}]", mark)
    for name, why in summary["undecided"].items():
        table.add_row(name, why, "undecided")
    console = Console(markup=False)
    console.print(table)
    if summary["status"] == "certified":
        names = summary["best"]
        verdict = names[0] if len(names) == 1 else f"a tie of {', '.join(names)}"
        console.print(f"certified: the best {AXES[summary['over']]} is {verdict}", soft_wrap=True)
        console.print(f"sha256 of the claim: {summary['digest']}", soft_wrap=True)
        kept = f"saved: {summary['file']}" if "file" in summary else "not saved; add -o FILE to keep the certificate"
        console.print(kept, soft_wrap=True)
    else:
        console.print(f"undecided ({summary['reason']}): {summary['detail']}", soft_wrap=True)
    for remark in summary["computed"]:
        console.print(f"computed, not certified: {remark}", soft_wrap=True)
    if "figure" in summary:
        console.print(f"figure: {summary['figure']}", soft_wrap=True)
