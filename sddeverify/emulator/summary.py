"""What the commands print of a run: the ledger and its audit, as data and as rows of a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sddeverify.emulator.ledger import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.table import Table

    from sddeverify.emulator.ledger import Age, Audit, Ledger


def finite(value: float) -> float | None:
    """Return the number, or ``None`` for what JSON cannot say."""
    return value if math.isfinite(value) else None


def number(value: float | None) -> str:
    """Return a number for a table."""
    return "-" if value is None else f"{value:.6g}"


def audit_summary(ledger: Ledger, audit: Audit) -> dict[str, Any]:
    """Return the ledger and its audit as JSON data; ages in versions, ticks and samples are exact integers."""

    def age(one: Age) -> dict[str, int]:
        return {"versions": one.versions, "ticks": one.ticks, "samples": one.samples}

    return {
        "balanced": True,  # an audit that does not balance raises instead
        "started": ledger.started,
        **{outcome.name.lower(): ledger.counts[outcome] for outcome in Outcome},
        "outstanding": ledger.outstanding,
        "duplicates": ledger.duplicates,
        "updates": audit.updates,
        "absences": ledger.absences,
        "staleness_applied": age(audit.applied),
        "staleness_not_applied": age(audit.unapplied),
        "staleness_outstanding": age(audit.outstanding),
        "staleness_total": age(audit.total),
        "staleness_expected_of_pool": audit.pool,
    }


def ledger_rows(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the rows of a table that show an audit summary."""
    ended = [f"{summary[name]} {name}" for name in ("applied", "discarded", "cancelled", "timed_out", "lost")]
    ended.append(f"{summary['duplicates']} arrived again")
    shown = ", ".join(one.replace("_", " ") for one in ended if not one.startswith("0 "))
    parts = [summary[f"staleness_{name}"]["versions"] for name in ("applied", "not_applied", "outstanding")]
    pool = summary["staleness_expected_of_pool"]
    return [
        ("gradients", f"{shown or 'none ended'}, {summary['outstanding']} in flight", f"{summary['started']} started"),
        (
            "staleness ledger, exact",
            f"{parts[0]} applied + {parts[1] + parts[2]} others",
            f"= {summary['staleness_total']['versions'] if pool is None else pool}: balanced",
        ),
    ]


def table(title: str, rows: Iterable[tuple[str, str, str]]) -> Table:
    """Return a table of three columns: what, observed, and what it is to be compared with."""
    from rich.table import Table

    result = Table("", "observed", "to compare", title=title, title_justify="left")
    for row in rows:
        result.add_row(*row)
    return result
