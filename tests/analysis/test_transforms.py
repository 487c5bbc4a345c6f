"""Transforms read from the JSON form of a law, in three arithmetics, against the laws' own formulas."""

import cmath
import math
import random
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.analysis.arithmetic import ARRAY, SCALAR, Multiprecision, precision, private_context
from sddeverify.analysis.equation import Equation, transform
from sddeverify.analysis.reading import build, only_time, pole_orders, stage_terms
from sddeverify.analysis.transforms import Opaque, Points
from sddeverify.delays import (
    Constant,
    Erlang,
    Exponential,
    Lattice,
    Law,
    Mixture,
    Pareto,
    ShiftedExponential,
    Sum,
    Uniform,
)
from sddeverify.errors import UnsupportedScenario
from tests.delays.strategies import EXAMPLES, laws, moderate

MANY_CELLS = Lattice("1/100", [(7 * k * k) % 101 for k in range(1, 301)])
MANY_POINTS = Mixture([("1/10", Constant(Fraction(k * k, 20))) for k in range(8)] + [("2/10", Uniform(0, 1))])
ALL = {**EXAMPLES, "many_cells": MANY_CELLS, "many_points": MANY_POINTS}
every_law = pytest.mark.parametrize("law", ALL.values(), ids=ALL.keys())


def derivatives(law: Law, s: complex) -> list[mpmath.mpc]:
    """Phi, Phi' and Phi'' by Cauchy's formula on a circle, with the law's own transform."""
    with mpmath.workdps(30):
        points = [mpmath.expjpi(mpmath.mpf(k) / 16) for k in range(32)]
        radius = mpmath.mpf(law.mean_float) / 100
        values = [law.laplace(mpmath.mpc(s) + radius * u, mpmath.exp) for u in points]
        sums = [mpmath.fsum(v / u**k for v, u in zip(values, points, strict=True)) / 32 for k in range(3)]
        return [sums[0], sums[1] / radius, 2 * sums[2] / radius**2]


@every_law
@pytest.mark.parametrize("z", [0j, 1e-9 + 0j, 0.2 + 0.1j, 1j, 0.5 + 9j, -0.01 + 3j, 3 + 40j])
def test_three_arithmetics(law: Law, z: complex) -> None:
    s = z / law.mean_float
    if law.abscissa is not None and s.real <= law.abscissa:
        return
    expected = [complex(value) for value in derivatives(law, s)]
    given = transform(law)
    unit = float(given.unit)
    left = -math.inf if law.abscissa is None else float(law.abscissa) / 2
    scalar = given.node.jet(s * unit, 2, SCALAR)
    arrays = given.node.jet(np.array([[s * unit, 1.0], [s * unit, 2.0]]), 2, ARRAY)
    context = private_context()
    with precision(context, 120):
        exact = given.exact(Multiprecision(context)).jet(context.mpc(s), 2, Multiprecision(context))
    for k in range(3):
        size = abs(complex(derivatives(law, complex(max(s.real - 0.01 / law.mean_float, left)))[k]))
        assert abs(scalar[k] * unit**k - expected[k]) <= 3e-12 * size
        assert arrays[k].shape == (2, 2)
        assert abs(arrays[k][1, 0] * unit**k - expected[k]) <= 3e-12 * size
        assert abs(complex(exact[k]) - expected[k]) <= 1e-13 * size
    assert len(given.node.jet(s * unit, 0, SCALAR)) == 1
    assert len(given.node.jet(np.array([s * unit]), 1, ARRAY)) == 2


@settings(max_examples=60, deadline=None)
@given(law=laws(moderate), x=st.floats(-0.5, 2), y=st.floats(0, 30), up=st.floats(0, 5), right=st.floats(0, 2))
def test_bounds_hold(law: Law, x: float, y: float, up: float, right: float) -> None:
    given = transform(law)
    c = x if x > given.abscissa + 1e-6 else given.abscissa + 0.1
    with np.errstate(all="ignore"):
        on_line = given.node.bounds(c, np.array([y]), False)
        beyond = given.node.bounds(c, np.array([y]), True)
    for bounds, z in ((on_line, complex(c, y + up)), (beyond, complex(c + right, y + up))):
        jet = given.node.jet(z, 2, SCALAR)
        for value, bound in zip(jet, bounds, strict=True):
            assert abs(value) <= bound[0] * (1 + 1e-9) + 1e-12


