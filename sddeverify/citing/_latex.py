r"""Statements and numbers of certificates in LaTeX.

A macro never says more than the certificate: lower ends are rounded down and upper ends up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import sddeverify
from sddeverify.citing._sources import NUMBER
from sddeverify.exact import decimal_down, decimal_up

if TYPE_CHECKING:
    from sddeverify.citing._sources import Source

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "≤": r"\(\le\)",
    "≥": r"\(\ge\)",
    "η": r"\(\eta\)",
    "τ": r"\(\tau\)",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}
_MATHEMATICS = [  # of the statements that the kernel makes, the longest first
    (r"h\(s\) = s \+ b \+ a E\[exp\(-s tau\)\]", r"h(s) = s + b + a\,\mathbb{E}\,e^{-s\tau}"),
    (r"h\(s\) = s \+ a E\[exp\(-s tau\)\]", r"h(s) = s + a\,\mathbb{E}\,e^{-s\tau}"),
    (r"dX = -\(b X \+ a X\(t - tau\)\) dt \+ dW", r"dX = -(b X + a X(t-\tau))\,dt + dW"),
    (r"x_\(k\+1\) = x_k - alpha x_\(k-(\d+)\)", r"x_{k+1} = x_k - \\alpha x_{k-\1}"),
    (r"x_\(k\+1\) = x_k - alpha E\[x_\(k-L\)\]", r"x_{k+1} = x_k - \alpha\,\mathbb{E}\,x_{k-L}"),
    (r"P\(L = j\) = \(1 - q\) q\^j", r"\mathbb{P}(L = j) = (1 - q)\,q^j"),
    (r"0 < (a|alpha) <= (NUM)", r"0 < \1 \\le \2"),
    (r"Re s (<|>|>=|=) (NUM)", r"\\operatorname{Re} s \1 \2"),
    (r"(a|alpha|q) = (NUM)", r"\1 = \2"),
    (r"(a|b) in (\[NUM, NUM\])", r"\1 \\in \2"),
    (r"(a|b) in (NUM)", r"\1 = \2"),
    (r"\|s - \((NUM) \+ (NUM) i\)\| < (NUM)", r"|s - (\1 + \2\\,\\mathrm{i})| < \3"),
    (r"\[NUM, NUM\]", r"\g<0>"),
]
_WORDS = {
    "tau ~": r"\(\tau \sim\)",
    "tau": r"\(\tau\)",
    "alpha": r"\(\alpha\)",
    "h": r"\(h\)",
    "Re s": r"\(\operatorname{Re} s\)",
}
_SHORT = 60  # digits up to which an exact number is printed as it is


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


def macros(source: Source, digits: int = 12) -> dict[str, str]:
    r"""Return the macros of a certificate, name -> LaTeX: every number of its claim, rounded outward.

    A pair gives ``...Low`` and ``...High``, a single number ``...Low`` and ``...High`` where its decimals do not end
    within ``digits``, and itself otherwise. Lists of pairs, such as the cells of a tube, have no macros.
    """
    found = {}
    for name, lo, hi in source.values:
        ends = [("Low", lo, decimal_down(lo, digits))] if lo is not None else []
        ends += [("High", hi, decimal_up(hi, digits))] if hi is not None else []
        if lo == hi and lo is not None and Fraction(decimal_down(lo, digits)) == lo:
            ends = [("", lo, decimal_down(lo, digits))]
        for suffix, _, text in ends:
            found[f"Sdde{name}{suffix}"] = f"\\ensuremath{{{decimal(text)}}}"
    found[f"Sdde{source.stem}Digest"] = f"\\texttt{{{source.digest}}}"
    return found


def theorem(source: Source) -> str:
    """Return the statement of a certificate in LaTeX mathematics; every number in it is exact."""
    text, place, kept = source.statement, 0, []
    for pattern, replacement in _MATHEMATICS:
        expression = re.compile(pattern.replace("NUM", NUMBER))

        def mark(match: re.Match[str], to: str = replacement) -> str:
            kept.append(match.expand(to) if "\\1" in to or "\\g" in to else to)
            return f"\0{len(kept) - 1}\0"

        text = expression.sub(mark, text)
    pieces = []
    for place, part in enumerate(text.split("\0")):
        if place % 2:
            formula = re.sub(r"(?<![\w\\])alpha", r"\\alpha", kept[int(part)]).replace(">=", r"\ge")
            pieces.append(f"\\({re.sub(NUMBER + '(?![}])', lambda m: _exactly(m.group()), formula)}\\)")
        else:
            plain = re.sub(NUMBER + r"/[0-9]+|" + NUMBER, lambda m: m.group(), part)
            pieces.append(_plain(plain))
    return "".join(pieces)


def _plain(text: str) -> str:
    """Return words of a statement in LaTeX: long fractions as numbers, names of variables in mathematics."""
    parts = re.split(rf"({NUMBER}/[0-9]+|-?[0-9]+/[0-9]+|\btau ~|\b(?:tau|alpha|h)\b|\bRe s\b)", text)
    done = [_WORDS.get(x) or (f"\\({_exactly(x)}\\)" if k % 2 else escape(x)) for k, x in enumerate(parts)]
    return "".join(done)


def _exactly(text: str) -> str:
    """Return an exact number in LaTeX mathematics: a terminating decimal, or a fraction."""
    value = Fraction(text)
    if value.denominator == 1:
        return text
    shown = decimal_down(value, _SHORT)
    if Fraction(shown) == value:
        return decimal(shown)
    sign = "-" if value < 0 else ""
    return f"{sign}\\tfrac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def document(found: list[Source], digits: int = 12) -> str:
    r"""Return ``citation.tex``: macros for all numbers, and a theorem for each certificate.

    It needs amsmath, amssymb and an environment ``theorem`` (amsthm: ``\newtheorem{theorem}{Theorem}``).
    """
    lines = [
        f"% Certified by sddeverify {sddeverify.__version__}. Needs amsmath, amssymb and a theorem environment.",
        "% ...Low is rounded down and ...High is rounded up: both are implied by the certificate.",
        "% ...Digest is the sha256 of the claim; check a certificate with: sddeverify check FILE",
    ]
    for source in found:
        lines += [f"\\newcommand{{\\{name}}}{{{value}}}" for name, value in macros(source, digits).items()]
    for source in found:
        lines += [
            "\\begin{theorem}[certificate \\texttt{" + escape(source.file) + "}]",
            f"  {theorem(source)}",
            f"  {{\\footnotesize Claim \\texttt{{{source.digest[:16]}}}, proof checked with \\cite{{sddeverify}}.}}",
            "\\end{theorem}",
        ]
    return "\n".join(lines) + "\n"


def latex(statements: list[Cited], digits: int = 8) -> str:
    r"""Return the ``citation.tex`` of a report: macros, and a paragraph ``\SddeStatement`` that uses them.

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
                lines.append(f"\\newcommand{{{names[key]}}}{{\\ensuremath{{{decimal(rounded(value, digits))}}}}}")
        lines.append(f"\\newcommand{{\\Sdde{one.macro}Digest}}{{\\texttt{{{one.digest}}}}}")
        sentence = one.text.replace("{lo}", names.get("lo", "")).replace("{hi}", names.get("hi", ""))
        sentences.append(
            f"{sentence} (certificate \\texttt{{{escape(one.file)}}}, claim \\texttt{{{one.digest[:16]}}})"
        )
    if not sentences:
        sentences = ["No statement of this report is certified"]
    lines += ["\\newcommand{\\SddeStatement}{%", *(f"  {sentence}." for sentence in sentences), "}"]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Return text in which nothing is a LaTeX command."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def decimal(text: str) -> str:
    """Return a decimal such as 1.5e-9 in LaTeX mathematics."""
    mantissa, separator, power = text.partition("e")
    return f"{mantissa} \\times 10^{{{power}}}" if separator else text
