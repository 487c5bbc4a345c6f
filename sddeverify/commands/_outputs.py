"""Files that commands are to write: refused before the work, which may take long, where they cannot be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sddeverify.errors import InvalidScenario

if TYPE_CHECKING:
    from pathlib import Path


EXIT_INCONCLUSIVE = 3
EXIT_INTERRUPTED = 130


def require_output(
    option: str, path: Path | None, endings: tuple[str, ...] = (), *, force: bool, why: str = ""
) -> None:
    """Refuse a file, if there is to be one, of another kind, in a missing folder, or that is there already.

    Args:
        option: The option that names it.
        path: The file.
        endings: How its name may end; in any way if there are none.
        force: Whether it may be overwritten.
        why: What the ending is good for, as the end of a clause.

    Raises:
        InvalidScenario: naming the option, the file and what is allowed. Not by ``invalid``, which shortens a long
            value: a path is of no use in part.
    """
    if path is None:
        return
    if endings and (not path.name.endswith(endings) or path.name in endings):
        raise InvalidScenario(f"{option}: write a name ending in {' or '.join(endings)}{why}, not {path}")
    if not path.parent.is_dir():
        raise InvalidScenario(f"{option}: the folder of {path} does not exist; write a file in an existing folder")
    if path.is_dir():
        raise InvalidScenario(f"{option}: {path} is a folder; write the name of a file")
    if path.exists() and not force:
        raise InvalidScenario(f"{option}: {path} exists already; write another name, or add --force to overwrite it")
