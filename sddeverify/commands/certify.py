"""``sddeverify certify``: prove one claim and save its certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.errors import InvalidScenario, invalid

if TYPE_CHECKING:
    from fractions import Fraction

    from sddeverify.certificates import Certificate, Inconclusive

SUFFIX = ".cert.json"
EXIT_INCONCLUSIVE = 3
MAX_CELLS = 20_000


def command(
    claim: Annotated[str, typer.Argument(metavar="CLAIM", help="The claim to prove: a name from the list above.")],
    delay: Annotated[str | None, typer.Option(metavar="LAW", help='The delay law, such as "erlang(3, 1)".')] = None,
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
    workers: Annotated[int | None, typer.Option(metavar="P", help="memoryless_boundary: how many.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help=f"Where to save the certificate (*{SUFFIX})."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
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
    discrete_boundary      up to which step P = lag + 1 equal workers in turn are stable
    law_free_bound         up to which damping every law of a mean delay is stable
    optimum                the candidate that decays fastest (from Python only)

    \b
    Example: sddeverify certify stability --damping 3/2 --delay "constant(1)" -o x.cert.json
    Exit status: 0 certified, 3 inconclusive (no proof either way), 2 bad input.
    """
    values = {
        "delay": delay,
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
        "workers": workers,
    }
    given = {name: value for name, value in values.items() if value is not None}
    _check_options(claim, set(given))
    _check_output(out, force)
    result = prove(claim, given)

    from sddeverify.certificates import Inconclusive

    if isinstance(result, Inconclusive):
        _print_inconclusive(claim, result, as_json)
        raise typer.Exit(EXIT_INCONCLUSIVE)
    if out is not None:
        result.save(out)
    _print_certified(claim, result, out, as_json)


# How the arguments of provers are called on the command line, and which of these cannot be left out.
_SPREAD = {
    "h": ({"delay", "damping", "undelayed"}, {"delay", "damping"}),
    "law": ({"delay"}, {"delay"}),
    "parameter": ({"parameter", "cells"}, {"parameter", "cells"}),
    "model": (set(), set()),
    "provenance": (set(), set()),
    "on_cell": (set(), set()),
    "family": ({"delay", "damping", "undelayed"}, {"delay", "damping"}),
    "resume": (set(), set()),
}


def options(claim: str) -> tuple[set[str], set[str]]:
    """Return which options a claim takes and which of them it needs: those of its prover.

    Raises:
        InvalidScenario: for an unknown claim, or one that has no form on the command line.
    """
    import inspect

    from sddeverify.certificates import CLAIMS

    if claim not in CLAIMS:
        raise invalid("CLAIM", claim, f"one of {', '.join(CLAIMS)}")
    takes: set[str] = set()
    needs: set[str] = set()
    for one in inspect.signature(CLAIMS[claim].prove).parameters.values():
        alone = ({one.name}, {one.name} if one.default is one.empty else set())
        taken, needed = _SPREAD.get(one.name, alone)
        takes |= taken
        needs |= needed
    if "table" in takes:
        raise InvalidScenario(f"CLAIM: {claim} needs a table of functions; call sddeverify.certificates.{claim}.prove")
    return takes, needs


def _check_options(claim: str, given: set[str]) -> None:
    # An option that is silently ignored would certify another question than the one asked.
    takes, needs = options(claim)
    for name in sorted(needs - given):
        raise InvalidScenario(f"--{_spelled(name)}: {claim} needs it; see sddeverify certify --help")
    for name in sorted(given - takes):
        known = ", ".join(f"--{_spelled(option)}" for option in sorted(takes))
        raise InvalidScenario(f"--{_spelled(name)}: {claim} does not take it; it takes {known}")


def _spelled(name: str) -> str:
    return name.replace("_", "-")


