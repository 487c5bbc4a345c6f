"""The page of published systems: its measured values are those of the tests, so it cannot go stale.

With SDDEVERIFY_WRITE_PAGE=1 the tests write what they measure, instead of comparing.
"""

import os
import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "notebooks" / "reference" / "seed-systems.md"
CELL = r" *([^|\n]*?) *\|"
ROW = re.compile(rf"^\|{CELL}{CELL}{CELL}{CELL} `(\w+)::(\w+)` \|{CELL}$", re.MULTILINE)


def rows():
    """Return (system, policies, quantity, expected, file, test, measured) of each row; an empty system is the last."""
    result = []
    for row in ROW.findall(PAGE.read_text("utf-8")):
        result.append((row[0] or result[-1][0], *row[1:]))
    return result


def measured(quantity, value, error=None):
    """Compare what a test has measured with the row of the page that shows it."""
    text = value if isinstance(value, str) else f"{value:.4g}"
    if error is not None:
        text += f" ({error:.1g})"
    if os.environ.get("SDDEVERIFY_WRITE_PAGE"):
        page = PAGE.read_text("utf-8")
        pattern = re.compile(rf"^(\|[^|]*\|[^|]*\| {re.escape(quantity)} \|.*\| )[^|]*( \|)$", re.MULTILINE)
        changed, count = pattern.subn(lambda match: match[1] + text + match[2], page)
        assert count == 1, f"{count} rows of the page are about {quantity!r}"
        PAGE.write_text(changed, "utf-8")
    found = [row[-1] for row in rows() if row[2] == quantity]
    assert found == [text], f"the page of published systems shows {found} for {quantity!r}, measured: {text}"
