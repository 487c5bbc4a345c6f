"""Random numbers in blocks against their laws; fixed seeds, stated levels."""

import math

import numpy as np
import pytest
from scipy import stats

from sddeverify.analysis.draws import Draws
from sddeverify.delays import Constant, Erlang, Exponential, Law, Pareto, ShiftedExponential, Uniform

SHIFTED = ShiftedExponential("1/2", "1/2")


@pytest.mark.parametrize("law", [Exponential("2"), Erlang(3, "1"), Erlang(20, "1"), SHIFTED, Uniform(0, 2)], ids=str)
def test_delays_have_their_law(law: Law) -> None:
    """Kolmogorov-Smirnov at level 1e-4, in units of 2^-20; a law slower by 3 % would be refused."""
    out = np.empty((200, 500), dtype=np.int64)
    draws(out.size).delays(law, 2.0**20, 2.0**62, out)
    other = law.sample(np.random.default_rng(2), size=out.size)
    assert stats.ks_2samp(out.ravel() / 2**20, other).pvalue > 1e-4
    assert stats.ks_2samp(out.ravel() / 2**20, 1.03 * np.asarray(other)).pvalue < 1e-4


@pytest.mark.parametrize(
    "law", [Constant("3"), Exponential("3"), SHIFTED, Uniform(0, 6), Pareto("1/1000", "1")], ids=str
)
@pytest.mark.parametrize(("whole", "longest"), [(np.int32, 2.0**31 - 256), (np.int64, 2.0**62), (np.int32, 2.0**21)])
def test_long_delays_are_cut(law: Law, whole: type, longest: float) -> None:
    """What is longer than the longest is as long as that, to single precision; the rest is what it was."""
    free, cut = np.empty((50, 50), dtype=np.float64), np.empty((50, 50), dtype=whole)
    for out, limit in ((free, 2.0**62), (cut, longest)):
        draws(out.size).delays(law, 2.0**20, limit, out)
    np.testing.assert_allclose(cut, np.minimum(free, longest), rtol=2**-23, atol=1)
    assert cut.min() >= 0
    assert cut.max() <= longest + 128
    with np.errstate(over="ignore"):
        draws(cut.size).delays(law, 2.0**300, longest, cut)
    np.testing.assert_allclose(cut, longest, rtol=2**-23)


@pytest.mark.parametrize("shape", [(301, 333), (1, 100_000)])
def test_normal_numbers(shape: tuple[int, int]) -> None:
    """Kolmogorov-Smirnov at level 1e-4; a deviation greater by 4 % would be refused; neighbours are uncorrelated."""
    out = np.empty(shape)
    draws(out.size).normals(out, 3.0)
    flat = out.ravel()
    assert stats.kstest(flat / 3, "norm").pvalue > 1e-4
    assert stats.kstest(flat / 3.12, "norm").pvalue < 1e-4
    half = -(-out.size // 2)
    for left, right in ((flat[:-1], flat[1:]), (flat[: out.size - half], flat[half:])):
        assert abs(np.corrcoef(left, right)[0, 1]) < 4 / math.sqrt(len(left))
        assert abs(np.corrcoef(left**2, right**2)[0, 1]) < 4 / math.sqrt(len(left))
    assert np.isfinite(flat).all()


def test_exponential_numbers() -> None:
    """Kolmogorov-Smirnov at level 1e-4; a mean greater by 2 % would be refused; the far tail is there, to 4 errors."""
    out = draws(10**6).exponentials(10**6, 1, 2.0)
    assert stats.kstest(out.ravel()[:200_000] / 2, "expon").pvalue > 1e-4
    assert stats.kstest(out.ravel()[:200_000] / 2.04, "expon").pvalue < 1e-4
    for means in (5, 8):
        expected = out.size * math.exp(-means)
        assert abs(np.count_nonzero(out > 2 * means) - expected) < 4 * math.sqrt(expected)
    assert out.min() >= 0
    assert out.max() < 2 * 21.5


def test_the_least_and_the_greatest_words() -> None:
    """No bits make a number that is not finite: words of zeros and ones, and those beside the sign."""

    class Words:
        def __init__(self, word: int) -> None:
            self.word, self.bit_generator = word, self

        def random_raw(self, count: int) -> np.ndarray:
            return np.full(count, self.word, dtype=np.uint64)

    for half in (0, 2**32 - 1, 2**31, 2**31 - 1, 1):
        found = Draws(Words(half * (2**32 + 1)), 7)  # type: ignore[arg-type]  # a generator of the same bits forever
        noise = np.empty(7)
        for stages in (1, 4):
            times = found.exponentials(7, stages, 1.0)
            assert np.isfinite(times).all()
            assert (times >= 0).all()
            assert times.max() <= 21.5 * stages
        found.normals(noise, 1.0)
        assert np.abs(noise).max() <= 6.6


def test_angles() -> None:
    """Moments of the pairs at every turn of the angles: those of independent normal numbers, to 4 errors of radii."""
    seen = np.empty((400, 1000))
    for seed, row in enumerate(seen):
        Draws(np.random.Generator(np.random.SFC64(seed)), row.size).normals(row, 1.0)
    left, right = seen[:, :500].ravel(), seen[:, 500:].ravel()
    for i, j, exact in ((2, 2, 1), (4, 0, 3), (4, 2, 3), (3, 1, 0), (1, 1, 0), (6, 0, 15), (2, 1, 0)):
        product = left**i * right**j
        assert abs(product.mean() - exact) < 4 * product.std() / math.sqrt(product.size)
    turned = np.arctan2(right, left)[:500]  # of one turn: multiples of a 4096th, none lost, to single precision
    part = np.mod(turned * 4096 / (2 * math.pi), 1)
    assert np.ptp(np.angle(np.exp(2j * math.pi * (part - part[0])))) < 0.02
    assert len(np.unique(np.round(turned, 4))) > 400


def draws(size: int) -> Draws:
    return Draws(np.random.Generator(np.random.SFC64(1)), size)
