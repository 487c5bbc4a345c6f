"""The lessons: where they are, and where their executed copies go."""

from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).parents[2]
LESSONS = sorted((ROOT / "notebooks" / "lessons").glob("*.ipynb"))
EXECUTED = ROOT / "build" / "lessons"  # ignored by git; the site shows what is found here
LONGEST = 30  # seconds of processor time that a lesson may take


def cells(path: Path, kind: str) -> list[Any]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == kind]
