r"""Do the macros in a paper agree with the certificates that they come from?"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from sddeverify.errors import invalid
from sddeverify.exact import spell

if TYPE_CHECKING:
    from pathlib import Path

    from sddeverify.citing._sources import Source

_MACRO = re.compile(r"\\newcommand\{\\(Sdde[A-Za-z]+)\}\{\\(ensuremath|texttt)\{(.*)\}\}\s*$", re.MULTILINE)
_INCLUDED = re.compile(r"\\(?:input|include)\{([^}]+)\}")


def disagreements(paper: Path, found: list[Source]) -> tuple[list[str], int]:
    r"""Compare the macros in a paper with certificates.

    Every ``\newcommand{\Sdde...}`` in the file, and in the files that it inputs, must say no more than the certificate
    it comes from: a Low at most the certified lower end, a High at least the upper one, a Digest the same.

    Returns:
        One sentence for each macro that disagrees, and the number of macros compared.

    Raises:
        InvalidScenario: if the paper cannot be read.
    """
    ends: dict[str, tuple[Fraction | None, Fraction | None]] = {}
    digests = {}
    for source in found:
        ends |= {name: (lo, hi) for name, lo, hi in source.values}
        digests[f"{source.stem}Digest"] = source.digest
    problems, compared = [], 0
    for name, kind, value in _MACRO.findall(_text(paper, set())):
        compared += 1
        stem = name.removeprefix("Sdde")
        if stem in digests:
            agrees = kind == "texttt" and value == digests[stem]
            allowed = digests[stem]
        else:
            suffix = next((x for x in ("Low", "High") if stem.endswith(x) and stem.removesuffix(x) in ends), "")
            if stem.removesuffix(suffix) not in ends:
                problems.append(f"\\{name} comes from none of the certificates")
                continue
            lo, hi = ends[stem.removesuffix(suffix)]
            agrees, allowed = _implied(value, suffix, lo, hi)
        if not agrees:
            problems.append(f"\\{name} is {value}, the certificate allows {allowed}")
    return problems, compared


def _implied(text: str, suffix: str, lo: Fraction | None, hi: Fraction | None) -> tuple[bool, str]:
    number = re.fullmatch(r"(-?[0-9.]+)(?: \\times 10\^\{(-?[0-9]{1,4})\})?", text)
    try:
        value = Fraction(number.group(1)) * Fraction(10) ** int(number.group(2) or 0) if number else None
    except ValueError:
        value = None
    if suffix == "Low" and lo is not None:
        return value is not None and value <= lo, f"at most {spell(lo)}"
    if suffix == "High" and hi is not None:
        return value is not None and value >= hi, f"at least {spell(hi)}"
    return value is not None and value == lo == hi, spell(lo) if lo == hi and lo is not None else "a Low or a High"


def _text(path: Path, seen: set[Path]) -> str:
    """Return the text of a LaTeX file with those it inputs, each once."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise invalid("paper", str(path), f"the path of a readable UTF-8 file ({type(error).__name__})") from None
    seen.add(path.resolve())
    text = re.sub(r"(?<!\\)%.*", "", text)
    for name in _INCLUDED.findall(text):
        other = path.parent / (name if name.endswith(".tex") else f"{name}.tex")
        if other.resolve() not in seen and other.is_file():
            text += "\n" + _text(other, seen)
    return text
