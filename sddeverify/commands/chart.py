"""``sddeverify chart``: a certified stability chart over two parameters, as certificate, table and figure."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.commands._outputs import EXIT_INCONCLUSIVE, require_output
from sddeverify.errors import SddeverifyError, invalid

if TYPE_CHECKING:
    from sddeverify.certificates.stability_chart import StabilityChart

SUFFIX = ".cert.json"
FIGURES = (".png", ".svg", ".pdf")
_RATES = 49  # points on each side at which the decay rate is computed


def command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="LAW-or-SCENARIO",
            help='A delay law with $x and $y for its parameters, such as "erlang(3, $y)", or a scenario file.',
        ),
    ],
    damping: Annotated[str, typer.Option(metavar="a", help="With a law: the damping, $x, $y or a number.")] = "$x",
    undelayed: Annotated[str, typer.Option(metavar="b", help="With a law: the undelayed coefficient.")] = "0",
    x: Annotated[str | None, typer.Option("--x", metavar="lo,hi", help="The range of $x, or learning rate.")] = None,
    y: Annotated[str | None, typer.Option("--y", metavar="lo,hi", help="The range of $y, or of the workers.")] = None,
    cells: Annotated[int, typer.Option(metavar="n", help="Cells on each side, a power of two up to 1024.")] = 64,
    point: Annotated[str | None, typer.Option(metavar="x,y", help="An operating point to mark.")] = None,
    rates: Annotated[bool, typer.Option(help="Draw contours of the computed decay rate.")] = True,
    resume: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Go on with the undecided cells of an earlier certificate.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FILE", help="A figure (*.png, *.svg, *.pdf); beside it certificate and CSV."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Certify and draw where two parameters are stable.

    Certified is the number of unstable roots on the cells of a grid; what the grid does not resolve is undecided.

    With a law, x is the damping unless $x stands in the law, and a law without $y gets a further constant delay $y.
    With a scenario, x is the learning rate and y the number of workers; the law and the largest Hessian eigenvalue
    are those of the file. Ctrl-C keeps what is finished; --resume goes on with it.

    \b
    Example: sddeverify chart 'constant($y)' --x 0,2 --y 0,2 --out chart.png
    Exit status: 0 certified, 3 inconclusive (too much work), 2 bad input.
    """
    from sddeverify.certificates import Inconclusive, stability_chart

    if out is not None:
        _check_output(out, force)
    family, ranges, names, operating = _question(what, damping, undelayed, x, y)
    operating = _pair("--point", point) if point is not None else operating
    earlier = None if resume is None else stability_chart.StabilityChart.load(resume)
    result = _prove(family, ranges, cells, earlier, quiet=as_json)
    if isinstance(result, Inconclusive):
        typer.echo(str(result))
        raise typer.Exit(EXIT_INCONCLUSIVE)
    files = [] if out is None else _write(result, out, names, operating, rates)
    _print(result, files, as_json)


def _question(what: str, damping: str, undelayed: str, x: str | None, y: str | None) -> tuple[Any, Any, Any, Any]:
    """Return the family, the ranges, the names of the axes, and the operating point."""
    from sddeverify.certificates.stability_chart import family
    from sddeverify.exact import spell

    if Path(what).suffix not in (".json", ".toml"):
        law = what if "$y" in what + damping + undelayed else f"sum(constant($y), {what})"
        ranges = (_range("--x", x or "0,2"), _range("--y", y or "0,2"))
        axis = "damping coefficient" if damping == "$x" and "$x" not in what else "x"
        other = "delay" if law == "constant($y)" else "additional constant delay" if law != what else "y"
        return family(law, damping, undelayed), ranges, (axis, other), None
    from sddeverify.derivations import derive
    from sddeverify.scenario import Scenario

    scenario = Scenario.load(what)
    model = derive(scenario).model
    rate, workers, hessian = scenario.learning_rate, scenario.workers, max(model.hessian)
    members = {"learning_rate": "$x", "hessian": hessian, "workers": "$y", "mean_delay": model.mean_delay}
    ranges = (_range("--x", x or f"0,{spell(2 * rate)}"), _range("--y", y or f"1,{2 * workers + 1}"))
    point = (spell(rate), str(workers))
    return family(model.delay, model=members), ranges, ("learning rate", "number of workers"), point


def _range(field: str, text: str) -> tuple[str, str]:
    return _pair(field, text)


