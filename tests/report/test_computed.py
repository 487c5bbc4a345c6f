import numpy as np
import pytest

from sddeverify.analysis.moments import mean_square_limit
from sddeverify.delays import Constant, Empirical, Exponential
from sddeverify.models import CharacteristicFunction
from sddeverify.report import computed


@pytest.fixture(scope="module")
def law():
    times = np.random.default_rng(2).gamma(4, 0.002, 3000)
    return Empirical.from_times(times.tolist(), cells=1024).lattice


def test_the_coarse_law_is_good_enough_to_draw(law):
    coarse = computed.coarse(law)
    assert len(coarse.counts) <= 258
    assert sum(coarse.counts) == 3000
    assert mean_square_limit(coarse, 8) == pytest.approx(mean_square_limit(law, 8), rel=2e-3)
    assert computed.coarse(Constant("1")) == Constant("1")


@pytest.mark.parametrize("rate", [0.011, 0.21, 0.36, 0.47, 3.0])
def test_largest_stable_in_mean_square(rate):
    # Exponential delays: the SDDE is stable in mean square iff P alpha^2 + alpha - 2 < 0.
    law = Exponential("1")
    known = {workers: mean_square_limit(law, workers) / 2 for workers in (1, 2, 4, 8, 16, 4000, 8000)}
    step = 2 * rate
    expected = max(0, int(np.ceil((2 - step) / step**2) - 1))
    assert computed._mean_square_stable(law, rate, 2.0, known) == expected


def test_search_is_capped():
    law = Exponential("1")
    assert (
        computed._mean_square_stable(law, 1e-6, 1.0, {1: mean_square_limit(law, 1), 8: mean_square_limit(law, 8)}) == 8
    )


def test_spectrum_against_lambert_w():
    from scipy.special import lambertw

    found = computed.spectrum(CharacteristicFunction("0.85", Constant("1")))
    expected = [complex(lambertw(-0.85, k)) for k in range(len(found.roots))]
    np.testing.assert_allclose(found.roots, expected, rtol=1e-9)
    assert 8 <= 2 * len(found.roots) <= 30
    assert found.gap == pytest.approx(expected[0].real - expected[1].real)


def test_spectrum_of_a_measured_law(law):
    function = CharacteristicFunction(1 / law.mean, law)
    found = computed.spectrum(function)
    assert len(found.roots) > 3
    assert found.gap > 0
    for root in found.roots:
        assert abs(function.evaluate(root, np.exp)) < 1e-6 * abs(root)


@pytest.mark.parametrize(("operating", "largest"), [(1, None), (8, 19), (5, 5), (300, 3)])
def test_numbers_of_workers_for_the_chart(operating, largest):
    chart = computed._workers(operating, largest)
    assert operating in chart
    assert list(chart) == sorted(set(chart))
    assert chart[0] == 1
    assert chart[-1] >= 4 * operating
    assert largest is None or largest in range(chart[0], chart[-1] + 1)
