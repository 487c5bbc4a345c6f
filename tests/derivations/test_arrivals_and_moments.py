"""Arrivals, variance, mean square and time to a target, against computations that know none of the derivations."""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
import sympy

from sddeverify.analysis import moments
from sddeverify.delays import Constant, Erlang, Exponential
from sddeverify.derivations import _symbols as sym
from sddeverify.models import CharacteristicFunction
from tests.derivations.scenarios import LAWS, derivation


def value(name: str, result: str, **numbers: float) -> float:
    """The number to which a result comes."""
    expression = derivation(LAWS[0], name).result(result)
    expression = expression.rhs if isinstance(expression, sympy.Equality) else expression
    return float(expression.subs({getattr(sym, key): number for key, number in numbers.items()}))


# Arrivals.


@pytest.mark.parametrize("window", [0.1, 1.0, 7.0])
def test_the_index_of_erlang_times_by_counting_stages(window: float) -> None:
    """Erlang times of shape 2 are every second event of a Poisson stream, beginning at either with equal chance."""
    stages = np.arange(400)
    weights = scipy.stats.poisson(2 * window).pmf(stages)
    mean = sum(0.5 * (weights * ((stages + phase) // 2)).sum() for phase in (0, 1))
    square = sum(0.5 * (weights * ((stages + phase) // 2) ** 2).sum() for phase in (0, 1))
    assert mean == pytest.approx(window)
    index = derivation(LAWS[0], "arrivals").step("index").after.subs({sym.window: window, sym.m: 1})
    assert float(index) == pytest.approx((square - mean**2) / mean, rel=1e-10)


def test_the_index_of_steady_workers_by_their_phases() -> None:
    """The number of phases, evenly distributed over [0, 1), that fall into a window of length 3/16: 8 workers."""
    counts = scipy.stats.binom(8, 3 / 16)
    assert value("arrivals", "short_window", P=8, held=8 * 3 / 16) == pytest.approx(counts.var() / counts.mean())


def test_regularity_enters_the_multiplicative_noise_alone() -> None:
    """The variance of a sum of jumps over all numbers of arrivals, for a stream that is no Poisson stream."""
    numbers = {"eta": 0.2, "h": 1.5, "x_read": 0.7, "sigma": 0.4}
    counts = scipy.stats.binom(5, 0.3)  # index 0.7
    jump, noise = -0.2 * 1.5 * 0.7, 0.2 * 0.4
    second = sum(counts.pmf(n) * (n * noise**2 + (n * jump) ** 2) for n in range(6))
    variance = second - (counts.mean() * jump) ** 2
    rate = {"Lam": counts.mean(), "dt": 1.0}
    additive = value("arrivals", "additive", **numbers, **rate)
    multiplicative = value("arrivals", "multiplicative", **numbers, **rate, dispersion=0.7)
    assert additive == pytest.approx(counts.mean() * noise**2)
    assert additive + multiplicative == pytest.approx(variance)


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_the_mean_staleness(workers: int) -> None:
    """Reads and writes of random workers, counted; the ledger's identity holds for every run of them."""
    rng = np.random.default_rng(workers)
    version, read, used = 0, [0] * workers, 0
    for one in rng.integers(workers, size=500):
        used += version - read[one]
        version += 1
        read[one] = version
    flight = sum(version - one for one in read)
    ledger = derivation(LAWS[0], "arrivals").step("ledger").after.rhs
    assert ledger.subs({sym.updates: 500, sym.P: workers, sym.in_flight: flight}) == used
    for result in ("mean_staleness", "staleness"):
        assert value("arrivals", result, P=workers) == workers - 1


# The stationary variance.


def by_frequencies(h: CharacteristicFunction) -> float:
    """1/2π times the integral of 1/|h(iω)|², by scipy."""
    return scipy.integrate.quad(lambda w: 1 / abs(h.evaluate(1j * w)) ** 2 / math.pi, 0, math.inf, limit=800)[0]


@pytest.mark.parametrize(
    ("result", "law", "numbers"),
    [
        ("constant", Constant("3/2"), {"tau": 1.5}),
        ("exponential", Exponential("3/2"), {"m": 1.5}),
        ("erlang", Erlang(2, "3/2"), {"m": 1.5, "c": 0.75}),
    ],
)
def test_closed_forms_of_the_variance(result: str, law: object, numbers: dict[str, float]) -> None:
    h = CharacteristicFunction("1/2", law)
    derived = value("stationary_variance", result, a=0.5, **numbers)
    assert derived == pytest.approx(by_frequencies(h), rel=1e-6)
    assert derived == pytest.approx(moments.stationary_variance(h), rel=1e-9)


def test_the_variance_in_the_scenarios_terms() -> None:
    derived = value("stationary_variance", "variance", eta=0.1, sigma=0.3, h=2, P=5)
    intensity = 0.1**2 * 0.3**2 * 5
    assert derived == pytest.approx(intensity * by_frequencies(CharacteristicFunction("1", Constant("1"))), rel=1e-6)


# The mean-square boundary.


@pytest.mark.parametrize("workers", [2, 16])
def test_the_boundaries_and_their_gap(workers: int) -> None:
    exact = value("mean_square_boundary", "exact", P=workers)
    assert exact == pytest.approx(value("second_moments", "boundary", P=workers))
    equation = value("mean_square_boundary", "boundary", P=workers)
    assert value("mean_square_boundary", "gap", P=workers) == pytest.approx(exact - equation)
    # αaS = 1 there, with S by quadrature.
    damping = sympy.nsimplify(equation * workers, rational=True)
    h = CharacteristicFunction(str(damping), Exponential("1"))
    assert equation * float(damping) * by_frequencies(h) == pytest.approx(1, rel=1e-6)


def test_the_gap_closes_like_the_root_of_the_workers() -> None:
    workers = 10**8
    share = value("mean_square_boundary", "gap", P=workers) / value("mean_square_boundary", "exact", P=workers)
    assert share * math.sqrt(workers) == pytest.approx(value("mean_square_boundary", "relative_gap"), rel=1e-3)


def test_the_mean_square_explodes_where_its_integral_does() -> None:
    """E x² of exponential delays obeys a closed linear system: its eigenvalues on both sides of αaS = 1."""
    mu = 1.0
    for factor, finite in ((0.9, True), (1.1, False)):
        alpha = factor * value("mean_square_boundary", "boundary", P=16)
        a = 16 * alpha
        # x' = -a z, z' = μ(x - z): z is the delayed mean, and E x(t - τ)² obeys the same filter as z.
        system = np.zeros((4, 4))  # E x², E xz, E z², E x(t - τ)²
        system[0, 1], system[0, 3] = -2 * a, alpha * a
        system[1, 0], system[1, 1], system[1, 2] = mu, -mu, -a
        system[2, 1], system[2, 2] = 2 * mu, -2 * mu
        system[3, 0], system[3, 3] = mu, -mu
        assert bool(np.linalg.eigvals(system).real.max() < 0) is finite
        if finite:
            total = -np.linalg.solve(system, np.array([1.0, 0, 0, 0]))[0]
            expression = derivation(LAWS[0], "mean_square_boundary").result("total").rhs
            integral = (a + mu) / (2 * a * mu)
            values = {sym.alpha: alpha, sym.a: a, sym.integral: integral}
            assert float(expression.subs(values)) == pytest.approx(total)


# The time to a target.


def root(strength: float, delay: float) -> complex:
    return complex(scipy.special.lambertw(-strength * delay) / delay)


@pytest.mark.parametrize(("damping", "result"), [(0.3, "monotone"), (0.7, "oscillating"), (1.3, "oscillating")])
def test_elasticities_by_difference_quotients(damping: float, result: str) -> None:
    small = 1e-6
    times = [-math.log(0.01) / root(damping, delay).real for delay in (1 - small, 1, 1 + small)]
    there = root(damping, 1)
    derived = value("time_to_target", result, decay=-there.real, omega=abs(there.imag) or 1.0, tau=1)
    assert derived == pytest.approx((times[2] - times[0]) / (2 * small) / times[1], rel=1e-4)
    assert (derived < 0) is (result == "monotone")


def test_the_elasticity_at_the_boundary() -> None:
    there = root(math.pi / 2 - 1e-7, 1)
    times_rate = value("time_to_target", "oscillating", decay=-there.real, omega=there.imag, tau=1) * -there.real
    assert value("time_to_target", "near_boundary", omega=math.pi / 2, tau=1) == pytest.approx(times_rate, rel=1e-5)


def test_the_elasticity_in_the_noise() -> None:
    def time(scale: float) -> float:
        return -math.log(0.01 * math.sqrt(1 - 0.1 * scale**2)) / 0.25

    quotient = (time(1 + 1e-6) - time(1 - 1e-6)) / 2e-6 / time(1)
    assert value("time_to_target", "noise", floor=0.1, target=0.01) == pytest.approx(quotient, rel=1e-6)
    assert 0.0235 < quotient < 0.0245  # the figure in the text
    assert value("time_to_target", "no_noise") == 0


def test_the_series_of_the_response_solves_the_equation() -> None:
    """The sum whose terms the derivation relates, against small steps of r' = -a r(t - 1)."""
    a, steps = 1.3, 2000
    path = [1.0] * (steps + 1)  # r on [0, 1]
    for k in range(steps, 4 * steps):
        path.append(path[k] - a * (path[k - steps] + path[k + 1 - steps]) / 2 / steps)
    for t in (1.5, 2.25, 4.0):
        series = sum((-a * (t - i)) ** i / math.factorial(i) for i in range(int(t) + 1))
        assert path[int(t * steps)] == pytest.approx(series, abs=1e-5)
