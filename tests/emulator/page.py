"""The pages of measured values: these are those of the tests, so they cannot go stale.

With SDDEVERIFY_WRITE_PAGE=1 the tests write what they measure, instead of comparing.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parents[2] / "notebooks" / "reference"
PAGE = FOLDER / "seed-systems.md"  # the published systems
EXPECTED = FOLDER / "expected_values.md"  # each formula that predicts what a run shows
CELL = r" *([^|\n]*?) *\|"
ROW = re.compile(rf"^\|{CELL}{CELL}{CELL}{CELL} `(\w+)::(\w+)` \|{CELL}$", re.MULTILINE)
FORMULA = re.compile(rf"^\|{CELL}{CELL}{CELL} `([\w/.]+)::(\w+)` \|{CELL}{CELL}{CELL}$", re.MULTILINE)


class Formula(NamedTuple):
    """One row of the page of expected values."""

    formula: str
    source: str
    quantity: str
    file: str
    test: str
    measured: str
    wrong: str
    level: str


def rows():
    """Return (system, policies, quantity, expected, file, test, measured) of each row; an empty system is the last."""
    result = []
    for row in ROW.findall(PAGE.read_text("utf-8")):
        result.append((row[0] or result[-1][0], *row[1:]))
    return result


def formulas():
    """Return the rows of the page of expected values; what a cell leaves empty is that of the row above."""
    result = []
    for row in FORMULA.findall(EXPECTED.read_text("utf-8")):
        result.append(Formula(*(row[:2] if row[0] else result[-1][:2]), *row[2:]))
    return result


def shown(quantity):
    """Return the measured values that the pages show for a quantity."""
    found = [row[-1] for row in rows() if row[2] == quantity]
    return found + [row.measured for row in formulas() if row.quantity == quantity]


def measured(quantity, value, error=None):
    """Compare what a test has measured with the rows that show it: at least one, and at most one of each page."""
    text = value if isinstance(value, str) else f"{value:.4g}"
    if error is not None:
        text += f" ({error:.1g})"
    found = shown(quantity)
    assert 1 <= len(found) <= 2, f"{len(found)} rows of the pages are about {quantity!r}"
    if os.environ.get("SDDEVERIFY_WRITE_PAGE"):
        for page in (PAGE, EXPECTED):
            pattern = re.compile(
                rf"^(\|[^|\n]*\|[^|\n]*\| {re.escape(quantity)} \|.*`[^|`\n]*::\w+` \| )[^|\n]*( \|)", re.M
            )
            changed, count = pattern.subn(lambda match: match[1] + text + match[2], page.read_text("utf-8"))
            assert count <= 1, f"{count} rows of {page.name} are about {quantity!r}"
            page.write_text(changed, "utf-8")
        found = shown(quantity)
    assert set(found) == {text}, f"the pages show {found} for {quantity!r}, measured: {text}"
