"""Bands: of measured times, with the confidence they promise, and around laws without an exact transform."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from sddeverify.certificates import stability_boundary
from sddeverify.certificates.stability_boundary import StabilityBoundary
from sddeverify.delays import (
    Band,
    Capped,
    Constant,
    Empirical,
    Exponential,
    Lattice,
    Law,
    Lognormal,
    Mixture,
    Pareto,
    Weibull,
    band_of,
    parse,
)
from sddeverify.delays.band import radius
from sddeverify.errors import InvalidScenario


@given(st.integers(4, 10**7), st.fractions(Fraction(1, 100), Fraction(9999, 10000), max_denominator=10**4))
def test_radius_is_massarts(count: int, confidence: Fraction) -> None:
    with mpmath.mp.workdps(40):
        exact = mpmath.sqrt(mpmath.log(2 / (1 - mpmath.mpf(confidence.numerator) / confidence.denominator)) / 2 / count)
        if exact > 1:
            return
        found = radius(count, confidence)
        assert exact <= mpmath.mpf(found.numerator) / found.denominator <= exact * (1 + mpmath.mpf(2) / 1000)


def test_from_times_covers_the_true_law() -> None:
    """300 traces of 200 capped times: at confidence 0.9 the band misses the true law in at most a tenth of them.

    Exact (Massart's constant is nearly sharp), so 53 or more misses of 300 have probability below 1e-4.
    """
    rng, cap, missed = np.random.default_rng(20240617), 2.0, 0
    grid = np.linspace(0, cap, 1001)[:-1]
    for _ in range(300):
        band = Band.from_times(rng.exponential(1, 200), "2", "9/10", cells=1001)
        assert isinstance(band.center, Empirical)
        rising = np.cumsum(band.center.counts) / sum(band.center.counts)
        # the center's times are rounded by half a step: compare where that cannot matter
        gap = np.abs(rising[:-1] - scipy.stats.expon.cdf(grid + cap / 2000)).max()
        missed += gap > float(band.epsilon)
    assert 5 <= missed <= 52


def test_from_times_by_hand() -> None:
    band = Band.from_times(["1/2", 1, 7] * 10, cap=1, confidence="1/2", cells=3)
    assert band.center == Empirical("1/2", [0, 10, 20])  # 7 counts as the cap
    assert band.epsilon == radius(30, "1/2")
    assert band.end == 1
    assert band.mean == Fraction(5, 6)
    assert band.mean_enclosure().hi == 1
    assert band.mean_enclosure().lo == Fraction(5, 6) - Fraction(1, 4) - band.epsilon
    assert parse(str(band)) == band == Law.from_json(band.to_json())
    assert band.scaled("2").end == 2
    assert band.support == (0, 1)


@pytest.mark.parametrize(
    ("times", "cap", "confidence", "field"),
    [
        ([1.0] * 100, "0", "0.99", "band.cap"),
        ([1.0] * 100, "-1", "0.99", "band.cap"),
        ([1.0] * 100, 0.5, "0.99", "band.cap"),
        ([1.0] * 100, "1", "1", "band.confidence"),
        ([1.0] * 100, "1", "0", "band.confidence"),
        ([1.0] * 100, "1", 0.99, "band.confidence"),
        ([1.0] * 2, "1", "0.99", "band.times"),
        ([], "1", "0.99", "band.times"),
        ([1.0, math.nan], "1", "0.99", r"band.times\[1\]"),
        ([1.0, -1.0], "1", "0.99", r"band.times\[1\]"),
        ([math.inf], "1", "0.99", r"band.times\[0\]"),
    ],
)
def test_bad_times(times: Any, cap: Any, confidence: Any, field: str) -> None:
    with pytest.raises(InvalidScenario, match=rf"^{field}.* is not allowed; write "):
        Band.from_times(times, cap, confidence)


@pytest.mark.parametrize(
    ("center", "epsilon", "support", "field"),
    [
        (Constant(1), "1.01", 2, "epsilon"),
        (Constant(1), "-1/100", 2, "epsilon"),
        (Constant(1), 0.1, 2, "epsilon"),
        (Constant(1), "1/10", 0, "support"),
        (Constant(1), "1/10", "99/100", "support"),
        (Lattice("1/2", [1, 1, 0, 0]), "1/10", 1, "support"),
        (Exponential(1), "1/10", 50, "center"),
        (Mixture([("1/2", Constant(1)), ("1/2", Constant(2))]), "1/10", 2, "center"),
        ("constant(1)", "1/10", 2, "center"),
    ],
)
def test_bad_bands(center: Any, epsilon: Any, support: Any, field: str) -> None:
    with pytest.raises(InvalidScenario, match=rf"band\.{field}.* is not allowed; write "):
        Band(center, epsilon, support)


CAPPED: list[tuple[Capped, Any]] = [
    (Capped(Lognormal(1, "1/2"), 4), scipy.stats.lognorm(0.5)),
    (Capped(Weibull("1/2", 1), 6), scipy.stats.weibull_min(0.5)),
    (Capped(Pareto(2, "1/2"), 3), scipy.stats.pareto(2, scale=0.5)),
    (Capped(Exponential(1), 3), scipy.stats.expon()),
]


@pytest.mark.parametrize(("law", "peer"), CAPPED, ids=[str(law) for law, _ in CAPPED])
@pytest.mark.parametrize("cells", [2, 7, 400])
def test_a_capped_law_belongs_to_its_band(law: Capped, peer: Any, cells: int) -> None:
    band = band_of(law, cells)
    assert isinstance(band.center, Lattice)
    cap, counts = float(law.cap), np.array(band.center.counts)
    times = np.linspace(0, cap, 40_001)
    center = np.cumsum(counts)[np.minimum((times * (cells / cap) + 1e-9).astype(int), cells)] / counts.sum()
    gap = np.abs(center - np.where(times < cap, peer.cdf(times), 1))
    inside = np.abs(times * (cells / cap) - np.rint(times * (cells / cap))) > 1e-6  # off the steps themselves
    assert gap[inside].max() <= float(band.epsilon)
    just_before = np.arange(1, cells + 1) * cap / cells * (1 - 1e-12)
    steps = np.cumsum(counts)[:-1] / counts.sum()
    assert np.abs(steps - peer.cdf(just_before)).max() <= float(band.epsilon)
    assert gap.max() >= 0.9 * float(band.epsilon) - 1e-3  # no wider than needed
    assert band.mean_float == pytest.approx(law.mean_float, abs=float(band.epsilon) * cap)


def test_band_of_a_lognormal_law_is_certified() -> None:
    law = Capped(Lognormal(1, "1/2"), 4)
    found = stability_boundary.prove(band_of(law, 400))
    assert isinstance(found, StabilityBoundary)
    from sddeverify.analysis.crossings import crossings

    first = float(crossings(law, up_to=4)[0].damping)
    assert found.damping.hi is not None
    assert found.damping.lo < first < found.damping.hi < found.damping.lo * Fraction(5, 4)


@pytest.mark.parametrize("cells", [1, 4096, 10**6])
def test_bad_cells(cells: int) -> None:
    with pytest.raises(InvalidScenario, match=r"band_of\.cells"):
        band_of(Capped(Exponential(1), 3), cells)


def test_band_of_in_notation() -> None:
    law = Capped(Lognormal(1, "1/2"), 4)
    assert parse("band_of(capped(lognormal(1, 1/2), 4), 400)") == band_of(law, 400)
    assert parse(f"band_of({law})") == band_of(law)
    for text in ("band_of()", "band_of(3)", f"band_of({law}, 1/2)", f"band_of({law}, 2, 3)", f"band_of({law}, {law})"):
        with pytest.raises(InvalidScenario, match=r"band_of: .* write band_of\(law, cells\)"):
            parse(text)
    with pytest.raises(InvalidScenario, match="a capped law"):
        parse("band_of(lognormal(1, 1/2))")


def test_band_of_an_unbounded_law() -> None:
    with pytest.raises(InvalidScenario, match="a capped law"):
        band_of(Lognormal(1, 1))
