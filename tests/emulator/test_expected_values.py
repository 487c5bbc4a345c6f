"""Formulas of the literature that predict what the emulator observes: means over many cycles, fixed seeds.

Every check demands agreement within 4.5 standard errors, estimated from batch means (32 batches: error level about
1e-4 for each check), and that a deliberately wrong formula, beside the right one, is refused by the same data.
"""

import math
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from scipy import integrate, signal, special, stats

from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.run import Emulation
from sddeverify.objectives import Quadratic
from sddeverify.scenario import PolicySpec
from tests.emulator import pools
from tests.emulator.page import measured

P, K = 8, 3
BATCHES = 32


@cache
def emulated(policy, law, arrivals=24_000, workers=P, noise=0, rate="1/1000", **parameters):
    scenario = pools.scenario(law, workers, policy=PolicySpec(policy, parameters), learning_rate=rate, seed=11)
    return Emulation.create(scenario, objective=Quadratic(["1"], noise)).run(arrivals=arrivals).result()


def mean_of(values):
    """Return the mean of a stationary sequence and its standard error from batch means, the first batch left out."""
    size = len(values) // (BATCHES + 1)
    means = np.asarray(values[-BATCHES * size :], dtype=float).reshape(BATCHES, size).mean(axis=1)
    return means.mean(), means.std(ddof=1) / math.sqrt(BATCHES)


def check(values, right, wrong, quantity=None):
    mean, error = mean_of(values)
    if quantity is not None:
        measured(quantity, mean, error)
    assert abs(mean - right) < 4.5 * error + 1e-9, (mean, error, right)
    assert abs(mean - wrong) > 6 * error, (mean, error, wrong)


def update_times(run):
    """Times between updates, from the trace: each update is at the last push of its batch."""
    used = run.trace.version_applied >= 0
    times = np.zeros(run.ledger.updates)
    np.maximum.at(times, run.trace.version_applied[used], run.trace.push_time[used])
    return np.diff(times, prepend=0.0)


def harmonic(n):
    return sum(1 / j for j in range(1, n + 1))


def order_statistic(law, k, n):
    """E X_{k:n} by quadrature of Pr(fewer than k of n are below t)."""
    return integrate.quad(lambda t: stats.binom.cdf(k - 1, n, law.cdf(t)), 0, 60, limit=400, points=[0.5, 1, 2, 4])[0]


EXPONENTIAL = ("exponential(1)", stats.expon())
SHIFTED = ("shifted_exponential(1/2, 1/2)", stats.expon(0.5, 0.5))
ERLANG = ("erlang(4, 1)", stats.gamma(4, scale=1 / 4))
UNIFORM = ("uniform(0, 2)", stats.uniform(0, 2))
PARETO = ("pareto(3, 1)", stats.pareto(3))
SAID = {EXPONENTIAL[0]: "exponential", SHIFTED[0]: "1/2 + Exp(1/2)", PARETO[0]: "Pareto(3)"}


def said(policy, text):
    return f"{policy}, time per update, {SAID[text]}" if text in SAID else None


@pytest.mark.parametrize(("text", "law"), [EXPONENTIAL, SHIFTED, ERLANG, UNIFORM, PARETO])
def test_k_sync_takes_the_order_statistic(text, law):
    right = order_statistic(law, K, P)
    if text == "exponential(1)":
        assert right == pytest.approx(harmonic(P) - harmonic(P - K))
    if text == SHIFTED[0]:
        assert right == pytest.approx(0.5 + 0.5 * (harmonic(P) - harmonic(P - K)))
    if text == PARETO[0]:
        gamma = special.gamma
        closed = gamma(P + 1) * gamma(P - K + 1 - 1 / 3) / (gamma(P - K + 1) * gamma(P + 1 - 1 / 3))
        assert right == pytest.approx(closed, rel=1e-6)
    check(update_times(emulated("k_sync", text, k=K)), right, order_statistic(law, K + 1, P), said("K-sync", text))


