"""The output folder: written beside its place, then put in place; never over files that are not ours."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sddeverify.errors import InvalidScenario, invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

MARKER = ".sddeverify-report"
"""The file that tells a report of ours; it lists the files that belong to it."""

_FORMAT = "sddeverify-report/1"


def require_free(folder: Path) -> None:
    """Refuse a folder that holds anything but an earlier report of ours.

    Raises:
        InvalidScenario: if ``folder`` is a file, or holds files that no earlier report wrote.
    """
    if not folder.exists():
        if not folder.parent.is_dir():
            raise invalid("--out", str(folder), "a folder whose parent exists")
        return
    if not folder.is_dir():
        raise invalid("--out", str(folder), "the name of a folder")
    present = _files(folder)
    foreign = sorted(present - _owned(folder) - {MARKER})
    if foreign:
        what = foreign[0] if len(foreign) == 1 else f"{foreign[0]} and {len(foreign) - 1} more"
        raise InvalidScenario(
            f"--out: {str(folder)!r} holds files that no report wrote ({what}); write a new or an empty folder"
        )


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Give a new folder to write to; when all went well its files replace those of the earlier report.

    Until then an earlier report stays as it is.

    Raises:
        InvalidScenario: as :func:`require_free`, before and after the work.
    """
    require_free(folder)
    place = folder.resolve()
    stage = Path(tempfile.mkdtemp(prefix=f".{place.name}.part-", dir=place.parent))
    try:
        yield stage
        require_free(folder)
        _replace(place, stage)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _replace(folder: Path, stage: Path) -> None:
    folder.mkdir(exist_ok=True)
    old, new = _owned(folder), _files(stage)
    # While files are on the move the marker lists old and new ones: an interruption leaves a folder of ours.
    _mark(folder, old | new)
    for name in sorted(old - new):
        (folder / name).unlink(missing_ok=True)
    for name in sorted(new):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).replace(folder / name)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink() and not any(path.iterdir()):
            path.rmdir()
    _mark(folder, new)


def _mark(folder: Path, names: set[str]) -> None:
    document = {"format": _FORMAT, "files": sorted(names)}
    (folder / MARKER).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


def _owned(folder: Path) -> set[str]:
    """Return the files that the marker lists; none without a marker that we can read."""
    try:
        document = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            return set()
        return {name for name in document["files"] if isinstance(name, str) and _inside(name)}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _inside(name: str) -> bool:
    parts = Path(name).parts
    return bool(parts) and not Path(name).is_absolute() and ".." not in parts
