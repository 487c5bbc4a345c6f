import re
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from sddeverify import citing
from sddeverify.citing import Cited

BOUNDARY = Cited(
    "CriticalLearningRate",
    "Every learning rate up to {lo} is stable; the critical one is at most {hi}",
    Fraction(1, 3),
    Fraction(2, 3),
    "ab" * 32,
    "stability_boundary.cert.json",
)
TINY = Cited("DecayRate", "At least {lo}", Fraction(1, 3 * 10**12), None, "cd" * 32, "x.cert.json")


def macros(text):
    return dict(re.findall(r"\\newcommand\{\\(\w+)\}\{\\(?:ensuremath|texttt)\{(.*)\}\}$", text, re.MULTILINE))


def test_ends_are_rounded_outward():
    found = macros(citing.latex([BOUNDARY]))
    assert found["SddeCriticalLearningRateLow"] == "0.33333333"
    assert found["SddeCriticalLearningRateHigh"] == "0.66666667"
    assert Fraction(found["SddeCriticalLearningRateLow"]) <= BOUNDARY.lo
    assert Fraction(found["SddeCriticalLearningRateHigh"]) >= BOUNDARY.hi
    assert found["SddeCriticalLearningRateDigest"] == BOUNDARY.digest


def test_small_numbers_have_powers():
    found = macros(citing.latex([TINY]))
    assert found["SddeDecayRateLow"] == r"3.3333333 \times 10^{-13}"
    assert "SddeDecayRateHigh" not in found


@pytest.mark.parametrize("statements", [[], [BOUNDARY], [BOUNDARY, TINY]])
def test_latex_is_ascii_with_balanced_braces_and_unique_letters_only_macros(statements):
    text = citing.latex(statements)
    assert text.isascii()
    code = re.sub(r"(?<!\\)%.*", "", text).replace(r"\{", "").replace(r"\}", "")
    depth = 0
    for character in code:
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0
    assert depth == 0
    names = re.findall(r"\\newcommand\{\\([^}]*)\}", text)
    assert len(names) == len(set(names))
    assert all(name.isalpha() for name in names)


def test_the_statement_uses_the_macros():
    text = citing.latex([BOUNDARY])
    statement = text[text.index(r"\SddeStatement") :]
    assert r"up to \SddeCriticalLearningRateLow is" in statement
    assert r"stability\_boundary.cert.json" in statement


def test_escape():
    assert citing.escape("a_b & 50 % ~ {x} \\y") == (r"a\_b \& 50 \% \textasciitilde{} \{x\} \textbackslash{}y")


def test_bibtex():
    text = citing.bibtex(datetime(2031, 5, 1, tzinfo=UTC))
    assert text.count("@") == 2
    assert "{2031}" in text
    assert "10.1109/TSP.2025.3546574" in text
    assert "2406.11159" in text
    assert text.count("{") == text.count("}")


def test_a_geometric_lag_in_mathematics():
    path = Path(__file__).parents[1] / "checker" / "accepted" / "discrete_geometric_halves.json"
    text = citing.theorem(*citing.sources([path]))
    for part in (r"\mathbb{E}\,x_{k-L}", r"\(\mathbb{P}(L = j) = (1 - q)\,q^j\)", r"\(q = 0.5\)"):
        assert part in text
