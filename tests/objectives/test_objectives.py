"""What every objective promises: derivatives, spectra, unbiased gradients."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from sddeverify.errors import InvalidScenario, MissingExtra
from sddeverify.objectives import OBJECTIVES, Logistic, Objective, Quadratic, Ridge, _digits, build
from sddeverify.objectives._digits import digits

ALL: dict[str, Objective] = {
    "quadratic": Quadratic(["1/3", 2, "5/7"], noise_variance="1/4"),
    "ridge": Ridge(),
    "ridge_small_batch": Ridge("1/1000", 1),
    "logistic": Logistic(),
}
every = pytest.mark.parametrize("objective", ALL.values(), ids=ALL.keys())


@every
def test_shapes_and_minimum(objective: Objective) -> None:
    n = objective.dimension
    assert objective.initial().shape == objective.minimum().shape == (n,)
    assert objective.hessian().shape == (n, n)
    slope = objective.full_gradient(objective.minimum())
    assert np.abs(slope).max() <= 1e-14
    lowest = objective.loss(objective.minimum())
    assert lowest < objective.loss(objective.initial())
    rng = np.random.default_rng(1)
    for size in (1e-3, 1.0):
        assert lowest < objective.loss(objective.minimum() + size * rng.normal(size=n))


@every
def test_gradients_are_those_of_the_loss_of_a_batch(objective: Objective) -> None:
    rng = np.random.default_rng(5)
    w = objective.minimum() + 0.3 * rng.normal(size=objective.dimension)
    for seed in range(3):
        v = rng.normal(size=objective.dimension)
        v /= np.linalg.norm(v)
        high, low = (objective.batch_loss(w + step * v, np.random.default_rng(seed)) for step in (1e-5, -1e-5))
        assert (high - low) / 2e-5 == pytest.approx(objective.gradient(w, np.random.default_rng(seed)) @ v, abs=1e-7)


@every
def test_gradient_is_the_difference_quotient_of_the_loss(objective: Objective) -> None:
    rng = np.random.default_rng(2)
    w = objective.minimum() + 0.3 * rng.normal(size=objective.dimension)
    slope = objective.full_gradient(w)
    for _ in range(5):
        direction = rng.normal(size=objective.dimension)
        direction /= np.linalg.norm(direction)
        quotient = (objective.loss(w + 1e-5 * direction) - objective.loss(w - 1e-5 * direction)) / 2e-5
        assert quotient == pytest.approx(slope @ direction, abs=1e-8)


@every
def test_hessian_is_the_difference_quotient_of_the_gradient(objective: Objective) -> None:
    rng = np.random.default_rng(3)
    for w in (objective.minimum(), objective.minimum() + 0.5 * rng.normal(size=objective.dimension)):
        hessian = objective.hessian(w)
        np.testing.assert_allclose(hessian, hessian.T, atol=1e-16)
        for _ in range(5):
            direction = rng.normal(size=objective.dimension)
            change = objective.full_gradient(w + 1e-5 * direction) - objective.full_gradient(w - 1e-5 * direction)
            np.testing.assert_allclose(change / 2e-5, hessian @ direction, atol=1e-8)
    np.testing.assert_array_equal(objective.hessian(), objective.hessian(objective.minimum()))


@every
def test_eigenvalues(objective: Objective) -> None:
    values = objective.eigenvalues()
    peer = scipy.linalg.eigvalsh(objective.hessian(), driver="ev")  # another algorithm than numpy's
    np.testing.assert_allclose(values, peer, rtol=1e-11)
    assert values[0] > 0
    assert (np.diff(values) >= 0).all()
    assert values.sum() == pytest.approx(np.trace(objective.hessian()), rel=1e-12)
    vectors = objective.eigenvectors()
    np.testing.assert_allclose(vectors.T @ objective.hessian() @ vectors, np.diag(values), atol=1e-13)


def test_bounds_of_the_quadratic_are_exact() -> None:
    assert ALL["quadratic"].hessian_bounds() == [Fraction(1, 3), Fraction(5, 7), Fraction(2)]


@pytest.mark.parametrize("objective", list(ALL.values())[1:], ids=list(ALL)[1:])
def test_bounds_are_above_the_eigenvalues_but_not_by_much(objective: Objective) -> None:
    bounds, values = objective.hessian_bounds(), objective.eigenvalues()
    assert all(isinstance(bound, Fraction) for bound in bounds)
    assert bounds == sorted(bounds)
    for bound, value in zip(bounds, values, strict=True):
        assert Fraction(float(value)) <= bound <= Fraction(float(value)) * (1 + Fraction(3, 10**9))
        assert max(len(str(bound.numerator)), len(str(bound.denominator))) <= 30


@every
@pytest.mark.parametrize("at_minimum", [True, False])
def test_stochastic_gradients_are_unbiased(objective: Objective, at_minimum: bool) -> None:
    """A z-test along 40 random directions at level 1e-3 over all of them (Bonferroni), fixed seed."""
    rng = np.random.default_rng(4)
    w = objective.minimum() if at_minimum else objective.minimum() + 0.3 * rng.normal(size=objective.dimension)
    directions = rng.normal(size=(40, objective.dimension))
    draws = np.array([directions @ objective.gradient(w, rng) for _ in range(2000)])
    errors = draws.mean(axis=0) - directions @ objective.full_gradient(w)
    scores = errors / (draws.std(axis=0, ddof=1) / len(draws) ** 0.5)
    limit = scipy.stats.norm.isf(1e-3 / 2 / 40)
    assert np.abs(scores).max() < limit
    shifted = errors + 0.05 * np.linalg.norm(directions, axis=1)  # a bias that the test would see
    if at_minimum and objective.dimension < 100:
        assert np.abs(shifted / (draws.std(axis=0, ddof=1) / len(draws) ** 0.5)).max() > limit


@every
def test_noise_covariance_is_that_of_the_gradients(objective: Objective) -> None:
    """A z-test of the variance along 20 directions, level 1e-4 over all of them, fixed seed."""
    rng = np.random.default_rng(5)
    directions = rng.normal(size=(20, objective.dimension))
    w = objective.minimum()
    draws = np.array([directions @ objective.gradient(w, rng) for _ in range(4000)])
    expected = np.einsum("ki,ij,kj->k", directions, objective.noise_covariance(), directions, optimize=True)
    # The variance of a sample variance, with the fourth moment that the draws have.
    centred = draws - draws.mean(axis=0)
    error = np.sqrt(((centred**2).var(axis=0)) / len(draws))
    assert (np.abs(centred.var(axis=0) - expected) / error).max() < scipy.stats.norm.isf(1e-4 / 2 / 20)
    along = objective.noise_variances()
    assert along.min() >= 0
    assert along.sum() == pytest.approx(np.trace(objective.noise_covariance()), rel=1e-10)


@every
def test_equal_generators_give_equal_gradients(objective: Objective) -> None:
    w = objective.initial()
    first, again = (objective.gradient(w, np.random.default_rng(6)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert (objective.gradient(w, np.random.default_rng(7)) != first).any()
    objective.minimum()[:] = 7  # what is handed out is a copy
    objective.eigenvalues()[:] = 7
    assert np.abs(objective.minimum()).max() < 7
    assert objective.eigenvalues().max() < 7


def test_build() -> None:
    for name, cls in OBJECTIVES.items():
        parameters = {"eigenvalues": ["1"]} if name == "quadratic" else {}
        assert isinstance(build(name, parameters), cls)
    ridge = build("ridge", {"batch_size": 5, "regularization": Fraction(1, 3)})
    assert isinstance(ridge, Ridge)
    assert (ridge.batch_size, ridge.regularization) == (5, Fraction(1, 3))


@pytest.mark.parametrize(
    ("name", "parameters", "field"),
    [
        ("mnist", {}, "objective: 'mnist'"),
        ("ridge", {"alpha": 1}, "objective.ridge: 'alpha'"),
        ("quadratic", {}, "objective.quadratic"),
        ("quadratic", {"eigenvalues": []}, "quadratic.eigenvalues"),
        ("quadratic", {"eigenvalues": "12"}, "quadratic.eigenvalues"),
        ("quadratic", {"eigenvalues": 1}, "quadratic.eigenvalues"),
        ("quadratic", {"eigenvalues": ["1", "0"]}, r"quadratic.eigenvalues\[1\]"),
        ("quadratic", {"eigenvalues": ["1"], "noise_variance": "-1"}, "quadratic.noise_variance"),
        ("ridge", {"regularization": 0}, "ridge.regularization"),
        ("ridge", {"regularization": 0.1}, "ridge.regularization"),
        ("ridge", {"batch_size": 0}, "ridge.batch_size"),
        ("ridge", {"batch_size": 2.0}, "ridge.batch_size"),
        ("logistic", {"regularization": "-1"}, "logistic.regularization"),
        ("logistic", {"batch_size": 10**8}, "logistic.batch_size"),
    ],
)
def test_build_refuses(name: str, parameters: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidScenario, match=f"^{field}.* is not allowed; write "):
        build(name, parameters)


def test_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_digits, "find_spec", lambda name: None)
    digits.cache_clear()
    ridge = Ridge()  # a description needs no data
    with pytest.raises(MissingExtra, match=r"install sddeverify\[report\]"):
        ridge.minimum()
