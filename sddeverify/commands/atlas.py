"""``sddeverify atlas``: certified critical values of standard delay laws, to cite or to compare with."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable

LAWS = {
    "constant": "constant(1)",
    "exponential": "exponential(1)",
    "erlang_2": "erlang(2, 1)",
    "erlang_3": "erlang(3, 1)",
    "erlang_4": "erlang(4, 1)",
    "uniform": "uniform(0, 2)",
    "shifted_exponential": "shifted_exponential(1/2, 1/2)",
    "two_constants": "1/2*constant(1/2) + 1/2*constant(3/2)",
}
"""Standard laws of mean 1, so that damping is in units of 1/(mean delay)."""

DIGITS = 30
WORKERS = 16
SLOWER = 6  # so many certificates of slower decay, each for dampings up to 16 times as far from the double point
_KINDS = ("boundary", "oscillation", "fastest", "mean_square")
TIED = {"exponential": "every one from 1/4 on"}  # h(s)(1 + s) = s^2 + s + a: Re s = -1/2 for both roots


def command(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the certificates are, or go.")],
    check: Annotated[bool, typer.Option("--check", help="Only re-check the certificates that are there.")] = False,
    only: Annotated[str | None, typer.Option(metavar="LAW", help="One law of the table.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Certify critical values of standard delay laws of mean 1.

    For each law: the critical damping (30 digits); the damping below which the rightmost root is real, and beyond which
    it is one of a complex pair (30 digits); the damping at which the mean decays fastest (6 digits); and the damping at
    which 16 workers lose mean-square stability in the delay equation (30 digits, 4 where the variance needs a
    quadrature).

    \b
    Example: sddeverify atlas -o atlas
    Example: sddeverify atlas -o atlas --check
    Exit status: 0 fine, 2 bad input or a certificate that is not accepted.
    """
    if only is not None and only not in LAWS:
        raise invalid("--only", only, f"one of {', '.join(LAWS)}")
    names = [only] if only else list(LAWS)
    if not check:
        from rich.console import Console
        from rich.progress import track

        from sddeverify.commands._atlas import make

        out.mkdir(parents=True, exist_ok=True)
        console = Console(stderr=True)
        for name in track(names, "certifying", console=console, transient=True, disable=not console.is_terminal):
            make(name, out)
    rows = table(out, names)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        typer.echo(markdown(rows))


def table(folder: Path, names: list[str] | None = None) -> list[dict[str, str]]:
    """Return the rows of the atlas from the certificates in a folder, each checked by the kernel.

    Raises:
        InvalidScenario: if a certificate is missing, not accepted, or not about the law that its name says.
    """
    rows = []
    for name in names or LAWS:
        row = {"law": LAWS[name]}
        for kind in _KINDS:
            row[kind] = _cell(name, kind, folder)
        rows.append(row)
    return rows


def markdown(rows: list[dict[str, str]], folder: str | None = None) -> str:
    """Return the rows as a Markdown table, with links to the certificates if the address of their folder is given."""
    head = ["law (mean 1)", "critical damping", "oscillation from", "fastest at", f"mean square, {WORKERS} workers"]
    lines = [f"| {' | '.join(head)} |", "|---|---|---|---|---|"]
    names = {law: name for name, law in LAWS.items()}
    for row in rows:
        cells = [f"`{row['law']}`"]
        for kind in _KINDS:
            files = files_of(names[row["law"]], kind) if folder is not None else []
            links = [f"[{number}]({folder}/{file})" for number, file in enumerate(files, 1)]
            cells.append(
                " ".join(
                    [
                        _breakable(row[kind]) if folder else row[kind],
                        *([f"<br>proof: {' '.join(links)}"] if links else []),
                    ]
                )
            )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _breakable(number: str) -> str:
    """Return a number that a narrow page may break after every ten decimals."""
    whole, point, decimals = number.partition(".")
    return whole + point + "<wbr>".join(decimals[i : i + 10] for i in range(0, len(decimals), 10))


