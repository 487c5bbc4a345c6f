"""What every law promises, checked on an example of each and on random members of the algebra."""

import cmath
import json
import subprocess
import sys
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.checker import laws as kernel
from sddeverify.checker.document import Malformed
from sddeverify.delays import Constant, Law, Mixture, Sum, TruncatedExponential, parse, require_delay
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from tests.delays.strategies import EXAMPLES, laws, moderate, positive

examples = pytest.mark.parametrize("law", EXAMPLES.values(), ids=EXAMPLES.keys())
points = st.complex_numbers(max_magnitude=6, allow_nan=False).map(lambda s: complex(abs(s.real), s.imag))


def close(a: complex, b: complex, tolerance: float = 1e-12) -> bool:
    return abs(a - b) <= tolerance * (1 + abs(b))


def context(digits: int) -> Any:
    """An mpmath context of its own, so that no test changes the precision of another."""
    result = mpmath.MPContext()
    result.dps = digits
    return result


@given(laws())
def test_notation_round_trip(law: Law) -> None:
    assert parse(str(law)) == law
    assert hash(parse(str(law))) == hash(law)


@given(laws())
def test_json_round_trip(law: Law) -> None:
    assert Law.from_json(json.loads(json.dumps(law.to_json()))) == law


@given(laws())
def test_the_kernel_reads_the_json_form(law: Law) -> None:
    read = kernel.parse(law.to_json())
    mean = law.mean_enclosure()
    assert read.mean.lo <= mean.hi
    assert mean.lo <= read.mean.hi
    assert read.abscissa == law.abscissa


@settings(max_examples=40)
@given(laws(moderate))
def test_moments_are_the_derivatives_of_the_transform(law: Law) -> None:
    mp = context(60)
    # Central differences at a distance that leaves 20 good digits; independent of how the moments are written.
    step = mp.mpf(10) ** -13 / max(law.mean_float, 1)
    minus, middle, plus = (law.laplace(mp.mpc(x), mp.exp) for x in (-step, 0, step))
    first = (minus - plus) / (2 * step)
    second = (minus - 2 * middle + plus) / step**2
    assert middle == pytest.approx(1, abs=1e-50)
    assert float(first.real) == pytest.approx(law.mean_float, rel=1e-13)
    assert float((second - first**2).real) == pytest.approx(law.variance_float, rel=1e-11, abs=1e-15)


@given(laws())
def test_exact_and_float_moments_agree(law: Law) -> None:
    try:
        mean, variance = law.mean, law.variance
    except UnsupportedScenario:
        assert "truncated_exponential" in str(law)
        return
    assert mean in law.mean_enclosure()
    assert law.mean_float == float(mean)
    assert law.variance_float == float(variance)
    assert variance >= 0


@settings(max_examples=60)
@given(laws(moderate), points)
def test_all_kinds_of_numbers_agree(law: Law, s: complex) -> None:
    mp = context(40)
    precise = complex(law.laplace(mp.mpc(s), mp.exp))
    assert close(law.laplace(s, cmath.exp), precise)
    array = law.laplace(np.array([s, 0, s.conjugate()]), np.exp)
    assert array.shape == (3,)
    assert close(array[0], precise)
    assert close(array[1], 1)
    assert close(array[2], precise.conjugate())
    assert close(law.laplace(np.complex128(s), np.exp), precise)
    assert abs(precise) <= 1 + 1e-12  # for Re s >= 0


@examples
def test_symbolic_transform_agrees(law: Law) -> None:
    s = sympy.Symbol("s")
    expression = law.laplace(s, sympy.exp)
    assert not expression.atoms(sympy.Float)  # exact parameters stay exact
    value = complex(expression.subs(s, sympy.Rational(3, 7) + 2 * sympy.I).evalf(30))
    assert close(value, law.laplace(3 / 7 + 2j, cmath.exp), 1e-13)
    assert law.laplace(sympy.Integer(0), sympy.exp) == 1


@examples
def test_real_arguments_give_real_values(law: Law) -> None:
    value = law.laplace(0.5, np.exp)
    assert np.isrealobj(value)
    assert value == pytest.approx(law.laplace(0.5 + 0j, cmath.exp).real, rel=1e-13)
    assert law.laplace(np.linspace(0, 1, 6).reshape(2, 3), np.exp).shape == (2, 3)
    assert law.laplace(0, cmath.exp, number=float) == pytest.approx(1)


