"""Files that commands are to write: refused before the work, which may take long, where they cannot be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sddeverify.errors import InvalidScenario, invalid

if TYPE_CHECKING:
    from pathlib import Path


def require_output(option: str, path: Path | None, endings: tuple[str, ...], *, force: bool, why: str = "") -> None:
    """Refuse a file, if there is to be one, of another kind, in a missing folder, or that is there already.

    Args:
        option: The option that names it.
        path: The file.
        endings: How its name may end.
        force: Whether it may be overwritten.
        why: What the ending is good for, as the end of a clause.

    Raises:
        InvalidScenario: naming the option, the file and what is allowed. Not by ``invalid``, which shortens a long
            value: a path is of no use in part.
    """
    if path is None:
        return
    if not path.name.endswith(endings) or path.name in endings:
        raise InvalidScenario(f"{option}: write a name ending in {' or '.join(endings)}{why}, not {path}")
    if not path.parent.is_dir():
        raise InvalidScenario(f"{option}: the folder of {path} does not exist; write a file in an existing folder")
    if path.is_dir() or (path.exists() and not force):
        raise InvalidScenario(f"{option}: {path} exists already; write another name, or add --force to overwrite it")


def require_place(option: str, path: Path, *, force: bool) -> None:
    """Refuse a figure that could not be written: in a missing folder, itself a folder, or there already.

    Raises:
        InvalidScenario: naming the option, the file and what is allowed.
    """
    if path.is_dir() or not path.parent.is_dir():
        raise invalid(option, str(path), "the name of a file in a folder that exists")
    if path.exists() and not force:
        raise invalid(option, str(path), "a name that is not taken, or allow overwriting (--force)")