def _check_output(out: Path | None, force: bool) -> None:
    # Before the proof, which may take long; what happens to the folder meanwhile is reported by save.
    if out is None:
        return
    # Not by invalid(), which shortens a long value: a path is of no use in part.
    if not out.name.endswith(SUFFIX) or out.name == SUFFIX:
        raise InvalidScenario(f"--out: write a name ending in {SUFFIX}, which sddeverify check looks for, not {out}")
    if not out.parent.is_dir():
        raise InvalidScenario(f"--out: the folder of {out} does not exist; write a file in an existing folder")
    if out.is_dir() or (out.exists() and not force):
        raise InvalidScenario(f"--out: {out} exists already; write another name, or add --force to overwrite it")


def prove(claim: str, given: dict[str, Any]) -> Certificate | Inconclusive:
    """Prove a claim from its options as they are written: text, or integers where a count is meant.

    Args:
        claim: Name of the claim.
        given: Name of an option (``delay``, ``up_to``, ...) -> what was written.

    Raises:
        InvalidScenario: for an unknown claim or option, one that is missing, and a value that is not allowed.
    """
    _check_options(claim, set(given))
    from sddeverify.certificates import CLAIMS
    from sddeverify.certificates.stability_chart import family
    from sddeverify.delays import parse
    from sddeverify.models import CharacteristicFunction

    wanted: dict[str, Any] = {name: _read(f"--{_spelled(name)}", value) for name, value in given.items()}
    text = wanted.pop("delay", None)
    if "x" in wanted:
        wanted["family"] = family(text, wanted.pop("damping"), wanted.pop("undelayed", 0))
    elif "parameter" in wanted:
        wanted["law"] = lambda value: parse(text.replace("$", str(value)))
        wanted["parameter"] = _grid(wanted["parameter"], wanted.pop("cells"))
    elif "damping" in wanted and "mean_delay" not in wanted:
        law = parse(text)
        wanted["h"] = CharacteristicFunction(wanted.pop("damping"), law, wanted.pop("undelayed", 0))
    elif text is not None:
        wanted["law"] = parse(text)
    result: Certificate | Inconclusive = CLAIMS[claim].prove(**wanted)
    return result


def _grid(ends: Any, cells: int) -> list[Fraction]:
    """Return the ends of equal cells."""
    from sddeverify.exact import enclosure

    whole = enclosure(ends, "--parameter")
    if whole.width == 0 or not 1 <= cells < MAX_CELLS:
        raise invalid(
            "--parameter, --cells", f"{whole} in {cells}", f"lo,hi with lo < hi, and 1 to {MAX_CELLS - 1} cells"
        )
    return [whole.lo + whole.width * k / cells for k in range(cells + 1)]


_PAIRS = ("--near", "--parameter", "--x", "--y")  # a single number would not do


def _read(field: str, value: str | int) -> str | int | tuple[str, str]:
    """Turn "1/2,3/2" into a pair; whether a claim takes a number or a pair is for its prover to say."""
    if isinstance(value, str) and field != "--delay" and ("," in value or field in _PAIRS):
        return _pair(field, value)
    return value


def _pair(field: str, text: str) -> tuple[str, str]:
    parts = text.split(",")
    if len(parts) != 2:
        raise invalid(field, text, 'two exact rationals with a comma between, such as "1/2,3/2"')
    return parts[0].strip(), parts[1].strip()


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


def _print_certified(claim: str, result: Certificate, out: Path | None, as_json: bool) -> None:
    if as_json:
        import json

        summary: dict[str, Any] = {
            "claim": claim,
            "status": "certified",
            "statement": result.statement,
            "digest": result.digest,
            "file": None if out is None else str(out),
        }
        if out is None:
            summary["certificate"] = result.document
        typer.echo(json.dumps(summary, indent=2))
        return
    typer.echo(f"certified: {result.statement}")
    typer.echo(f"sha256 of the claim: {result.digest}")
    typer.echo("not saved; add -o FILE to keep the certificate" if out is None else f"saved: {out}")
