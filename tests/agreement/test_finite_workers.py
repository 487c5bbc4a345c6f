import numpy as np
import pytest
from scipy.special import lambertw

from sddeverify.agreement import finite_workers
from tests.agreement.pool import simulate


def iterate(trace, step):
    """x_{k+1} = x_k - step x_{version read}."""
    x = np.ones(len(trace) + 1)
    for k, read in enumerate(trace.version_read):
        x[k + 1] = x[k] - step * x[read]
    return x


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
@pytest.mark.parametrize("c", [0.05, 0.3, 1.1])
def test_round_robin_against_the_recursion(workers, c):
    step = c / workers
    x = iterate(simulate(lambda rng: 2.0, workers, 120 * workers, 0), step)
    exponent = finite_workers.round_robin(step, workers, 2.0)
    # Over P pushes the mode is multiplied by exp(exponent m): a three-term recurrence of the late path.
    z = np.exp(exponent * 2.0)
    late = x[::workers][60:90]
    if abs(exponent.imag) < 1e-12:
        np.testing.assert_allclose(late[1:], late[:-1] * z.real, rtol=1e-6)
    else:
        model = 2 * z.real * late[1:-1] - abs(z) ** 2 * late[:-2]
        np.testing.assert_allclose(late[2:], model, atol=1e-5 * np.abs(late).max())


@pytest.mark.parametrize("c", [0.2, 0.8, 1.5])
def test_round_robin_tends_to_lambert_w(c):
    limit = complex(lambertw(-c, 0)) / 2
    far, near = (finite_workers.round_robin(c / p, p, 2.0) - limit for p in (4000, 8000))
    assert abs(far) < 1e-3
    assert near == pytest.approx(far / 2, rel=1e-2)  # the bias is of order 1/P


@pytest.mark.parametrize("c", [0.2, 0.8, 1.5])
def test_many_workers_continue_few(c):
    direct = finite_workers._round_robin_by_eigenvalues(c / 100, 100)
    assert finite_workers.round_robin(c / 100, 100, 1.0) == pytest.approx(direct, rel=1e-9)


@pytest.mark.parametrize("c", [0.1, 1.0])
def test_memoryless_against_an_ensemble(c):
    # The mean of 4000 runs of 8 workers at time 3 m, within 4 standard errors (6e-5 two-sided), of the exact
    # solution of the closed equations (E w, E r)' = (P/m)(M - 1)(E w, E r).
    workers, runs, at = 8, 4000, 3.0
    step = c / workers
    final = np.empty(runs)
    for seed in range(runs):
        trace = simulate(lambda rng: rng.exponential(), workers, 60, seed)
        final[seed] = iterate(trace, step)[np.count_nonzero(trace.push_time <= at)]
    matrix = np.array([[1, -step], [1 / workers, 1 - 1 / workers - step / workers]])
    values, vectors = np.linalg.eig((matrix - np.eye(2)) * workers)
    exact = (vectors * np.exp(values * at) @ np.linalg.solve(vectors, [1, 1]))[0]
    assert abs(final.mean() - exact.real) < 4 * final.std() / np.sqrt(runs)
    rightmost = finite_workers.memoryless(step, workers, 1.0)
    assert rightmost.real == pytest.approx(values.real.max())


def test_limits():
    for c in (0.1, 0.3, 1.0):
        far = 10**6
        limit = finite_workers.memoryless_limit(c / far, far, 2.0)
        assert finite_workers.memoryless(c / far, far, 2.0).real == pytest.approx(limit.real, abs=1e-5)
        assert 4 * limit**2 + 2 * limit + c == pytest.approx(0, abs=1e-12)
        s = finite_workers.round_robin_limit(c / 8, 8, 2.0)
        assert s + c / 2 * np.exp(-2 * s) == pytest.approx(0, abs=1e-12)