def test_synchronous_takes_the_largest():
    times = update_times(emulated("synchronous", "exponential(1)"))
    check(times, harmonic(P), math.log(P), "time per update of all 8, exponential")


@pytest.mark.parametrize("text", [EXPONENTIAL[0], SHIFTED[0], ERLANG[0], UNIFORM[0], PARETO[0]])
def test_k_batch_async_takes_k_over_p_for_every_law(text):
    mean = 1.5 if text == PARETO[0] else 1
    times = update_times(emulated("k_batch_async", text, k=K))
    check(times, mean * K / P, mean * K / (P - 1), said("K-batch-async", text))


def third_of_renewals(law):
    """The mean time to the third renewal of P workers that all start anew, by convolution on a grid."""
    step = 1 / 1000
    cells = np.diff(law.cdf(np.arange(0, 40, step)))  # taken at their middles; one of Pareto's tail is no matter
    twice = signal.fftconvolve(cells, cells)[: len(cells)]
    thrice = signal.fftconvolve(twice, cells)[: len(cells)]
    one, two, three = (np.cumsum(part) for part in (cells, twice, thrice))
    none, once, again = 1 - one, one - two, two - three
    later = none**P + P * once * none ** (P - 1)
    later += P * again * none ** (P - 1) + math.comb(P, 2) * once**2 * none ** (P - 2)
    return step * (1 + later.sum()) - step / 2


@pytest.mark.parametrize(("text", "law"), [EXPONENTIAL, SHIFTED, PARETO])
def test_k_batch_sync_takes_k_over_p_for_exponential_times_only(text, law):
    """Everybody starts anew after an update: what all times have in common is paid by all."""
    right, mean = third_of_renewals(law), float(law.mean())
    if text == "exponential(1)":
        assert right == pytest.approx(K / P, abs=1e-3)
    wrong = harmonic(P) - harmonic(P - K) if text == "exponential(1)" else mean * K / P
    check(update_times(emulated("k_batch_sync", text, k=K)), right, wrong, said("K-batch-sync", text))


@cache
def updates_of_k_async(law, updates=1500, runs=400):
    """The mean time of an update from the recursion: the K who are ready first set its time, and start anew then."""
    rng = np.random.default_rng(12)
    ready = law.rvs((runs, P), random_state=rng)
    for number in range(updates):
        first = np.argsort(ready, axis=1)[:, :K]
        now = np.take_along_axis(ready, first[:, -1:], axis=1)
        np.put_along_axis(ready, first, now + law.rvs((runs, K), random_state=rng), axis=1)
        if number == 200:  # by then nobody knows of the common start
            began = now
    each = (now - began) / (updates - 201)
    assert each.std() / math.sqrt(runs) < 4e-4  # much less than that of the emulated runs
    return each.mean()


@pytest.mark.parametrize(("text", "law"), [EXPONENTIAL, SHIFTED, ERLANG, UNIFORM, PARETO])
def test_k_async_is_at_most_the_order_statistic(text, law):
    bound = order_statistic(law, K, P)
    times = update_times(emulated("k_async", text, k=K))
    if text == "exponential(1)":
        check(times, bound, K / P, said("K-async", text))
        assert updates_of_k_async(law) == pytest.approx(bound, abs=2e-3)
    else:  # strictly better: the common part of the times of those who go on has passed
        check(times, updates_of_k_async(law), bound, said("K-async", text))
        assert bound - mean_of(times)[0] > 10 * mean_of(times)[1]


def test_mean_staleness_for_every_law():
    """(P - 1)/K for K-batch-async and (P - K)/K for K-async, which conservation makes nearly exact."""
    for text in (EXPONENTIAL[0], SHIFTED[0], "constant(1)"):
        assert emulated("k_batch_async", text, k=K).mean_staleness == pytest.approx((P - 1) / K, abs=0.01)
        assert emulated("k_async", text, k=K).mean_staleness == pytest.approx((P - K) / K, abs=0.01)
        assert emulated("asynchronous", text).mean_staleness == pytest.approx(P - 1, abs=0.01)


