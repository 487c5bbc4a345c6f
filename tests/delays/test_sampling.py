"""Samplers against distribution functions written with SciPy.

Each law is drawn once, with a fixed seed, and accepted at level 1e-4: with 14 laws, a correct sampler of a new NumPy
release would fail this file with probability below 0.002. A control with a wrong mean must be refused.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import scipy.integrate
import scipy.stats

from sddeverify.delays import Lattice, Law
from tests.delays.strategies import EXAMPLES

LEVEL = 1e-4
DRAWS = 20_000
Cdf = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]


def convolved(t: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """CDF of Erlang(2, 1/2) + Uniform(0, 1/2) + 1/5: the average of a gamma CDF over the uniform part."""
    stages = scipy.stats.gamma(2, scale=0.25)
    nodes, weights = np.polynomial.legendre.leggauss(64)
    values = [stages.cdf(t - 0.2 - 0.25 * (1 + node)) for node in nodes]
    return np.asarray(np.einsum("k,kt->t", weights / 2, np.array(values)))


CONTINUOUS: dict[str, Cdf] = {
    "exponential": scipy.stats.expon(scale=0.8).cdf,
    "erlang": scipy.stats.gamma(3, scale=0.4).cdf,
    "erlang_many": scipy.stats.gamma(60, scale=1 / 60).cdf,
    "uniform": scipy.stats.uniform(0.25, 1.5).cdf,
    "uniform_from_0": scipy.stats.uniform(0, 2).cdf,
    "truncated_exponential": scipy.stats.truncexpon(1.5).cdf,
    "truncated_almost_uniform": scipy.stats.uniform(0, 1).cdf,
    "truncated_hardly": scipy.stats.expon(scale=0.5).cdf,
    "sum": convolved,
    "shifted_exponential": scipy.stats.expon(0.5, 0.5).cdf,
    "hyperexponential": lambda t: scipy.stats.expon(scale=2).cdf(t) / 3 + scipy.stats.expon(scale=0.5).cdf(t) * 2 / 3,
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_kolmogorov_smirnov(name: str) -> None:
    law, cdf = EXAMPLES[name], CONTINUOUS[name]
    times = law.sample(np.random.default_rng(20250101), DRAWS)
    assert scipy.stats.kstest(times, cdf).pvalue > LEVEL
    wrong = law.scaled("11/10").sample(np.random.default_rng(20250101), DRAWS)
    assert scipy.stats.kstest(wrong, cdf).pvalue < LEVEL


@pytest.mark.parametrize("name", ["lattice", "empirical"])
def test_chi_square_on_the_lattice(name: str) -> None:
    law = EXAMPLES[name]
    assert hasattr(law, "counts")
    counts = np.array(law.counts)
    times = law.sample(np.random.default_rng(3), DRAWS)
    cells = np.rint(times / float(law.step)).astype(int)  # type: ignore[attr-defined]  # a lattice
    np.testing.assert_allclose(times, cells * float(law.step))  # type: ignore[attr-defined]  # a lattice
    observed = np.bincount(cells, minlength=len(counts))
    assert (observed[counts == 0] == 0).all()
    expected = counts[counts > 0] / counts.sum() * DRAWS
    assert scipy.stats.chisquare(observed[counts > 0], expected).pvalue > LEVEL
    assert scipy.stats.chisquare(observed[counts > 0], np.roll(expected, 1)).pvalue < LEVEL


def test_mixture_with_an_atom() -> None:
    law = EXAMPLES["mixture"]  # 0.3*constant(1) + 0.7*uniform(0, 2)
    times = law.sample(np.random.default_rng(5), DRAWS)
    atoms = int((times == 1).sum())
    assert scipy.stats.binomtest(atoms, DRAWS, 0.3).pvalue > LEVEL
    assert scipy.stats.kstest(times[times != 1], scipy.stats.uniform(0, 2).cdf).pvalue > LEVEL
    single = np.random.default_rng(6)
    ones = sum(law.sample(single) == 1 for _ in range(2000))
    assert scipy.stats.binomtest(int(ones), 2000, 0.3).pvalue > LEVEL


@pytest.mark.parametrize("law", EXAMPLES.values(), ids=EXAMPLES.keys())
def test_sample_moments(law: Law) -> None:
    times = law.sample(np.random.default_rng(11), DRAWS)
    # 4.5 standard errors of the mean: two-sided level 7e-6 for each law.
    assert abs(times.mean() - law.mean_float) <= 4.5 * math.sqrt(law.variance_float / DRAWS) + 1e-12
    spread = np.var((times - law.mean_float) ** 2)
    assert abs(times.var() - law.variance_float) <= 5 * math.sqrt(spread / DRAWS) + 1e-12


def test_draws_never_leave_a_lattice() -> None:
    """The cumulative weights end at exactly 1, so that even the largest draw finds its cell."""

    class Largest(np.random.Generator):
        def random(self, size: object = None, *_: object, **__: object) -> object:  # type: ignore[override]  # a stub
            return np.full(3, np.nextafter(1, 0)) if size is not None else np.nextafter(1, 0)

    law = Lattice(1, [7] * 49 + [0])
    assert (law.sample(Largest(np.random.PCG64(0)), 3) == 48).all()
