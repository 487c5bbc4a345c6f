r"""What to cite: certified numbers as LaTeX macros with a statement, and a BibTeX file.

A macro never says more than the certificate: lower ends are rounded down and upper ends up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sddeverify
from sddeverify.exact import decimal_down, decimal_up

if TYPE_CHECKING:
    from fractions import Fraction

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "≤": r"\(\le\)",
    "≥": r"\(\ge\)",
    "η": r"\(\eta\)",
    "τ": r"\(\tau\)",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}


@dataclass(frozen=True)
class Cited:
    """One certified statement.

    Attributes:
        macro: Stem of the macro names, letters only: ``DecayRate`` gives ``SddeDecayRateLow``.
        text: The statement in LaTeX; ``{lo}`` and ``{hi}`` stand for the macros of the two ends.
        lo: Certified lower end, if there is one.
        hi: Certified upper end, if there is one.
        digest: Identity of the certificate: sha256 of its claim.
        file: File name of the certificate.
    """

    macro: str
    text: str
    lo: Fraction | None
    hi: Fraction | None
    digest: str
    file: str


def latex(statements: list[Cited], digits: int = 8) -> str:
    r"""Return ``citation.tex``: macros, and a paragraph ``\SddeStatement`` that uses them.

    Args:
        statements: What is certified; may be empty.
        digits: Significant digits of the decimals.
    """
    lines = [
        f"% Certified by sddeverify {sddeverify.__version__}; \\input this file, cite with \\cite{{sddeverify}}.",
        "% ...Low is rounded down and ...High is rounded up: both are implied by the certificate.",
        "% ...Digest is the sha256 of the claim; check the certificate with: sddeverify check FILE",
    ]
    sentences = []
    for one in statements:
        ends = {"lo": (one.lo, "Low", decimal_down), "hi": (one.hi, "High", decimal_up)}
        names = {}
        for key, (value, suffix, rounded) in ends.items():
            if value is not None:
                names[key] = f"\\Sdde{one.macro}{suffix}"
                lines.append(f"\\newcommand{{{names[key]}}}{{\\ensuremath{{{_number(rounded(value, digits))}}}}}")
        lines.append(f"\\newcommand{{\\Sdde{one.macro}Digest}}{{\\texttt{{{one.digest}}}}}")
        sentence = one.text.replace("{lo}", names.get("lo", "")).replace("{hi}", names.get("hi", ""))
        sentences.append(
            f"{sentence} (certificate \\texttt{{{escape(one.file)}}}, claim \\texttt{{{one.digest[:16]}}})"
        )
    if not sentences:
        sentences = ["No statement of this report is certified"]
    lines += ["\\newcommand{\\SddeStatement}{%", *(f"  {sentence}." for sentence in sentences), "}"]
    return "\n".join(lines) + "\n"


def bibtex(now: datetime | None = None) -> str:
    """Return ``citation.bib``: this software and the paper whose model it certifies."""
    year = (now or datetime.now(UTC)).year
    return f"""@software{{sddeverify,
  author  = {{{{The sddeverify developers}}}},
  title   = {{sddeverify: deriving, certifying and cross-checking the delay theory of asynchronous {{SGD}}}},
  version = {{{sddeverify.__version__}}},
  year    = {{{year}}},
  license = {{BSD-3-Clause}}
}}

@article{{yu2025sdde,
  author        = {{Yu, Siyuan and Chen, Wei and Poor, H. Vincent}},
  title         = {{Distributed Stochastic Gradient Descent with Staleness: A Stochastic Delay Differential
                   Equation Based Framework}},
  journal       = {{IEEE Transactions on Signal Processing}},
  year          = {{2025}},
  doi           = {{10.1109/TSP.2025.3546574}},
  eprint        = {{2406.11159}},
  archiveprefix = {{arXiv}}
}}
"""


def escape(text: str) -> str:
    """Return text in which nothing is a LaTeX command."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def _number(decimal: str) -> str:
    mantissa, separator, power = decimal.partition("e")
    return f"{mantissa} \\times 10^{{{power}}}" if separator else decimal
