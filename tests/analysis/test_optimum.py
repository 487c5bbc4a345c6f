"""Decay rates and the best number of workers: closed forms, exhaustive comparison, and a law with two maxima."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sddeverify.analysis import roots
from sddeverify.analysis.optimum import best_workers, decay_rate, decay_rates
from sddeverify.delays import Constant, Erlang, Exponential, Lattice, Law, Mixture, ShiftedExponential, Uniform
from sddeverify.errors import InvalidScenario
from sddeverify.models import CharacteristicFunction
from tests.delays.strategies import laws, moderate

TWO_MAXIMA = Mixture([(".8806", Constant(".169")), (".1194", Constant(1))])


def direct(law: Law, damping: float, undelayed: float = 0.0) -> float:
    return -roots.leading(CharacteristicFunction(Fraction(damping), law, Fraction(undelayed)))[0].real


@pytest.mark.parametrize("law", [
    Constant(1), Exponential(1), Erlang(3, 1), Uniform(0, 2), ShiftedExponential("1/2", "1/2"), TWO_MAXIMA,
    Lattice("1/64", range(1, 129)),
], ids=lambda law: law.name)  # fmt: skip
def test_followed_roots_agree_with_the_search(law: Law) -> None:
    dampings = np.geomspace(1e-3, 40, 1500) / law.mean_float
    rates = decay_rates(law, dampings.reshape(30, 50))
    assert rates.shape == (30, 50)
    for k in np.random.default_rng(4).integers(0, len(dampings), 60):
        expected = direct(law, float(dampings[k]))
        assert abs(rates.ravel()[k] - expected) <= 1e-7 * abs(expected) + 1e-12  # 1e-7: next to a double root


@settings(max_examples=15, deadline=None)
@given(law=laws(moderate), undelayed=st.sampled_from([0.0, 0.25]))
def test_random_laws(law: Law, undelayed: float) -> None:
    dampings = np.concatenate((np.linspace(0.05, 6, 400), -np.linspace(0.1, 1, 40))) / law.mean_float
    rates = decay_rates(law, dampings, undelayed)
    for k in (7, 120, 233, 399, 405, 439):
        expected = direct(law, float(dampings[k]), undelayed)
        assert abs(rates[k] - expected) <= 1e-6 * abs(expected) + 1e-9 / law.mean_float


def test_closed_forms() -> None:
    m = 2.5
    assert math.isclose(decay_rate(Constant("5/2"), 1 / math.e / m), 1 / m, rel_tol=1e-6)
    assert math.isclose(decay_rate(Exponential("5/2"), 7 / m), 1 / (2 * m), rel_tol=1e-12)
    for k in (2, 3, 6):  # fastest at c = (k/(k+1))^(k+1), rate k/((k+1) m)
        c = (k / (k + 1)) ** (k + 1)
        assert math.isclose(decay_rate(Erlang(k, "5/2"), c / m), k / (k + 1) / m, rel_tol=1e-6)
    # Constant delay at the same speed as undelayed: e^c cos w = 1, w = c tan w.
    assert math.isclose(decay_rate(Constant(1), 0.633364731), 0.633364731, rel_tol=1e-7)


def test_fastest_shifted_exponential() -> None:
    shift, mean = 0.5, 0.5
    fastest = (shift + 2 * mean - math.sqrt(shift**2 + 4 * mean**2)) / (2 * shift * mean)
    damping = fastest * math.exp(-fastest * shift) * (1 - fastest * mean)
    law = ShiftedExponential("1/2", "1/2")
    rates = decay_rates(law, damping * np.array([0.99, 1.0, 1.01]))
    assert math.isclose(rates[1], fastest, rel_tol=1e-6)
    assert rates[1] > max(rates[0], rates[2])


def test_rate_with_two_maxima() -> None:
    c = np.linspace(0.05, 2, 400)
    rates = decay_rates(TWO_MAXIMA, c / TWO_MAXIMA.mean_float)
    peaks = [c[k] for k in range(1, len(c) - 1) if rates[k] > rates[k - 1] and rates[k] > rates[k + 1]]
    assert len(peaks) == 2
    assert abs(peaks[0] - 0.26) < 0.01
    assert abs(peaks[1] - 1.16) < 0.01


def test_best_number_of_workers_for_a_constant_time() -> None:
    # One eigenvalue: the fastest decay is at learning_rate h P = 1/e.
    best = best_workers(Constant("1/7"), "1/100", [1], range(1, 101))
    assert best.workers in (36, 37)
    assert best.rate == best.rates[best.workers - 1] == max(best.rates)
    assert best.candidates == tuple(range(1, 101))


def test_flat_rates_are_a_tie_for_the_fewest_workers() -> None:
    # Exponential times: the rate is 1/(2 m) for every learning_rate h P >= 1/4.
    best = best_workers(Exponential(1), "1/100", [1, 3], range(1, 201))
    assert best.workers == 25
    assert math.isclose(best.rate, 0.5, rel_tol=1e-7)


def test_exhaustive_comparison() -> None:
    law, eta, hessian = Uniform("1/2", 1), 0.02, [0.1, 0.5, 1.3, 4.0]
    best = best_workers(law, eta, hessian, range(1, 33))
    slowest = [min(direct(law, eta * h * p / 0.75) for h in hessian) for p in range(1, 33)]
    assert np.allclose(best.rates, slowest, rtol=1e-7, atol=1e-12)
    assert best.workers == 1 + int(np.argmax(slowest))


def test_divergence_shows_as_negative_rates() -> None:
    best = best_workers(Constant(1), 1, [2, 3], [1, 2, 3])
    assert best.workers == 1
    assert best.rate < 0


@pytest.mark.parametrize("dampings", [[0.0], [1.0, math.nan], [math.inf]])
def test_bad_dampings_are_refused(dampings: list[float]) -> None:
    with pytest.raises(InvalidScenario, match="damping"):
        decay_rates(Constant(1), dampings)


def test_nothing_to_do() -> None:
    assert decay_rates(Constant(1), []).shape == (0,)


@pytest.mark.parametrize(("learning_rate", "hessian", "workers", "field"), [
    (1, [1], [], "workers"), (1, [1], [0], "workers"), (1, [], [1], "hessian"), (1, [0], [1], "hessian"),
    (0, [1], [1], "hessian"),
])  # fmt: skip
def test_bad_choices_are_refused(learning_rate: int, hessian: list[int], workers: list[int], field: str) -> None:
    with pytest.raises(InvalidScenario, match=field):
        best_workers(Constant(1), learning_rate, hessian, workers)
