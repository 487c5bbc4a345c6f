"""Derive, certify and cross-check the delay theory of asynchronous SGD.

Importing the package loads nothing heavy; import what you need from its members:
``sddeverify.delays``, ``sddeverify.models``, ``sddeverify.certificates``, ``sddeverify.checker``, ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Answer ``%load_ext sddeverify``: make the magics ``%sdde`` and ``%%certify``."""
    import os
    from importlib import import_module

    # Tables of the commands as wide as a cell: rich's own 115 columns are cut off beside the list of files.
    os.environ.setdefault("JUPYTER_COLUMNS", "80")
    # By name: members import this module for its version, and an import statement here would tie them to the magics.
    shell.register_magics(import_module("sddeverify.magics").SddeMagics(shell))


def __getattr__(name: str) -> str:
    """Look up ``__version__`` when it is first asked for: reading the metadata takes longer than loading the kernel."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    found = globals()["__version__"] = version("sddeverify")
    return found
