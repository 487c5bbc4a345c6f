"""Counts by the argument principle, against polynomials, Lambert W, and plain dense sampling."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.analysis.equation import Equation, transform
from sddeverify.analysis.winding import half_plane, half_plane_count, rectangle_count
from sddeverify.delays import Constant, Erlang, Hyperexponential, Law, ShiftedExponential, Uniform
from tests.delays.strategies import laws, moderate


def dense_count(equation: Equation, law: Law, c: float) -> int | None:
    """Zeros right of a line: the turn of h around [c, R + 1] x [-R - 1, R + 1], by the law's own transform."""
    unit = float(equation.transform.unit)
    with np.errstate(all="ignore"):
        reach = abs(equation.beta) + abs(equation.alpha) * abs(complex(law.laplace(complex(c / unit), np.exp))) + 1
    if not reach < 100:
        return None
    n = 6000
    corners = [c - 1j * reach, reach + 1 - 1j * reach, reach + 1 + 1j * reach, c + 1j * reach]
    path = np.concatenate([
        start + (end - start) * np.linspace(0, 1, n, endpoint=False)
        for start, end in zip(corners, corners[1:] + corners[:1], strict=True)
    ])  # fmt: skip
    values = path + equation.beta + equation.alpha * law.laplace(path / unit, np.exp)
    turns = np.angle(np.roll(values, -1) / values)
    if np.max(np.abs(turns)) > 0.7:
        return None
    return round(float(turns.sum()) / (2 * math.pi))


@settings(max_examples=60, deadline=None)
@given(
    law=laws(moderate), a=st.floats(-20, 20).filter(lambda a: abs(a) > 0.01), b=st.sampled_from([0.0, 0.0, 0.4, -0.3]),
    c=st.integers(-60, 60),
)  # fmt: skip
def test_counts_against_dense_sampling(law: Law, a: float, b: float, c: float) -> None:
    equation, c = Equation(transform(law), a, b), c / 100
    if c <= equation.transform.abscissa + 0.01:
        return
    expected = dense_count(equation, law, c)
    found = half_plane_count(equation, c)
    if expected is not None and found is not None:
        assert found == expected
    assert found is not None or abs(equation.jet(complex(c), 0)[0]) < 1e-12 or expected is None


@pytest.mark.parametrize("b", [0.0, 0.5])
@pytest.mark.parametrize("a", [0.1, 1.0, 9.0, -3.0])
def test_counts_left_of_the_poles_are_those_of_the_continuation(a: float, b: float) -> None:
    law = Hyperexponential([("1/3", 2), ("2/3", "1/2")])
    equation = Equation(transform(law), a, b)
    unit = float(equation.transform.unit)
    poly = np.polynomial.Polynomial
    one, two = poly([1, 2 / unit]), poly([1, 0.5 / unit])
    zeros = (poly([b, 1]) * one * two + a * (two / 3 + one * 2 / 3)).roots()
    for c in (-6.0, -2.5, -1.3, -0.7, -0.2, 0.3):
        assert half_plane_count(equation, c) == sum(1 for z in zeros if z.real > c)


def test_line_through_a_root_is_refused() -> None:
    equation = Equation(transform(Constant(1)), 2.0, -2.0)  # in units of 2: a double root at 0
    assert half_plane_count(equation, 0.0) is None
    assert half_plane(equation, 0.0)[1].size == 0
    assert half_plane_count(equation, -0.01) == 2
    assert rectangle_count(equation, -0.5, 0.0, -1.0, 1.0) is None
    assert rectangle_count(equation, -0.5, 0.1, -1.0, 1.0) == 2


def test_rectangles_add_up() -> None:
    for law, a in ((Uniform(0, 2), 9.0), (ShiftedExponential("1/2", "1/2"), -4.0), (Erlang(3, 1), 5.0)):
        equation = Equation(transform(law), a, 0.0)
        c = max(-1.4, equation.transform.abscissa + 0.2)
        right, top = equation.right_end() + 0.1, equation.height(c) + 0.1
        whole = half_plane_count(equation, c)
        x, y = c + 0.4871 * (right - c), 0.3713 * top
        parts = [
            rectangle_count(equation, x0, x1, y0, y1)
            for x0, x1 in ((c, x), (x, right)) for y0, y1 in ((-top, -y), (-y, y), (y, top))
        ]  # fmt: skip
        assert whole == sum(part for part in parts if part is not None)
        assert None not in parts
        assert rectangle_count(equation, c, right, -top, top) == whole


def test_points_of_the_line_lie_on_it() -> None:
    count, points = half_plane(Equation(transform(Constant(1)), 3.0, 0.0), -0.5)
    assert count is not None
    assert set(points.real) == {-0.5}
    assert (np.diff(points.imag) > 0).all()


def test_overflow_is_no_count() -> None:
    assert half_plane_count(Equation(transform(Constant(1)), 1.0, 0.0), -2000.0) is None
