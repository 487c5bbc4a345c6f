"""From measured times to a law that covers them."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sddeverify.delays import Empirical
from sddeverify.errors import InvalidScenario
from sddeverify.exact import decimal_down

times = st.lists(st.floats(0, 1e6), min_size=1, max_size=60).filter(any)


@given(times, st.integers(2, 200))
def test_every_time_moves_by_at_most_half_a_step(values: list[float], cells: int) -> None:
    law = Empirical.from_times(values, cells=cells)
    assert sum(law.counts) == len(values)
    assert len(law.counts) <= cells
    # Sorted times and sorted masses correspond; exact arithmetic on the binary values of the floats.
    masses = [j * law.step for j, count in enumerate(law.counts) for _ in range(count)]
    moved = [abs(Fraction(value) - mass) for value, mass in zip(sorted(values), masses, strict=True)]
    assert max(moved) <= law.step / 2
    assert sum(map(Fraction, values), Fraction(0)) / len(values) in law.mean_enclosure()
    lo, hi = law.support
    assert lo <= min(values)
    assert max(values) <= hi


@given(times, st.integers(2, 200))
def test_the_step_is_short_and_no_larger_than_needed(values: list[float], cells: int) -> None:
    law = Empirical.from_times(values, cells=cells)
    least = Fraction(max(values)) / (cells - 1)
    assert least <= law.step <= least * Fraction(101, 100)
    figures = decimal_down(law.step, 3)  # three figures hold it exactly
    assert Fraction(figures) == law.step


def test_exact_times_and_numpy() -> None:
    law = Empirical.from_times(["1/2", 1, Fraction(3, 2)], cells=4)
    assert (law.step, law.counts) == (Fraction(1, 2), (0, 1, 1, 1))
    assert law.mean == 1
    assert Empirical.from_times(np.array([0.5, 1.0, 1.5]), cells=4) == law
    assert law.lattice.counts == law.counts
    assert law.mean_enclosure().lo == Fraction(3, 4)
    assert law.mean_enclosure().hi == Fraction(5, 4)


def test_a_hundred_thousand_times() -> None:
    values = np.random.default_rng(7).gamma(3, 0.01, 100_000)
    law = Empirical.from_times(values)
    assert len(law.counts) <= 1024
    assert law.mean_float == pytest.approx(values.mean(), abs=float(law.step) / 2)
    assert law.variance_float == pytest.approx(values.var(), rel=0.01)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ([], "times"),
        ([0.0, 0], "times"),
        ([1.0, -1.0], r"times\[1\]"),
        ([math.nan], r"times\[0\]"),
        ([1.0, math.inf], r"times\[1\]"),
        (["-1/2"], r"times\[0\]"),
        ([True], r"times\[0\]"),
        (["fast"], r"times\[0\]"),
    ],
)
def test_bad_times(values: list[Any], field: str) -> None:
    with pytest.raises(InvalidScenario, match=rf"empirical\.{field}.* is not allowed; write "):
        Empirical.from_times(values)


@pytest.mark.parametrize("cells", [1, 4097])
def test_bad_cells(cells: int) -> None:
    with pytest.raises(InvalidScenario, match=r"empirical\.cells"):
        Empirical.from_times([1.0], cells=cells)
