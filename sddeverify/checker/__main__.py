"""Check certificate files: ``python -m sddeverify.checker FILE...`` or ``python -I -S -O path/to/checker FILE...``.

Prints one line for each file; exit status 0 if all are accepted, 1 if one is rejected, 2 if one is malformed,
unreadable, or no file is named.
"""

import importlib
import sys
from pathlib import Path

if not __package__:  # run as a folder: import this very folder as a package
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
kernel = importlib.import_module(__package__ or Path(__file__).resolve().parent.name)


def main(paths: list[str]) -> int:
    """Check the files and return the exit status."""
    worst = 0 if paths else 2
    for path in paths or ["usage: checker FILE..."]:
        try:
            verdict = kernel.check(Path(path).read_bytes())
            status, text = verdict.status, verdict.reason or verdict.statement
        except (OSError, ValueError) as error:
            status, text = kernel.Status.MALFORMED, str(error)
        print(f"{status.name} {path}: {text}")
        worst = max(worst, status.value)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
