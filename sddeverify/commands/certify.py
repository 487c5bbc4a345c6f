"""``sddeverify certify``: prove one claim and save its certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.commands._claims import prove
from sddeverify.commands._outputs import EXIT_INCONCLUSIVE, require_output
from sddeverify.errors import InvalidScenario, MissingExtra

if TYPE_CHECKING:
    from sddeverify.certificates import Certificate, Inconclusive

SUFFIX = ".cert.json"
CSV, FIGURES = ".csv", (".png", ".svg", ".pdf")
_DIGITS = 12


def command(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="The claim to prove: a name from the list above.")],
    delay: Annotated[str | None, typer.Option(metavar="LAW", help='The delay law, such as "erlang(3, 1)".')] = None,
    delay_hi: Annotated[
        str | None,
        typer.Option(
            metavar="LAW", help="The same law at the upper ends of its parameters: every law between is meant."
        ),
    ] = None,
    damping: Annotated[
        str | None,
        typer.Option(metavar="a", help='The damping coefficient: 3/2, 0.3, or "1/2,3/2" for an interval.'),
    ] = None,
    undelayed: Annotated[
        str | None, typer.Option(metavar="b", help="The coefficient of the undelayed term; 0 if left out.")
    ] = None,
    abscissa: Annotated[
        str | None, typer.Option(metavar="c", help="root_count, all_roots: look where Re s >= c.")
    ] = None,
    near: Annotated[
        str | None, typer.Option(metavar="re,im", help='root_enclosure: a point near the root, "-1/3,1.3".')
    ] = None,
    digits: Annotated[int | None, typer.Option(metavar="n", help="How many digits to enclose.")] = None,
    step: Annotated[
        str | None,
        typer.Option(metavar="alpha", help="mean_square_stability: learning rate x Hessian eigenvalue."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(metavar="eps", help="time_to_target: between 0 and 1; 1/100 if left out.")
    ] = None,
    up_to: Annotated[
        str | None, typer.Option(metavar="A", help="stability_boundary, crossings: look at damping up to A only.")
    ] = None,
    parameter: Annotated[
        str | None,
        typer.Option(metavar="lo,hi", help='boundary_tube: the range of $ in the delay, "erlang(3, $)".'),
    ] = None,
    x: Annotated[
        str | None, typer.Option("--x", metavar="lo,hi", help="stability_chart: the range of $x in damping or delay.")
    ] = None,
    y: Annotated[
        str | None, typer.Option("--y", metavar="lo,hi", help="stability_chart: the range of $y in damping or delay.")
    ] = None,
    cells: Annotated[int | None, typer.Option(metavar="n", help="How many cells; of a chart, on each side.")] = None,
    mean_delay: Annotated[
        str | None, typer.Option(metavar="m", help="law_free_bound: the mean delay, all that is known of it.")
    ] = None,
    lag: Annotated[int | None, typer.Option(metavar="d", help="discrete_boundary: the staleness.")] = None,
    geometric: Annotated[
        str | None,
        typer.Option(metavar="q", help="discrete_boundary: the lag is j with probability (1 - q) q^j instead."),
    ] = None,
    workers: Annotated[int | None, typer.Option(metavar="P", help="memoryless_boundary: how many.")] = None,
    table: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="optimum: the candidates and their functions (*.json, *.toml)."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help=f"Where to save the certificate (*{SUFFIX})."),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="boundary_tube: write its cells, exact and in decimals."),
    ] = None,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", metavar="FILE", help="boundary_tube: draw it (*.png, *.svg, *.pdf)."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Prove one claim and save its certificate.

    The claim is about the roots of h(s) = s + b + a E[exp(-s tau)], where tau is the delay. Numbers are
    exact: 3/10 and 0.3 are the same rational.

    \b
    stability              stable in the mean, or not, for a number or an interval
    stability_boundary     up to which damping coefficient a law is stable
    boundary_tube          the same along a parameter of the law
    crossings              where roots cross the imaginary axis, and which way
    delay_margin           how much more constant delay is stable
    stability_chart        the number of unstable roots over two parameters $x, $y
    decay_rate             how fast the mean decays
    rightmost_root         the root that decides it
    root_count             how many roots have Re s >= c (0 if left out)
    all_roots              all roots with Re s >= c, in small discs
    root_enclosure         one simple root in a small disc
    stationary_variance    the variance that a noise of intensity 1 leaves
    mean_square_stability  whether the mean square stays bounded
    time_to_target         when the mean path stays within a target, for a constant delay
    memoryless_boundary    up to which step P memoryless workers are so, exactly
    discrete_boundary      up to which step a fixed or geometric lag is stable in the mean
    law_free_bound         up to which damping every law of a mean delay is stable
    optimum                the candidate that decays fastest; of a scenario: sddeverify optimize

    \b
    Example: sddeverify certify stability --damping 3/2 --delay "constant(1)" -o x.cert.json
    Exit status: 0 certified, 3 inconclusive (no proof either way), 2 bad input.
    """
    values = {
        "delay": delay,
        "delay_hi": delay_hi,
        "damping": damping,
        "undelayed": undelayed,
        "abscissa": abscissa,
        "near": near,
        "digits": digits,
        "step": step,
        "target": target,
        "up_to": up_to,
        "parameter": parameter,
        "x": x,
        "y": y,
        "cells": cells,
        "mean_delay": mean_delay,
        "lag": lag,
        "geometric": geometric,
        "workers": workers,
        "table": table,
    }
    given = {name: value for name, value in values.items() if value is not None}
    if claim != "boundary_tube" and (csv or figure):
        raise InvalidScenario(f"--{'csv' if csv else 'figure'}: it is for boundary_tube; sddeverify chart draws charts")
    require_output("--out", out, (SUFFIX,), force=force, why=", which sddeverify check looks for")
    require_output("--csv", csv, (CSV,), force=force)
    require_output("--figure", figure, FIGURES, force=force)
    if figure is not None:
        _require_figures()
    result = prove(claim, given)

    from sddeverify.certificates import Inconclusive

    if isinstance(result, Inconclusive):
        _print_inconclusive(claim, result, as_json)
        raise typer.Exit(EXIT_INCONCLUSIVE)
    if out is not None:
        result.save(out)
    if csv is not None:
        _write_csv(result, csv)
    if figure is not None:
        _draw(result, figure, str(delay))
    _print_certified(claim, result, {"file": out, "csv": csv, "figure": figure}, as_json)


