"""What the derivations about the mean square arrive at, against simulations and integrations that know no theory."""

import math

import numpy as np
import pytest
import sympy

from sddeverify.derivations import _symbols as sym
from tests.derivations.scenarios import LAWS, derivation


@pytest.mark.parametrize(("workers", "step"), [(2, 0.4), (5, 0.3), (16, 0.2)])
def test_the_recursion_of_memoryless_workers(workers: int, step: float) -> None:
    """One state with given reads: the mean over all possible arrivals, worker by worker, is what M says."""
    one = derivation(LAWS[0], "second_moments")
    matrix = np.array(one.result("recursion").subs({sym.P: workers, sym.alpha: step}).tolist(), dtype=float)
    rng = np.random.default_rng(workers)
    x, reads = rng.normal(), rng.normal(size=workers)

    def moments(x: float, reads: np.ndarray) -> np.ndarray:
        return np.array([x**2, x * reads.mean(), reads.mean() ** 2, (reads**2).mean()])

    after = np.zeros(4)
    for worker in range(workers):
        new = x - step * reads[worker]
        fresh = reads.copy()
        fresh[worker] = new
        after += moments(new, fresh) / workers
    assert matrix @ moments(x, reads) == pytest.approx(after, rel=1e-12)


@pytest.mark.parametrize("workers", [2, 9])
def test_boundary_and_variance_of_memoryless_workers(workers: int) -> None:
    """The spectral radius passes 1 at the boundary; below it the recursion with noise tends to the variance."""
    one = derivation(LAWS[0], "second_moments")
    limit = float(one.result("boundary").rhs.subs(sym.P, workers))
    assert limit == pytest.approx((1 + math.sqrt(1 + 8 * workers)) / (2 * workers))
    for step, stable in ((0.99 * limit, True), (1.01 * limit, False)):
        matrix = np.array(one.result("recursion").subs({sym.P: workers, sym.alpha: step}).tolist(), dtype=float)
        assert bool(max(abs(np.linalg.eigvals(matrix))) < 1) is stable
    step = limit / 2
    matrix = np.array(one.result("recursion").subs({sym.P: workers, sym.alpha: step}).tolist(), dtype=float)
    state = np.zeros(4)
    for _ in range(4000):
        state = matrix @ state + np.array([1, 1 / workers, 1 / workers**2, 1 / workers])
    variance = one.result("variance").subs({sym.P: workers, sym.alpha: sympy.Float(step), sym.eta: 1, sym.sigma: 1})
    assert state[0] == pytest.approx(float(variance), rel=1e-10)
