"""Variances against closed forms, Lyapunov equations and quadrature; mean-square limits against recursions."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.analysis.equation import Equation
from sddeverify.analysis.moments import (
    _quadrature,
    mean_square_limit,
    memoryless_mean_square_limit,
    stationary_variance,
)
from sddeverify.analysis.search import leading_roots
from sddeverify.delays import Constant, Erlang, Exponential, Hyperexponential, Lattice, Law, Mixture, Uniform
from sddeverify.errors import InvalidScenario
from sddeverify.models import CharacteristicFunction
from tests.analysis import known


def quadrature(h: CharacteristicFunction) -> float:
    equation = Equation.of(h)
    return _quadrature(equation, [root.z for root in leading_roots(equation)]) * float(equation.transform.unit)


def test_known_variances() -> None:
    assert math.isclose(
        stationary_variance(CharacteristicFunction(1, Constant("0.5"))),
        float(known.CASES["sdde-var-a1-tau0.5"]["expected"]),
        rel_tol=1e-14,
    )
    p = known.CASES["sdde-var-exp"]["params"]
    h = CharacteristicFunction(p["a"], Exponential(1 / Fraction(p["mu"])))
    expected = float(known.CASES["sdde-var-exp"]["expected"].rpartition("=")[2])
    assert math.isclose(stationary_variance(h), expected, rel_tol=1e-14)


@settings(max_examples=40, deadline=None)
@given(
    law=st.sampled_from([Constant(1), Constant("7/3"), Exponential(1), Exponential("1/9")]),
    a=st.floats(-0.9, 6).filter(lambda a: abs(a) > 0.01),
    b=st.sampled_from([0, 1, "1/2", 3]),
)
def test_quadrature_against_closed_forms(law: Law, a: float, b: str) -> None:
    h = CharacteristicFunction(Fraction(a), law, b)
    exact = stationary_variance(h)
    if exact < 1e4:
        assert math.isclose(quadrature(h), exact, rel_tol=1e-9)


def _stages(a: float, terms: list[tuple[float, list[float]]]) -> float:
    """The variance of a mixture of chains of exponential stages, by the Lyapunov equation of the linear system."""
    size = 1 + sum(len(means) for _, means in terms)
    matrix, k = np.zeros((size, size)), 1
    for weight, means in terms:
        for j, mean in enumerate(means):
            matrix[k, 0 if j == 0 else k - 1] = 1 / mean
            matrix[k, k] -= 1 / mean
            k += 1
        matrix[0, k - 1] = -a * weight
    noise = np.zeros((size, size))
    noise[0, 0] = 1
    return float(scipy.linalg.solve_continuous_lyapunov(matrix, -noise)[0, 0])


@pytest.mark.parametrize("a", ["1/10", "1", "2"])
@pytest.mark.parametrize(("law", "terms"), [
    (Erlang(3, 1), [(1.0, [1 / 3] * 3)]),
    (Erlang(5, "3/4"), [(1.0, [0.15] * 5)]),
    (Hyperexponential([("1/3", 2), ("2/3", "1/2")]), [(1 / 3, [2.0]), (2 / 3, [0.5])]),
    (Mixture([("1/2", Erlang(2, 1)), ("1/2", Exponential(1))]), [(0.5, [0.5, 0.5]), (0.5, [1.0])]),
], ids=str)  # fmt: skip
def test_variance_of_rational_laws(a: str, law: Law, terms: list[tuple[float, list[float]]]) -> None:
    variance = stationary_variance(CharacteristicFunction(a, law))
    assert math.isclose(variance, _stages(float(Fraction(a)), terms), rel_tol=1e-9)


@pytest.mark.parametrize("law", [Uniform(0, 2), Lattice("1/4", [1, 2, 3, 4, 5]), Uniform("1/2", 1)], ids=str)
def test_variance_against_an_independent_integral(law: Law) -> None:
    h = CharacteristicFunction("3/2", law)
    inner, _ = scipy.integrate.quad(lambda w: abs(h.evaluate(complex(0, w))) ** -2, 0, 60, limit=2000, epsabs=1e-11)
    outer = 1 / 60  # up to 2 a E|sin(w tau)|/w^3 and smaller terms
    assert abs(stationary_variance(h) - (inner + outer) / math.pi) < 2 * 1.5 / (2 * 60**2) / math.pi


def test_unstable_equation_has_no_stationary_variance() -> None:
    assert stationary_variance(CharacteristicFunction("8/5", Constant(1))) == math.inf
    assert stationary_variance(CharacteristicFunction(-1, Exponential(1))) == math.inf


def test_variance_grows_like_the_inverse_distance_from_the_boundary() -> None:
    near = [
        stationary_variance(CharacteristicFunction(Fraction(8, 3) - Fraction(1, 10**k), Erlang(3, 1)))
        for k in (3, 6, 9)
    ]
    for one, two in itertools.pairwise(near):
        assert math.isclose(two / one, 1000, rel_tol=3e-3)


@settings(max_examples=25, deadline=None)
@given(factor=st.fractions(Fraction(1, 100), 100).filter(bool), a=st.floats(0.1, 1.5))
def test_variance_scales_like_time(factor: Fraction, a: float) -> None:
    one = stationary_variance(CharacteristicFunction(Fraction(a), Uniform(0, 2)))
    two = stationary_variance(CharacteristicFunction(Fraction(a) / factor, Uniform(0, 2 * factor)))
    assert math.isclose(two, one * float(factor), rel_tol=1e-9)


@pytest.mark.parametrize("workers", [1, 2, 8, 64, 1000])
def test_limit_of_the_equation_for_exponential_and_constant_times(workers: int) -> None:
    # Exponential: P alpha^2 + alpha - 2 = 0. Constant: alpha (1 + sin c) = 2 cos c, c = alpha P.
    alpha = mean_square_limit(Exponential(3), workers)
    assert abs(workers * alpha**2 + alpha - 2) < 1e-9
    alpha = mean_square_limit(Constant(3), workers)
    c = alpha * workers
    assert abs(alpha * (1 + math.sin(c)) - 2 * math.cos(c)) < 1e-9


@pytest.mark.parametrize(("shape", "workers", "expected"), [
    (1, 16, 5.18), (2, 16, 2.87), (4, 16, 2.01), (1, 64, 10.82), (2, 64, 3.59), (4, 64, 2.20), (16, 64, 1.67),
])  # fmt: skip
def test_limit_of_the_equation_for_erlang_times(shape: int, workers: int, expected: float) -> None:
    # Values derived for this project from the closed second-moment systems of the equation.
    limit = mean_square_limit(Erlang(shape, 2), workers)
    assert abs(limit * workers - expected) <= 0.0051
    variance = stationary_variance(CharacteristicFunction(Fraction(limit * workers / 2), Erlang(shape, 2)))
    assert math.isclose(limit * limit * workers / 2 * variance, 1, rel_tol=1e-8)


def _second_moments(alpha: float, workers: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
    """One step of (E w^2, E w r_i, E r_i^2, E r_i r_j): worker i is drawn, w' = w - alpha r_i, r_i' = w'."""
    p = 1 / workers
    new = np.array([1, -2 * alpha, alpha**2, 0])  # E w'^2
    other = np.array([0, 1, 0, -alpha])  # E w' r_j for a worker j that was not drawn
    return np.array([
        new,
        p * new + (1 - p) * other,
        p * new + (1 - p) * np.array([0, 0, 1, 0]),
        2 * p * other + (1 - 2 * p) * np.array([0, 0, 0, 1]),
    ])  # fmt: skip


