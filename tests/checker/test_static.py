"""The kernel as a text: standard library and its own modules only, and no float anywhere, not even at run time."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from sddeverify.checker import Status, check
from tests.checker.mutants import KERNEL

MODULES = sorted(KERNEL.rglob("*.py"))
CORPUS = Path(__file__).parent


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(KERNEL).as_posix())
def test_imports(path: Path) -> None:
    depth = len(path.relative_to(KERNEL).parts)  # how many dots lead to the kernel's folder
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            assert {alias.name.partition(".")[0] for alias in node.names} <= sys.stdlib_module_names
        if isinstance(node, ast.ImportFrom):
            assert node.level <= depth, "a relative import leaves the folder"
            if node.level == 0:
                assert (node.module or "").partition(".")[0] in sys.stdlib_module_names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(KERNEL).as_posix())
def test_nothing_that_rounds_or_vanishes(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not isinstance(node, ast.Assert), "python -O takes it out"
        assert not isinstance(node, ast.Constant) or not isinstance(node.value, float | complex)
        if isinstance(node, ast.Call):
            assert ast.unparse(node.func) not in {
                "float",
                "complex",
                "eval",
                "exec",
                "math.exp",
                "math.sqrt",
                "sqrt",
                "exp",
            }
        if isinstance(node, ast.ImportFrom) and node.module == "math":
            assert {alias.name for alias in node.names} <= {"comb", "factorial", "gcd", "isqrt", "lcm"}, (
                "integer functions only"
            )


def test_no_variable_ever_holds_a_float() -> None:
    """A division of two integers would make one without a word."""
    files, found = {str(path) for path in MODULES}, []

    def is_float(value: Any) -> bool:
        return isinstance(value, float) or (isinstance(value, list | tuple) and any(map(is_float, value)))

    def local(frame: FrameType, event: str, arg: Any) -> Any:
        if event == "return":
            values = {**frame.f_locals, "return": arg}
            found.extend((frame.f_code.co_qualname, name) for name, value in values.items() if is_float(value))
        return local

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        frame.f_trace_lines = False
        return local if frame.f_code.co_filename in files else None

    documents = sorted((CORPUS / "accepted").glob("*.json"), key=lambda path: path.stat().st_size)[:90]
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        verdicts = [check(path.read_bytes()) for path in documents]
    finally:
        sys.settrace(before)
    assert {verdict.status for verdict in verdicts} == {Status.ACCEPTED}
    assert found == []


def test_checking_leaves_no_trace() -> None:
    """No cache, no state: the same document gives the same verdict, and is not changed."""
    path = CORPUS / "accepted" / "boundary_model.json"
    document = json.loads(path.read_bytes())
    text = json.dumps(document)
    verdicts = {check(document), check(text), check(text.encode()), check(document)}
    assert len(verdicts) == 1
    assert json.dumps(document) == text
