"""The regressions on real digits against scikit-learn's own solvers."""

import subprocess
import sys

import numpy as np
import pytest
import sklearn.datasets
import sklearn.linear_model

from sddeverify.errors import MissingExtra
from sddeverify.objectives import Logistic, Ridge, _digits
from sddeverify.objectives._digits import digits


def test_data_are_the_real_digits() -> None:
    pixels, labels = digits()
    assert pixels.shape == (1797, 64)
    assert (pixels.min(), pixels.max()) == (0, 1)
    # The counts that scikit-learn's documentation states for the ten classes.
    assert np.bincount(labels.astype(int)).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0] = 1


def test_data_are_what_scikit_learn_loads() -> None:
    pixels, labels = digits()
    theirs, numbers = sklearn.datasets.load_digits(return_X_y=True)
    assert np.array_equal(16 * pixels, theirs)
    assert np.array_equal(labels, numbers)


def test_data_need_scikit_learn_but_do_not_import_it(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; from sddeverify.objectives import Ridge; Ridge().data; sys.exit('sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    monkeypatch.setattr(_digits, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"scikit-learn; install sddeverify\[report\]"):
        _digits.digits.__wrapped__()


@pytest.mark.parametrize("regularization", ["1/100", "1"])
def test_ridge_is_scikit_learns(regularization: str) -> None:
    pixels, labels = sklearn.datasets.load_digits(return_X_y=True)
    ours = Ridge(regularization)
    peer = sklearn.linear_model.Ridge(alpha=float(ours.regularization) * len(labels), solver="svd")
    peer.fit(pixels / 16, np.where(labels % 2 == 0, 1.0, -1.0))
    np.testing.assert_allclose(ours.minimum(), peer.coef_, atol=1e-12)


def test_ridge_eigenvalues_are_regularised_singular_values() -> None:
    ours = Ridge("1/50")
    X, _ = ours.data
    squares = np.sort(np.linalg.svd(X, compute_uv=False) ** 2) / len(X)
    np.testing.assert_allclose(ours.eigenvalues(), squares + 0.02, rtol=1e-12)
    assert (X == 0).all(axis=0).sum() == 3  # pixels that no digit ever touches


@pytest.mark.parametrize("regularization", ["1/100", "1/10"])
def test_logistic_is_scikit_learns(regularization: str) -> None:
    ours = Logistic(regularization)
    x, label = ours.data
    peer = sklearn.linear_model.LogisticRegression(
        C=1 / (float(ours.regularization) * len(x)), fit_intercept=False, tol=1e-12, solver="newton-cg", max_iter=1000
    )
    peer.fit(x, label.argmax(axis=1))
    np.testing.assert_allclose(ours.minimum(), peer.coef_.ravel(), atol=1e-6)
    probabilities = peer.predict_proba(x)[label.astype(bool)]
    loss = -np.log(probabilities).mean() + float(ours.regularization) * (peer.coef_**2).sum() / 2
    assert ours.loss(ours.minimum()) == pytest.approx(loss, rel=1e-10)


def test_the_fits_are_worth_something() -> None:
    """Parity is guessed right for most digits, and the ten classes nearly always: the data reach the objectives."""
    ridge, logistic = Ridge(), Logistic("1/1000")
    X, y = ridge.data
    assert (np.sign(X @ ridge.minimum() + 0.008) == np.sign(y)).mean() > 0.85
    x, label = logistic.data
    scores = x @ logistic.minimum().reshape(10, 65).T
    assert (scores.argmax(axis=1) == label.argmax(axis=1)).mean() > 0.95
