"""Random paths against closed forms and against the moments of the very recursion; fixed seeds, stated levels."""

import math

import numpy as np
import pytest
from scipy import stats

from sddeverify.analysis import jumps
from sddeverify.analysis.draws import Draws
from sddeverify.analysis.moments import mean_square_limit, stationary_variance
from sddeverify.analysis.monte_carlo import euler_maruyama, jump_process
from sddeverify.delays import Constant, Erlang, Exponential, Lattice, Law, Pareto, ShiftedExponential, Uniform
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.models import CharacteristicFunction

LATTICE, SHIFTED = Lattice("3/10", [2, 3, 0, 1]), ShiftedExponential("1/2", "1/2")
LAWS: list[Law] = [Constant("1"), Exponential("1"), Erlang(3, "1"), ShiftedExponential("1/2", "1/2")]


@pytest.mark.parametrize("law", LAWS, ids=str)
def test_stationary_variance(law: Law) -> None:
    """Within 4 standard errors (level 1e-4) of the recursion's own variance, which tends to that of the equation."""
    a, exact = 0.8, stationary_variance(CharacteristicFunction("4/5", law))
    variances = []
    for step in (1 / 32, 1 / 64):
        # Without noise every path is the impulse response r; the variance with noise is the sum of r^2 step.
        response = euler_maruyama(law, a, step=step, samples=round(60 / step), paths=1).values[0]
        variances.append(step * (1 + float((response**2).sum())))
    assert abs(2 * variances[1] - variances[0] - exact) < 2e-3 * exact  # extrapolated to step 0
    found, error = euler_maruyama(
        law, a, 1.0, step=1 / 32, samples=1, steps_per_sample=1200, paths=8000, seed=3
    ).mean_square()
    assert abs(found[0] - variances[0]) < 4 * error[0]
    assert abs(found[0] - 1.25 * variances[0]) > 4 * error[0]  # the test would see a quarter more


def test_closed_forms() -> None:
    """The two closed forms that everybody knows, at 4 standard errors plus the bias a step has."""
    a, step = 0.7, 1 / 64
    forms = {
        Constant("1"): (1 + math.sin(a)) / (2 * a * math.cos(a)),
        Exponential("1"): (a + 1) / (2 * a),
    }
    for law, exact in forms.items():
        paths = euler_maruyama(law, a, 1.0, step=step, samples=1, steps_per_sample=1500, paths=6000, seed=5)
        found, error = paths.mean_square()
        assert abs(found[0] - exact) < 4 * error[0] + 2 * step * exact


@pytest.mark.parametrize("law", [Constant("1"), Exponential("1"), Uniform(0, 2)], ids=str)
def test_mean_square_boundary_of_the_jump_process(law: Law) -> None:
    """E X^2 shrinks well below the computed limit and grows above it; 2000 paths, fixed seed, margin 4 errors."""
    workers = 4
    limit = mean_square_limit(law, workers)
    for factor, grows in ((0.7, False), (1.3, True)):
        found, error = jump_process(law, factor * limit, float(workers), events=160, paths=2000, seed=1).mean_square()
        early, late = found[20:60].mean(), found[120:160].mean()
        if grows:
            assert late > 2 * early
        else:
            assert late + 4 * error[120:160].max() < early


@pytest.mark.parametrize("law", [Constant("1"), Exponential("1")], ids=str)
def test_jump_process_with_noise_has_the_stationary_variance_of_theory(law: Law) -> None:
    """noise^2 Lambda S/(1 - alpha a S), with the closed forms of S for delays of mean 1; 4 standard errors (1e-4)."""
    alpha, rate, noise = 0.1, 8.0, 0.1
    a = alpha * rate
    S = (1 + math.sin(a)) / (2 * a * math.cos(a)) if isinstance(law, Constant) else (a + 1) / (2 * a)
    exact = noise**2 * rate * S / (1 - alpha * a * S)
    found, error = jump_process(law, alpha, rate, noise, events=400, paths=16_000, seed=2).mean_square()
    assert abs(found[-1] - exact) < 4 * error[-1]
    assert abs(found[-1] - noise**2 * rate * S) > 4 * error[-1]  # without the multiplicative part


