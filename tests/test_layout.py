"""The shape of the project: tables against folders, sizes, the purity of the kernel, and what documents name."""

import ast
import importlib
import io
import re
import tokenize
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sddeverify"
KERNEL = sorted((PACKAGE / "checker").rglob("*.py"))
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [
    path for folder in ("sddeverify", "tests", "paper_checks", "benchmarks") for path in (ROOT / folder).rglob("*.py")
]

MAX_LINES = 300
MAX_KERNEL_CODE_LINES = 900  # of eighteen claims and ten laws
# The rules for roots, stability and its boundary, and all that these stand on.
MAX_CORE_CODE_LINES = 600
CORE_RULES = {"rightmost_root", "root_count", "root_enclosure", "stability", "stability_boundary"}
CORE = {"document", "function", "interval", "laws", "verdict", *CORE_RULES}

# Each family: the package, and its tables of members, whose keys together name the files.
FAMILIES = {
    "certificates": ["CLAIMS"],
    "checker.rules": ["RULES"],
    "delays": ["LAWS", "COMPUTED", "CONVENIENCES"],
    "derivations": ["DERIVATIONS"],
    "emulator.policies": ["POLICIES"],
    "objectives": ["OBJECTIVES"],
}


def members(folder: Path) -> set[str]:
    """The public modules of a folder."""
    return {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}


def code_lines(source: str) -> set[int]:
    """The numbers of the lines that hold code: no docstrings, comments or blank lines."""
    lines: set[int] = set()
    ignored = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in ignored:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


def test_code_lines_counts_code_only() -> None:
    source = '"""A docstring\nof two lines."""\n\nx = 1  # comment\n\n\n'
    source += 'def f(\n    y,\n):\n    """Doc."""\n    # why\n    return y\n'
    assert code_lines(source) == {4, 7, 8, 9, 12}


@pytest.mark.parametrize("family", FAMILIES)
def test_table_agrees_with_folder(family: str) -> None:
    package = importlib.import_module(f"sddeverify.{family}")
    table = {name for attribute in FAMILIES[family] for name in getattr(package, attribute)}
    assert table == members(PACKAGE / family.replace(".", "/"))


def test_commands_agree_with_folder() -> None:
    from sddeverify.__main__ import COMMANDS

    assert set(COMMANDS) == members(PACKAGE / "commands")