@settings(max_examples=40, deadline=None)
@given(
    law=laws(moderate), a=st.floats(-30, 30).filter(lambda a: abs(a) > 0.01), c=st.floats(-0.5, 1), t=st.floats(0, 3)
)
def test_no_root_beyond_the_ends(law: Law, a: float, c: float, t: float) -> None:
    equation = Equation(transform(law), a, 0.25)
    right = equation.right_end()
    assert abs(equation.jet(complex(right * 1.001 + t, t), 0)[0]) > 0
    assert right + 0.25 >= abs(a) * abs(equation.transform.node.jet(complex(right), 0, SCALAR)[0]) * (1 - 1e-9)
    if c > equation.transform.abscissa + 1e-3:
        top = equation.height(c)
        assert top > abs(a) * abs(equation.transform.node.jet(complex(c + t, top * (1 + t)), 0, SCALAR)[0])


@every_law
def test_poles_are_left_of_the_abscissa_of_convergence(law: Law) -> None:
    orders = pole_orders(law.to_json())
    if law.abscissa is None:
        assert orders == {}
    else:
        assert max(-1 / scale for scale in orders) == law.abscissa
        given = transform(law)
        near = max(place for place, _ in given.poles) * (1 - 1e-4)
        assert abs(given.node.jet(complex(near), 0, SCALAR)[0]) > 1e3


def test_moments_are_those_of_the_law() -> None:
    for law in ALL.values():
        given = transform(law)
        first, second = given.moments
        unit = float(given.unit)
        assert abs(first * unit - law.mean_float) < 1e-12 * law.mean_float
        assert abs((second - first * first) * unit**2 - law.variance_float) < 1e-11 * (law.mean_float**2)
        assert 0.5 <= law.mean_float / unit <= 1


def test_single_points_are_recognised() -> None:
    assert only_time(Constant("3/2").to_json()) == Fraction(3, 2)
    assert only_time(Sum(Constant(1), Constant("1/2")).to_json()) == Fraction(3, 2)
    assert only_time(Lattice("1/4", [0, 0, 5]).to_json()) == Fraction(1, 2)
    assert only_time(Mixture([("1/2", Constant(1)), ("1/2", Lattice(1, [0, 3]))]).to_json()) == 1
    for law in (Uniform(0, 1), Mixture([("1/2", Constant(1)), ("1/2", Constant(2))]), ShiftedExponential(1, 1)):
        assert only_time(law.to_json()) is None
    assert only_time(Sum(Constant(1), Exponential(1)).to_json()) is None


def test_chains_of_stages_are_recognised() -> None:
    law = Sum(Mixture([("1/3", Exponential(2)), ("2/3", Constant(0))]), Erlang(2, 1))
    half = Fraction(1, 2)
    assert stage_terms(law.to_json()) == [(Fraction(1, 3), {2: 1, half: 2}), (Fraction(2, 3), {half: 2})]
    assert stage_terms(ShiftedExponential(1, 1).to_json()) is None
    assert stage_terms(Uniform(0, 1).to_json()) is None
    wide = Sum(*[Mixture([("1/2", Exponential(k)), ("1/2", Exponential(k + 1))]) for k in range(1, 10)])
    assert stage_terms(wide.to_json()) is None  # 512 terms


def test_many_constants_share_one_node() -> None:
    assert isinstance(transform(Mixture([("1/5", Constant(k)) for k in range(1, 6)])).node, Points)