@pytest.mark.parametrize("law", [Uniform(0, 3), Constant("1"), Exponential("2"), Erlang(4, "1"), LATTICE], ids=str)
def test_jump_process_looks_up_the_past_exactly(law: Law) -> None:
    """Against a loop over one path that keeps a list and walks through it."""
    paths, blocks = 5, (32, 8)
    fast = jump_process(law, 0.3, 2.0, events=40, paths=paths, seed=9).values
    rng = np.random.Generator(np.random.SFC64([9, 0]))
    rng.bit_generator.random_raw(1)  # the angle of normal numbers
    both = [(-logarithms(rng, (n, paths)) / 2.0, drawn(rng, law, (n, paths))) for n in blocks]
    gaps, delays = (np.vstack(parts) for parts in zip(*both, strict=True))
    times = np.vstack([np.zeros(paths), np.cumsum(gaps, axis=0)])
    slow = np.ones((41, paths))
    for k in range(1, 41):
        read = times[k] - delays[k - 1]
        for path in range(paths):
            seen = [i for i in range(k) if times[i, path] <= read[path]]
            delayed = slow[seen[-1], path] if seen else 0.0
            slow[k, path] = slow[k - 1, path] - 0.3 * delayed
    np.testing.assert_allclose(fast, slow[1:].T, rtol=1e-12)
    sampled = jump_process(law, 0.3, 2.0, events=40, events_per_sample=8, paths=paths, seed=9)
    np.testing.assert_array_equal(sampled.values, fast[:, 7::8])
    np.testing.assert_array_equal(sampled.times, [4, 8, 12, 16, 20])


def drawn(rng: np.random.Generator, law: Law, shape: tuple[int, int]) -> np.ndarray:
    """Delays from the same random numbers, one by one."""
    if isinstance(law, Constant):
        return np.full(shape, law.mean_float)
    if isinstance(law, Exponential | Erlang):
        stages = law.shape if isinstance(law, Erlang) else 1
        return -logarithms(rng, shape, stages) * law.mean_float / stages
    return law.sample(rng, size=shape[0] * shape[1]).reshape(shape)


