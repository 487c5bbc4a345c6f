"""Expressions as MathML, which browsers show without any script or font from elsewhere."""

from __future__ import annotations

import html
import re
from typing import Any
from xml.dom.minidom import Element  # only builds elements; no foreign XML is ever parsed

import sympy
from sympy.printing.mathml import MathMLPresentationPrinter

from sddeverify.derivations import pretty

_MINUTE_GLYPHS = {"dt": ("d", "t"), "dX": ("d", "X"), "dW": ("d", "W")}

_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z]+);")  # HTML's own names; XML does not know them
_LETTERS = {"dd": "d", "ee": "e", "ExponentialE": "e"}


class _Printer(MathMLPresentationPrinter):  # type: ignore[misc]  # SymPy publishes no types
    """SymPy's printer, with names of functions as they are written and substitutions as a bar."""

    def _new(self, tag: str, *children: Any, text: str = "", **attributes: str) -> Element:
        element: Element = self.dom.createElement(tag)
        if text:
            element.appendChild(self.dom.createTextNode(text))
        for child in children:
            element.appendChild(child)
        for name, value in attributes.items():
            element.setAttribute(name, value)
        return element

    def _print_AppliedUndef(self, expression: Any) -> Element:  # noqa: N802  # the name is SymPy's
        name = self._new("mi", text=str(expression.func))
        return self._new("mrow", name, self._paren_comma_separated(*expression.args))

    def _print_Symbol(self, symbol: Any, style: str = "plain") -> Element:  # noqa: N802  # the name is SymPy's
        if symbol.name in _MINUTE_GLYPHS:
            first, second = _MINUTE_GLYPHS[symbol.name]
            return self._new("mrow", self._new("mi", text=first, mathvariant="normal"), self._new("mi", text=second))
        result: Element = super()._print_Symbol(symbol, style)
        return result

    def _print_UnevaluatedExpr(self, expression: Any) -> Element:  # noqa: N802  # the name is SymPy's
        return self._new("mrow", self._print(expression.args[0]))

    def _print_Subs(self, expression: Any) -> Element:  # noqa: N802  # the name is SymPy's
        inner, old, new = expression.args
        pairs: list[Element] = []
        for one, other in zip(old, new, strict=True):
            if pairs:
                pairs.append(self._new("mo", text=","))
            pairs.append(self._new("mrow", self._print(one), self._new("mo", text="="), self._print(other)))
        bar = self._new("mo", text="|", stretchy="true", fence="true")
        body = self._new("mrow", self._new("mo", text="(", fence="true"), self._print(inner))
        body.appendChild(self._new("mo", text=")", fence="true"))
        return self._new("mrow", self._new("msub", self._new("mrow", body, bar), self._new("mrow", *pairs)))


def expression(value: sympy.Basic) -> str:
    """Return an expression as MathML without the enclosing ``<math>``; as plain text where that fails."""
    try:
        text = str(_Printer({"fold_short_frac": False})._print(value).toxml())
        text = _ENTITY.sub(lambda found: _LETTERS.get(found[1]) or html.unescape(found[0]), text)
        return text.replace("<mo>-</mo>", "<mo>−</mo>")
    except (AttributeError, NotImplementedError, TypeError, ValueError):
        text = pretty(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return f"<mtext>{text}</mtext>"


def equation(left: sympy.Basic, sign: str, right: sympy.Basic) -> str:
    """Return ``left sign right`` as one displayed formula.

    Args:
        left: Left-hand side.
        sign: The sign between them, as text.
        right: Right-hand side.
    """
    middle = sign.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<math display="block"><mrow>{expression(left)}<mo>{middle}</mo>{expression(right)}</mrow></math>'
