"""Laws that are sampled and computed: transforms, moments, samples and survival against SciPy and mpmath."""

from __future__ import annotations

import cmath
import math
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.stats
import sympy

from sddeverify.certificates import CLAIMS, Reason, decay_rate, rightmost_root, stability, stability_boundary
from sddeverify.delays import (
    Capped,
    Erlang,
    Exponential,
    Gamma,
    Geometric,
    Law,
    Lognormal,
    Pareto,
    Sum,
    Uniform,
    Weibull,
    parse,
)
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.models import CharacteristicFunction
from tests.certificates.proved import undecided

TAILS: list[tuple[Any, Any]] = [
    (Weibull("1/2", "3/2"), scipy.stats.weibull_min(0.5, scale=1.5)),
    (Weibull("7/10", 1), scipy.stats.weibull_min(0.7)),
    (Weibull(3, 2), scipy.stats.weibull_min(3, scale=2)),
    (Lognormal(1, 1), scipy.stats.lognorm(1)),
    (Lognormal(2, "1/5"), scipy.stats.lognorm(0.2, scale=2)),
    (Lognormal(1, "5/2"), scipy.stats.lognorm(2.5)),
    (Pareto("5/2", "1/2"), scipy.stats.pareto(2.5, scale=0.5)),
    (Pareto("3/2", 1), scipy.stats.pareto(1.5)),
    (Gamma("1/2", 2), scipy.stats.gamma(0.5, scale=4)),
    (Gamma("5/2", 1), scipy.stats.gamma(2.5, scale=0.4)),
]
tails = pytest.mark.parametrize(("law", "peer"), TAILS, ids=[str(law) for law, _ in TAILS])
ALL = [law for law, _ in TAILS]
ALL += [Geometric("1/4", "1/2"), Capped(Lognormal(1, 1), 5), Capped(Erlang(3, 1), 2), Capped(Pareto("1/2", 1), 20)]
ALL += [Capped(Gamma("1/2", 1), 3)]
every = pytest.mark.parametrize("law", ALL, ids=str)
LEVEL = 1e-4


@tails
def test_survival_density_and_moments_are_scipys(law: Any, peer: Any) -> None:
    times = peer.ppf([0.001, 0.1, 0.5, 0.9, 0.999])
    for time in times:
        assert law.survival(float(time), math) == pytest.approx(peer.sf(time), rel=1e-12)
    np.testing.assert_allclose(law.density(times, np.exp), peer.pdf(times), rtol=1e-12)
    assert law.mean_float == pytest.approx(peer.mean(), rel=1e-12)
    assert law.variance_float == pytest.approx(peer.var(), rel=1e-10)
    assert law.mean_float in (float(law.mean_enclosure().lo), float(law.mean_enclosure().hi)) or (
        law.mean_enclosure().lo < law.mean_float < law.mean_enclosure().hi
    )


@tails
def test_samples(law: Any, peer: Any) -> None:
    """Ten laws at level 1e-4, and a control of another scale that must be refused."""
    times = law.sample(np.random.default_rng(20250101), 20_000)
    assert scipy.stats.kstest(times, peer.cdf).pvalue > LEVEL
    assert scipy.stats.kstest(law.scaled("3/2").sample(np.random.default_rng(1), 20_000), peer.cdf).pvalue < LEVEL


def test_samples_of_geometric_and_capped_laws() -> None:
    times = Geometric("1/4", "1/2").sample(np.random.default_rng(4), 20_000)
    counts = np.bincount(np.rint(times / 0.5).astype(int), minlength=31)[1:31]
    expected = scipy.stats.geom(0.25).pmf(np.arange(1, 31))
    assert scipy.stats.chisquare(counts, expected / expected.sum() * counts.sum()).pvalue > LEVEL
    capped = Capped(Lognormal(1, 1), 5).sample(np.random.default_rng(4), 20_000)
    assert capped.max() == 5
    at_cap = int((capped == 5).sum())
    assert scipy.stats.binomtest(at_cap, 20_000, scipy.stats.lognorm(1).sf(5)).pvalue > LEVEL


@pytest.mark.parametrize("s", [0.3, 2 + 1j, 5j, 0.01j, 1 - 30j])
def test_transform_of_pareto_is_an_exponential_integral(s: complex) -> None:
    for shape in (0.5, 1.5, 3):
        law = Pareto(str(shape), 2)
        value = shape * mpmath.expint(shape + 1, 2 * mpmath.mpmathify(s))
        assert abs(law.laplace(complex(s), cmath.exp) - complex(value)) < 1e-13


@pytest.mark.parametrize("s", [0.3, 2 + 1j, 5j, 0.01j, 1 - 30j])
def test_transform_of_weibull_of_shape_one_half_is_an_error_function(s: complex) -> None:
    # x = sqrt(tau) is exponential: E exp(-s x^2), completed to a square
    z = 1 / (2 * mpmath.sqrt(mpmath.mpmathify(s)))
    value = mpmath.sqrt(mpmath.pi) * z * mpmath.exp(z**2) * mpmath.erfc(z)
    assert abs(Weibull("1/2", 1).laplace(complex(s), cmath.exp) - complex(value)) < 1e-13


