"""The stream of arrivals, and exact recursions of fixed lags and of memoryless workers, against the emulator.

Statistical checks: fixed seeds, 4.5 standard errors, and a deliberately wrong formula refused. By Student's t the error
level of each is 3e-3 for 8 values, 1e-3 for 12 and 1e-5 for 1200.
"""

import math

import numpy as np
import pytest

from sddeverify.emulator.run import Emulation
from sddeverify.objectives import Quadratic
from sddeverify.scenario import PolicySpec
from tests.emulator import pools
from tests.emulator.page import measured


def agrees(values, right, wrong, quantity=None):
    mean, error = np.mean(values), np.std(values, ddof=1) / math.sqrt(len(values))
    if quantity is not None:
        measured(quantity, mean, error)
    assert abs(mean - right) < 4.5 * error, (mean, error, right)
    assert abs(mean - wrong) > 4.5 * error, (mean, error, wrong)


def dispersion(law, workers, window, replica, arrivals):
    """Variance over mean of the arrivals in windows, in mean compute times, of which the first 20.5 are left out."""
    scenario = pools.scenario(law, workers, seed=9, learning_rate="1/10000")
    emulation = Emulation.create(scenario, objective=Quadratic(["1"]), replica=replica)
    times = emulation.run(arrivals=arrivals).result().trace.push_time
    counts = np.histogram(times, bins=np.arange(20.5, times[-1], window))[0]
    return counts.var(ddof=1) / counts.mean()


def test_arrivals_are_poisson_over_short_windows_only():
    """Erlang-4 workers: index of dispersion 1 - w/m over short windows, the squared coefficient of variation 1/4 (up to
    O(m/w)) over long ones, whatever P. Equal deterministic workers from a common start are no Poisson stream at all.
    """
    short = [dispersion("erlang(4, 1)", 64, 0.04, replica, 6000) for replica in range(8)]
    agrees(short, 0.96, 0.25, "index of dispersion of arrivals, windows of 1/25 of a compute time, P = 64, Erlang 4")
    long = [dispersion("erlang(4, 1)", 4, 40, replica, 8000) for replica in range(12)]
    agrees(long, 0.25, 1, "index of dispersion of arrivals, windows of 40 compute times, P = 4, Erlang 4")
    assert dispersion("constant(1)", 16, 1, 0, 4000) == 0


@pytest.mark.parametrize("workers", [2, 6])
def test_boundary_of_the_round_robin(workers):
    """Stable iff alpha < 2 sin(pi/(2 (2 d + 1))), d = P - 1; the rule of thumb pi/(2 P) is refused."""
    limit = 2 * math.sin(math.pi / (2 * (2 * workers - 1)))
    sizes = []
    for factor in (0.98, 1.02):
        policy = PolicySpec("round_robin")
        scenario = pools.scenario("erlang(2, 1)", workers, learning_rate=f"{factor * limit:.9f}", policy=policy)
        path = Emulation.create(scenario, objective=Quadratic(["1"])).run(arrivals=4000).result().path
        sizes.append(abs(path.iterates[-40:]).max())
        measured(f"largest of 40 iterates after 4000 at {factor} of the boundary, P = {workers}", sizes[-1])
    assert sizes[0] < 0.01
    assert sizes[1] > 100
    assert abs(math.pi / (2 * workers) / limit - 1) > 0.02  # the wrong limit lies outside what was just shown


def test_memoryless_workers_mean_and_mean_square():
    """Exponential times: at each arrival any worker is equally likely to push. Mean and mean square of x_k, exactly.

    The mean is that of (w, mean read) under [[1, -alpha], [1/P, 1 - 1/P - alpha/P]]; the mean square is the first
    entry of S under S <- mean of M_i S M_i', M_i the step when worker i pushes. Wrong: undelayed, and the mean squared.
    """
    workers, alpha, steps = 4, 0.5, 12
    ends = []
    for replica in range(1200):
        scenario = pools.scenario("exponential(1)", workers, learning_rate="1/2", seed=1)
        emulation = Emulation.create(scenario, objective=Quadratic(["1"]), replica=replica).run(arrivals=steps)
        ends.append(float(emulation.server.iterate[0]))
    step = np.array([[1, -alpha], [1 / workers, 1 - 1 / workers - alpha / workers]])
    mean = (np.linalg.matrix_power(step, steps) @ np.ones(2))[0]
    moves = []
    for i in range(workers):
        move = np.eye(workers + 1)
        move[0, i + 1] = -alpha
        move[i + 1] = move[0]
        moves.append(move)
    second = np.ones((workers + 1, workers + 1))
    for _ in range(steps):
        second = np.mean([move @ second @ move.T for move in moves], axis=0)
    agrees(ends, mean, (1 - alpha) ** steps, "mean of x₁₂ of memoryless workers, P = 4, α = 1/2")
    agrees(np.square(ends), second[0, 0], mean**2, "mean square of x₁₂ of memoryless workers, P = 4, α = 1/2")


@pytest.mark.parametrize("law", [*pools.LAWS, "exponential(7)"])
def test_littles_invariance(law):
    """(update rate) x (mean delay) = P for every law, up to what is in flight at the ends."""
    run = Emulation.create(pools.scenario(law, 8), objective=Quadratic(["1"])).run(arrivals=4000).result()
    assert run.arrival_rate * run.trace.delays.mean() == pytest.approx(8, rel=8 * 8 / 4000)
    assert run.audit.total.ticks == 8 * run.ledger.now  # exactly, in ticks, with what is in flight
