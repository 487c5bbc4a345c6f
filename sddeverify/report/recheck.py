"""Re-check certificates with a copy of the kernel in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sddeverify.checker

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMAND = "python -I -S -O checker FILE..."
"""What is run, with the copied folder as ``checker``: isolated, without site packages, without asserts."""


@dataclass(frozen=True)
class Recheck:
    """What the copied kernel said of one certificate.

    Attributes:
        file: The certificate.
        accepted: Whether the kernel accepted it.
        said: Its line of output.
    """

    file: Path
    accepted: bool
    said: str


def recheck(files: Sequence[Path]) -> list[Recheck]:
    """Copy the kernel to an empty folder and let a new interpreter check the files there.

    The process sees neither this package nor any other one: ``-I`` ignores the environment, ``-S`` the
    installed packages, ``-O`` strips every ``assert``.

    Args:
        files: Certificates.
    """
    if not files:
        return []
    with tempfile.TemporaryDirectory(prefix="sddeverify-kernel-") as folder:
        kernel = Path(folder) / "checker"
        source = Path(sddeverify.checker.__file__).parent
        shutil.copytree(source, kernel, ignore=shutil.ignore_patterns("__pycache__"))
        arguments = [sys.executable, "-I", "-S", "-O", str(kernel), *(str(file.resolve()) for file in files)]
        result = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=600, check=False)  # noqa: S603  # our own interpreter and files
    lines = result.stdout.splitlines()
    found = []
    for position, file in enumerate(files):
        line = lines[position] if position < len(lines) else f"no answer ({result.stderr.strip()[-200:]})"
        accepted = line.startswith(f"ACCEPTED {file.resolve()}:")
        found.append(Recheck(file, accepted, line))
    # One more witness to the same: the exit status is 0 only if all were accepted.
    if result.returncode != 0 and all(one.accepted for one in found):
        return [Recheck(one.file, False, f"exit status {result.returncode}") for one in found]
    return found
