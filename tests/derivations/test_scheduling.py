"""What schedules do to damping and delay: closed forms, linear algebra, quadrature; combinations; what is refused."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import sympy
from scipy import integrate, optimize, stats

from sddeverify.delays import Constant, Erlang, Exponential, Law, Mixture, Sum, TruncatedExponential, Uniform, parse
from sddeverify.derivations import (
    MeanDynamics,
    Schedule,
    candidate,
    candidates,
    closed_network,
    derive,
    dynamics,
    event_trigger,
    k_batch_asynchronous,
    staleness_threshold,
)
from sddeverify.derivations._truncation import truncated
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.exact import Enclosure
from sddeverify.scenario import Group, PolicySpec, Scenario

ONE = Fraction(1)


def point(value: Enclosure) -> Fraction:
    assert value.width == 0
    return value.lo


# The closed network.


@pytest.mark.parametrize(("period", "bandwidth"), [(ONE, Fraction(8)), (Fraction(3, 2), Fraction(1, 3))])
def test_mean_value_analysis_is_the_product_form(period: Fraction, bandwidth: Fraction) -> None:
    queue = Fraction(0)
    for workers in range(1, 41):
        sojourn = (1 + queue) / bandwidth
        rate = workers / (period + sojourn)
        queue = rate * sojourn
        assert closed_network.throughput(workers, period, bandwidth) == rate
        assert closed_network.sojourn(workers, period, bandwidth).mean == sojourn
        assert sum(k * x for k, x in enumerate(closed_network.queue_law(workers, period, bandwidth))) == queue
        assert rate < min(workers / period, bandwidth)


def test_the_stationary_law_solves_the_balance_equations() -> None:
    """The generator of 5 exponential workers (mean 1/2) and a line of rate 3, solved by SymPy."""
    generator = sympy.zeros(6, 6)
    for k in range(6):
        if k < 5:
            generator[k, k + 1] = 2 * (5 - k)
        if k > 0:
            generator[k, k - 1] = 3
        generator[k, k] = -sum(generator[k, :])
    (null,) = generator.T.nullspace()
    assert [Fraction(str(x)) for x in null / sum(null)] == closed_network.queue_law(5, Fraction(1, 2), Fraction(3))


def test_a_saturated_uplink() -> None:
    """P = 32, B = 8, m = 1: rate 8.00, 3.00 on the uplink; few workers hardly notice it."""
    full = dynamics(Erlang(3, 1), 32, Schedule(bandwidth=8))
    assert round(float(full.pull.lo), 2) == 8.00
    assert round(float(full.delay.mean) - 1, 2) == 3.00
    assert point(full.pull) * full.delay.mean == 32
    assert full.computed == ()
    few = dynamics(Erlang(3, 1), 2, Schedule(bandwidth=8))
    assert 1.7 < few.pull.lo < 2
    assert dynamics(Constant(2), 1, Schedule(bandwidth=8)).delay == Sum(Constant(2), Exponential("1/8"))


# The staleness threshold.


def exact_acceptance_of_fresh(workers: int) -> Fraction:
    """The chain of the number of fresh workers, solved by SymPy: an independent way to the exact sum."""
    P = sympy.Integer(workers)
    chain = sympy.zeros(workers, workers)
    for fresh in range(1, workers + 1):
        chain[fresh - 1, 0] += fresh / P
        if fresh < workers:
            chain[fresh - 1, fresh] += 1 - fresh / P
    (null,) = (chain.T - sympy.eye(workers)).nullspace()
    law = null / sum(null)
    return Fraction(str(sum(law[f - 1] * f / P for f in range(1, workers + 1))))


@pytest.mark.parametrize("workers", [1, 2, 3, 8, 12])
def test_threshold_one_is_exact(workers: int) -> None:
    right = exact_acceptance_of_fresh(workers)
    assert right in staleness_threshold.acceptance(workers, 1)
    total, term = Fraction(0), ONE
    for n in range(workers):
        total, term = total + term, term * (1 - Fraction(n + 1, workers))
    assert 1 / total == right


@pytest.mark.parametrize(("workers", "threshold"), [(2, 2), (8, 4), (32, 16), (1000, 200)])
def test_the_fixed_point(workers: int, threshold: int) -> None:
    share = staleness_threshold.acceptance(workers, threshold)
    assert 0 < share.width < Fraction(1, 10**17)

    def gap(q: float) -> float:
        return 1 - (q * (workers - 1) / (q * (workers - 1) + 1)) ** threshold - q

    assert float(share.lo) == pytest.approx(optimize.brentq(gap, 0, 1, xtol=1e-15), abs=1e-12)
    weights = staleness_threshold.staleness(workers, threshold)
    assert sum(weights) == 1
    ratios = [float(y / x) for x, y in pairwise(weights)]
    q = float(share.lo)
    assert ratios == pytest.approx([q * (workers - 1) / (q * (workers - 1) + 1)] * (threshold - 1), rel=1e-9)
    # Little's law for gradients that count: mean staleness over their rate is the mean delay.
    law = staleness_threshold.delay(workers, threshold, Fraction(2))
    mean = sum(n * x for n, x in enumerate(weights))
    assert float(law.mean) == pytest.approx(float(mean) * 2 / (q * workers), rel=1e-12)


def test_a_high_threshold_gives_the_exact_memoryless_workers() -> None:
    """Eigenvalues of the 2 x 2 matrix of (mean iterate, mean read) against the roots of h on the Poisson clock."""
    workers, alpha = 4, Fraction(1, 5)
    matrix = np.array([[1, -0.2], [1 / 4, 1 - 1 / 4 - 0.2 / 4]])
    eigenvalues = np.linalg.eigvals(matrix)
    (h,) = dynamics(Exponential(1), workers, Schedule(threshold=150)).functions(alpha, [ONE])
    for z in eigenvalues:
        assert abs(h.evaluate(complex(workers * (z - 1)))) < 1e-9  # s = rate (z - 1)
    plain = dynamics(Exponential(1), workers).functions(alpha, [ONE])[0]
    assert abs(plain.evaluate(complex(workers * (eigenvalues[0] - 1)))) > 1e-2


# The event trigger.


@pytest.mark.parametrize("u", ["0", "1/10", "5/4", "3"])
def test_event_trigger_against_quadrature(u: str) -> None:
    limit = float(Fraction(u))
    found = event_trigger.shares(Fraction(u) ** 2)

    def uploaded(mean: float) -> float:
        both = ((limit, np.inf, 1), (-np.inf, -limit, 1))
        return sum(integrate.quad(lambda y: y * stats.norm.pdf(y - mean), a, b, epsabs=1e-13)[0] for a, b, _ in both)

    assert float(found.traffic.lo) == pytest.approx(2 * stats.norm.sf(limit), rel=1e-12)
    assert float(found.gain.lo) == pytest.approx((uploaded(1e-3) - uploaded(-1e-3)) / 2e-3, rel=1e-5)
    power = integrate.quad(lambda y: 2 * y * y * stats.norm.pdf(y), limit, np.inf)[0]
    assert float(found.gain.lo) == pytest.approx(power, rel=1e-9)
    for one in found:
        assert 0 < one.width < Fraction(1, 10**38)


def test_a_trigger_relieves_the_uplink() -> None:
    plain = dynamics(Exponential(1), 32, Schedule(bandwidth=8))
    rare = dynamics(Exponential(1), 32, Schedule(bandwidth=8, event_trigger="3/2"))
    assert rare.arrivals.hi < plain.arrivals.lo
    assert rare.pull.lo > plain.pull.hi  # what travels pulls more
    assert rare.delay.mean_float < plain.delay.mean_float
    assert len(rare.computed) == 2


# The time cap, dropout and batches.


LAWS = ["exponential(1)", "uniform(1/4, 2)", "erlang(3, 1)", "truncated_exponential(1, 3)",
        "lattice(1/8, 0, 3, 5, 1, 4)", "shifted_exponential(1/4, 1)",
        "0.3*constant(1/8) + 0.7*exponential(1)"]  # fmt: skip


@pytest.mark.parametrize("text", LAWS)
def test_a_time_cap_against_samples(text: str) -> None:
    """4.5 standard errors of 200 000 samples (error level about 1e-5 each), fixed seed; the uncapped law fails."""
    law, cap = parse(text), Fraction(3, 8) if text.startswith("lattice") else Fraction(1)
    times = law.sample(np.random.default_rng(5), 200_000)
    found = dynamics(law, 10, Schedule(time_cap=cap))
    done = times <= float(cap)
    part = truncated(law, cap)
    assert float(part.probability.midpoint) == pytest.approx(done.mean(), abs=4.5 * done.std() / math.sqrt(len(times)))
    lasting = np.minimum(times, float(cap))
    rate = 10 * done.mean() / lasting.mean()
    error = rate * (done.std() / done.mean() + lasting.std() / lasting.mean()) / math.sqrt(len(times))
    assert float(found.pull.midpoint) == pytest.approx(rate, abs=4.5 * error)
    kept = times[done]
    mean = found.delay.mean_float
    assert mean == pytest.approx(
        kept.mean(), abs=4.5 * kept.std() / math.sqrt(len(kept)) + 1e-3 * text.startswith("erl")
    )
    assert abs(law.mean_float - mean) > 0.05


def test_a_cap_that_is_never_reached_changes_nothing() -> None:
    assert dynamics(Uniform(0, 2), 4, Schedule(time_cap=2)) == dynamics(Uniform(0, 2), 4)


def test_memoryless_workers_lose_nothing_by_a_cap() -> None:
    found = dynamics(Exponential(2), 6, Schedule(time_cap=1))
    assert (point(found.pull), found.delay) == (3, TruncatedExponential(2, 1))


def test_dropout_thins() -> None:
    found = dynamics(Erlang(2, 3), 6, Schedule(keep="1/4"))
    assert (point(found.pull), found.delay) == (Fraction(1, 2), Erlang(2, 3))


def test_batches_wait() -> None:
    found = dynamics(Erlang(2, 1), 8, Schedule(batch=3))
    assert point(found.pull) * found.delay.mean == Fraction(8 + 1, 3)  # (P + (K - 1)/2)/K
    assert k_batch_asynchronous.wait(1, ONE) == Constant(0)


# Tables of candidates, and policies.


def scenario(policy: str = "asynchronous", law: Law | str = "exponential(1)", **parameters: object) -> Scenario:
    spec = PolicySpec(policy, parameters)  # type: ignore[arg-type]  # the tests also pass wrong ones
    return Scenario("1/50", 8, law, hessian=["1/2", "3"] if policy != "event_triggered" else [2], noise_variance=4,
                    policy=spec)  # fmt: skip


def test_tables_of_candidates() -> None:
    table = candidates(scenario(), "workers", [1, 2, 5])
    assert list(table) == ["1", "2", "5"]
    assert [point(h.damping) for h in table["5"]] == [Fraction(5, 100), Fraction(30, 100)]
    rates = candidates(scenario(), "learning_rate", ["0.01", "1/10"])
    assert [point(h.damping) for h in rates["1/10"]] == [Fraction(8, 20), Fraction(24, 10)]
    assert point(rates["1/100"][0].damping) == Fraction(8, 200)
    caps = candidates(scenario(), "threshold", [1, 3])
    assert isinstance(caps["3"][0].delay, Mixture)
    assert caps["1"][0].damping.lo < caps["3"][0].damping.lo


@pytest.mark.parametrize(("policy", "parameters", "schedule"), [
    ("asynchronous", {}, Schedule()),
    ("drop_stale", {"threshold": 3}, Schedule(threshold=3)),
    ("drop_stale", {}, Schedule(threshold=16)),
    ("gradient_dropout", {"keep": Fraction(1, 3)}, Schedule(keep="1/3")),
    ("k_batch_async", {"k": 2}, Schedule(batch=2)),
    ("event_triggered", {"threshold": 3}, Schedule(event_trigger="3/2")),
])  # fmt: skip
def test_policies_are_schedules(policy: str, parameters: dict[str, object], schedule: Schedule) -> None:
    found = Schedule.of(scenario(policy, **parameters))
    one, other = (dynamics(Exponential(1), 8, x) for x in (found, schedule))
    assert one == other
    assert isinstance(one, MeanDynamics)
    assert found == schedule


def test_the_network_of_a_scenario_counts() -> None:
    asked = Scenario("1/50", 4, "erlang(2, 1)", hessian=[1], uplink=2, downlink="constant(1/2)")
    found = dynamics(asked.compute, 4, Schedule.of(asked))
    assert found.delay.mean * point(found.pull) == 4  # Little's law, all three parts
    assert found.delay == Sum(
        Sum(Constant("1/2"), Erlang(2, 1)), closed_network.sojourn(4, Fraction(3, 2), Fraction(2))
    )
    name, varied, other = candidate(asked, "workers", 9, bandwidth=100)
    assert (name, varied.workers) == ("9", 9)
    assert float(other.pull.lo) == pytest.approx(6, rel=0.01)
    # A capped worker reads anew at every trial.
    capped = dynamics(Uniform(0, 2), 6, Schedule(time_cap=1, downlink=Constant(1)))
    assert point(capped.pull) == 6 / (Fraction(1, 2) + 1 + 2)
    unequal = Scenario("1/50", 2, "erlang(2, 1)", hessian=[1], pool=[Group(1, "constant(1)"), Group(1, "constant(2)")])
    with pytest.raises(UnsupportedScenario, match="pool"):
        Schedule.of(unequal)


def test_without_a_schedule_it_is_the_model() -> None:
    asked = scenario(law="erlang(3, 2)")
    model = derive(asked).model
    found = dynamics(asked.compute, asked.workers).functions(asked.learning_rate, model.hessian)
    assert [h.to_json() for h in found] == [model.characteristic_function(h).to_json() for h in model.hessian]


@pytest.mark.parametrize(("given", "words"), [
    ({"bandwidth": 0}, "bandwidth"), ({"threshold": 0}, "threshold"), ({"threshold": 10**6}, "threshold"),
    ({"time_cap": "-1"}, "time_cap"), ({"event_trigger": "-1"}, "event_trigger"), ({"keep": 2}, "keep"),
    ({"batch": 0}, "batch"), ({"bandwidth": 0.5}, "bandwidth"),
])  # fmt: skip
def test_bad_schedules(given: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidScenario, match=words):
        Schedule(**given)  # type: ignore[arg-type]  # wrong on purpose


@pytest.mark.parametrize("given", [
    {"threshold": 2, "bandwidth": 1}, {"threshold": 2, "keep": "1/2"}, {"threshold": 2, "batch": 2},
    {"batch": 2, "bandwidth": 1},
])  # fmt: skip
def test_combinations_that_are_not_derived(given: dict[str, object]) -> None:
    with pytest.raises(UnsupportedScenario, match="ideal network"):
        Schedule(**given)  # type: ignore[arg-type]  # values of several types


@pytest.mark.parametrize(("law", "schedule", "words"), [
    ("constant(2)", Schedule(time_cap=1), "no gradient ends"),
    ("uniform(1, 2)", Schedule(time_cap=1), "no gradient ends"),
    ("sum(erlang(2, 1), uniform(0, 1))", Schedule(time_cap=1), "several random times"),
    ("erlang(2, 1)", Schedule(threshold=4), "exponential times only"),
    ("erlang(2, 1)", Schedule(event_trigger=40), "nothing is ever uploaded"),
])  # fmt: skip
def test_what_is_not_derived(law: str, schedule: Schedule, words: str) -> None:
    with pytest.raises(UnsupportedScenario, match=words):
        dynamics(parse(law), 8, schedule)


def test_other_bad_requests() -> None:
    with pytest.raises(InvalidScenario, match="over"):
        candidates(scenario(), "seed", [1])
    with pytest.raises(InvalidScenario, match="workers"):
        candidates(scenario(), "workers", ["1/2"])
    with pytest.raises(InvalidScenario, match="batch"):
        dynamics(Exponential(1), 2, Schedule(batch=3))
    with pytest.raises(InvalidScenario, match="256"):
        dynamics(Exponential(1), 257, Schedule(bandwidth=1))
    with pytest.raises(UnsupportedScenario, match="not derived"):
        Schedule.of(scenario("dasa"))
    with pytest.raises(UnsupportedScenario, match="one eigenvalue"):
        Schedule.of(Scenario(1, 2, "exponential(1)", hessian=[1, 2], noise_variance=1, policy="event_triggered"))
