"""Each check of the kernel, when deleted, lets a case of rejected/ or malformed/ through."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.checker.mutants import IMPLIED, KERNEL, MUTANTS, STILL_REJECTED, load

FOLDER = Path(__file__).parent
CORPUS = {
    f"{folder}/{path.stem}": path.read_bytes()
    for folder in ("rejected", "malformed")
    for path in (FOLDER / folder).glob("*.json")
}
# Files whose every refusal must have a mutant; a rule that is new is listed here with its cases.
GUARDED = [
    "interval.py", "function.py", "document.py", "laws.py", "verdict.py", "rules/root_count.py", "rules/stability.py",
    "rules/root_enclosure.py", "rules/rightmost_root.py", "rules/stability_boundary.py", "rules/all_roots.py",
    "rules/decay_rate.py", "rules/crossings.py", "rules/stability_chart.py", "rules/delay_margin.py",
    "rules/optimum.py",
    "rules/law_free_bound.py", "rules/boundary_tube.py", "rules/stationary_variance.py", "variance.py",
    "rules/mean_square_stability.py", "rules/discrete_boundary.py", "rules/time_to_target.py",
    "rules/memoryless_boundary.py",
]  # fmt: skip


def test_unpatched_copy_refuses_every_case() -> None:
    with load() as kernel:
        for name, text in CORPUS.items():
            assert kernel.check(text).status.name == name.partition("/")[0].upper(), name


@pytest.mark.parametrize("name", MUTANTS)
def test_case_is_refused_by_that_check_alone(name: str) -> None:
    with load(MUTANTS[name]) as kernel:
        verdict = kernel.check(CORPUS[name])
    assert verdict.status.name == ("REJECTED" if name in STILL_REJECTED else "ACCEPTED"), verdict.reason


@pytest.mark.parametrize("why", IMPLIED)
def test_implied_checks_let_nothing_through(why: str) -> None:
    with load(IMPLIED[why]) as kernel:
        accepted = [name for name, text in CORPUS.items() if kernel.check(text).status.name == "ACCEPTED"]
    assert accepted == []


@cache
def edited_lines(file: str) -> set[int]:
    """The lines of a file of the kernel that some mutant changes, or that are listed as implied."""
    text, lines = (KERNEL / file).read_text("utf-8"), set()
    for edits in [*MUTANTS.values(), *IMPLIED.values()]:
        for name, snippet, _ in edits:
            if name == file:
                first = text[: text.index(snippet)].count("\n") + 1
                lines.update(range(first, first + snippet.count("\n") + 1))
    return lines


# Refusals that are no checks of a document: how they come about is said.
NO_CHECK = {
    ("document.py", "not strict JSON"): "the parser's own errors, translated",
    ("interval.py", "error(reason)"): "what require is for",
    ("verdict.py", "a verdict is not true or false"): "a verdict as a condition",
    ("verdict.py", "the rule did not come to its end"): "no rule yields twice (test_main tries one that does)",
}


@pytest.mark.parametrize("file", GUARDED)
def test_every_refusal_has_a_mutant(file: str) -> None:
    tree = ast.parse((KERNEL / file).read_text("utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"require", "well_formed"}:
            # the call itself, or a name that it uses and that is computed just before
            lines = set(range(node.lineno - 2, (node.end_lineno or 0) + 1))
            assert lines & edited_lines(file), f"{file}:{node.lineno}: {ast.unparse(node)}"
        if not isinstance(node, ast.Raise):
            continue
        if any(file == name and text in ast.unparse(node) for name, text in NO_CHECK):
            continue
        condition: ast.AST = node
        while not isinstance(condition, ast.If):
            condition = parents[condition]
        # the condition itself, or a name that it uses and that is computed just before
        lines = set(range(condition.lineno - 2, condition.body[0].lineno))
        assert lines & edited_lines(file), f"{file}:{condition.lineno}: {ast.unparse(condition.test)}"


def test_a_stale_snippet_is_an_error() -> None:
    with pytest.raises(ValueError, match="occurs 0 times"), load((("laws.py", "no such line", ""),)):
        pass