def test_freshness_of_memoryless_workers():
    """K-async: a share K/P of the gradients is fresh; K-batch-async: 1 - (1 - 1/P)^l in slot l. Not so for Erlang."""
    fresh = _fresh(emulated("k_async", "exponential(1)", k=K))
    check(fresh, K / P, 1 / P, "share of fresh gradients, exponential")
    fresh = _fresh(emulated("k_batch_async", "exponential(1)", arrivals=48_000, k=K))
    fresh = fresh[: len(fresh) // K * K].reshape(-1, K)
    for slot in range(1, K + 1):
        wrong = 1 - (1 - 1 / P) ** (slot + 1)
        check(
            fresh[:, slot - 1],
            1 - (1 - 1 / P) ** slot,
            wrong,
            f"share of fresh gradients in slot {slot} of 3, exponential",
        )
    fresh = _fresh(emulated("k_batch_async", "erlang(4, 1)", arrivals=48_000, k=K))
    means = fresh[: len(fresh) // K * K].reshape(-1, K).mean(axis=0)
    assert means == pytest.approx([0.010, 0.041, 0.098], abs=0.01)


def _fresh(run):
    return (run.trace.staleness == 0).astype(float)


def test_acceptance_under_a_staleness_threshold():
    """Threshold 1, exponential times: 1/q = sum over n of (1 - 1/P) ... (1 - n/P), exactly."""
    term, total = Fraction(1), Fraction(0)
    for n in range(P):
        total += term
        term *= 1 - Fraction(n + 1, P)
    run = emulated("drop_stale", "exponential(1)", threshold=1)
    accepted = (run.trace.version_applied >= 0).astype(float)
    check(accepted, float(1 / total), 1 / P, "accepted share, threshold 1, exponential")
    # A larger threshold in the mean field, 1 % at S = 16: q = 1 - (q (P-1)/(q (P-1) + 1))^S.
    q = 1.0
    for _ in range(500):
        q = 1 - (q * (P - 1) / (q * (P - 1) + 1)) ** 16
    run = emulated("drop_stale", "exponential(1)", threshold=16)
    measured("accepted share, threshold 16, exponential", run.ledger.applied / run.ledger.pushed)
    assert run.ledger.applied / run.ledger.pushed == pytest.approx(q, rel=0.01)
    wrong = 1 - (1 - 1 / P) ** 16  # as if everybody's gradients counted
    assert run.ledger.applied / run.ledger.pushed != pytest.approx(wrong, rel=0.015)


def test_event_trigger_traffic_and_pull():
    """Noise of deviation 1, threshold u: a share 2 Q(u) is uploaded, and the pull is K(u) = 2 Q(u) + 2 u phi(u)."""
    u = 1.25
    share = 2 * stats.norm.sf(u)
    gain = share + 2 * u * stats.norm.pdf(u)
    run = emulated("event_triggered", "exponential(1)", rate="1/100000", noise=1, threshold="5/4", arrivals=2000)
    # The iterate hardly moves from 1 to begin with, so these are the probabilities at gradient 1 ...
    at_one = stats.norm.sf(u - 1) + stats.norm.cdf(-u - 1)
    first = run.trace.version_applied >= 0
    assert first.mean() == pytest.approx(at_one, abs=0.045)  # 4 standard errors
    # ... and near the minimum, the path of the mean decays as the gain says.
    scenario = pools.scenario("exponential(1)", P, policy=PolicySpec("event_triggered", {"threshold": "5/4"}),
                              learning_rate="1/2000", seed=3)  # fmt: skip
    decays, shares = [], []
    for replica in range(24):
        objective = Quadratic(["1"], 1)
        objective.initial = lambda: np.array([0.2])
        emulation = Emulation.create(scenario, objective=objective, replica=replica)
        done = emulation.run(arrivals=2000).result()
        decays.append(done.path.iterates[-1, 0] / 0.2)
        shares.append(done.ledger.counts[Outcome.APPLIED] / 2000)
    error = np.std(decays, ddof=1) / math.sqrt(24)
    measured("decay over 1/(α K(u)) gradients, u = 5/4", np.mean(decays), error)
    measured("share sent near the minimum, u = 5/4", np.mean(shares))
    assert abs(np.mean(decays) - math.exp(-gain)) < 4 * error
    assert abs(np.mean(decays) - math.exp(-share)) > 2 * error
    assert np.mean(shares) == pytest.approx(share, abs=0.01)
    assert share < gain


def test_mindflayer_expected_times():
    """One device, 1 second and a lognormal of s = 2.5: 23.760 to a gradient (Rennala), 3.2827 with the median as limit,
    17.655 with 1000; the mean of (tau + min(eta, t))/p in two forms, against the published numbers."""
    law = stats.lognorm(2.5)
    assert 1 + law.mean() == pytest.approx(23.760, abs=5e-4)

    def expected(limit):
        success = law.cdf(limit)
        within = math.exp(2.5**2 / 2) * special.ndtr(math.log(limit) / 2.5 - 2.5)
        return 1 + (within + limit * (1 - success)) / success + (1 - success) / success

    def first_form(limit):  # each failed trial costs tau + t, a success tau + E[eta | eta <= t]
        success = law.cdf(limit)
        within = math.exp(2.5**2 / 2) * special.ndtr(math.log(limit) / 2.5 - 2.5) / success
        return (1 + within) + (1 / success - 1) * (1 + limit)

    for limit, published in ((1.0, 3.2827), (1000.0, 17.655)):
        assert expected(limit) == pytest.approx(first_form(limit), rel=1e-12)
        assert expected(limit) == pytest.approx(published, rel=2e-4)


def test_mindflayer_in_the_emulator():
    """Shifted exponential time 1 + Exp(1), limit 3/2: the mean time to a gradient is (1 + E min(eta, 1/2))/p."""
    p = 1 - math.exp(-0.5)
    run = emulated("mindflayer", "shifted_exponential(1, 1)", workers=1, limit="3/2", success="2/5")
    times = np.diff(run.trace.push_time, prepend=0.0)
    check(times, (1 + p) / p, 1.5 / p, "seconds to a gradient, 1 + Exp(1), limit 3/2")
    trials = run.ledger.pushed + run.ledger.counts[Outcome.TIMED_OUT]
    assert run.ledger.pushed / trials == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / trials))


