"""K-sync and trials with a time limit, against quadrature, linear algebra and events drawn at random."""

from typing import Any

import numpy as np
import pytest
import sympy
from scipy import integrate, optimize, stats

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._sums import SplitSum, SumByInduction
from tests.derivations.scenarios import LAWS, derivation


def result(name: str, wanted: str, **values: Any) -> Any:
    expression = derivation(LAWS[0], name).result(wanted)
    expression = getattr(expression, "rhs", expression)
    return expression.subs({getattr(sym, key): value for key, value in values.items()})


def order_statistic(law: Any, place: int, workers: int) -> float:
    """The mean of the K-th of P times: the integral of the probability that fewer than K have ended."""
    return float(integrate.quad(lambda u: stats.binom.cdf(place - 1, workers, law.cdf(u)), 0, np.inf)[0])


@pytest.mark.parametrize(("place", "workers"), [(1, 1), (3, 8), (8, 8), (5, 6)])
def test_k_sync_against_order_statistics(place: int, workers: int) -> None:
    values = {"K": place, "slow": workers - place}
    found = float(result("k_sync", "k_sync", m=2, **values))
    assert found == pytest.approx(order_statistic(stats.expon(scale=2), place, workers), rel=1e-6)
    shifted = float(result("k_sync", "k_sync_shifted", start=0.5, q=1.5, **values))
    assert shifted == pytest.approx(order_statistic(stats.expon(loc=0.5, scale=1.5), place, workers), rel=1e-6)


@pytest.mark.parametrize(("place", "workers", "index"), [(1, 1, 3.0), (3, 8, 3.0), (8, 8, 2.5), (5, 6, 0.9)])
def test_k_sync_with_pareto_times(place: int, workers: int, index: float) -> None:
    found = float(result("k_sync", "k_sync_pareto", K=place, slow=workers - place, tail_index=index, shortest=0.5))
    law = stats.pareto(b=index, scale=0.5)
    # fewer than K have ended: its integral in the logarithm of u, where it falls exponentially
    longer = integrate.quad(
        lambda v: stats.binom.cdf(place - 1, workers, law.cdf(0.5 * np.exp(v))) * 0.5 * np.exp(v), 0, 60, limit=200
    )
    assert found == pytest.approx(0.5 + longer[0], rel=1e-6)


def test_growing_batches_minimise_the_bound() -> None:
    """The bound after a fixed time, minimised numerically over K for two losses, against the ratio of the best K."""

    def best(loss: float) -> float:
        eta, h, sigma, workers, mean, time = 0.01, 2.0, 3.0, 8, 1.5, 40.0
        found = optimize.minimize_scalar(
            lambda k: loss * k * mean / (eta * workers * time) + eta * h * sigma**2 / (2 * k), (1e-3, 1.0)
        )
        return float(found.x)

    grown = float(result("k_sync", "growing_batches", batch_start=best(4.0), start_loss=4.0, loss_now=0.25))
    assert grown == pytest.approx(best(0.25), rel=1e-5)


def test_three_of_eight_workers() -> None:
    assert float(result("k_sync", "k_sync", K=3, slow=5, m=1)) == pytest.approx(0.4345, abs=5e-5)
    for name in ("k_batch_sync", "k_batch_async"):
        assert result("k_sync", name, K=3, P=8, m=1) == sympy.Rational(3, 8)
    assert result("k_sync", "all_workers", K=2, m=1) == sympy.Rational(3, 2)
    slots = [float(result("k_sync", "slot_freshness", slot=place, P=8)) for place in (1, 2, 3)]
    assert slots == pytest.approx([0.125, 0.234, 0.330], abs=5e-4)
    assert float(result("k_sync", "mean_freshness", K=3, P=8)) == pytest.approx(np.mean(slots))


def test_freshness_by_a_chain_of_reads() -> None:
    """The probability that each of 4 workers has read the current iterate, through batches of 3 pushes."""
    workers, batch = 4, 3
    share = np.zeros(workers + 1)  # law of the number of workers that have read the current iterate
    share[1] = 1  # who closed the batch before
    fresh = []
    for _ in range(batch):
        counts = np.arange(workers + 1)
        fresh.append(float(share @ counts) / workers)
        stays = share * counts / workers
        moves = share - stays
        share = stays + np.concatenate([[0], moves[:-1]])
    found = [float(result("k_sync", "slot_freshness", slot=place, P=workers)) for place in (1, 2, 3)]
    assert found == pytest.approx(fresh)