def test_heavy_tails_are_differentiated_along_the_axis() -> None:
    # Pareto(5/2, 1): Phi(s) = 5/2 E_{7/2}(s), Phi'(s) = -5/2 E_{5/2}(s), Phi''(s) = 5/2 E_{3/2}(s)
    law = Pareto("5/2", 1)
    node = Opaque(law, 1)
    for s in (1j, 0.5 + 3j, 1e-3 + 2j):
        expected = [complex(sign * mpmath.expint(k, s) * 5 / 2) for sign, k in ((1, 3.5), (-1, 2.5), (1, 1.5))]
        for part, value in zip(node.jet(s, 2, SCALAR), expected, strict=True):
            assert abs(part - value) < 1e-5
    assert node.jet(0j, 2, SCALAR) == pytest.approx((1, -5 / 3, 5))
    assert node.bounds(0.5, np.array([1.0]), half_plane=True)[1] == pytest.approx(5 / 3, rel=1e-5)
    with pytest.raises(UnsupportedScenario, match="second moment"):
        Opaque(Pareto("3/2", 1), 1).jet(0j, 2, SCALAR)


def test_an_unknown_atom_is_taken_by_its_laplace_method(monkeypatch: pytest.MonkeyPatch) -> None:
    law = Mixture([("1/2", Erlang(2, 1)), ("1/2", Uniform(0, 3))])
    known = transform(law)
    real = Law.from_json
    monkeypatch.setattr(
        Law, "from_json", staticmethod(lambda data, depth=0: law if data == {"new": {}} else real(data))
    )
    node = build({"new": {}}, lambda value: float(value / known.unit), float, float(known.unit), SCALAR)
    assert isinstance(node, Opaque)
    for z in (0.3 + 2j, 1 + 0j):
        for one, two in zip(node.jet(z, 2, SCALAR), known.node.jet(z, 2, SCALAR), strict=True):
            assert abs(one - two) < 1e-7
        for one, two in zip(node.jet(np.array([z]), 2, ARRAY), known.node.jet(z, 2, SCALAR), strict=True):
            assert abs(one[0] - two) < 1e-7
    w = np.array([0.0, 3.0])
    assert all((bound >= 0).all() for bound in node.bounds(0.0, w, True))
    context = private_context()
    with precision(context, 200):
        arithmetic = Multiprecision(context)
        exact = build({"new": {}}, context.mpf, context.mpf, 1, arithmetic)
        for one, two in zip(
            exact.jet(context.mpc(1, 2), 2, arithmetic), known.exact(arithmetic).jet(context.mpc(1, 2), 2, arithmetic),
            strict=True,
        ):  # fmt: skip
            assert abs(one - two) < 1e-40


@pytest.mark.parametrize("k", [0, 1, 2])
def test_phi1_has_no_cancellation(k: int) -> None:
    rng = random.Random(3)
    points = [10 ** rng.uniform(-18, 1.3) * cmath.exp(1j * rng.uniform(0, 6.3)) for _ in range(200)] + [0j]
    arrays = ARRAY.phi1(np.array(points), 2)
    context = private_context()
    for j, x in enumerate(points):
        with mpmath.workdps(60):
            terms = 60 if abs(x) < 5 else 250
            exact = mpmath.fsum(
                (-1) ** n * mpmath.mpc(x) ** (n - k) * mpmath.ff(n, k) / mpmath.factorial(n + 1)
                for n in range(k, terms)
            )
            exact = complex(exact)
        size = max(abs(exact), 1e-3)
        assert abs(SCALAR.phi1(x, 2)[k] - exact) < 1e-13 * size
        assert abs(arrays[k][j] - exact) < 1e-13 * size
        with precision(context, 80):
            assert abs(complex(Multiprecision(context).phi1(context.mpc(x), 2)[k]) - exact) < 1e-15 * size


def test_times_too_far_apart_for_floats() -> None:
    with pytest.raises(UnsupportedScenario, match="too far apart"):
        transform(Mixture([("1/2", Constant(1)), ("1/2", Sum(Constant(1), Exponential("1e-400")))]))
