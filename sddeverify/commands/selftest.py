"""``sddeverify selftest``: does this installation prove and refuse what it must?"""

from __future__ import annotations

import copy
from typing import Annotated, Any

import typer

EXIT_FAILED = 1


def command(as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False) -> None:
    """Check that this installation proves and refuses what it must.

    Known answers are proved, the kernel checks them, and tampered ones must be refused. It needs the core
    dependencies only, and takes a few seconds.

    \b
    Example: sddeverify selftest
    Exit status: 0 all as it must be, 1 something is wrong with this installation.
    """
    results = [{"test": name, "passed": passed, "detail": detail} for name, passed, detail in _results()]
    if as_json:
        import json

        typer.echo(json.dumps(results, indent=2))
    else:
        for row in results:
            typer.echo(f"{'passed' if row['passed'] else 'FAILED'}  {row['test']}: {row['detail']}")
    raise typer.Exit(0 if all(row["passed"] for row in results) else EXIT_FAILED)


def _results() -> list[tuple[str, bool, str]]:
    from fractions import Fraction

    from sddeverify import checker
    from sddeverify.certificates import Certificate, rightmost_root, root_count, stability, stability_boundary
    from sddeverify.delays import parse
    from sddeverify.derivations import DERIVATIONS, check
    from sddeverify.models import CharacteristicFunction
    from sddeverify.scenario import Scenario

    # pi/2, 4 and pi^2/2 (theory of the constant, Erlang-2 and uniform law) by their decimals, cut off
    boundaries = {"constant(1)": "1.57079632679", "erlang(2, 1)": "3.99999999999", "uniform(0, 1)": "4.93480220054"}
    rows: list[tuple[str, bool, str]] = []
    documents: list[dict[str, Any]] = []

    def note(name: str, result: Any, right: bool) -> None:
        proved = isinstance(result, Certificate)
        rows.append((name, proved and right, result.statement[:90] + "..." if proved else str(result)))
        if proved:
            documents.append(result.document)

    for law, critical in boundaries.items():
        found = stability_boundary.prove(parse(law), digits=10)
        known = Fraction(critical)
        right = False
        if isinstance(found, Certificate) and found.damping.hi is not None:
            right = found.damping.lo - Fraction(1, 10**10) <= known <= found.damping.hi
        note(f"boundary of {law}", found, right)
    h = CharacteristicFunction("3/2", parse("shifted_exponential(1/2, 1/2)"))
    root, count, stable = rightmost_root.prove(h, digits=20), root_count.prove(h), stability.prove(h)
    note("rightmost root", root, isinstance(root, Certificate) and root.real.width < Fraction(1, 10**19))
    note("root count", count, isinstance(count, Certificate) and count.count == 0)
    note("stability", stable, isinstance(stable, Certificate) and stable.stable)
    accepted = [checker.check(document).status is checker.Status.ACCEPTED for document in documents]
    rows.append(("kernel", all(accepted) and bool(accepted), f"{sum(accepted)} of {len(accepted)} accepted"))
    spoiled = [_spoiled(document) for document in documents]
    refused = [checker.check(document).status is not checker.Status.ACCEPTED for document in spoiled]
    rows.append(("tampering", all(refused) and bool(refused), f"{sum(refused)} of {len(refused)} refused"))
    scenario = Scenario("1/100", 8, "exponential(1)", hessian=["1", "1/2"])
    failures = check(DERIVATIONS["characteristic_function"](scenario)).failures
    rows.append(("derivation", not failures, "every step is re-checked" if not failures else ", ".join(failures)))
    return rows


def _spoiled(document: dict[str, Any]) -> dict[str, Any]:
    """Return a document that claims more than its witness proves: the damping four times as large."""
    from fractions import Fraction

    from sddeverify.checker.document import digest

    changed = copy.deepcopy(document)
    changed["claim"]["damping"] = [str(4 * Fraction(x)) for x in changed["claim"]["damping"]]
    changed["claim_sha256"] = digest(changed["claim"])
    return changed
