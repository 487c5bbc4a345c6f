"""``sddeverify guard``: keep a training configuration inside certified regions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.errors import invalid

if TYPE_CHECKING:
    from sddeverify.regions import Answer, Region

EXIT_OUTSIDE = 1
_LEVEL = 0.01
_NUMBERS = ("learning_rate", "workers", "hessian", "damping", "step", "lag", "geometric", "parameter", "staleness_cap")
_KEYS = ("certificates", *_NUMBERS, "trace")


def command(
    config: Annotated[Path, typer.Argument(metavar="CONFIG", help="The configuration (.toml or .json).")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the answers as JSON.")] = False,
) -> None:
    """Keep a training configuration inside certified regions.

    CONFIG names one or more certificates and the numbers that the training program uses. Every certificate is checked
    by the kernel, and must imply that the configuration is stable. Paths are relative to CONFIG.

    \b
    certificates  = ["boundary.cert.json"]   # all of them must hold
    learning_rate = 0.05                     # decimals mean their exact value
    workers       = 8                        # those of the certificate's model if left out
    hessian       = 12.3                     # top Hessian eigenvalue, or a bound of it; likewise
    staleness_cap = 16                       # most versions by which an applied gradient is stale (law_free_bound)
    trace         = "times.csv"              # recorded delays: are they still those of the certified law?

    \b
    Example: sddeverify guard training.toml
    Exit status: 0 inside, 1 outside (or not certified, or the trace has changed), 2 bad input.
    """
    from sddeverify.regions import certified_region
    from sddeverify.scenario import read_table

    table = read_table(config, "configuration")
    unknown = sorted(set(table) - set(_KEYS))
    if unknown:
        raise invalid("configuration", unknown[0], f"one of {', '.join(_KEYS)}")
    rows = []
    for path in _paths(table):
        region = certified_region(config.parent / path)
        rows += [(path, kind, answer) for kind, answer in _answers(region, table, config.parent)]
    _show(rows, as_json)
    raise typer.Exit(0 if all(answer.inside for _, _, answer in rows) else EXIT_OUTSIDE)


def _paths(table: dict[str, Any]) -> list[str]:
    value = table.get("certificates")
    paths = [value] if isinstance(value, str) else value
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) for path in paths):
        raise invalid("certificates", value, "the path of a certificate, or a list of such paths")
    return paths


def _answers(region: Region, table: dict[str, Any], folder: Path) -> list[tuple[str, Answer]]:
    numbers = {name: table[name] for name in _NUMBERS if name in table}
    answers: list[tuple[str, Answer]] = []
    claim = region.document["claim"]
    mine = {name: value for name, value in numbers.items() if name in region.parameters}
    others = sorted(set(numbers) - set(mine))
    if others:
        raise invalid(others[0], numbers[others[0]], f"for this certificate only {', '.join(region.parameters)}")
    answers.insert(0, ("configuration", region.locate(**mine)))
    if "trace" in table:
        answers.append(("trace", _trace(claim, table, folder)))
    return answers


def _trace(claim: dict[str, Any], table: dict[str, Any], folder: Path) -> Answer:
    from sddeverify.agreement import Verdict, delay_law
    from sddeverify.delays import Law
    from sddeverify.emulator.trace import Trace
    from sddeverify.exact import integer
    from sddeverify.regions import Answer

    if "delay" not in claim or claim["type"] == "boundary_tube":
        raise invalid("trace", table["trace"], f"no trace for a {claim['type']} certificate: it names no delay law")
    if not isinstance(table["trace"], str):
        raise invalid("trace", table["trace"], "the path of a trace")
    law = Law.from_json(claim["delay"])
    trace = Trace.from_csv(folder / table["trace"])
    workers = integer(table.get("workers", int(trace.worker.max()) + 1), "workers", 1, 10**9)
    found = delay_law.check(trace.delays, law, workers, level=_LEVEL)
    if found.verdict is Verdict.TOO_LITTLE_DATA:
        return Answer(False, f"too little data: {found.note}")
    limit = found.allowance + found.sampling_error
    inside = found.verdict is Verdict.CONSISTENT
    how = "within" if inside else "beyond"
    return Answer(
        inside, f"its distance from the certified law, {found.observed:.3g}, is {how} {limit:.3g} (level {_LEVEL:.0%})"
    )


def _show(rows: list[tuple[str, str, Answer]], as_json: bool) -> None:
    if as_json:
        import json

        keys = ("certificate", "about", "inside", "reason")
        out = [dict(zip(keys, (path, kind, one.inside, one.reason), strict=True)) for path, kind, one in rows]
        typer.echo(json.dumps(out, indent=2))
        return
    for path, kind, answer in rows:
        typer.echo(f"{'inside ' if answer.inside else 'OUTSIDE'} {path}: {kind}: {answer.reason}")
