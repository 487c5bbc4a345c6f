"""Random paths against closed forms and against the moments of the very recursion; fixed seeds, stated levels."""

import math

import numpy as np
import pytest

from sddeverify.analysis import monte_carlo
from sddeverify.analysis.moments import mean_square_limit, stationary_variance
from sddeverify.analysis.monte_carlo import euler_maruyama, jump_process
from sddeverify.delays import Constant, Erlang, Exponential, Law, ShiftedExponential, Uniform
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.models import CharacteristicFunction

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


def test_jump_process_with_noise_has_the_stationary_variance_of_theory() -> None:
    """noise^2 Lambda S/(1 - alpha a S) for an exponential delay, S = (a + mu)/(2 a mu); 4 standard errors."""
    alpha, rate, noise = 0.2, 4.0, 0.1
    a = alpha * rate
    S = (a + 1) / (2 * a)
    exact = noise**2 * rate * S / (1 - alpha * a * S)
    found, error = jump_process(Exponential("1"), alpha, rate, noise, events=250, paths=8000, seed=2).mean_square()
    assert abs(found[-1] - exact) < 4 * error[-1]
    assert abs(found[-1] - noise**2 * rate * S) > 4 * error[-1]  # without the multiplicative part


def test_jump_process_looks_up_the_past_exactly() -> None:
    """Against a loop over one path that keeps a list and walks through it."""
    law, paths = Uniform(0, 3), 5
    fast = jump_process(law, 0.3, 2.0, events=40, paths=paths, seed=9).values
    rng = np.random.Generator(np.random.SFC64(9))
    times = np.vstack([np.zeros(paths), np.cumsum(rng.standard_exponential((40, paths)) / 2.0, axis=0)])
    slow = np.ones((41, paths))
    for k in range(1, 41):
        read = times[k] - law.sample(rng, size=paths)
        for path in range(paths):
            seen = [i for i in range(k) if times[i, path] <= read[path]]
            delayed = slow[seen[-1], path] if seen else 0.0
            slow[k, path] = slow[k - 1, path] - 0.3 * delayed
    np.testing.assert_allclose(fast, slow[1:].T, rtol=1e-12)


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


@pytest.mark.parametrize("grid", [0.01, 2.0, 50.0])  # all events in one cell, as it is used, and mostly empty cells
def test_the_last_event_before(grid: float) -> None:
    rng = np.random.default_rng(4)
    cells = monte_carlo._Cells(40, 7, grid)
    for _ in range(2):  # the table is used again for other times
        cells.times[1:-1] = np.cumsum(rng.exponential(size=(40, 7)), axis=0)
        cells.fill()
        for first in range(1, 41, cells.rows):
            here = cells.times[first : first + cells.rows][:40]
            wanted = here[here[:, 0] < np.inf] - rng.choice([0.0, 0.3, 2.0, 60.0], size=(len(here), 7))
            found = cells.rows_before(wanted.copy(), first)
            for (k, column), time in np.ndenumerate(wanted):
                before = np.searchsorted(cells.times[: first + k, column], time, side="right") - 1
                assert found[k, column] == max(before, 0) * 7 + column
