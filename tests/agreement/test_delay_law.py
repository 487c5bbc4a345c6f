import cmath

import numpy as np
import pytest
from scipy import integrate

from sddeverify.agreement import Verdict, delay_law
from sddeverify.delays import Empirical, Lattice, parse

# Notation, and an independent sampler for it.
CASES = {
    "exponential(2)": lambda rng, n: rng.exponential(2, n),
    "erlang(3, 1)": lambda rng, n: rng.gamma(3, 1 / 3, n),
    "uniform(1, 3)": lambda rng, n: rng.uniform(1, 3, n),
    "sum(constant(1/2), exponential(1/2))": lambda rng, n: 0.5 + rng.exponential(0.5, n),
    "0.3*exponential(1) + 0.7*uniform(0, 2)": lambda rng, n: np.where(
        rng.random(n) < 0.3, rng.exponential(1, n), rng.uniform(0, 2, n)
    ),
    "truncated_exponential(1, 2)": lambda rng, n: -np.log1p(-rng.random(n) * -np.expm1(-2.0)),
    "constant(3/10)": lambda rng, n: np.full(n, 0.1 + 0.2),
    "0.3*constant(1) + 0.7*uniform(0, 2)": lambda rng, n: np.where(rng.random(n) < 0.3, 1.0, rng.uniform(0, 2, n)),
    "lattice(1/10, 0, 3, 5, 2)": lambda rng, n: rng.choice([0.1, 0.2, 0.3], n, p=[0.3, 0.5, 0.2]),
    "sum(erlang(2, 1), uniform(0, 1))": lambda rng, n: rng.gamma(2, 0.5, n) + rng.uniform(0, 1, n),
}


@pytest.mark.parametrize("notation", CASES)
def test_right_law(notation):
    delays = CASES[notation](np.random.default_rng(5), 3000)
    assert delay_law.check(delays, parse(notation), 8).verdict is Verdict.CONSISTENT


@pytest.mark.parametrize("notation", CASES)
def test_wrong_mean(notation):
    delays = 1.2 * CASES[notation](np.random.default_rng(5), 3000)
    assert delay_law.check(delays, parse(notation), 8).verdict is Verdict.INCONSISTENT


@pytest.mark.parametrize("notation", [n for n in CASES if delay_law.distribution(parse(n)) is not None])
def test_distribution_functions_have_the_law_s_transform(notation):
    law = parse(notation)
    function = delay_law.distribution(law)
    s = 0.7
    # Phi(s) = s * integral of exp(-s t) F(t) dt
    value = integrate.quad(lambda t: s * np.exp(-s * t) * function(np.array([t]))[0], 0, 60, limit=400)[0]
    assert value == pytest.approx(law.laplace(complex(s), cmath.exp).real, abs=1e-6)


def test_closed_distribution_functions_are_used():
    assert [n for n in CASES if delay_law.distribution(parse(n)) is not None] == list(CASES)[:6]


def test_few_delays():
    assert delay_law.check(np.ones(5), parse("constant(1)"), 8).verdict is Verdict.TOO_LITTLE_DATA
    assert delay_law.check_halves(np.ones(50)).verdict is Verdict.TOO_LITTLE_DATA


def test_the_rounding_of_an_empirical_law_costs_nothing():
    rng = np.random.default_rng(0)
    law = Empirical.from_times(rng.gamma(3, 0.01, 4000).tolist(), cells=64)
    other = rng.gamma(3, 0.01, 4000)
    assert delay_law.check(other, law, 8).verdict is Verdict.CONSISTENT
    assert delay_law.check(other, Lattice(law.step, (0, *law.counts)), 8).verdict is Verdict.INCONSISTENT


@pytest.mark.parametrize("seed", range(4))
def test_halves_of_one_law(seed):
    delays = np.random.default_rng(seed).gamma(3, 0.01, 1000)
    assert delay_law.check_halves(delays).verdict is Verdict.CONSISTENT


def test_halves_of_equal_times_read_from_a_clock():
    # The times are all 1 ns, but their differences carry the rounding of a clock that moves away from 0.
    clock = np.arange(201) * 1e-9
    delays = np.diff(clock)
    assert len(set(delays)) > 1
    assert delay_law.check_halves(delays).verdict is Verdict.CONSISTENT


def test_halves_with_a_jump():
    rng = np.random.default_rng(0)
    delays = np.concatenate([rng.gamma(3, 0.01, 600), rng.gamma(3, 0.014, 600)])
    assert delay_law.check_halves(delays).verdict is Verdict.INCONSISTENT


def test_dependence_widens_the_margin():
    # An autoregressive series of correlation 0.95: one law all along, few independent values. Of 40 series
    # the plain test at 1 % would reject most; allow 2 % x 40, i.e. at most 3 (binomial: 99 %).
    alarms, factors = 0, []
    for seed in range(40):
        noise = np.random.default_rng(seed).normal(size=2000)
        series = np.empty(2000)
        series[0] = noise[0] / np.sqrt(1 - 0.95**2)
        for k in range(1, 2000):
            series[k] = 0.95 * series[k - 1] + noise[k]
        check = delay_law.check_halves(10 + series)
        alarms += check.verdict is Verdict.INCONSISTENT
        factors.append(float(check.note.rsplit("factor ", 1)[1].split()[0]))
    assert alarms <= 3
    assert 10 < np.median(factors) < 60  # theory: (1 + 0.95)/(1 - 0.95) = 39
