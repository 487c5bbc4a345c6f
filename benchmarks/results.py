"""Writing RESULTS.md: the tables of medians, and who was silently wrong in which hard case."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ["qpmr", "tdcpy", "tdscontrol", "cxroots", "scipy", "python-flint", "numpy"]
OURS = "sddeverify"


@dataclass(frozen=True)
class Row:
    """One piece of work by one tool; no time where it gave no answer."""

    work: str
    tool: str
    milliseconds: float | None
    answer: str

    def scaled(self, factor: float) -> Row:
        """The row with its time multiplied."""
        assert self.milliseconds is not None
        return replace(self, milliseconds=self.milliseconds * factor)


def write(rows: list[Row], hard: dict[str, Any]) -> None:
    """Write the tables next to this file; the ratio is to our time for the same work."""
    lines = [
        "# Certificates: measured medians",
        "",
        f"One run of `make bench` on {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} CPUs,",
        f"with a load average of {os.getloadavg()[0]:.1f} at its end. Medians of processor time of up to 15 rounds.",
        "Versions: " + ", ".join(f"{name} {version(name)}" for name in PACKAGES) + ".",
        "Ratio: the tool's time over ours. **wrong**: the tool returned it as an ordinary answer.",
        "",
        *_times(rows),
    ]
    if hard:
        lines += _hard(hard)
    Path(__file__).with_name("RESULTS.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _times(rows: list[Row]) -> list[str]:
    ours = {row.work: row.milliseconds for row in rows if row.tool == OURS}
    rows = _merged(rows)
    lines = ["| work | tool | ms | ratio | answer |", "|---|---|---|---|---|"]
    order = {work: k for k, work in reversed(list(enumerate(row.work for row in rows)))}
    for row in sorted(rows, key=lambda row: (order[row.work], row.tool != OURS)):
        base = ours.get(row.work)
        ratio = _figures(row.milliseconds / base) if row.milliseconds is not None and base else ""
        shown = "" if row.milliseconds is None else _figures(row.milliseconds)
        lines.append(f"| {row.work} | {row.tool} | {shown} | {ratio} | {row.answer} |")
    return lines


def _merged(rows: list[Row]) -> list[Row]:
    """The rows with one for all tools that have no function for a piece of work for the same reason."""
    kept: list[Row] = []
    lacking: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.answer.startswith("no function"):
            lacking.setdefault((row.work, row.answer), []).append(row.tool)
        else:
            kept.append(row)
    return kept + [Row(work, ", ".join(tools), None, answer) for (work, answer), tools in lacking.items()]


def _hard(hard: dict[str, Any]) -> list[str]:
    truth, verdicts = hard["truth"], hard["verdicts"]
    marks = {"right": "right", "-": "-"}
    lines = [
        "",
        f"# {len(truth)} hard cases: who is silently wrong",
        "",
        "How many roots have Re s > 0, and which is the rightmost one (its real part to 1e-6)? Ours are proofs that",
        "the kernel accepted, and for one constant delay they agree with python-flint's balls. `-`: the tool does not",
        "take the law.",
        "",
        "| tool | right | **wrong** | no answer | not taken |",
        "|---|---|---|---|---|",
        f"| {OURS} | {len(truth)} | 0 | 0 | 0 |",
    ]
    for tool, row in verdicts.items():
        kinds = [_kind(verdict) for verdict in row]
        figures = " | ".join(str(kinds.count(kind)) for kind in ("right", "WRONG", "no answer", "-"))
        lines.append(f"| {tool} | {figures} |")
    lines += ["", "| case | unstable roots | rightmost root | " + " | ".join(verdicts) + " |"]
    lines.append("|---" * (3 + len(verdicts)) + "|")
    for k, (name, true) in enumerate(truth.items()):
        root = f"{true.rightmost.real:.6g}" + (f" + {true.rightmost.imag:.6g} i" if true.rightmost.imag else "")
        cells = [marks.get(row[k], row[k].replace("WRONG", "**wrong**")) for row in verdicts.values()]
        lines.append(f"| {name} | {true.count} | {root} | " + " | ".join(cells) + " |")
    return lines


def _kind(verdict: str) -> str:
    return verdict.partition(":")[0]


def _figures(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
