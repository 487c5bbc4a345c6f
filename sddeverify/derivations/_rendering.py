"""A derivation as LaTeX, Markdown, plain text and JSON, all from the same steps.

Prose is written with Unicode letters (η, Λ, ≤), which terminals and Markdown show as they are; for LaTeX they
are translated one by one, so that an exported fragment is plain ASCII.
"""

from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.pretty.pretty import PrettyPrinter, prettyForm

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._assumptions import ASSUMPTIONS
from sddeverify.derivations._checking import DerivationCheck, StepCheck
from sddeverify.derivations._steps import Derivation, Step

_LETTERS = {
    "Δ": r"\Delta",
    "Γ": r"\Gamma",
    "Λ": r"\Lambda",
    "Φ": r"\Phi",
    "α": r"\alpha",
    "δ": r"\delta",
    "ε": r"\varepsilon",
    "ζ": r"\zeta",
    "η": r"\eta",
    "θ": r"\theta",
    "κ": r"\kappa",
    "μ": r"\mu",
    "ν": r"\nu",
    "π": r"\pi",
    "ϑ": r"\vartheta",
    "ρ": r"\rho",
    "ψ": r"\psi",
    "σ": r"\sigma",
    "τ": r"\tau",
    "φ": r"\varphi",
    "ω": r"\omega",
    "ξ": r"\xi",
    "→": r"\to",
    "√": r"\surd",
    "∫": r"\int",
    "±": r"\pm",
    "≈": r"\approx",
    "≤": r"\le",
    "≥": r"\ge",
    "²": "^2",
    "₀": "_0",
    "₁": "_1",
    "₂": "_2",
}
_ESCAPES = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "ô": r"\^{o}"}
_ESCAPES |= {character: f"\\{character}" for character in "&%$#_{}"}

_NAMES: dict[Any, str] = {
    sym.dt: r"\mathrm{d}t",
    sym.dX: r"\mathrm{d}X",
    sym.dW: r"\mathrm{d}W",
    sym.phi: r"\varphi",
    sym.start: r"\ell",
}


def latex_text(text: str) -> str:
    """Return prose as LaTeX: ASCII only, special characters escaped, Greek letters as mathematics."""
    return "".join(rf"\({_LETTERS[c]}\)" if c in _LETTERS else _ESCAPES.get(c, c) for c in text)


def latex_math(expression: sympy.Basic) -> str:
    """Return an expression as LaTeX."""
    text = str(sympy.latex(expression, symbol_names=_NAMES, fold_short_frac=False, ln_notation=True))
    # SymPy writes the real part as "re"; everybody else, and the rest of this package, as "Re".
    return text.replace(r"\operatorname{re}", r"\operatorname{Re}").replace(r"\operatorname{im}", r"\operatorname{Im}")


def step_latex(step: Step) -> str:
    """Return the line of a step, ``left = right``, as LaTeX without surroundings."""
    return f"{latex_math(step.left)} {step.sign.latex} {latex_math(step.after)}"


# One line if it fits; else the two sides one above the other, and what is still too wide is made smaller.
LATEX_MACROS = r"""\providecommand{\sddefit}[1]{\sbox0{$\displaystyle #1$}%
  \ifdim\wd0>.88\linewidth\resizebox{.88\linewidth}{!}{\usebox0}\else\usebox0\fi}
\providecommand{\sddestep}[2]{\sbox2{$\displaystyle #1{}#2$}%
  \ifdim\wd2>.88\linewidth\begin{gathered}\sddefit{#1}\\\sddefit{{}#2}\end{gathered}\else#1#2\fi}
"""


def to_latex(derivation: Derivation) -> str:
    r"""Return a derivation as paragraphs and equations (packages ``amsmath`` and ``graphicx``), every line labelled.

    Labels are ``eq:<derivation>:<step>`` and stay the same from version to version. Two macros keep wide lines on the
    page; they are defined unless they are known.
    """
    lines = [f"% {derivation.name}: rests on {', '.join(derivation.assumptions)}", LATEX_MACROS]
    for number, step in enumerate(derivation.steps, 1):
        lines.append(rf"\textbf{{{number}. {latex_text(step.title)}.}} {latex_text(step.because)}")
        left, right = latex_math(step.left), latex_math(step.after)
        label = rf"\label{{{derivation.label(step)}}}"
        lines.append(rf"\begin{{equation}}{label}\sddestep{{{left}}}{{{step.sign.latex} {right}}}\end{{equation}}")
    return "\n".join([*lines, ""])


def to_markdown(derivation: Derivation, checked: DerivationCheck | None = None) -> str:
    """Return a derivation as Markdown with ``$$`` mathematics; with its badges where a check is given."""
    parts = [f"## {derivation.title}", derivation.summary]
    badges = {} if checked is None else {one.step: one.badge.value for one in checked.steps}
    for number, step in enumerate(derivation.steps, 1):
        badge = f" _[{badges[step.id]}]_" if step.id in badges else ""
        parts.append(f'<a id="{derivation.label(step)}"></a>**{number}. {step.title}.**{badge} {_prose(step.because)}')
        parts.append(f"$$\n{step_latex(step)}\n$$")
    used = [ASSUMPTIONS[name] for name in derivation.assumptions]
    names = [f"- **{one.name} {one.title}.** {_prose(one.text)}" for one in used]
    parts += ["The result rests on these assumptions:", "\n".join(names)]
    return "\n\n".join(parts) + "\n"


def _prose(text: str) -> str:
    # What Markdown would take for markup.
    return text.replace("*", r"\*").replace("_", r"\_")


def pretty(step: Step, columns: int = 100) -> str:
    """Return the line of a step, ``left = right``, as two-dimensional Unicode text.

    Args:
        step: The step.
        columns: Width to keep to: what is wider is stacked, and broken where it must be.
    """
    printer = PrettyPrinter({"use_unicode": True})
    left, right = printer._print(step.left), printer._print(step.after)
    line = prettyForm(*prettyForm(*left.right(f" {step.sign.text} ")).right(right))
    if line.width() <= columns:
        return str(line)
    # SymPy marks a broken line at both ends, outside of the width that it is given.
    parts = [sympy.pretty(one, use_unicode=True, num_columns=columns - 4) for one in (step.left, step.after)]
    return f"{parts[0]}\n{step.sign.text}\n{parts[1]}"


def to_json(derivation: Derivation, checked: DerivationCheck) -> dict[str, Any]:
    """Return a derivation with the results of its check, for programs.

    Expressions are given as SymPy text (``before``, ``after``) and LaTeX (``latex``).
    """
    return {
        "name": derivation.name,
        "title": derivation.title,
        "summary": derivation.summary,
        "assumptions": list(derivation.assumptions),
        "results": {name: str(derivation.step(one).after) for name, one in derivation.results},
        "passed": checked.passed,
        "steps": [_step_json(derivation, step, one) for step, one in zip(derivation.steps, checked.steps, strict=True)],
    }


def _step_json(derivation: Derivation, step: Step, checked: StepCheck) -> dict[str, Any]:
    return {
        "id": step.id,
        "label": derivation.label(step),
        "title": step.title,
        "kind": step.kind.value,
        "operation": None if step.operation is None else step.operation.verb,
        "assumption": step.assumption,
        "before": str(step.before),
        "after": str(step.after),
        "latex": step_latex(step),
        "because": step.because,
        "hints": list(step.hints),
        "check": {
            "badge": checked.badge.value,
            "replay": checked.replay.value,
            "symbolic": checked.symbolic.value,
            "numeric": checked.numeric.value,
            "links": checked.links.value,
            "points": checked.points,
            "error": checked.error,
        },
    }