def test_freshness_of_k_async_by_a_race() -> None:
    """Three of 8 memoryless workers per update, 20 000 updates (fixed seed; 5 standard errors)."""
    rng, workers, batch, updates = np.random.default_rng(2018), 8, 3, 20_000
    ends = rng.exponential(size=workers)  # what is left of each worker's time
    fresh = np.zeros(workers, dtype=bool)
    hits = np.zeros(batch)
    for _ in range(updates):
        order = np.argsort(ends)[:batch]
        hits += fresh[order]
        ends -= ends[order[-1]]
        ends[order] = rng.exponential(size=batch)
        fresh[:] = False
        fresh[order] = True
    share = float(result("k_sync", "k_async_freshness", K=batch, P=workers))
    assert share == 3 / 8
    assert np.abs(hits / updates - share).max() < 5 * np.sqrt(share * (1 - share) / updates)


def test_the_single_device_of_the_paper() -> None:
    """l = 1 and lognormal times with s = 2.5: no limit, one at the median, one at 1000."""
    values = {"start": 1, "scale": sympy.Rational(5, 2)}
    assert float(result("mindflayer", "lognormal_unlimited", **values)) == pytest.approx(23.760, abs=5e-4)
    assert float(result("mindflayer", "lognormal_median", **values)) == pytest.approx(3.2827, abs=5e-5)
    assert float(result("mindflayer", "lognormal_time", cap=1000, **values)) == pytest.approx(17.655, abs=5e-4)


@pytest.mark.parametrize("limit", [0.2, 1.0, 4.0])
@pytest.mark.parametrize("tail", ["exponential", "lognormal"])
def test_time_to_one_gradient_against_quadrature(tail: str, limit: float) -> None:
    law = stats.expon(scale=1.5) if tail == "exponential" else stats.lognorm(0.8)
    success = float(law.cdf(limit))
    length = 0.7 + integrate.quad(law.sf, 0, limit)[0]  # E min(eta, limit): Wald instead of a first step
    values = {"start": 0.7, "cap": limit, "q": 1.5, "scale": 0.8}
    assert float(result("mindflayer", f"{tail}_success", **values)) == pytest.approx(success)
    assert float(result("mindflayer", f"{tail}_time", **values)) == pytest.approx(length / success)


def test_the_plan_of_a_round() -> None:
    chance, length, wanted = [0.9, 0.5, 0.25], [1.0, 2.0, 2.5], 12.0

    def yielded(time: float) -> float:
        return sum(p * (time / t - 1) for p, t in zip(chance, length, strict=True)) - wanted

    line = derivation(LAWS[0], "mindflayer").result("round_time").subs({sym.fast: 3, sym.needed: wanted}).doit()
    found = line.subs({sym.chance[i + 1]: p for i, p in enumerate(chance)})
    found = found.subs({sym.length[i + 1]: t for i, t in enumerate(length)})
    assert float(found) == pytest.approx(optimize.brentq(yielded, 0, 1000))


def test_the_second_moment_by_all_outcomes() -> None:
    """Trials 2 and 3 of two workers, noise of two signs: every outcome with its probability."""
    tries, chance, gradient, sigma = (2, 3), (0.3, 0.6), 0.7, 1.3
    mean = sum(n * p for n, p in zip(tries, chance, strict=True))
    total = 0.0
    for first in range(tries[0] + 1):
        for second in range(tries[1] + 1):
            weight = stats.binom.pmf(first, tries[0], chance[0]) * stats.binom.pmf(second, tries[1], chance[1])
            got = first + second
            for plus in range(got + 1):  # noise of +-sigma, each sign as likely
                step = (got * gradient + sigma * (2 * plus - got)) / mean
                total += float(weight * stats.binom.pmf(plus, got, 0.5)) * step**2
    spread = sum(n * p * (1 - p) for n, p in zip(tries, chance, strict=True))
    found = result("mindflayer", "second_moment", expected=mean, spread=spread, gradient=gradient, sigma=sigma)
    assert float(found) == pytest.approx(total)


def test_wrong_sums_do_not_check() -> None:
    line = sympy.Sum(1 / sym.i, (sym.i, 1, sym.K))
    right, wrong = sympy.harmonic(sym.K), sympy.harmonic(sym.K) + 1
    assert SumByInduction(right, sym.K).residuals(line, right) == [0, 0, 0, 0]
    assert SumByInduction(wrong, sym.K).residuals(line, wrong) != [0, 0, 0, 0]
    split = sympy.Sum(sym.a * sym.i + sym.c, (sym.i, 1, sym.K))
    done = SplitSum().apply(split)
    assert SplitSum().residuals(split, done) == [0]
    assert SplitSum().residuals(split, done + sympy.Sum(sym.i, (sym.i, 1, sym.K))) != [0]
