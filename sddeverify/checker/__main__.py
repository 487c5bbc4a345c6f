"""Check certificate files: ``python -m sddeverify.checker FILE...``, or ``python -I -S -O path/to/checker FILE...``.

Prints one line for each file; exit status 0 if all are accepted, 1 if one is rejected, 2 if one is malformed,
unreadable, or no file is named.
"""

import sys


def main(paths: list[str]) -> int:
    """Check the files and return the exit status."""
    if __package__:
        from . import Status, Verdict, check
    else:  # run as a folder: import this very folder as a package
        import importlib
        import pathlib

        here = pathlib.Path(__file__).resolve().parent
        sys.path.insert(0, str(here.parent))
        kernel = importlib.import_module(here.name)
        Status, Verdict, check = kernel.Status, kernel.Verdict, kernel.check
    if not paths:
        print("usage: checker FILE...", file=sys.stderr)
        return 2
    worst = 0
    for path in paths:
        try:
            with open(path, "rb") as file:
                verdict = check(file.read())
        except OSError as error:
            verdict = Verdict(Status.MALFORMED, error.strerror or "unreadable")
        print(f"{verdict.status.name} {path}: {verdict.reason or verdict.statement}")
        worst = max(worst, verdict.status.value)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
