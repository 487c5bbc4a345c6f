"""What the results of a plan say together."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sddeverify.scale.folder import Results


def summarise(results: Results) -> dict[str, Any]:
    """Return a summary as JSON data; the same for the same results.

    Of an ensemble: mean staleness over all runs (exact) and the mean final loss with its standard error. Of a
    sweep: the certified rates, and the candidates that no other one is certified to beat. Of a chart: for each number
    of workers the intervals of learning rates that are certified stable, certified unstable, or undecided.
    """
    rows = {task.key: results.rows[task.key] for task in results.plan.tasks if task.key in results.rows}
    good = {key: row for key, row in rows.items() if "failed" not in row and "inconclusive" not in row}
    common = {
        "kind": results.plan.kind,
        "tasks": len(results.plan.tasks),
        "finished": len(rows),
        "undecided": {key: row.get("failed", row.get("inconclusive")) for key, row in rows.items() if key not in good},
    }
    if results.plan.kind == "chart":
        return common | _chart(
            [(task.parameters["workers"], good[task.key]) for task in results.plan.tasks if task.key in good]
        )
    return common | (_ensemble(good) if results.plan.kind == "ensemble" else _sweep(good))


def _ensemble(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    applied = sum(row["applied"] for row in rows.values())
    losses = [row["final_loss"] for row in rows.values() if row["final_loss"] is not None]
    return {
        "arrivals": sum(row["arrivals"] for row in rows.values()),
        "mean_staleness": sum(row["staleness"] for row in rows.values()) / applied if applied else None,
        "diverged": sum(row["diverged"] for row in rows.values()),
        "mean_final_loss": statistics.fmean(losses) if losses else None,
        "standard_error": statistics.stdev(losses) / math.sqrt(len(losses)) if len(losses) > 1 else None,
    }


def _sweep(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    rates = {key: (Fraction(row["rate"][0]), Fraction(row["rate"][1])) for key, row in rows.items()}
    # A candidate is out if some other one is certified to be faster.
    floor = max((lo for lo, _ in rates.values()), default=Fraction(0))
    best = [key for key, (_, hi) in rates.items() if hi >= floor]
    return {"rates": {key: row["rate"] for key, row in rows.items()}, "best": best}


def _chart(tiles: list[tuple[int, dict[str, Any]]]) -> dict[str, Any]:
    rows: dict[int, list[list[str]]] = {}
    for workers, tile in tiles:  # tiles and pieces come in ascending order
        row = rows.setdefault(workers, [])
        for piece in tile["pieces"]:
            (lo, hi), verdict = piece["learning_rates"], piece["verdict"]
            if row and row[-1][1:] == [lo, verdict]:  # goes on
                row[-1][1] = hi
            else:
                row.append([lo, hi, verdict])
    shares = {verdict: Fraction(0) for verdict in ("stable", "unstable", "undecided")}
    for row in rows.values():
        for lo, hi, verdict in row:
            shares[verdict] += Fraction(hi) - Fraction(lo)
    total = sum(shares.values())
    return {
        "rows": [{"workers": workers, "intervals": row} for workers, row in rows.items()],
        "shares": {verdict: float(share / total) if total else None for verdict, share in shares.items()},
    }
