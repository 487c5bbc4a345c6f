"""``sddeverify slowdown``: what delays and gradient noise do to the time until a target, as a table."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def command(
    delay: Annotated[
        str, typer.Argument(metavar="[LAW]", help='The delay law, such as "erlang(3, 1)".')
    ] = "constant(1)",
    strengths: Annotated[
        str,
        typer.Option(metavar="c,...", help="Damping x mean delay, for each row: exact numbers with commas between."),
    ] = "37/100,1,13/10,3/2",
    target: Annotated[str, typer.Option(metavar="eps", help="The share of the start to arrive at, below 1.")] = "1/100",
    floor: Annotated[
        str, typer.Option(metavar="g", help="Stationary variance of the gradient noise, as a share of eps^2, below 1.")
    ] = "1/10",
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Compute what longer delays and more noise cost in time.

    The table has the time until a target, and its elasticities in the delays and in the gradient noise.
    An elasticity of 6 says: one per cent more, six per cent more time. Delays change at the same damping; noise by its
    standard deviation. All numbers are computed, none is certified; times are in mean delays. For a constant delay,
    sddeverify certify time_to_target certifies the last passage.

    \b
    Example: sddeverify slowdown "exponential(1)" --strengths 1/10,1/5,1,2
    Exit status: 0 done, 2 bad input.
    """
    from sddeverify.analysis import hitting_times
    from sddeverify.delays import parse
    from sddeverify.exact import positive

    shares = {name: float(positive(text, f"--{name}")) for name, text in {"target": target, "floor": floor}.items()}
    rows = hitting_times.sensitivities(parse(delay), strengths.split(","), **shares)
    if as_json:
        typer.echo(
            json.dumps({"delay": delay, "status": "computed", **shares, "rows": list(map(vars, rows))}, indent=2)
        )
        return
    typer.echo(f"{'c':>8}{'ln(1/target)/rate':>20}{'last passage':>15}{'in the delays':>16}{'in the noise':>15}")
    for row in rows:
        slope = "two roots meet" if row.delay is None else f"{row.delay:.4g}"
        typer.echo(f"{row.strength:>8.6g}{row.asymptotic:>20.5g}{row.last:>15.5g}{slope:>16}{row.noise:>15.3g}")
    typer.echo("computed; times in mean delays, then the elasticities of ln(1/target)/rate")