def logarithms(rng: np.random.Generator, shape: tuple[int, int], factors: int = 1) -> np.ndarray:
    """Logarithms of products of odd numbers of 32 bits with a sign, two to a word of the generator."""
    count, product = shape[0] * shape[1], np.float32(1)
    for _ in range(factors):
        words = [int(rng.bit_generator.random_raw()) for _ in range(-(-count // 2))]
        halves = [half | 1 for word in words for half in (word % 2**32, word >> 32)][:count]
        product = product * np.array([min(half, 2**32 - half) / 2**31 for half in halves], dtype=np.float32)
    return np.log(product.reshape(shape)).astype(np.float64)


def test_blocks_of_paths() -> None:
    """More paths than a block, and the last block shorter: all different, and the same again from the same seed."""
    paths = jumps.PATHS + 7

    def values() -> np.ndarray:
        return jump_process(SHIFTED, 0.05, 4.0, 0.1, events=40, paths=paths, seed=6).values

    assert values().shape == (paths, 40)
    assert len(np.unique(values()[:, -1])) == paths
    np.testing.assert_array_equal(values(), values())


@pytest.mark.parametrize(("events", "paths"), [(250, 2000), (250, 1025), (1, 1), (10**6, 200), (2**28, 1)])
def test_width_of_blocks(events: int, paths: int) -> None:
    """As many blocks as need be, and not many paths too many; long runs in narrow ones."""
    found = jumps.width(events, paths)
    blocks = -(-paths // found)
    assert 0 <= blocks * found - paths < blocks
    assert found <= jumps.PATHS
    assert found * events <= 2**23 or found <= 64


def test_an_ensemble_is_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns end where they belong: five paths in blocks of two, against those blocks one by one."""
    monkeypatch.setattr(jumps, "PATHS", 2)
    whole = jump_process(SHIFTED, 0.3, 4.0, 0.1, events=40, paths=5, seed=6).values
    streams = [np.random.Generator(np.random.SFC64([6, block])) for block in range(3)]
    parts = [jumps.Jumps(SHIFTED, 4.0, 0.3, 0.1, 40, 2).run(rng).T for rng in streams]
    np.testing.assert_array_equal(whole, np.vstack(parts)[:5])
    for threads in (1, 2, 7):
        same = jump_process(SHIFTED, 0.3, 4.0, 0.1, events=40, paths=5, seed=6, threads=threads).values
        np.testing.assert_array_equal(whole, same)


def test_what_a_thread_raises_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: jumps.Jumps, rng: np.random.Generator) -> np.ndarray:
        raise MemoryError

    monkeypatch.setattr(jumps, "PATHS", 2)
    monkeypatch.setattr(jumps.Jumps, "run", fails)
    with pytest.raises(MemoryError):
        jump_process(SHIFTED, 0.3, 4.0, events=40, paths=5, threads=2)


def test_delays_beyond_the_range_of_floats() -> None:
    """Of a tail so heavy half of the delays overflow: they read the past, and the run stays finite and bounded."""
    law = Pareto("1/1000", "1")
    delays = law.sample(np.random.default_rng(1), size=1000)
    assert 0.3 < np.mean(np.isinf(delays * 12.0)) < 0.7
    values = jump_process(law, 0.1, 8.0, events=60, paths=200, seed=1).values
    assert np.isfinite(values).all()
    assert (values == 1.0).mean() > 0.9  # what is finite is almost always longer than the run as well


def test_same_seed_same_paths() -> None:
    def final(seed: int) -> list[float]:
        return euler_maruyama(Constant("1"), 0.5, 1.0, step=0.1, samples=3, paths=4, seed=seed).values.ravel().tolist()

    assert final(1) == final(1) != final(2)


@pytest.mark.parametrize("field", ["damping", "step", "paths", "samples", "noise_intensity"])
def test_bad_numbers(field: str) -> None:
    values = {"damping": 1.0, "noise_intensity": 1.0, "step": 0.1, "paths": 2, "samples": 1}
    with pytest.raises(InvalidScenario, match=f"^{field}: .* is not allowed; write "):
        euler_maruyama(Exponential("1"), **(values | {field: -1}))  # type: ignore[arg-type]  # all are numbers
    with pytest.raises(InvalidScenario, match=r"^step: .* stage"):
        euler_maruyama(Exponential("1"), 1.0, step=2.0)
    with pytest.raises(UnsupportedScenario, match="uniform"):
        euler_maruyama(Uniform(0, 2), 1.0, step=0.1)
    with pytest.raises(InvalidScenario, match=r"^alpha: "):
        jump_process(Exponential("1"), 0.0, 1.0, events=2)
    with pytest.raises(InvalidScenario, match=r"^events_per_sample: 3 .* a divisor of 4, "):
        jump_process(Exponential("1"), 0.1, 1.0, events=4, events_per_sample=3)
    with pytest.raises(InvalidScenario, match=r"^threads: 0 "):
        jump_process(Exponential("1"), 0.1, 1.0, events=4, threads=0)
    with pytest.raises(InvalidScenario, match=r"^events x paths: "):
        jump_process(Exponential("1"), 0.1, 1.0, events=10**4, paths=10**5)
    with pytest.raises(InvalidScenario, match=r"^events: .* at most 4194304 with 100 paths"):
        jump_process(Exponential("1"), 0.1, 1.0, events=10**7, events_per_sample=10**7, paths=100)


@pytest.mark.parametrize("law", [Constant(0), Constant("1/10"), LATTICE, Exponential(60), Erlang(2, 3)], ids=str)
@pytest.mark.parametrize(("rate", "events"), [(0.01, 40), (3.0, 40), (3.0, 3000), (200.0, 1500), (3.0, 31_000)])
def test_the_first_event_after(law: Law, rate: float, events: int) -> None:
    """Against a search by bisection, in the times of the process itself: strides and integers of every width."""
    paths = 3
    found = jumps.Jumps(law, rate, 0.1, 0.0, events, paths)
    assert found.times.dtype == (np.int32 if events < 30_000 else np.int64)
    rng = np.random.Generator(np.random.SFC64(4))
    for _ in range(2):  # the memory is used again for other times
        draws = Draws(rng, 32 * paths)
        for start in range(0, events, 32):
            n = min(32, events - start)
            found._draw_times(draws, start, start + n)
            state = rng.bit_generator.state
            rows = found._rows(draws, start, start + n).copy()
            rng.bit_generator.state = state
            delays = np.empty((n, paths), dtype=found.times.dtype)
            draws.delays(law, found.scale, found._longest, delays)
            now = found.times[start + 2 : start + n + 2]
            for column in range(paths):
                known = found.times[: start + n + 2, column].astype(np.int64)
                assert (known[1:] >= known[:-1]).all()
                row = np.searchsorted(known, now[:, column] - delays[:, column].astype(np.int64), side="right")
                own = np.arange(start + 2, start + n + 2)  # what was there just before the event, at the latest
                np.testing.assert_array_equal(rows[:, column], np.minimum(row, own) * paths + column)


@pytest.mark.parametrize("events", [250, 5000, 40_000])
def test_the_times_are_a_poisson_process(events: int) -> None:
    """Gaps of mean 1 against their law (level 1e-4), and means of times within 4 errors, for ticks of every length."""
    found = jumps.Jumps(Exponential(1), 1.0, 0.1, 0.0, events, 64)
    found.run(np.random.Generator(np.random.SFC64(8)))
    times = found.times[1:].astype(np.float64) / found.scale
    gaps = np.diff(times, axis=0)
    assert stats.kstest(gaps.ravel()[:100_000], "expon").pvalue > 1e-4
    assert stats.kstest(gaps.ravel()[:100_000] * 1.03, "expon").pvalue < 1e-4
    assert abs(times[-1].mean() - events) < 4 * math.sqrt(events / 64)
