"""``sddeverify interval``: how far one parameter of a scenario may go, and what happens beyond."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sddeverify.commands._outputs import EXIT_INCONCLUSIVE
from sddeverify.errors import InvalidScenario, invalid

if TYPE_CHECKING:
    from fractions import Fraction

    from sddeverify.certificates import Certificate, Inconclusive
    from sddeverify.exact import Enclosure
    from sddeverify.models import Model

MEANING = {
    "learning_rate": "learning rate",
    "workers": "number of workers",
    "mean_delay": "mean delay, at the damping of the scenario and with the law of the same shape",
    "shift": "constant delay added, at the damping of the scenario",
}


def command(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario file (.json or .toml).")],
    over: Annotated[str, typer.Option(metavar="|".join(MEANING), help="The parameter that varies.")] = "learning_rate",
    up_to: Annotated[
        str | None, typer.Option(metavar="X", help="How far to look; four times the scenario's value if left out.")
    ] = None,
    digits: Annotated[int, typer.Option(metavar="N", help="Digits of each crossing, but for shift: 6 there.")] = 9,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="DIR", help="A new folder for the certificates.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Certify where one parameter is stable, and all crossings beyond.

    For the largest Hessian eigenvalue, in the mean: every range of the parameter with the certified number of unstable
    roots, and the narrow ranges between, in which a pair of roots crosses the imaginary axis, out or back in.

    \b
    Example: sddeverify interval scenario.toml --over workers --up-to 200
    Exit status: 0 certified, 3 inconclusive, 2 bad input.
    """
    if over not in MEANING:
        raise invalid("--over", over, f"one of {', '.join(MEANING)}")
    if out is not None and (out.exists() or not out.parent.is_dir()):
        raise InvalidScenario(f"--out: {out} exists, or its parent does not; write the name of a new folder")

    from fractions import Fraction

    from sddeverify.certificates import Inconclusive
    from sddeverify.derivations import derive
    from sddeverify.exact import positive
    from sddeverify.scenario import Scenario

    model = derive(Scenario.load(scenario)).model
    values = {"learning_rate": model.learning_rate, "workers": Fraction(model.workers)}
    top = 4 * values.get(over, model.mean_delay.hi) if up_to is None else positive(up_to, "--up-to")
    found = _shift(model, top) if over == "shift" else _scaled(model, over, top, digits)
    if isinstance(found, Inconclusive):
        typer.echo(
            json.dumps({"over": over, "status": "inconclusive", "detail": str(found)}) if as_json else str(found)
        )
        raise typer.Exit(EXIT_INCONCLUSIVE)
    ranges, unstable, certificates = found
    files = [] if out is None else _save(out, certificates)
    _print(over, ranges, unstable, files, as_json)


Found = tuple["list[Enclosure]", list[int], "dict[str, Certificate]"]


def _scaled(model: Model, over: str, top: Fraction, digits: int) -> Found | Inconclusive:
    """All crossings of the law in the damping a; the parameter is a times a factor, which is known exactly."""
    from fractions import Fraction

    from sddeverify.certificates import Inconclusive, Reason, crossings
    from sddeverify.exact import Enclosure

    mean, hessian = model.mean_delay, model.hessian[-1]
    pull = model.learning_rate * hessian * model.workers
    lo, hi = {
        "learning_rate": (mean.lo / (hessian * model.workers), mean.hi / (hessian * model.workers)),
        "workers": (mean.lo / (model.learning_rate * hessian), mean.hi / (model.learning_rate * hessian)),
        "mean_delay": (mean.lo**2 / pull, mean.hi**2 / pull),
    }[over]
    found = crossings.prove(model.delay, top / lo, digits, provenance={"derivation": model.provenance})
    if isinstance(found, Inconclusive):
        return found
    ends = [Fraction(0)]
    for x in found.crossings:
        ends += [x.damping.lo * lo, x.damping.hi * hi]
    ends.append(top)
    pairs = list(zip(ends[::2], ends[1::2], strict=True))
    if any(x >= y for x, y in pairs):
        return Inconclusive(Reason.PRECISION, "the mean delay is not known well enough to tell two crossings apart")
    return [Enclosure(x, y) for x, y in pairs], found.unstable_roots, {"crossings": found}


def _shift(model: Model, top: Fraction) -> Found | Inconclusive:
    from sddeverify.certificates import Inconclusive, _shifts
    from sddeverify.models import CharacteristicFunction

    damping = model.damping[-1]
    h = CharacteristicFunction((damping.lo, damping.hi), model.delay)
    found = _shifts.prove(h, top)
    if isinstance(found, Inconclusive):
        return found
    named = {
        f"unstable_roots_{k}_{part}": one
        for k, parts in enumerate(found.certificates)
        for part, one in enumerate(parts)
    }
    return found.stretches, found.unstable, dict(named)


def _save(out: Path, certificates: dict[str, Certificate]) -> list[str]:
    out.mkdir()
    for name, one in certificates.items():
        one.save(out / f"{name}.cert.json")
    return [str(out / f"{name}.cert.json") for name in certificates]


def _print(over: str, ranges: list[Enclosure], unstable: list[int], files: list[str], as_json: bool) -> None:
    from itertools import pairwise

    from sddeverify.exact import Enclosure as Range
    from sddeverify.exact import decimal_down, decimal_up, pair

    between = [Range(x.hi, y.lo) for x, y in pairwise(ranges)]
    ways = ["out" if later > earlier else "in" for earlier, later in pairwise(unstable)]
    if as_json:
        document: dict[str, Any] = {
            "over": over,
            "status": "certified",
            "ranges": [{"range": pair(x), "unstable_roots": n} for x, n in zip(ranges, unstable, strict=True)],
            "crossings": [{"range": pair(x), "direction": way} for x, way in zip(between, ways, strict=True)],
            "files": files,
        }
        typer.echo(json.dumps(document, indent=2))
        return
    typer.echo(f"{MEANING[over]}:")
    for k, (one, roots) in enumerate(zip(ranges, unstable, strict=True)):
        word = "stable" if roots == 0 else f"unstable: {roots} roots with Re s >= 0"
        # a range is shortened, a crossing widened: decimals say no more than the proof
        start, end = decimal_up(one.lo, 10), decimal_down(one.hi, 10)
        first = "above 0" if over != "shift" and k == 0 else start
        typer.echo(f"  certified  {first} to {end}: {word}")
        if k < len(between):
            lo, hi = decimal_down(between[k].lo, 10), decimal_up(between[k].hi, 10)
            typer.echo(f"  crossing   in [{lo}, {hi}]: a pair of roots goes {ways[k]}")
    if over == "workers":
        typer.echo("Numbers of workers are whole; the mean compute time is taken not to depend on them.")
    if over == "mean_delay":
        typer.echo(
            "With learning rate and workers fixed instead, the mean delay drops out: longer delays, rarer arrivals."
        )
    if files:
        for file in files:
            typer.echo(f"saved: {file}")
    else:
        typer.echo("not saved; add -o DIR to keep the certificates")