@pytest.mark.parametrize("law", [Weibull(3, 2), Weibull("7/10", 1), Lognormal(1, 1), Lognormal(2, "1/5")], ids=str)
def test_transform_is_the_quadrature_of_the_density(law: Any) -> None:
    mp = mpmath.MPContext()
    edges = [mp.mpf(10) ** k for k in range(-12, 5)]
    for s in (0.4, 1.5 + 2j):
        whole = mp.quad(lambda t, s=s: law.density(float(t), math.exp) * mp.exp(-s * t), [0, *edges[:13], 2, 5, 20, 60])
        assert abs(law.laplace(complex(s), cmath.exp) - complex(whole)) < 1e-9


def test_gamma_laws_of_whole_shape_are_erlang_laws() -> None:
    law, peer = Gamma(3, "1/2"), Erlang(3, "1/2")
    assert (law.mean, law.variance, law.abscissa) == (peer.mean, peer.variance, peer.abscissa)
    for s in (0.3, 2 - 5j, -1 + 4j):
        assert abs(law.laplace(complex(s), cmath.exp) - peer.laplace(complex(s), cmath.exp)) < 1e-14
    x = sympy.Symbol("x")
    assert sympy.simplify(law.laplace(x, sympy.exp) - peer.laplace(x, sympy.exp)) == 0


@every
def test_float_arrays_and_mpmath_agree(law: Law) -> None:
    mp = mpmath.MPContext()
    mp.dps = 22
    points = np.array([0, 0.2, 1 + 1j, 3j])
    values = law.laplace(points, np.exp)
    assert values[0] == pytest.approx(1, abs=1e-13)
    for s, value in zip(points, values, strict=True):
        assert abs(complex(law.laplace(mp.mpc(s), mp.exp)) - value) < 2e-13
        assert abs(law.laplace(complex(s), cmath.exp) - value) < 1e-15
        assert abs(value) <= 1 + 1e-13
    assert np.isrealobj(law.laplace(np.array([0.5]), np.exp))


@every
def test_notation_json_and_scale(law: Law) -> None:
    assert parse(str(law)) == law == Law.from_json(law.to_json())
    assert hash(parse(str(law))) == hash(law)
    double = law.scaled(2)
    assert type(double) is type(law)
    assert abs(double.laplace(0.35j, cmath.exp) - law.laplace(0.7j, cmath.exp)) < 1e-12
    assert isinstance(law.sample(np.random.default_rng(1)), float)
    assert law.sample(np.random.default_rng(1), (2, 3)).shape == (2, 3)


@pytest.mark.parametrize(
    "law", [Capped(Lognormal(1, 1), 5), Capped(Exponential(2), 3), Capped(Pareto(3, 1), 4)], ids=str
)
def test_moments_of_capped_laws(law: Capped) -> None:
    times = law.sample(np.random.default_rng(8), 200_000)
    assert abs(times.mean() - law.mean_float) < 5 * times.std() / math.sqrt(len(times))
    assert law.variance_float == pytest.approx(times.var(), rel=0.03)


def test_moments_of_a_capped_exponential_law_exactly() -> None:
    assert Capped(Exponential(2), 3).mean_float == pytest.approx(2 * -math.expm1(-1.5), rel=1e-14)


def test_what_does_not_exist() -> None:
    assert Pareto(2, 1).variance_float == math.inf
    for use in (lambda: Pareto(1, 1).mean_float, lambda: Pareto(2, 1).variance, lambda: Lognormal(1, 1).mean):
        with pytest.raises(UnsupportedScenario):
            use()
    with pytest.raises(UnsupportedScenario, match="diverges for Re s < 0"):
        Lognormal(1, 1).laplace(-0.1 + 0j, cmath.exp)
    with pytest.raises(UnsupportedScenario, match="by quadrature only"):
        Weibull("1/2", 1).laplace(sympy.Symbol("s"), sympy.exp)
    assert Capped(Lognormal(1, 1), 2).laplace(-1 + 0j, cmath.exp).real > 1  # a law with an end has no abscissa


@pytest.mark.parametrize(
    "text",
    [
        "weibull(0, 1)", "weibull(1, -1)", "lognormal(1, 0)", "lognormal(0, 1)", "pareto(0, 1)", "pareto(1, 0)",
        "geometric(0, 1)", "geometric(3/2, 1)", "geometric(1/2, 0)", "capped(lognormal(1, 1), 0)",
        "capped(lognormal(1, 1), -1)", "capped(pareto(1, 2), 2)", "capped(uniform(0, 1), 1/2)", "capped(1, 2)",
    ],
)  # fmt: skip
def test_bad_parameters(text: str) -> None:
    with pytest.raises(InvalidScenario, match="is not allowed; write "):
        parse(text)


@every
def test_provers_say_how(law: Law) -> None:
    for result in (
        stability.prove(CharacteristicFunction(1, law)),
        rightmost_root.prove(CharacteristicFunction(1, Sum(law, Uniform(0, 1)))),
        decay_rate.prove(CharacteristicFunction(1, law)),
        stability_boundary.prove(law),
        CLAIMS["stationary_variance"].prove(CharacteristicFunction(1, law)),
    ):
        detail = undecided(result, Reason.DOMAIN).detail
        assert "band" in detail
        assert ("lattice(" if isinstance(law, Geometric) else "band_of(capped(") in detail
