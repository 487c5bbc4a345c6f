"""``sddeverify check``: re-check certificates with the kernel alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

SUFFIX = ".cert.json"
_MAX_BYTES = 64 * 2**20  # far above what the format allows: the kernel is to judge, not the memory


@dataclass(frozen=True)
class Row:
    """What became of one file.

    Attributes:
        file: The path as the user may type it.
        claim: The type of the claim, empty where none can be read.
        verdict: ``accepted``, ``rejected``, ``malformed`` or ``unreadable``.
        says: The statement of an accepted certificate, the reason otherwise.
    """

    file: str
    claim: str
    verdict: str
    says: str


EXIT_STATUS = {"accepted": 0, "rejected": 1, "malformed": 2, "unreadable": 2}


def command(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|DIR", help="Certificates, or folders with *.cert.json files."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdicts as JSON.")] = False,
) -> None:
    """Re-check certificates with the trusted kernel alone.

    A folder is searched for *.cert.json files, its subfolders too; a folder without any is an error.

    "Rejected" says that a document does not prove its claim, never that the claim is false.

    \b
    Example: sddeverify check demo
    Exit status: 0 all accepted, 1 some rejected, 2 some malformed or unreadable.
    """
    rows = [row for path in paths for row in _rows(path)]
    if as_json:
        import json

        typer.echo(json.dumps([vars(row) for row in rows], indent=2, ensure_ascii=True))
    else:
        _print_table(rows)
    raise typer.Exit(max(EXIT_STATUS[row.verdict] for row in rows))


def _rows(path: Path) -> Iterator[Row]:
    if path.is_dir():
        files = sorted(path.rglob(f"*{SUFFIX}"))
        if not files:
            yield Row(str(path), "", "unreadable", f"this folder has no *{SUFFIX} file")
        for file in files:
            yield _row(file)
    else:
        yield _row(path)


def _row(path: Path) -> Row:
    from sddeverify import checker

    try:
        with path.open("rb") as file:
            document = file.read(_MAX_BYTES + 1)
    except OSError as error:
        return Row(str(path), "", "unreadable", str(error.strerror))
    if len(document) > _MAX_BYTES:
        return Row(str(path), "", "malformed", f"the file is longer than {_MAX_BYTES} bytes")
    verdict = checker.check(document)
    if verdict.status is checker.Status.MALFORMED:
        return Row(str(path), "", "malformed", verdict.reason)
    claim = _claim_type(document)
    if verdict.status is checker.Status.ACCEPTED:
        return Row(str(path), claim, "accepted", verdict.statement)
    return Row(str(path), claim, "rejected", verdict.reason)


def _claim_type(document: bytes) -> str:
    import json

    try:
        return str(json.loads(document)["claim"]["type"])
    except (ValueError, TypeError, LookupError, RecursionError):  # the table is a service, not the verdict
        return ""


def _print_table(rows: list[Row]) -> None:
    import os

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    styles = {"accepted": "green", "rejected": "red", "malformed": "yellow", "unreadable": "yellow"}
    console = Console()
    if not console.is_terminal and not console.is_jupyter and "COLUMNS" not in os.environ:
        console.width = 160  # a log has no width of its own; 80 columns would break every statement
    table = Table("file", "claim", "verdict", "statement or reason", show_lines=True)
    for row in rows:
        # Text, not markup, and nothing that a terminal would obey: a document may say anything.
        cells = [
            Text(_printable(row.file), overflow="fold"),
            Text(_printable(row.claim), overflow="fold"),
            Text(row.verdict, style=styles[row.verdict]),
            Text(_printable(row.says), overflow="fold"),
        ]
        table.add_row(*cells)
    console.print(table)
    counts = ", ".join(f"{n} {word}" for word in styles if (n := sum(row.verdict == word for row in rows)))
    console.print(counts, highlight=False)


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