def _pair(field: str, text: str) -> tuple[str, str]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2:
        raise invalid(field, text, 'two exact rationals with a comma between, such as "0,2"')
    return parts[0], parts[1]


def _check_output(out: Path, force: bool) -> None:
    require_output("--out", out, FIGURES, force=True)
    for path in _files(out):
        require_output("--out", path, force=force)
    import_module("sddeverify.views.certified_chart")  # says at once if matplotlib is missing


def _files(out: Path) -> tuple[Path, Path, Path]:
    return out, out.with_suffix(SUFFIX), out.with_suffix(".csv")


def _prove(family: Any, ranges: Any, cells: int, earlier: Any, *, quiet: bool) -> Any:
    from rich.console import Console
    from rich.progress import Progress

    from sddeverify.certificates import stability_chart

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=quiet or not console.is_terminal) as progress:
        task = progress.add_task("cells", total=cells**2)
        return stability_chart.prove(
            family,
            ranges[0],
            ranges[1],
            cells,
            resume=earlier,
            on_cell=lambda done: progress.update(task, completed=done),
        )


def _write(chart: StabilityChart, out: Path, names: tuple[str, str], operating: Any, rates: bool) -> list[Path]:
    """Write the certificate first, which took the longest, then table and figure."""
    import csv

    from sddeverify.exact import rational, spell
    from sddeverify.views import certified_chart, style

    figure, certificate, table = _files(out)
    chart.save(certificate)
    with table.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        writer.writerow(["x_from", "x_to", "y_from", "y_to", "unstable_roots"])
        for *ends, roots in chart.rows():
            writer.writerow([*map(spell, ends), "" if roots is None else roots])
    point = None if operating is None else tuple(float(rational(value, "--point")) for value in operating)
    data = certified_chart.Data(
        tuple((*map(float, row[:4]), row[4]) for row in chart.rows()),  # type: ignore[misc]  # five members
        *names,
        point,  # type: ignore[arg-type]  # two numbers
        _decay_rates(chart) if rates else None,
    )
    draw = {".png": style.to_png, ".svg": style.to_svg, ".pdf": style.to_pdf}[figure.suffix]
    figure.write_bytes(draw(certified_chart.figure(data)))
    return [figure, certificate, table]


def _decay_rates(chart: StabilityChart) -> Any:
    """The computed decay rate on a grid; nan where no root was found."""
    import numpy as np

    from sddeverify.analysis.roots import rightmost_float
    from sddeverify.checker.document import Malformed
    from sddeverify.checker.function import member
    from sddeverify.checker.interval import Pair
    from sddeverify.delays import Law
    from sddeverify.models import CharacteristicFunction

    xs, ys = ([axis.lo + axis.width * k / (_RATES - 1) for k in range(_RATES)] for axis in (chart.x, chart.y))
    found = np.full((_RATES, _RATES), np.nan)
    for row, column in np.ndindex(found.shape):
        box = {"$x": Pair(xs[column], xs[column]), "$y": Pair(ys[row], ys[row])}
        try:
            source: Any = member(chart.family, box).source
            a, b = tuple(source["damping"]), tuple(source["undelayed"])
            if set(a + b) == {"0"}:
                found[row, column] = 0  # nothing pulls
                continue
            h = CharacteristicFunction(a, Law.from_json(source["delay"]), b)
            found[row, column] = -rightmost_float(h).real
        except (SddeverifyError, Malformed, ArithmeticError):
            continue
    return np.array(xs, dtype=float), np.array(ys, dtype=float), found


def _print(chart: StabilityChart, files: list[Path], as_json: bool) -> None:
    stable, undecided = chart.share(0), chart.share(None)
    if as_json:
        import json

        summary: dict[str, Any] = {
            "claim": "stability_chart",
            "status": "certified",
            "statement": chart.statement,
            "digest": chart.digest,
            "cells": len(chart.cells()),
            "stable": float(stable),
            "unstable": float(1 - stable - undecided),
            "undecided": float(undecided),
            "files": [str(path) for path in files],
        }
        if not files:
            summary["certificate"] = chart.document
        typer.echo(json.dumps(summary, indent=2))
        return
    typer.echo(f"certified: {chart.statement}")
    shares = {"stable": stable, "unstable": 1 - stable - undecided, "undecided": undecided}
    typer.echo("area: " + ", ".join(f"{name} {float(share):.2%}" for name, share in shares.items()))
    typer.echo(f"sha256 of the claim: {chart.digest}")
    for path in files:
        typer.echo(f"saved: {path}")
