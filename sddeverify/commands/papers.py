"""``sddeverify papers``: the published statements that are checked, with their verdicts."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from sddeverify.errors import invalid

EXIT_FAILED = 1
EVIDENCE = Path("notebooks") / "reference" / "papers"
"""Where a checkout has the certificates of its checks, and ``evidence.json``, which says whose they are."""
_MAIN = "check_yu2025sdde.py"  # the paper whose model this is: its table comes first
_FEW = 8
_FIGURES = {
    "test_c4_roots_decide_convergence": "boundary_tube.png",
    "test_c6_the_best_number_need_not_be_the_only_local_best": "two_maxima.png",
    "test_c8_memoryless_workers_diverge_in_mean_square_only": "mean_square_gap.png",
}
"""Check -> the committed figure of the guides that shows what it is about."""
_NAME = re.compile(r"`([a-z_]+)`")
_VERDICT = re.compile(r"\b(PROVED|CONSISTENT|DIFFERS)\b")


@dataclass(frozen=True)
class Row:
    """One checked statement.

    Attributes:
        paper: The title line of its file.
        file: Name of the file.
        check: Name of the function.
        statement: The claim in our words: the first paragraph of the docstring.
        explanation: How it is checked, error levels included: the rest of the docstring, up to the verdict.
        verdict: How the check concludes when it passes: PROVED, CONSISTENT or DIFFERS.
        detail: What the docstring says with the verdict.
        certificates: Paths of its certificates, relative to the folder of evidence.
        measured: What its runs measured, standard errors in brackets.
        source: The text of the function.
    """

    paper: str
    file: str
    check: str
    statement: str
    explanation: str
    verdict: str
    detail: str
    certificates: list[str]
    measured: list[str]
    source: str


def command(
    folder: Annotated[Path, typer.Option("--folder", metavar="DIR", help="Where the check_*.py files are.")] = Path(
        "paper_checks"
    ),
    run: Annotated[bool, typer.Option("--run", help="Run the checks too (minutes; needs the extra test).")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the rows as JSON.")] = False,
) -> None:
    """Show which published statements are checked, and how.

    PROVED by certificates or exact algebra, CONSISTENT with emulated runs at a stated level, or DIFFERS from what was
    published. The checks are the functions of paper_checks/ in a checkout of sddeverify; the table is read from them,
    and --run runs them with pytest. Their certificates are in notebooks/reference/papers.

    \b
    Example: sddeverify papers --run
    Exit status: 0 fine, 1 a check failed, 2 bad input.
    """
    rows = read(folder)
    if as_json:
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
    files = (
        sorted(folder.glob("check_*.py"), key=lambda file: (file.name != _MAIN, file.name)) if folder.is_dir() else []
    )
    if not files:
        raise invalid("--folder", str(folder), "a folder with check_*.py files, such as paper_checks in a checkout")
    index = folder.parent / EVIDENCE / "evidence.json"
    evidence = json.loads(index.read_bytes()) if index.is_file() else {}
    rows = []
    for file in files:
        text = file.read_text("utf-8")
        tree = ast.parse(text)
        paper = (ast.get_docstring(tree) or file.stem).partition("\n")[0].rstrip(".")
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                cases = evidence.get(file.name, {}).get(node.name, {})
                rows.append(_row(paper, file.name, node, cases, text))
    return rows


def _row(paper: str, file: str, node: ast.FunctionDef, cases: dict[str, dict[str, list[str]]], source: str) -> Row:
    text = ast.get_docstring(node) or ""
    found = list(_VERDICT.finditer(text))
    if not found:
        raise invalid(f"{file}: {node.name}", text[:40], "a docstring that says PROVED, CONSISTENT or DIFFERS")
    words = {match.group() for match in found}
    verdict = next(word for word in ("DIFFERS", "CONSISTENT", "PROVED") if word in words)
    detail = " ".join(text[found[0].start() :].split())
    statement, _, explanation = text[: found[0].start()].partition("\n\n")
    certificates = [name for case in cases.values() for name in case.get("certificates", ())]
    measured = list(dict.fromkeys(value for case in cases.values() for value in case.get("measured", ())))
    first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
    lines = source.splitlines()[first - 1 : node.end_lineno]
    return Row(
        paper=paper,
        file=file,
        check=node.name,
        statement=" ".join(statement.split()),
        explanation=" ".join(explanation.split()),
        verdict=verdict,
        detail=detail,
        certificates=certificates,
        measured=measured,
        source="\n".join(lines),
    )


def markdown(rows: list[Row]) -> str:
    """Return the rows as Markdown tables, one for each paper, with links to what each verdict stands on.

    The links are relative to a folder with the evidence (``papers/``), ``derivations.md`` and ``paper-sources.md``.
    """
    lines: list[str] = []
    for paper in dict.fromkeys(row.paper for row in rows):
        mine = [row for row in rows if row.paper == paper]
        lines += [f"## {paper}", "", f"`{mine[0].file}`", "", "| statement | verdict | evidence |", "|---|---|---|"]
        for row in mine:
            about = _plain(f"**{row.statement}** {row.explanation}".strip())
            detail = _plain(row.detail.removeprefix(row.verdict).rstrip("."))
            detail = _NAME.sub(r"[\1](derivations.md#\1)", detail)
            cells = (about, f"**{row.verdict}**{detail}", "<br>".join(_evidence(row)))
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
        lines.append("")
    return "\n".join(lines)


def sources(rows: list[Row]) -> str:
    """Return the source texts of all checks as Markdown, with an anchor for each."""
    lines: list[str] = []
    for file in dict.fromkeys(row.file for row in rows):
        lines += [f"## {file}", ""]
        for row in (row for row in rows if row.file == file):
            lines += [
                f"### {row.check.removeprefix('test_')} {{#{row.check}}}",
                "",
                f"```python\n{row.source}\n```",
                "",
            ]
    return "\n".join(lines)


def archive(row: Row) -> str:
    """Return the path of the archive with all certificates of a row, relative like them."""
    return f"{Path(row.certificates[0]).parent}/{row.check.removeprefix('test_')}.zip"


def _evidence(row: Row) -> list[str]:
    parts = []
    if row.certificates:
        n = len(row.certificates)
        links = [f"[{k}](papers/{name})" for k, name in enumerate(row.certificates, 1)] if n <= _FEW else []
        every = f"[all {n} certificates](papers/{archive(row)})" if n > 1 else "certificate"
        parts.append(f"{every}{': ' if links else ''}{' '.join(links)}")
    if row.check in _FIGURES:
        parts.append(f"[figure](../guides/figures/{_FIGURES[row.check]})")
    if row.measured:
        parts.append(f"measured: {_plain('; '.join(row.measured))}")
    return [*parts, f"[source](paper-sources.md#{row.check})"]


def _plain(text: str) -> str:
    # What Markdown would take for emphasis or a tag; ** is ours.
    return re.sub(r"(?<!\*)\*(?!\*)", r"\\*", text).replace("<", "&lt;")


def _table(rows: list[Row]) -> None:
    import os

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    styles = {"PROVED": "green", "CONSISTENT": "cyan", "DIFFERS": "yellow"}
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 160
    table = Table("paper", "statement", "verdict", "evidence", show_lines=True)
    for row in rows:
        name = row.file.removeprefix("check_").removesuffix(".py")
        stands_on = [f"{n} certificate{'s' if n > 1 else ''}"] if (n := len(row.certificates)) else []
        stands_on += row.measured if len(row.measured) <= _FEW else [*row.measured[:_FEW], "..."]
        evidence = Text("; ".join(stands_on))
        table.add_row(Text(name), Text(row.statement), Text(row.verdict, style=styles[row.verdict]), evidence)
    console.print(table)
    counts = ", ".join(f"{n} {word}" for word in styles if (n := sum(row.verdict == word for row in rows)))
    console.print(f"{len(rows)} statements: {counts}", highlight=False)
