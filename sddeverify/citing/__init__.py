r"""What to cite: certificates as LaTeX theorems with macros, BibTeX, and an RO-Crate for archiving.

A macro never says more than the certificate: lower ends are rounded down and upper ends up. ``disagreements`` reads a
paper's macros back and compares them with the certificates.
"""

from sddeverify.citing._archive import bibtex, crate
from sddeverify.citing._latex import Cited, document, escape, latex, macros, theorem
from sddeverify.citing._sources import Source, sources
from sddeverify.citing._verify import disagreements

__all__ = [
    "Cited",
    "Source",
    "bibtex",
    "crate",
    "disagreements",
    "document",
    "escape",
    "latex",
    "macros",
    "sources",
    "theorem",
]
