"""Exports: LaTeX that is well formed and ASCII, Markdown, JSON, terminal text; labels that stay."""

import json
import re

import pytest
import sympy

from sddeverify.derivations import (
    DERIVATIONS,
    Derivation,
    check,
    latex_math,
    pretty,
    step_latex,
    to_json,
    to_latex,
    to_markdown,
)
from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._assumptions import ASSUMPTIONS
from sddeverify.derivations._rendering import LATEX_MACROS, latex_text
from tests.derivations.scenarios import LAWS, derivation

PAIRS = {"{": "}", r"\left": r"\right", r"\(": r"\)", r"\begin": r"\end"}


def assert_balanced(text: str) -> None:
    """Braces, \\left-\\right, \\(-\\) and environments are nested properly."""
    closers = {closer: opener for opener, closer in PAIRS.items()}
    stack: list[str] = []
    for token in re.findall(r"\\(?:left|right|begin|end)(?![a-zA-Z])|\\[^a-zA-Z]|\\[a-zA-Z]+|[{}]", text):
        if token in PAIRS:
            stack.append(token)
        elif token in closers:
            assert stack, text
            assert stack.pop() == closers[token], text
    assert stack == [], text


def test_the_balance_test_can_fail() -> None:
    for wrong in (r"\left( x", "{x", "x}", r"\begin{align}", r"\left( {x \right) }"):
        with pytest.raises(AssertionError):
            assert_balanced(wrong)
    assert_balanced(r"\left\{ x_{1} \right. \{ \leftarrow")


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("name", DERIVATIONS)
def test_latex_is_well_formed(law: str, name: str) -> None:
    one = derivation(law, name)
    text = to_latex(one)
    assert text.isascii()
    assert_balanced(text)
    assert text.count(r"\begin{equation}") == text.count(r"\end{equation}") == len(one.steps)
    labels = re.findall(r"\\label\{([^}]*)\}", text)
    assert labels == [f"eq:{name}:{step.id}" for step in one.steps]
    for step in one.steps:
        # Outside of matrices and stacks an alignment sign would split the line.
        assert_balanced(step_latex(step))
    assert not re.search(r"(?<!\\)[#%]", text.split("\n", 1)[1].removeprefix(LATEX_MACROS))


def test_labels_are_stable() -> None:
    """Documents refer to them: a change here breaks theirs."""
    limit = derivation("erlang(3, 1)", "diffusion_limit")
    labels = [limit.label(step) for step in limit.steps]
    for known in ("rate", "drift", "diffusion", "damping", "intensity", "amplitude", "strength", "numbers"):
        assert f"eq:diffusion_limit:{known}" in labels
    boundary = derivation("erlang(3, 1)", "stability_boundary")
    assert boundary.label(boundary.step("damping")) == "eq:stability_boundary:damping"


def test_prose_becomes_latex() -> None:
    assert latex_text("η ≤ 50 % of a_b & c") == r"\(\eta\) \(\le\) 50 \% of a\_b \& c"
    assert latex_text("x^2~\\{") == r"x\textasciicircum{}2\textasciitilde{}\textbackslash{}\{"


def every_text(one: Derivation) -> list[str]:
    texts = [one.title, one.summary, *(step.title + step.because for step in one.steps)]
    return texts + [ASSUMPTIONS[name].text + ASSUMPTIONS[name].title for name in one.assumptions]


@pytest.mark.parametrize("law", LAWS)
def test_every_letter_has_a_translation(law: str) -> None:
    for name in DERIVATIONS:
        for text in every_text(derivation(law, name)):
            assert latex_text(text).isascii(), text


def test_mathematics_uses_the_notation_of_the_theory() -> None:
    assert latex_math(sym.eta * sym.h * sym.P / sym.m) == r"\frac{P \eta h}{m}"
    assert latex_math(sym.dt) == r"\mathrm{d}t"
    assert latex_math(sym.x_read) == "x_{r}"
    assert latex_math(sympy.re(sympy.Symbol("s"))) == r"\operatorname{Re}{\left(s\right)}"


def test_markdown_has_every_step_with_its_badge() -> None:
    one = derivation("uniform(0, 2)", "diffusion_limit")
    text = to_markdown(one, check(one, points=1))
    assert text.count("$$\n") == 2 * len(one.steps)
    assert text.count("_[symbolic and numeric]_") + text.count("_[assumption]_") == len(one.steps)
    assert text.startswith("## ")
    for step in one.steps:
        assert f'<a id="{one.label(step)}"></a>' in text
        assert step_latex(step) in text
    for name in one.assumptions:
        assert f"**{name} " in text
    assert "_[" not in to_markdown(one)


def test_json_is_plain_data() -> None:
    one = derivation("erlang(3, 1)", "stability_boundary")
    data = json.loads(json.dumps(to_json(one, check(one, points=1)), allow_nan=False))
    assert data["name"] == "stability_boundary"
    assert data["passed"] is True
    assert data["results"]["damping_number"] == "8/3"
    assert [step["id"] for step in data["steps"]] == [step.id for step in one.steps]
    assert {step["check"]["badge"] for step in data["steps"]} == {"symbolic and numeric"}
    assert all(len(step["hints"]) == 2 for step in data["steps"])


@pytest.mark.parametrize("columns", [60, 114])
def test_terminal_text_keeps_its_width(columns: int) -> None:
    for name in DERIVATIONS:
        for step in derivation("truncated_exponential(1, 2)", name).steps:
            text = pretty(step, columns)
            assert max(len(line) for line in text.splitlines()) <= columns
            assert step.sign.text in text
    short = derivation("constant(2)", "stability_boundary").step("cosine-vanishes")
    assert "=" in pretty(short, 60)
    assert "\n=\n" not in pretty(short, 60)
