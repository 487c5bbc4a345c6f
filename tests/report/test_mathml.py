from xml.etree import ElementTree

import pytest
import sympy

from sddeverify.derivations import DERIVATIONS
from sddeverify.report import mathml
from sddeverify.scenario import Scenario

x, y = sympy.symbols("x y")
f = sympy.Function("E")


def text(value):
    root = ElementTree.fromstring(f"<math>{mathml.expression(value)}</math>")  # noqa: S314 - our own output
    return "".join(root.itertext())


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (f(x), "E(x)"),
        (sympy.Symbol("dX"), "dX"),
        (sympy.UnevaluatedExpr(x), "x"),
        (sympy.Subs(x**2, x, y), "(x2)|x=y"),
        (x - y, "x−y"),
    ],
)
def test_what_sympy_does_not_show_as_written(value, shown):
    assert text(value) == shown


def test_fallback_is_escaped_text():
    class Strange(sympy.Basic):
        def __str__(self):
            return "a < b"

    assert "<mtext>" in mathml.expression(Strange()) or "strange" in text(Strange()).lower()


@pytest.mark.parametrize(
    "law", ["constant(1)", "uniform(0, 2)", "lattice(1/10, 0, 3, 5)", "0.3*constant(1) + 0.7*erlang(2, 1)"]
)
def test_all_steps_are_well_formed(law):
    scenario = Scenario("1/10", 8, law, hessian=("1/10", "1"))
    for name in ("characteristic_function", "stability_boundary"):
        for step in DERIVATIONS[name](scenario).steps:
            markup = mathml.equation(step.left, step.sign.text, step.after)
            assert "<mtext>" not in markup
            ElementTree.fromstring(markup)  # noqa: S314 - our own output
