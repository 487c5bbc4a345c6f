"""The page of expected values: every row has its test, a source that exists, a wrong formula and an error level."""

import ast
import re

from sddeverify.derivations import DERIVATIONS
from tests.emulator import page

ROOT = page.FOLDER.parents[1]


def functions(file):
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_row_has_a_test_and_refuses_something():
    rows = page.formulas()
    assert len(rows) == len(re.findall(r"::test_", page.EXPECTED.read_text("utf-8"))) > 80
    assert len({row.quantity for row in rows}) == len(rows)
    for row in rows:
        assert all(row), row
        assert "?" not in row.measured, row
        assert row.test in functions(row.file), (row.file, row.test)
        for name in re.findall(r"`(\w+)`", row.source):
            assert name in DERIVATIONS, name


def test_every_measured_value_is_that_of_its_test():
    """A number on the page is written by ``measured`` in the file that the row names; other cells say what was
    found."""
    for row in page.formulas():
        source = (ROOT / row.file).read_text("utf-8")
        if re.match(r"-?\d", row.measured):
            assert "measured(" in source, row
            assert "from tests.emulator.page import measured" in source, row
        else:
            assert re.fullmatch(r"[a-z][\w ,.%]+", row.measured), row


def test_every_law_and_system_is_there():
    text = page.EXPECTED.read_text("utf-8")
    for heading in (
        "Arrivals, delays and noise",
        "Roots, boundaries and speed",
        "Mean square",
        "Schedules",
        "Published systems",
    ):
        assert f"\n## {heading}\n" in text
    for test in (
        functions("tests/emulator/test_predictions.py").keys()
        | functions("tests/emulator/test_predicted_schedules.py").keys()
    ):
        assert not test.startswith("test_") or f"::{test}`" in text, test
