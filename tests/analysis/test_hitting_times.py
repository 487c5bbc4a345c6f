"""Times to a target against exact paths, certificates and closed forms."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.special

from sddeverify.analysis import hitting_times
from sddeverify.analysis.optimum import decay_rate
from sddeverify.certificates import Certificate, time_to_target
from sddeverify.delays import Constant, Erlang, Exponential, Mixture, Uniform
from sddeverify.derivations import _symbols as sym
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.models import CharacteristicFunction
from tests.derivations.scenarios import LAWS, derivation


def test_mean_path_of_a_chain_of_stages() -> None:
    a, k = 2.0, 3
    drift = np.diag([0.0] + [-float(k)] * k)
    drift[0, k] = -a
    for j in range(k):
        drift[j + 1, j] = k
    times = np.array([0.1, 1.0, 5.0, 20.0])
    exact = [scipy.linalg.expm(drift * t)[0, 0] for t in times]
    found = hitting_times.mean_path(CharacteristicFunction(2, Erlang(k, 1)), times)
    assert np.allclose(found, exact, atol=1e-7)


def test_mean_path_of_a_constant_delay() -> None:
    times = np.array([3.5, 7.25, 20.0, 60.0])
    exact = [
        float(sum((Fraction(-1) ** k * (Fraction(t) - k) ** k / math.factorial(k) for k in range(int(t) + 1)), start=0))
        for t in times
    ]
    found = hitting_times.mean_path(CharacteristicFunction(1, Constant(1)), times)
    assert np.allclose(found, exact, atol=1e-6)


@pytest.mark.parametrize("c", ["37/100", "1", "13/10"])
def test_last_passage_agrees_with_the_certificate(c: str) -> None:
    h = CharacteristicFunction(c, Constant(1))
    certified = time_to_target.prove(h, digits=6)
    assert isinstance(certified, Certificate)
    assert hitting_times.last_passage(h) == pytest.approx(float(certified.time.lo), abs=1e-3)


def test_time_is_measured_in_mean_delays() -> None:
    one, other = (hitting_times.sensitivities(Uniform(0, 2 * m), ["1/2"])[0] for m in (1, 1000))
    assert one.last == pytest.approx(other.last, rel=1e-5)
    assert one.asymptotic == pytest.approx(other.asymptotic, rel=1e-9)


def derived(result: str, **numbers: float) -> float:
    """A closed form of the derivation, at numbers."""
    expression = derivation(LAWS[0], "time_to_target").result(result)
    form = getattr(expression, "rhs", expression)
    return float(form.subs({getattr(sym, name): number for name, number in numbers.items()}))


@pytest.mark.parametrize(
    ("c", "result"), [("1/10", "monotone"), ("7/20", "monotone"), ("1", "oscillating"), ("3/2", "oscillating")]
)
@pytest.mark.parametrize("tau", ["1", "1/1000"])
def test_elasticity_in_a_constant_delay_is_the_closed_form(c: str, result: str, tau: str) -> None:
    h = CharacteristicFunction(Fraction(c) / Fraction(tau), Constant(tau))
    there = complex(scipy.special.lambertw(-float(Fraction(c)))) / float(Fraction(tau))
    result = "oscillating" if there.imag else "monotone"
    closed = derived(result, decay=-there.real, omega=abs(there.imag) or 1.0, tau=float(Fraction(tau)))
    assert hitting_times.elasticity_in_delay(h) == pytest.approx(closed, rel=1e-9)


@pytest.mark.parametrize(
    "law", [Exponential(2), Erlang(3, 1), Uniform(0, 3), Mixture([("1/3", Constant(1)), ("2/3", Erlang(2, 4))])]
)
@pytest.mark.parametrize("undelayed", [0, "1/5"])
def test_elasticity_in_the_delay_by_difference_quotients(law: Any, undelayed: Any) -> None:
    a, small = Fraction(3, 5), Fraction(1, 10**4)

    def time(k: Fraction) -> float:
        return 1 / decay_rate(law.scaled(k), float(a), float(Fraction(undelayed)))

    quotient = (time(1 + small) - time(1 - small)) / (2 * float(small)) / time(Fraction(1))
    h = CharacteristicFunction(a, law, undelayed)
    assert hitting_times.elasticity_in_delay(h) == pytest.approx(quotient, rel=1e-5, abs=1e-7)


def test_no_elasticity_where_two_roots_meet_or_nothing_is_stable() -> None:
    assert hitting_times.elasticity_in_delay(CharacteristicFunction("1/4", Exponential(1))) is None
    with pytest.raises(UnsupportedScenario, match="not stable"):
        hitting_times.elasticity_in_delay(CharacteristicFunction(2, Constant(1)))


@pytest.mark.parametrize(("floor", "target"), [(0.1, 0.01), (0.9, 0.3), (0.0, 0.5)])
def test_elasticity_in_the_noise_is_the_closed_form(floor: float, target: float) -> None:
    assert hitting_times.elasticity_in_noise(floor, target) == pytest.approx(
        derived("noise", floor=floor, target=target)
    )


def test_the_table_of_claim_c9() -> None:
    """The times of the certified table, and that staleness counts and noise does not, close to the boundary."""
    rows = hitting_times.sensitivities(Constant(1))
    assert [row.asymptotic for row in rows] == pytest.approx([4.6, 14.5, 34.3, 140.5], abs=0.06)
    assert [row.last for row in rows] == pytest.approx([7.2, 15.2, 34.9, 142.7], abs=0.06)
    assert [row.noise for row in rows] == pytest.approx([0.0239] * 4, abs=1e-4)
    assert rows[-1].delay > rows[-2].delay > rows[-3].delay > 50 * rows[0].noise
    with pytest.raises(InvalidScenario, match="floor"):
        hitting_times.sensitivities(Constant(1), floor=1.0)


def test_first_hit_without_noise_is_that_of_the_mean_path() -> None:
    # exponential delays at c = 1/4: r = (1 + t/2) exp(-t/2), a double root
    found = hitting_times.first_hit(Exponential(1), 0.25, 0.0, 0.1, horizon=20.0, step=1e-3, paths=2)
    r = (1 + found.mean / 2) * math.exp(-found.mean / 2)
    assert r == pytest.approx(0.1, rel=2e-3)
    assert found.arrived == 1
    assert found.error == 0


def test_noise_brings_the_first_hit_forward() -> None:
    quiet, noisy = (
        hitting_times.first_hit(Constant(1), 0.3, noise, 0.05, horizon=40.0, step=0.02, paths=400, seed=3)
        for noise in (0.0, 0.02)
    )
    assert noisy.mean + noisy.error < quiet.mean
    assert 0 < noisy.error < 1


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda h: hitting_times.mean_path(h, [0.0]), InvalidScenario),
        (lambda h: hitting_times.mean_path(h, [math.nan]), InvalidScenario),
        (lambda h: hitting_times.mean_path(h, [1e9]), UnsupportedScenario),
        (lambda h: hitting_times.last_passage(h, 2.0), InvalidScenario),
        (lambda h: hitting_times.last_passage(CharacteristicFunction(2, Constant(1))), UnsupportedScenario),
        (
            lambda h: hitting_times.first_hit(Constant(1), 1.0, 0.0, -1.0, horizon=2.0, step=0.1, paths=2),
            InvalidScenario,
        ),
    ],
)
def test_bad_input(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call(CharacteristicFunction(1, Constant(1)))


def exact_second_moment(c: Fraction, q: Fraction, t: Fraction) -> Fraction:
    """E X(t)^2 for the constant delay 1: r is a polynomial on each unit, squared and integrated in rationals."""
    path, mass, k = [Fraction(1)], Fraction(0), 0
    while True:
        end = min(t - k, Fraction(1))
        square = [Fraction(0)] * (2 * len(path) - 1)
        for i, x in enumerate(path):
            for j, y in enumerate(path):
                square[i + j] += x * y
        mass += sum(x * end ** (n + 1) / (n + 1) for n, x in enumerate(square))
        if t <= k + 1:
            return sum(x * end**n for n, x in enumerate(path)) ** 2 + q * mass
        path = [sum(path), *(-c * x / (n + 1) for n, x in enumerate(path))]
        k += 1


@pytest.mark.parametrize(("c", "q"), [("1/4", "0"), ("1", "1/100000"), ("13/10", "1/1000000")])
def test_mean_square_passage_of_a_constant_delay(c: str, q: str) -> None:
    h = CharacteristicFunction(c, Constant("1"))
    time = Fraction(hitting_times.mean_square_passage(h, float(Fraction(q)), 0.01)).limit_denominator(1000)
    values = [
        exact_second_moment(Fraction(c), Fraction(q), time * f) for f in (Fraction(995, 1000), Fraction(1005, 1000))
    ]
    assert float(values[0]) > 1e-4 > float(values[1])


def test_noise_may_keep_the_mean_square_above_the_target() -> None:
    # the stationary variance of a constant delay is q (1 + sin c)/(2 c cos c)
    h = CharacteristicFunction("1", Constant("1"))
    variance = (1 + math.sin(1)) / (2 * math.cos(1))
    assert hitting_times.mean_square_passage(h, 1.01e-4 / variance, 0.01) is None
    assert hitting_times.mean_square_passage(h, 0.5e-4 / variance, 0.01) > 0
    with pytest.raises(InvalidScenario, match="noise_intensity"):
        hitting_times.mean_square_passage(h, -1.0)
