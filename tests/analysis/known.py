"""The known answers in tests/data as characteristic functions and laws of the algebra."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath

from sddeverify.delays import Constant, Erlang, Gamma, Law, Mixture, Pareto, ShiftedExponential, Uniform, Weibull
from sddeverify.models import CharacteristicFunction

CASES: dict[str, dict[str, Any]] = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[1] / "data" / "known_answers.json").read_text("utf-8"))["cases"]
}

# Cases that are no statement about one equation.
ELSEWHERE = {
    "discrete-delay0": "difference equation",
    "discrete-delay2": "difference equation",
    "discrete-delay3": "difference equation",
    "discrete-delay50": "difference equation",
    "discrete-geometric-P16": "difference equation",
    "bernard-crauste": "statement about all laws: tests/analysis/test_crossings.py",
}


def ids(*kinds: str) -> list[str]:
    """The cases of some kinds that are ours."""
    return [name for name, case in CASES.items() if case["kind"] in kinds and name not in ELSEWHERE]


def delay(name: str) -> Law:
    """The delay law of a case."""
    p = CASES[name]["params"]
    if name.startswith("gamma"):
        shape = Fraction(p["k"])
        return Erlang(int(shape), 1) if shape.denominator == 1 else Gamma(shape, 1)
    if name.startswith("weibull"):  # its mean is Gamma(3/2) times the scale
        return Weibull(p["k"], 1 / Fraction(float(mpmath.gamma(1 + 1 / mpmath.mpf(p["k"])))))
    if name.startswith("pareto"):
        return Pareto(p["alpha"], p["xm"])
    if name.startswith("erlang"):
        return Erlang(p["n"], 1)
    if name.startswith("shiftexp"):
        return ShiftedExponential(p["d"], 1 / Fraction(p["mu"]))
    if name.startswith("two-point"):
        return Mixture([("1/2", Constant(p["t1"])), ("1/2", Constant(p["t2"]))])
    if name == "uniform-mid2-half0.1":
        m, h = Fraction(p["m"]), Fraction(p["h"])
        return Uniform(m - h, m + h)
    if name.startswith("uniform"):
        return Uniform(0, p.get("T", "1"))
    if "tau_hex" in p:
        return Constant(Fraction(float.fromhex(p["tau_hex"])))
    return Constant(p.get("tau", "1"))


def function(name: str) -> CharacteristicFunction:
    """The characteristic function of a case."""
    p = CASES[name]["params"]
    if name == "hayes-a1-b2":
        return CharacteristicFunction(p["b"], Constant(1), 1)
    if name == "hayes-tdscontrol-scalar":
        return CharacteristicFunction(1, Constant(1), -1)
    return CharacteristicFunction(p["a"], delay(name))


def value(name: str) -> mpmath.mpc:
    """The expected number of a case, at the present precision of mpmath."""
    expected = CASES[name]["expected"]
    if isinstance(expected, str):
        return mpmath.mpc(expected)
    return mpmath.mpc(expected["re"], expected["im"])