def _require_figures() -> None:
    try:
        import matplotlib as _  # noqa: F401  # says before a long proof whether it is there
    except ImportError:
        raise MissingExtra("--figure needs matplotlib: install sddeverify[report]") from None


def _write_csv(tube: Any, path: Path) -> None:
    """Write the cells exactly, and in decimals that say no more: brackets are rounded outward, cells inward."""
    import csv

    from sddeverify.exact import decimal_down as down
    from sddeverify.exact import decimal_up as up
    from sddeverify.exact import spell

    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.writer(file)
        names = ("parameter_from", "parameter_to", "damping_lo", "damping_hi")
        writer.writerow([*names, *(f"{name}_decimal" for name in names)])
        for row in tube.rows():
            start, end, lo, hi = row
            decimals = (up(start, _DIGITS), down(end, _DIGITS), down(lo, _DIGITS), up(hi, _DIGITS))
            writer.writerow([*map(spell, row), *decimals])


def _draw(tube: Any, path: Path, law: str) -> None:
    from sddeverify.views import boundary_tube, style

    name, law = (text.replace("$", r"\$") for text in ("parameter $ of the delay law", law))  # not as mathematics
    data = boundary_tube.Data(tube.rows(), name, law)
    draw = {".png": style.to_png, ".svg": style.to_svg, ".pdf": style.to_pdf}[path.suffix]
    path.write_bytes(draw(boundary_tube.figure(data)))


def _print_inconclusive(claim: str, result: Inconclusive, as_json: bool) -> None:
    if as_json:
        import json

        summary = {
            "claim": claim,
            "status": "inconclusive",
            "reason": result.reason.name,
            "detail": result.detail,
        }
        typer.echo(json.dumps(summary, indent=2))
    else:
        typer.echo(str(result))


def _print_certified(claim: str, result: Certificate, files: dict[str, Path | None], as_json: bool) -> None:
    written = {name: str(path) for name, path in files.items() if path is not None}
    if as_json:
        import json

        summary: dict[str, Any] = {
            "claim": claim,
            "status": "certified",
            "statement": result.statement,
            "digest": result.digest,
            "file": None,
            **written,
        }
        if "file" not in written:
            summary["certificate"] = result.document
        typer.echo(json.dumps(summary, indent=2))
        return
    typer.echo(f"certified: {result.statement}")
    typer.echo(f"sha256 of the claim: {result.digest}")
    if "file" not in written:
        typer.echo("not saved; add -o FILE to keep the certificate")
    for path in written.values():
        typer.echo(f"saved: {path}")