@examples
def test_transform_is_analytic_exactly_right_of_the_abscissa(law: Law) -> None:
    if law.abscissa is None:
        assert cmath.isfinite(law.laplace(complex(-2.5, 1), cmath.exp))
        return
    assert law.abscissa < 0
    mp = context(40)
    near = abs(law.laplace(mp.mpc(mp.mpf(law.abscissa.numerator) / law.abscissa.denominator + 1e-9), mp.exp))
    nearer = abs(law.laplace(mp.mpc(mp.mpf(law.abscissa.numerator) / law.abscissa.denominator + 1e-11), mp.exp))
    assert nearer > 50 * near > 1e6


@settings(max_examples=60)
@given(laws(moderate), moderate, points)
def test_scaled_law_is_the_law_of_the_scaled_time(law: Law, factor: Fraction, s: complex) -> None:
    scaled = law.scaled(factor)
    assert type(scaled) is type(law)
    assert scaled.mean_float == pytest.approx(law.mean_float * float(factor), rel=1e-12)
    assert scaled.variance_float == pytest.approx(law.variance_float * float(factor) ** 2, rel=1e-9, abs=1e-12)
    assert close(scaled.laplace(s / float(factor), cmath.exp), law.laplace(s, cmath.exp), 1e-11)
    assert scaled.scaled(1 / factor) == law


@given(laws())
def test_support_carries_the_samples(law: Law) -> None:
    lo, hi = law.support
    times = law.sample(np.random.default_rng(1), 50)
    assert times.shape == (50,)
    assert times.min() >= float(lo) * (1 - 1e-12)
    assert hi is None or times.max() <= float(hi) * (1 + 1e-12)
    assert isinstance(law.sample(np.random.default_rng(1)), float)
    assert law.sample(np.random.default_rng(1), (3, 2)).shape == (3, 2)
    assert (times == law.sample(np.random.default_rng(1), 50)).all()


def test_sum_of_two_uniforms_is_triangular() -> None:
    law = Sum(*[EXAMPLES["uniform_from_0"]] * 2)
    s = 0.7 - 1.3j
    triangle = context(30).quad(lambda t: (t if t < 2 else 4 - t) / 4 * mpmath.exp(-s * t), [0, 2, 4])
    assert close(law.laplace(s, cmath.exp), complex(triangle), 1e-14)


def test_sum_of_stages_is_erlang() -> None:
    stages, erlang = parse("sum(exponential(2/5), exponential(2/5), exponential(2/5))"), parse("erlang(3, 6/5)")
    assert (stages.mean, stages.variance, stages.abscissa) == (erlang.mean, erlang.variance, erlang.abscissa)
    assert close(stages.laplace(1 + 2j, cmath.exp), erlang.laplace(1 + 2j, cmath.exp), 1e-15)


@pytest.mark.parametrize(
    "bad",
    ["constant(1)", None, 1.0, Constant(0), Mixture([("1/2", Constant(0)), ("1/2", Constant(0))])],
    ids=repr,
)
def test_require_delay_refuses(bad: object) -> None:
    with pytest.raises(InvalidScenario, match="tau_c"):
        require_delay(bad, "tau_c")


def test_require_delay_returns_the_law() -> None:
    law = Mixture([("1/2", Constant(0)), ("1/2", TruncatedExponential(1, 1))])
    assert require_delay(law) is law


@pytest.mark.parametrize("factor", [0, "-1", 0.5])
def test_scaled_refuses(factor: Any) -> None:
    for law in EXAMPLES.values():
        with pytest.raises(InvalidScenario, match="factor"):
            law.scaled(factor)


