"""Derive, certify and cross-check the delay theory of asynchronous SGD.

Importing the package loads nothing heavy; import what you need from its members:
``sddeverify.delays``, ``sddeverify.models``, ``sddeverify.certificates``, ``sddeverify.checker``, ...
"""

from importlib.metadata import version

__version__ = version("sddeverify")