@pytest.mark.parametrize("workers", [2, 3, 10, 64, 500])
def test_memoryless_limit_against_the_recursion(workers: int) -> None:
    alpha = memoryless_mean_square_limit(workers)

    def radius(a: float) -> float:
        return float(max(abs(np.linalg.eigvals(_second_moments(a, workers)))))

    assert radius(alpha * 0.999) < 1 < radius(alpha * 1.001)
    assert abs(radius(alpha) - 1) < 1e-9
    # The equation is conservative for exponential times, by a relative 1/sqrt(2 P) or so.
    sdde = mean_square_limit(Exponential(1), workers)
    assert 0.5 < (alpha / sdde - 1) * math.sqrt(2 * workers) < 1.5


def test_recursion_against_simulated_workers() -> None:
    # Seeded; 40 000 runs of 60 steps of P = 4 workers. The standard error of E w^2 is below 2 %, the bound 5 of these.
    rng, workers, alpha, runs = np.random.default_rng(20), 4, 0.4, 40_000
    iterate, reads = np.ones(runs), np.ones((runs, workers))
    moments = np.ones(4)
    for _ in range(60):
        drawn = rng.integers(0, workers, runs)
        iterate = iterate - alpha * reads[np.arange(runs), drawn]
        reads[np.arange(runs), drawn] = iterate
        moments = _second_moments(alpha, workers) @ moments
    squares = iterate**2
    assert abs(squares.mean() - moments[0]) < 5 * squares.std() / math.sqrt(runs)
    assert squares.std() / math.sqrt(runs) < 0.02 * moments[0] * 5


@pytest.mark.parametrize("workers", [0, -1, True, 1.5])
def test_unreasonable_workers_are_refused(workers: int) -> None:
    with pytest.raises(InvalidScenario, match="workers"):
        mean_square_limit(Constant(1), workers)
    with pytest.raises(InvalidScenario, match="workers"):
        memoryless_mean_square_limit(workers)