BAD_JSON: dict[str, Any] = {
    "no object": 3,
    "list": [],
    "empty": {},
    "two members": {"constant": {"time": ["1", "1"]}, "exponential": {"mean": ["1", "1"]}},
    "unknown law": {"weibull": {"mean": ["1", "1"]}},
    "no body": {"constant": "1"},
    "unknown member": {"constant": {"time": ["1", "1"], "unit": "s"}},
    "missing member": {"uniform": {"lo": ["0", "0"]}},
    "interval": {"constant": {"time": ["1", "2"]}},
    "no pair": {"constant": {"time": "1"}},
    "three numbers": {"constant": {"time": ["1", "1", "1"]}},
    "float": {"constant": {"time": [0.5, 0.5]}},
    "negative": {"constant": {"time": ["-1", "-1"]}},
    "zero mean": {"exponential": {"mean": ["0", "0"]}},
    "boolean shape": {"erlang": {"mean": ["1", "1"], "shape": True}},
    "text shape": {"erlang": {"mean": ["1", "1"], "shape": "3"}},
    "large shape": {"erlang": {"mean": ["1", "1"], "shape": 1001}},
    "counts no list": {"lattice": {"step": ["1", "1"], "counts": "12"}},
    "float count": {"lattice": {"step": ["1", "1"], "counts": [0, 1.0]}},
    "negative count": {"lattice": {"step": ["1", "1"], "counts": [0, 2, -1]}},
    "no mass": {"lattice": {"step": ["1", "1"], "counts": [1, 0]}},
    "many cells": {"lattice": {"step": ["1", "1"], "counts": [1] * 4097}},
    "mixture no list": {"mixture": {"weight": ["1", "1"]}},
    "mixture without law": {"mixture": [{"weight": ["1/2", "1/2"]}] * 2},
    "weights": {"mixture": [{"weight": ["1/2", "1/2"], "law": {"constant": {"time": ["1", "1"]}}}] * 3},
    "one part": {"mixture": [{"weight": ["1", "1"], "law": {"constant": {"time": ["1", "1"]}}}]},
    "sum no list": {"sum": {"constant": {"time": ["1", "1"]}}},
    "sum of one": {"sum": [{"constant": {"time": ["1", "1"]}}]},
    "long sum": {"sum": [{"constant": {"time": ["1", "1"]}}] * 257},
}


@pytest.mark.parametrize("value", BAD_JSON.values(), ids=BAD_JSON.keys())
def test_bad_json_is_refused_with_one_sentence(value: Any) -> None:
    with pytest.raises(InvalidScenario, match="is not allowed; write ") as caught:
        Law.from_json(value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    if value != BAD_JSON["interval"]:  # which a certificate may contain
        with pytest.raises(Malformed):
            kernel.parse(value)


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {"constant": {"time": ["1", "1"]}}
    for _ in range(depth):
        value = {"sum": [value, {"constant": {"time": ["1", "1"]}}]}
    return value


def test_depth_is_that_of_the_format() -> None:
    law = Law.from_json(nested(8))
    assert law.depth == 8
    kernel.parse(law.to_json())
    assert parse(str(law)) == law
    with pytest.raises(InvalidScenario, match="nested deeper than 8"):
        Sum(law, Constant(1))
    for depth in (9, 200):
        with pytest.raises(InvalidScenario, match="nested deeper than 8"):
            Law.from_json(nested(depth))
    with pytest.raises(Malformed, match="nested"):
        kernel.parse(nested(9))


@given(positive)
def test_combinators_keep_what_they_are_given(number: Fraction) -> None:
    law = Mixture([("1/2", Constant(number)), ("1/2", Sum(Constant(number), Constant(0)))])
    assert law.mean == number
    assert law.variance == 0
    assert law.support == (number, number)


def test_import_loads_no_numerics() -> None:
    code = (
        "import sys, sddeverify.delays as d, sddeverify.scenario as s\n"
        "law = d.parse('0.3*constant(1) + 0.7*uniform(0, 2)')\n"
        "s.Scenario('1/10', 8, law, ['1']).to_toml()\n"
        "assert law.laplace(1.0, __import__('math').exp) < 1\n"
        "print(sorted({'numpy', 'sympy', 'mpmath', 'scipy', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_parts_are_limited() -> None:
    with pytest.raises(InvalidScenario, match="2 to 64 laws"):
        Sum(*[Constant(1)] * 65)
    with pytest.raises(InvalidScenario, match="2 to 256 pairs"):
        Mixture([(Fraction(1, 257), Constant(1))] * 257)
    for parts in ([Constant(1), Constant(2)], [("1/2", Constant(1)), ("1/2", "constant(1)")], [("1/2", 1), (0.5, 1)]):
        with pytest.raises(InvalidScenario, match="mixture"):
            Mixture(parts)  # type: ignore[arg-type]  # which is the point
    with pytest.raises(InvalidScenario, match=r"sum\[1\]"):
        Sum(Constant(1), "constant(1)")  # type: ignore[arg-type]  # which is the point
