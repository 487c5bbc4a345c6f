"""Random numbers in blocks against their laws; fixed seeds, stated levels."""

import math

import numpy as np
import pytest
from scipy import stats

from sddeverify.analysis.draws import Draws
from sddeverify.delays import Erlang, Exponential, Law, ShiftedExponential, Uniform

SHIFTED = ShiftedExponential("1/2", "1/2")


@pytest.mark.parametrize("law", [Exponential("2"), Erlang(3, "1"), Erlang(20, "1"), SHIFTED, Uniform(0, 2)], ids=str)
def test_delays_have_their_law(law: Law) -> None:
    """Kolmogorov-Smirnov at level 1e-4, in units of 1/5; a law slower by 3 % would be refused."""
    out = np.empty((200, 500))
    draws(out.size).delays(law, 5.0, out)
    other = law.sample(np.random.default_rng(2), size=out.size)
    assert stats.ks_2samp(out.ravel() / 5, other).pvalue > 1e-4
    assert stats.ks_2samp(out.ravel() / 5, 1.03 * np.asarray(other)).pvalue < 1e-4


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
    out = np.empty((1000, 1000))
    draws(out.size).exponentials(out, 1, 2.0)
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
        times, noise = np.empty(7), np.empty(7)
        for stages in (1, 4):
            found.exponentials(times, stages, 1.0)
            assert np.isfinite(times).all()
            assert (times >= 0).all()
            assert times.max() <= 21.5 * stages
        found.normals(noise, 1.0)
        assert np.abs(noise).max() <= 6.6


def draws(size: int) -> Draws:
    return Draws(np.random.Generator(np.random.SFC64(1)), size)
