import numpy as np
import pytest

from sddeverify.agreement import exponent


def noisy(rate, omega, runs, seed, noise=0.3):
    """Paths e^(rate t) cos(omega t) with multiplicative noise that grows like a random walk, mean one."""
    rng = np.random.default_rng(seed)
    times = (np.arange(80) + 0.5) * 0.25
    walk = np.cumsum(rng.normal(0, noise * 0.5, (runs, 80)), axis=1)
    factor = np.exp(walk - np.cumsum(np.full(80, (noise * 0.5) ** 2)) / 2)
    return times, np.exp(rate * times) * np.cos(omega * times + 0.4) * factor


@pytest.mark.parametrize(("rate", "omega"), [(-0.3, 1.2), (-0.5, 0.0), (0.1, 0.9), (0.05, 0.0)])
def test_exact_paths_give_the_exact_exponent(rate, omega):
    times = (np.arange(60) + 0.5) * 0.25
    paths = (3 * np.exp(rate * times) * np.cos(omega * times + 0.4))[None, :]
    found = exponent.estimate(times, paths, complex(rate + 0.05, 1.1 * omega), start=1.0)
    assert found.exponent.real == pytest.approx(rate, abs=1e-9)
    assert found.exponent.imag == pytest.approx(omega, abs=1e-9)
    assert found.error == 0
    np.testing.assert_allclose(found.curve(times), paths[0], atol=1e-8)
    np.testing.assert_allclose(found.curve(times, found.exponent), paths[0], atol=1e-8)


@pytest.mark.parametrize(("rate", "omega"), [(-0.3, 1.2), (-0.2, 0.0)])
def test_the_error_is_that_of_repetitions(rate, omega):
    # 60 ensembles: the spread of the estimates against the mean of the stated errors; the ratio has a
    # standard deviation of 9 %, the margin is 4 of them.
    found = [exponent.estimate(*noisy(rate, omega, 300, seed), complex(rate, omega), start=0.0) for seed in range(60)]
    rates = np.array([one.exponent.real for one in found])
    stated = np.mean([one.error for one in found])
    assert abs(rates.std(ddof=1) / stated - 1) < 0.4
    assert abs(rates.mean() - rate) < 4 * stated / np.sqrt(60) + 0.2 * stated


def test_the_window_ends_in_the_noise():
    times, paths = noisy(-0.3, 0.0, 200, 0)
    paths += np.random.default_rng(1).normal(0, 0.05 * np.sqrt(200), paths.shape)
    found = exponent.estimate(times, paths, -0.3 + 0j, start=0.0)
    assert found.window[1] < 8  # e^(-0.3 t) falls to 4 x 0.05 at t = 5.4


def test_nothing_left_to_fit():
    times, paths = noisy(-0.3, 0.0, 200, 0)
    assert exponent.estimate(times, paths, -0.3 + 0j, start=19.0) is None
    paths[:, 5:] = np.nan
    assert exponent.estimate(times, paths, -0.3 + 0j, start=0.0) is None