def files_of(name: str, kind: str) -> list[str]:
    """Return the names of the certificates on which one value of one law stands."""
    slower = [f"slower_{number}" for number in range(1, SLOWER + 1)]
    parts = {
        "boundary": ["boundary"],
        "oscillation": ["below", "above"],
        "fastest": [] if name in TIED else ["below", *slower, "boundary"],
        "mean_square": ["stable", "unstable"],
    }
    return [f"{name}_{part}.cert.json" for part in parts[kind]]


def _cell(name: str, kind: str, folder: Path) -> str:
    from sddeverify.checker.document import digest
    from sddeverify.delays import parse
    from sddeverify.regions import read_accepted

    if kind == "fastest" and name in TIED:
        return TIED[name]
    claims = []
    for file in files_of(name, kind):
        path = folder / file
        claim = read_accepted(path)[1]["claim"]
        if digest(claim["delay"]) != digest(parse(LAWS[name]).to_json()):
            raise invalid("certificate", str(path), f"a certificate about {LAWS[name]}")
        claims.append(claim)
    return _READ[kind](claims)


def _boundary(claims: list[dict[str, Any]]) -> str:
    lo, hi = claims[0]["damping"]
    return f"none up to {lo}" if hi is None else _common(Fraction(lo), Fraction(hi))


def _oscillation(claims: list[dict[str, Any]]) -> str:
    below, above = claims
    if below["imag"] != ["0", "0"] or Fraction(above["imag"][0]) <= 0 or above["roots"] != 2:
        raise invalid("certificate", "oscillation", "a real root below, and a complex pair above")
    return _common(Fraction(below["damping"][0]), Fraction(above["damping"][0]))


def _fastest(claims: list[dict[str, Any]]) -> str:
    """Return the damping of fastest decay from the root at one just below, slower decay beyond, and the boundary.

    At the damping a of the first certificate the rightmost root s is real. -x/Phi(x) goes from a to 0 between s and 0,
    so every smaller damping has a real root right of s: it is slower. Every damping of the others has a root right of
    s, too; each begins where the last ended, and they reach to where stability is lost.
    """
    below, *slower, boundary = claims
    if below["type"] != "rightmost_root" or below["imag"] != ["0", "0"]:
        raise invalid("certificate", "fastest", "a real rightmost root below the double point")
    reached = first = Fraction(slower[0]["damping"][0])
    for claim in slower:
        lo, hi = map(Fraction, claim["damping"])
        right = claim["type"] == "root_count" and claim["roots"] > 0
        if not right or Fraction(claim["abscissa"]) < Fraction(below["real"][1]) or lo > reached:
            raise invalid("certificate", "fastest", "slower decay at every damping between")
        reached = max(reached, hi)
    if boundary["type"] != "stability_boundary" or reached < Fraction(boundary["damping"][1]):
        raise invalid("certificate", "fastest", "slower decay up to the critical damping")
    return _common(Fraction(below["damping"][0]), first)


def _mean_square(claims: list[dict[str, Any]]) -> str:
    stable, unstable = claims
    if not stable["stable"] or unstable["stable"]:
        raise invalid("certificate", "mean_square", "a stable one, and one that is not")
    for claim in claims:
        if Fraction(claim["step"][0]) * WORKERS != Fraction(claim["damping"][0]):
            raise invalid("certificate", "mean_square", f"a step of damping/{WORKERS}")
    return _common(Fraction(stable["damping"][0]), Fraction(unstable["damping"][0]))


_READ: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "boundary": _boundary,
    "oscillation": _oscillation,
    "fastest": _fastest,
    "mean_square": _mean_square,
}


def _common(lo: Fraction, hi: Fraction) -> str:
    """Return the midpoint with as many decimals that the value differs from it by less than one unit of the last."""
    digits = 0
    while digits < 60 and (hi - lo) * 10 ** (digits + 1) < 1:
        digits += 1
    whole, rest = divmod(round((lo + hi) / 2 * 10**digits), 10**digits)
    return f"{whole}.{rest:0{digits}d}"
