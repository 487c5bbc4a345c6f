"""Densities against SciPy's, and transforms against quadrature of those."""

import cmath
import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import sympy
from hypothesis import given, settings

from sddeverify.delays import Erlang, Exponential, Law, TruncatedExponential, Uniform
from sddeverify.errors import UnsupportedScenario
from tests.delays.strategies import EXAMPLES, atoms, moderate

ERLANG_50, ERLANG_51 = Erlang(50, "3/2"), Erlang(52, "3/2")
DENSITIES: list[tuple[Law, Any]] = [
    (Exponential("4/5"), scipy.stats.expon(scale=0.8)),
    (Erlang(3, "6/5"), scipy.stats.gamma(3, scale=0.4)),
    (Erlang(1, "6/5"), scipy.stats.expon(scale=1.2)),
    (ERLANG_50, scipy.stats.gamma(50, scale=0.03)),
    (ERLANG_51, scipy.stats.gamma(52, scale=1.5 / 52)),
    (Erlang(1000, 2), scipy.stats.gamma(1000, scale=0.002)),
    (Uniform("1/4", "7/4"), scipy.stats.uniform(0.25, 1.5)),
    (Uniform(0, 2), scipy.stats.uniform(0, 2)),
    (TruncatedExponential(1, "3/2"), scipy.stats.truncexpon(1.5)),
    (TruncatedExponential("1/2", 20), scipy.stats.truncexpon(40, scale=0.5)),
]
densities = pytest.mark.parametrize(("law", "peer"), DENSITIES, ids=[str(law) for law, _ in DENSITIES])


@densities
def test_density_is_scipys(law: Law, peer: Any) -> None:
    lo, hi = peer.ppf([0.001, 0.999])
    times = np.linspace(lo, hi, 41)
    np.testing.assert_allclose(law.density(times, np.exp), peer.pdf(times), rtol=2e-11)
    assert law.density(float(times[7]), math.exp) == pytest.approx(peer.pdf(times[7]), rel=2e-11)
    precise = law.density(mpmath.mpf(float(times[7])), mpmath.exp)
    assert float(precise) == pytest.approx(peer.pdf(times[7]), rel=2e-11)


@densities
def test_moments_are_scipys(law: Law, peer: Any) -> None:
    assert law.mean_float == pytest.approx(peer.mean(), rel=1e-12)
    assert law.variance_float == pytest.approx(peer.var(), rel=1e-12)


@densities
@pytest.mark.parametrize("s", [0.0, 1e-9, 0.3, 2.0, 1j, -0.2 + 0.7j, 0.4 - 5j])
def test_transform_is_the_quadrature_of_the_density(law: Law, peer: Any, s: complex) -> None:
    lo, hi = peer.ppf([0, 1])
    split = [x for x in (peer.mean(), 5 * peer.mean()) if lo < x < hi]
    total = 0j
    for a, b in zip([lo, *split], [*split, min(hi, 60 * peer.mean())], strict=True):
        for unit, part in ((1, math.cos), (-1j, math.sin)):
            value, _ = scipy.integrate.quad(
                lambda t, part=part: peer.pdf(t) * math.exp(-t * complex(s).real) * part(t * complex(s).imag),
                a,
                b,
                epsabs=1e-13,
                epsrel=1e-12,
                limit=200,
            )
            total += unit * value
    assert abs(law.laplace(s, cmath.exp) - total) < 1e-10


@pytest.mark.parametrize("law", [Exponential("4/5"), Erlang(3, "6/5"), Uniform("1/4", "7/4")], ids=str)
def test_transform_is_the_symbolic_integral_of_the_density(law: Law) -> None:
    s, t = sympy.symbols("s t", positive=True)
    lo, hi = law.support
    integral = sympy.integrate(sympy.exp(-s * t) * law.density(t, sympy.exp), (t, lo, sympy.oo if hi is None else hi))
    assert sympy.simplify(integral - law.laplace(s, sympy.exp)) == 0


def test_the_symbolic_density_is_exact() -> None:
    t = sympy.Symbol("t")
    assert Erlang(3, "6/5").density(t, sympy.exp).equals(sympy.Rational(125, 16) * t**2 * sympy.exp(-5 * t / 2))
    assert Uniform("1/4", "7/4").density(t, sympy.exp) == sympy.Rational(2, 3)
    truncated = TruncatedExponential(1, "3/2").density(t, sympy.exp)
    assert truncated.equals(sympy.exp(-t) / (1 - sympy.exp(-sympy.Rational(3, 2))))


@pytest.mark.parametrize("name", ["constant", "lattice", "empirical", "mixture", "sum"])
def test_no_density(name: str) -> None:
    with pytest.raises(UnsupportedScenario, match=f"{EXAMPLES[name].name} has no density"):
        EXAMPLES[name].density(1.0, math.exp)


@settings(max_examples=25)
@given(atoms(moderate))
def test_density_integrates_to_one(law: Law) -> None:
    try:
        law.density(1.0, math.exp)
    except UnsupportedScenario:
        return
    lo, hi = law.support
    end = law.mean * 60 if hi is None else hi
    mp = mpmath.MPContext()
    pieces = [mp.mpf(float(lo + (end - lo) * Fraction(k, 12) ** 2)) for k in range(13)]
    assert float(mp.quad(lambda t: law.density(t, mp.exp), pieces)) == pytest.approx(1, rel=1e-9)