def test_dropout_thins_the_updates():
    run = emulated("gradient_dropout", "erlang(4, 1)", keep="1/4")
    check((run.trace.version_applied >= 0).astype(float), 0.25, 0.27, "share applied with keep probability 1/4")
    assert run.mean_staleness == pytest.approx((P - 1) / 4, rel=0.03)


def test_stationary_variance_of_memoryless_workers():
    """E x^2 = s^2 (1 + P alpha)/(alpha (2 + alpha - P alpha^2)) per unit step noise, exact for exponential times."""
    alpha, workers, values = 0.1, 4, []
    for replica in range(24):
        scenario = pools.scenario("exponential(1)", workers, learning_rate="1/10", seed=5)
        emulation = Emulation.create(scenario, objective=Quadratic(["1"], 1), replica=replica)
        path = emulation.run(arrivals=1000).result().path
        values.append(np.mean(path.iterates[path.versions > 200] ** 2))
    right = alpha**2 * (1 + workers * alpha) / (alpha * (2 + alpha - workers * alpha**2))
    wrong = alpha**2 / (alpha * (2 - alpha))  # that of undelayed SGD
    mean, error = np.mean(values), np.std(values, ddof=1) / math.sqrt(24)
    measured("stationary variance of memoryless workers, P = 4, α = 1/10", mean, error)
    assert abs(mean - right) < 4.5 * error
    assert abs(mean - wrong) > 4.5 * error
