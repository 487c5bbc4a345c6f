"""Lattices: evaluation in blocks against plain sums, and the limits of the format."""

import cmath
import time
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest

from sddeverify.delays import Empirical, Lattice
from sddeverify.errors import InvalidScenario

RNG = np.random.default_rng(20240617)
LARGE = Lattice("1/1000", [int(x) for x in RNG.integers(0, 10**15, 4096)])


@pytest.mark.parametrize("law", [Lattice("1/8", [0, 3, 0, 5, 7, 0, 1]), LARGE], ids=["small", "large"])
@pytest.mark.parametrize("s", [0, 1.5, 3 - 40j, 2000j, -0.7 + 1j])
def test_transform_is_the_sum(law: Lattice, s: complex) -> None:
    mp = mpmath.MPContext()
    mp.dps = 40
    w = mp.mpc(s)
    step = mp.mpf(law.step.numerator) / law.step.denominator
    exact = mp.fsum(c * mp.exp(-w * j * step) for j, c in enumerate(law.counts)) / sum(law.counts)
    size = float(mp.fsum(c * abs(mp.exp(-w * j * step)) for j, c in enumerate(law.counts)) / sum(law.counts))
    # Each exponent -s j step is rounded, which matters as much as it is long; the sums add a few roundings.
    allowed = 4e-16 * size * (4 + abs(s) * float(law.support[1]))
    assert abs(law.laplace(complex(s), cmath.exp) - complex(exact)) <= allowed
    assert abs(law.laplace(np.array([s], dtype=complex), np.exp)[0] - complex(exact)) <= allowed
    assert abs(law.laplace(w, mp.exp) - exact) <= mp.mpf(10) ** -34 * max(size, 1)


def test_vectorised_evaluation_is_fast() -> None:
    s = 1j * np.linspace(0, 100, 1000)
    start = time.perf_counter()
    values = LARGE.laplace(s, np.exp)
    assert time.perf_counter() - start < 2
    assert values.shape == s.shape


def test_moments_by_hand() -> None:
    law = Lattice("1/2", [1, 0, 2, 1])  # 0, 1, 1, 3/2
    assert law.mean == Fraction(7, 8)
    assert law.variance == Fraction(0 + 1 + 1, 4) + Fraction(9, 16) - Fraction(49, 64)
    assert law.support == (Fraction(0), Fraction(3, 2))
    assert Lattice(1, [0, 0, 3, 0]).support == (Fraction(2), Fraction(2))


@pytest.mark.parametrize("cls", [Lattice, Empirical])
@pytest.mark.parametrize(
    ("step", "counts", "field"),
    [
        (0, [1, 1], "step"),
        ("-1", [1, 1], "step"),
        (0.1, [1, 1], "step"),
        (1, [], "counts"),
        (1, [1], "counts"),
        (1, [5, 0, 0], "counts"),
        (1, [0] * 4096 + [1], "counts"),
        (1, [0, -1], r"counts\[1\]"),
        (1, [0, 1.0], r"counts\[1\]"),
        (1, [0, True], r"counts\[1\]"),
        (1, [0, "1"], r"counts\[1\]"),
        (1, [0, 10**15 + 1], r"counts\[1\]"),
        (1, [0, 10**5000], r"counts\[1\]"),
        (1, "12", "counts"),
        (1, {1: 2}, "counts"),
        (1, 3, "counts"),
    ],
)
def test_bad_parameters(cls: type[Lattice | Empirical], step: Any, counts: Any, field: str) -> None:
    with pytest.raises(InvalidScenario, match=rf"{cls.name}\.{field}.* is not allowed; write "):
        cls(step, counts)
