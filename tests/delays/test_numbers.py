"""The removable singularity of (1 - exp(-z))/z, and how exact parameters meet the caller's numbers."""

import cmath
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from sddeverify.delays import Constant, Erlang, Uniform
from sddeverify.delays._numbers import as_float, mean_of_exponential, number_for
from sddeverify.errors import UnsupportedScenario


def oracle(z: complex) -> complex:
    mp = mpmath.MPContext()
    mp.dps = 400 if abs(z) < 1e-100 else 150
    exact = mp.mpc(z)
    return complex((1 - mp.exp(-exact)) / exact) if z else 1 + 0j


angles = st.floats(-3.2, 3.2)
arguments = st.builds(lambda size, angle: cmath.rect(10.0**size, angle), st.floats(-300, 1.5), angles)


@given(arguments)
def test_no_cancellation_near_zero(z: complex) -> None:
    exact = oracle(z)
    # Only the zeros at 2 pi i k and the exponent itself are conditioned by |z|.
    allowed = 1e-15 * (1 + abs(z)) * (1 + abs(cmath.exp(-z)))
    assert abs(mean_of_exponential(z, cmath.exp) - exact) <= allowed
    assert abs(mean_of_exponential(np.array([z]), np.exp)[0] - exact) <= allowed
    assert abs(mean_of_exponential(np.complex128(z), np.exp) - exact) <= allowed
    assert mean_of_exponential(z.real, cmath.exp) == pytest.approx(oracle(z.real).real, rel=1e-14)
    if abs(z) < 0.1:
        assert abs(mean_of_exponential(z, cmath.exp) - exact) <= 1e-15 * abs(exact)


@given(arguments, st.integers(15, 80))
def test_mpmath_keeps_its_own_precision(z: complex, digits: int) -> None:
    mp = mpmath.MPContext()
    mp.dps = digits
    value = mean_of_exponential(mp.mpc(z), mp.exp)
    mp.dps = 2 * digits + 350
    w = mp.mpc(z)
    exact = (1 - mp.exp(-w)) / w if z else mp.mpf(1)
    assert abs(value - exact) <= mp.mpf(10) ** (1 - digits) * (1 + abs(w)) * (1 + abs(mp.exp(-w)))


def test_zero_of_every_kind() -> None:
    mp = mpmath.MPContext()
    for zero in (0, 0.0, 0j, Fraction(0), mp.mpf(0), mp.mpc(0), sympy.Integer(0), np.float64(0), flint.acb(0)):
        assert mean_of_exponential(zero, cmath.exp) == 1
    values = mean_of_exponential(np.array([0, 1e-20, 1]), np.exp)
    assert values.dtype == float
    np.testing.assert_allclose(values, [1, 1, 1 - np.exp(-1)], rtol=1e-15)


def test_types_of_parameters() -> None:
    third = Fraction(1, 3)
    mp = mpmath.MPContext()
    mp.dps = 50
    assert number_for(1j)(third) == 1 / 3
    assert number_for(np.zeros(3))(third) == 1 / 3
    assert abs(number_for(mp.mpc(1))(third) * 3 - 1) < mp.mpf(10) ** -49
    assert number_for(sympy.Symbol("s"))(third) is third
    assert number_for(2)(third) is third


def test_a_type_of_ones_own() -> None:
    """Ball arithmetic by python-flint: the parameters are passed through ``number``."""
    s = flint.acb("0.3", "1.7")
    for law in (Erlang(3, "6/5"), Uniform("1/4", "7/4"), Constant("1/3")):
        ball = law.laplace(s, lambda z: z.exp(), lambda q: flint.acb(flint.arb(flint.fmpq(q.numerator, q.denominator))))
        value = law.laplace(0.3 + 1.7j, cmath.exp)
        assert abs(complex(ball) - value) < 1e-14


def test_numbers_beyond_floats() -> None:
    assert as_float(Fraction(10**5000, 10**5000 + 1)) == 1.0
    huge = Constant("1e400")
    with pytest.raises(UnsupportedScenario, match="no float"):
        _ = huge.mean_float
    mp = mpmath.MPContext()
    assert huge.laplace(mp.mpf("1e-400"), mp.exp) == pytest.approx(float(mp.exp(-1)))