def test_prover_and_kernel_know_the_same_claims_and_laws() -> None:
    from sddeverify.certificates import CLAIMS
    from sddeverify.checker import laws
    from sddeverify.checker.rules import RULES
    from sddeverify.delays import LAWS

    assert set(CLAIMS) == set(RULES)
    assert set(LAWS) == set(laws._LAWS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


def test_kernel_is_small() -> None:
    counts = {path.relative_to(PACKAGE).as_posix(): len(code_lines(path.read_text("utf-8"))) for path in KERNEL}
    # its command line prints verdicts and decides none
    assert sum(n for name, n in counts.items() if Path(name).stem != "__main__") <= MAX_KERNEL_CODE_LINES, counts
    core = sum(count for name, count in counts.items() if Path(name).stem in CORE)
    assert core <= MAX_CORE_CODE_LINES, counts


# What the kernel may import from the standard library; everything else of its imports is relative.
KERNEL_IMPORTS = {
    "__future__", "collections", "dataclasses", "enum", "fractions", "functools", "hashlib", "importlib", "itertools",
    "json", "math", "pathlib", "re", "sys", "typing",
}  # fmt: skip


DIVIDING = {
    "__main__",
    "boundary_tube",
    "discrete_boundary",
    "function",
    "laws",
    "stability_boundary",
    "stability_chart",
    "time_to_target",
    "variance",
}


@pytest.mark.parametrize("path", KERNEL, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_kernel_is_plain(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        assert not isinstance(node, ast.Assert), f"{where}: an assert disappears under python -O"
        assert not isinstance(node, ast.Global | ast.Nonlocal), f"{where}: no global state"
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float | complex), f"{where}: no floats"
        if isinstance(node, ast.Name):
            assert node.id not in {"float", "complex", "eval", "exec"}, f"{where}: {node.id}"
        if isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            assert name not in {"lru_cache", "cache", "cached_property"}, f"{where}: no cache"
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            # "/" of two integers is a float. The files in which fractions are divided are listed, and read.
            assert path.stem in DIVIDING, f"{where}: a division"
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= KERNEL_IMPORTS, where
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            assert (node.module or "").split(".")[0] in KERNEL_IMPORTS, where


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_exemptions_have_reasons(path: Path) -> None:
    # A code, and then words: [arg-type]  # because ..., or : S603 - because ...
    reasoned = re.compile(r"(:\s*[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*|\[[a-z, -]+\])\W+\w")
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        for mark in re.finditer(r"#\s*(?:noqa|type:\s*ignore)(.*)", line):
            assert reasoned.match(mark[1]), f"{path}:{number}: {line.strip()}"


def test_version_is_the_same_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == version("sddeverify")
    assert f"\n## {version('sddeverify')}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_readme_names_the_commands() -> None:
    from sddeverify.__main__ import COMMANDS

    readme = (ROOT / "README.md").read_text("utf-8")
    assert set(re.findall(r"`sddeverify ([a-z]+)`", readme)) == set(COMMANDS)
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"\bmake ([a-z]+)", readme)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_ci_runs_the_command_of_the_readme() -> None:
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_command_line_page_shows_every_command() -> None:
    from sddeverify.__main__ import COMMANDS

    page = (ROOT / "notebooks" / "reference" / "cli.md").read_text("utf-8")
    assert set(re.findall(r"<!-- help: ([a-z]+) -->", page)) == set(COMMANDS)


def test_format_page_describes_every_claim_and_law() -> None:
    from sddeverify.checker import laws
    from sddeverify.checker.rules import RULES

    page = (ROOT / "notebooks" / "reference" / "certificate.md").read_text("utf-8")
    assert set(re.findall(r"^### `([a-z_]+)`", page, re.MULTILINE)) == set(RULES)
    section = page.partition("## Delay laws")[2].partition("\n## ")[0]
    assert set(re.findall(r'^\| `\{"([a-z_]+)"', section, re.MULTILINE)) == set(laws._LAWS)


def test_notation_page_describes_every_law() -> None:
    from sddeverify.delays import COMPUTED, CONVENIENCES, LAWS

    page = (ROOT / "notebooks" / "reference" / "laws.md").read_text("utf-8")
    named = set(re.findall(r"^\| `([a-z_]+)\(", page, re.MULTILINE))
    assert named == (set(LAWS) | set(COMPUTED) | set(CONVENIENCES)) - {"mixture"}  # a mixture is written w*law + w*law


def test_format_page_states_the_limits_of_the_kernel() -> None:
    from sddeverify.checker import document

    page = (ROOT / "notebooks" / "reference" / "certificate.md").read_text("utf-8")
    superscript = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

    def power(value: int) -> str:
        return "2" + str(value.bit_length() - 1).translate(superscript)

    rows = {
        "length of the document": f"{power(document.MAX_CHARACTERS)} characters",
        "digits of a numerator or denominator": str(document.MAX_DIGITS),
        "`bits`": f"{document.MIN_BITS} to {document.MAX_BITS}",
        "break points of one witness": f"2 to {document.MAX_POINTS:_}".replace("_", " "),
        "break points × size of the law × `bits`": power(document.MAX_COST),
        "discs of one claim": str(document.MAX_DISCS).replace("0000", "0 000"),
        "nesting of laws": str(document.MAX_DEPTH),
        "cells of a lattice, each count": f"{document.MAX_CELLS}, 10¹⁵",
    }
    for what, limit in rows.items():
        assert f"| {what} | {limit} |" in page
