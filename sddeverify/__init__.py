"""Derive, certify and cross-check the delay theory of asynchronous SGD.

Importing the package loads nothing heavy; import what you need from its members:
``sddeverify.delays``, ``sddeverify.models``, ``sddeverify.certificates``, ``sddeverify.checker``, ...
"""


def __getattr__(name: str) -> str:
    """Look up ``__version__`` when it is first asked for: reading the metadata takes longer than loading the kernel."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    found = globals()["__version__"] = version("sddeverify")
    return found
