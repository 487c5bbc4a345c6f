"""``sddeverify atlas``: certified critical values of standard delay laws, to cite or to compare with."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.errors import UnsupportedScenario, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.certificates import Certificate, Inconclusive

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
_ROUGH = 4  # digits of a mean-square limit where the variance is known by quadrature only
_KINDS = ("boundary", "oscillation", "mean_square")
_FILES = {"boundary": ("boundary",), "oscillation": ("below", "above"), "mean_square": ("stable", "unstable")}


def command(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where the certificates are, or go.")],
    check: Annotated[bool, typer.Option("--check", help="Only re-check the certificates that are there.")] = False,
    only: Annotated[str | None, typer.Option(metavar="LAW", help="One law of the table.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    r"""Certify critical values of standard delay laws of mean 1.

    For each law: the critical damping (30 digits); the damping below which the rightmost root is real, and beyond which
    it is one of a complex pair (30 digits); and the damping at which 16 workers lose mean-square stability in the delay
    equation (30 digits, 4 where the variance needs a quadrature).

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

        out.mkdir(parents=True, exist_ok=True)
        for name in track(names, "certifying", console=Console(stderr=True)):
            _make(name, out)
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


def markdown(rows: list[dict[str, str]]) -> str:
    """Return the rows as a Markdown table."""
    head = ["law (mean 1)", "critical damping", "oscillation from", f"mean square, {WORKERS} workers"]
    lines = [f"| {' | '.join(head)} |", "|---|---|---|---|"]
    lines += [f"| `{row['law']}` | {row['boundary']} | {row['oscillation']} | {row['mean_square']} |" for row in rows]
    return "\n".join(lines)


def _cell(name: str, kind: str, folder: Path) -> str:
    from sddeverify.checker.document import digest
    from sddeverify.delays import parse
    from sddeverify.regions import read_accepted

    claims = []
    for part in _FILES[kind]:
        path = folder / f"{name}_{part}.cert.json"
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
    "mean_square": _mean_square,
}


def _common(lo: Fraction, hi: Fraction) -> str:
    """Return the midpoint with as many decimals that the value differs from it by less than one unit of the last."""
    digits = 0
    while digits < 60 and (hi - lo) * 10 ** (digits + 1) < 1:
        digits += 1
    whole, rest = divmod(round((lo + hi) / 2 * 10**digits), 10**digits)
    return f"{whole}.{rest:0{digits}d}"


def _make(name: str, folder: Path) -> None:
    """Certify the values of one law and save the certificates."""
    from sddeverify.certificates import mean_square_stability, rightmost_root, stability_boundary
    from sddeverify.delays import parse
    from sddeverify.models import CharacteristicFunction

    law = parse(LAWS[name])
    _save(stability_boundary.prove(law, digits=DIGITS + 1), folder / f"{name}_boundary.cert.json")
    point, width = double_point(name), Fraction(1, 10 ** (DIGITS + 1))
    for part, a in (("below", point - width), ("above", point + width)):
        found = rightmost_root.prove(CharacteristicFunction(a, law), digits=DIGITS // 2 + 5)
        _save(found, folder / f"{name}_{part}.cert.json")
    limit, width = mean_square_limit(name)
    for part, a in (("stable", limit - width), ("unstable", limit + width)):
        proved = mean_square_stability.prove(CharacteristicFunction(a, law), a / WORKERS)
        _save(proved, folder / f"{name}_{part}.cert.json")


def _save(result: Certificate | Inconclusive, path: Path) -> None:
    from sddeverify.certificates import Inconclusive

    if isinstance(result, Inconclusive):
        raise UnsupportedScenario(f"{path.name}: {result}")
    result.save(path)


def double_point(name: str) -> Fraction:
    """Return the damping at which two real roots meet, computed to more digits than are certified.

    There h = h' = 0: a = -s/Phi(s) is greatest on the real axis left of 0 (Newton's method with mpmath).
    """
    from mpmath import MPContext

    from sddeverify.delays import parse

    context = MPContext()
    context.dps = DIGITS + 25
    law = parse(LAWS[name])

    def damping(s: Any) -> Any:
        return -s / law.laplace(s, context.exp)

    s = context.findroot(lambda s: context.diff(damping, s), context.mpf("-0.7"))
    return Fraction(context.nstr(damping(s), DIGITS + 15))


def mean_square_limit(name: str) -> tuple[Fraction, Fraction]:
    """Return the damping a with alpha a S(a) = 1, alpha = a/16, computed by bisection, and a width to certify."""
    from sddeverify.analysis import moments
    from sddeverify.certificates import Inconclusive, stationary_variance
    from sddeverify.delays import parse
    from sddeverify.models import CharacteristicFunction

    law = parse(LAWS[name])
    rough = not (name == "constant" or name.startswith(("exponential", "erlang")))
    digits = _ROUGH if rough else DIGITS
    lo, hi = Fraction(1, 2), Fraction(12)
    while hi - lo > Fraction(1, 10 ** (digits + 3)):
        middle = Fraction(round((lo + hi) / 2 * 10 ** (digits + 5)), 10 ** (digits + 5))
        h = CharacteristicFunction(middle, law)
        if rough:  # computed; what is certified are the two ends
            try:
                below = float(middle**2 / WORKERS) * float(moments.stationary_variance(h)) < 1
            except UnsupportedScenario:
                below = False  # the mean is unstable
        else:
            found = stationary_variance.prove(h, digits=digits + 8)
            below = not isinstance(found, Inconclusive) and middle**2 / WORKERS * found.variance.midpoint < 1
        lo, hi = (middle, hi) if below else (lo, middle)
    return (lo + hi) / 2, Fraction(1, 10 ** (digits + 1))
