"""Check certificate files: ``python -m sddeverify.checker FILE...`` or ``python -I -S -O path/to/checker FILE...``.

Prints one line for each file; exit status 0 if all are accepted, 1 if one is rejected, 2 if one is malformed,
unreadable, or no file is named.
"""

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Any


def load() -> Any:
    """Return the kernel: this very folder as a package, whatever its name is and whatever lies beside it."""
    if __package__:
        return importlib.import_module(__package__)
    folder, name = Path(__file__).resolve().parent, "sddeverify_checker"
    # Not by way of sys.path: a json.py next to the folder must not take the place of Python's own.
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder} is not a package")
    kernel = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(kernel)
    return kernel


def main(paths: list[str]) -> int:
    """Check the files and return the exit status."""
    kernel = load()
    if not paths:
        print("usage: checker FILE...")
        return 2
    worst = 0
    for path in paths:
        try:
            verdict = kernel.check(Path(path).read_bytes())
            status, text = verdict.status, verdict.reason or verdict.statement
        except (OSError, ValueError) as error:
            status, text = kernel.Status.MALFORMED, str(error)
        line = f"{status.name} {path}: {text}"  # in which a document may have a say: one line, plain ASCII
        print("".join(c if c.isascii() and c.isprintable() else ascii(c)[1:-1] for c in line))
        worst = max(worst, status.value)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
