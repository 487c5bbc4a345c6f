"""Objectives on some of the data, and the mean over workers that hold different ones."""

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.objectives import DoubleWell, Logistic, Mean, Mlp, MnistSoftmax, Quadratic, Ridge
from sddeverify.objectives._digits import digits

HALVES = (range(5), range(5, 10))


def mean(kind, counts=(3, 1)):
    if kind == "quadratic":
        parts = [Quadratic([2, 1], "1/10", minimum=[1, 0]), Quadratic(["1/2", 3], "1/10", minimum=["-1", "1/2"])]
        return Mean(Quadratic([2, 1], "1/10"), parts, counts)
    cls = {"ridge": Ridge, "logistic": Logistic}[kind]
    return Mean(cls(), [cls(labels=half) for half in HALVES], counts)


@pytest.mark.parametrize("cls", [Ridge, Logistic, Mlp, MnistSoftmax])
def test_labels_choose_examples(cls):
    whole, parts = cls(), [cls(labels=half) for half in HALVES]
    assert sum(len(part.data[0]) for part in parts) == len(whole.data[0])
    assert all(part.dimension == whole.dimension for part in parts)
    w = np.random.default_rng(1).normal(size=whole.dimension) / 10
    sizes = [len(part.data[0]) / len(whole.data[0]) for part in parts]
    # The parts add up to the whole.
    assert whole.loss(w) == pytest.approx(sum(s * part.loss(w) for s, part in zip(sizes, parts, strict=True)))
    together = sum(s * part.full_gradient(w) for s, part in zip(sizes, parts, strict=True))
    np.testing.assert_allclose(whole.full_gradient(w), together, atol=1e-12)
    assert abs(parts[0].loss(w) - parts[1].loss(w)) > 1e-3


def test_labels_are_those_of_the_digits():
    shown = digits()[1]
    x, label = Logistic(labels=[3, 0]).data
    assert len(x) == np.sum((shown == 0) | (shown == 3))
    assert set(label.argmax(axis=1)) == {0, 3}


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([], "at least one digit"),
        ([1, 1], "each once"),
        ([10], r"ridge.labels\[0\]: 10"),
        ([1, -1], r"ridge.labels\[1\]: -1"),
        ([True], r"ridge.labels\[0\]: True"),
        ("012", "a list of digits"),
        (3, "a list of digits"),
    ],
)
def test_bad_labels(labels, words):
    with pytest.raises(InvalidScenario, match=words):
        Ridge(labels=labels)


@pytest.mark.parametrize(
    ("minimum", "words"),
    [
        ([1], "quadratic.minimum: '1 numbers' is not allowed; write one for each of the 2 eigenvalues"),
        ([1, 2, 3], "'3 numbers'"),
        ("12", "quadratic.minimum: '12'"),
        (1, "quadratic.minimum: 1"),
        ([1, 0.5], r"quadratic.minimum\[1\]"),
    ],
)
def test_bad_minima(minimum, words):
    with pytest.raises(InvalidScenario, match=words):
        Quadratic([1, 2], minimum=minimum)


def test_eigenvalues_and_minimum_belong_together():
    objective = Quadratic([2, 1], minimum=[5, 7])
    assert objective.minimum().tolist() == [5, 7]
    assert objective.loss(np.array([6.0, 7.0])) == 1
    assert objective.loss(np.array([5.0, 8.0])) == 0.5
    assert objective.full_gradient(np.array([6.0, 9.0])).tolist() == [2, 2]
    assert [float(bound) for bound in objective.hessian_bounds()] == [1, 2]


@pytest.mark.parametrize("kind", ["quadratic", "ridge", "logistic"])
def test_the_mean_is_the_mean(kind):
    """Derivatives against difference quotients; the minimum against another method."""
    objective = mean(kind)
    rng = np.random.default_rng(2)
    w = objective.initial() + 0.1 * rng.normal(size=objective.dimension)
    assert objective.loss(w) == pytest.approx(0.75 * objective.parts[0].loss(w) + 0.25 * objective.parts[1].loss(w))
    for _ in range(3):
        v = rng.normal(size=objective.dimension)
        v /= np.linalg.norm(v)
        quotient = (objective.loss(w + 1e-5 * v) - objective.loss(w - 1e-5 * v)) / 2e-5
        assert quotient == pytest.approx(objective.full_gradient(w) @ v, abs=1e-8)
        change = (objective.full_gradient(w + 1e-5 * v) - objective.full_gradient(w - 1e-5 * v)) / 2e-5
        np.testing.assert_allclose(change, objective.hessian(w) @ v, atol=1e-8)
        high, low = (objective.batch_loss(w + step * v, np.random.default_rng(7)) for step in (1e-5, -1e-5))
        assert (high - low) / 2e-5 == pytest.approx(objective.gradient(w, np.random.default_rng(7)) @ v, abs=1e-7)
    options = {"gtol": 1e-9, "ftol": 0.0, "maxiter": 5000}
    start = objective.initial()
    peer = scipy.optimize.minimize(
        objective.loss, start, jac=objective.full_gradient, method="L-BFGS-B", options=options
    )
    assert objective.loss(objective.minimum()) <= peer.fun + 1e-12
    np.testing.assert_allclose(objective.minimum(), peer.x, atol=1e-3)
    # It lies away from the minimum of each part, and from that of equal shares.
    others = [part.minimum() for part in objective.parts] + [mean(kind, (1, 1)).minimum()]
    assert all(np.abs(objective.minimum() - other).max() > 1e-2 for other in others)


def test_gradients_of_the_mean_are_unbiased():
    """A z-test in each coordinate, level 1e-5; the shares of the counts reversed are refused."""
    objective, rng = mean("quadratic"), np.random.default_rng(3)
    w = np.array([0.3, -0.2])
    draws = np.array([objective.gradient(w, rng) for _ in range(4000)])
    scores = (draws.mean(axis=0) - objective.full_gradient(w)) / (draws.std(axis=0, ddof=1) / 4000**0.5)
    limit = scipy.stats.norm.isf(1e-5 / 4)
    assert np.abs(scores).max() < limit
    wrong = mean("quadratic", (1, 3)).full_gradient(w)
    assert np.abs((draws.mean(axis=0) - wrong) / (draws.std(axis=0, ddof=1) / 4000**0.5)).max() > limit


def test_what_a_mean_does_not_know():
    with pytest.raises(UnsupportedScenario, match="not known"):
        mean("quadratic").noise_covariance()
    wells = Mean(DoubleWell(), [DoubleWell("3/8"), DoubleWell("0")], [1, 1])
    assert wells.loss(wells.minimum()) < wells.loss(wells.minimum() + 0.1)  # the well at which it starts

    class Saddle(Quadratic):
        def hessian(self, w=None):
            return -super().hessian(w)

        def full_gradient(self, w):
            return -super().full_gradient(w)

    saddle = Saddle([1])
    with pytest.raises(UnsupportedScenario, match="found no minimum"):
        Mean(saddle, [saddle, saddle], [1, 1]).minimum()
