"""``sddeverify papers``: the published statements that are checked, with their verdicts."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from sddeverify.errors import invalid

EXIT_FAILED = 1
_VERDICT = re.compile(r"\b(PROVED|CONSISTENT|DIFFERS)\b")


@dataclass(frozen=True)
class Row:
    """One checked statement.

    Attributes:
        paper: The title line of its file.
        file: Name of the file.
        check: Name of the function.
        statement: The claim in our words: the first paragraph of the docstring.
        verdict: How the check concludes when it passes: PROVED, CONSISTENT or DIFFERS.
        detail: What the docstring says with the verdict.
    """

    paper: str
    file: str
    check: str
    statement: str
    verdict: str
    detail: str


def command(
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where the check_*.py files are.")] = Path(
        "paper_checks"
    ),
    run: Annotated[bool, typer.Option("--run", help="Run the checks too (minutes; needs the extra test).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    r"""Show which published statements are checked, and how.

    PROVED by certificates or exact algebra, CONSISTENT with emulated runs at a stated level, or DIFFERS from what was
    published. The checks are the functions of paper_checks/ in a checkout of sddeverify; the table is read from them,
    and --run runs them with pytest.

    \b
    Example: sddeverify papers --run
    Exit status: 0 fine, 1 a check failed, 2 bad input.
    """
    rows = read(folder)
    if as_json:
        import json

        typer.echo(json.dumps([vars(row) for row in rows], indent=2))
    else:
        _table(rows)
    if run:
        import subprocess
        import sys

        line = [sys.executable, "-m", "pytest", "-q", str(folder)]
        failed = subprocess.run(line, check=False).returncode  # noqa: S603 - our own tests
        raise typer.Exit(EXIT_FAILED if failed else 0)


def read(folder: Path) -> list[Row]:
    """Return the statements of all ``check_*.py`` files of a folder.

    Raises:
        InvalidScenario: if there is none, or a check says no verdict.
    """
    files = sorted(folder.glob("check_*.py")) if folder.is_dir() else []
    if not files:
        raise invalid("--folder", str(folder), "a folder with check_*.py files, such as paper_checks in a checkout")
    rows = []
    for file in files:
        tree = ast.parse(file.read_text("utf-8"))
        paper = (ast.get_docstring(tree) or file.stem).partition("\n")[0].rstrip(".")
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                rows.append(_row(paper, file.name, node))
    return rows


def _row(paper: str, file: str, node: ast.FunctionDef) -> Row:
    text = ast.get_docstring(node) or ""
    found = list(_VERDICT.finditer(text))
    if not found:
        raise invalid(f"{file}: {node.name}", text[:40], "a docstring that says PROVED, CONSISTENT or DIFFERS")
    words = {match.group() for match in found}
    verdict = next(word for word in ("DIFFERS", "CONSISTENT", "PROVED") if word in words)
    detail = " ".join(text[found[0].start() :].split())
    statement = text.partition("\n\n")[0][: None if "\n\n" in text else found[0].start()]
    return Row(paper, file, node.name, " ".join(statement.split()), verdict, detail)


def markdown(rows: list[Row]) -> str:
    """Return the rows as Markdown tables, one for each paper."""
    lines: list[str] = []
    for paper in dict.fromkeys(row.paper for row in rows):
        mine = [row for row in rows if row.paper == paper]
        lines += [f"## {paper}", "", f"`{mine[0].file}`", "", "| statement | verdict | check |", "|---|---|---|"]
        for row in mine:
            cells = (row.statement, f"**{row.verdict}** {row.detail.removeprefix(row.verdict)}", f"`{row.check}`")
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        lines.append("")
    return "\n".join(lines)


def _table(rows: list[Row]) -> None:
    import os

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    styles = {"PROVED": "green", "CONSISTENT": "cyan", "DIFFERS": "yellow"}
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 160
    table = Table("paper", "statement", "verdict", show_lines=True)
    for row in rows:
        name = row.file.removeprefix("check_").removesuffix(".py")
        table.add_row(Text(name), Text(row.statement), Text(row.verdict, style=styles[row.verdict]))
    console.print(table)
    counts = ", ".join(f"{n} {word}" for word in styles if (n := sum(row.verdict == word for row in rows)))
    console.print(f"{len(rows)} statements: {counts}", highlight=False)
