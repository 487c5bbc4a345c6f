"""What arrivals, roots and variances predict of a run: delays, noise, boundaries and speeds, against the emulator.

Fixed seeds. Statistical checks allow 4.5 standard errors: by Student's t an error level of 3e-3 for 8 values, 1e-4 for
32 and 1e-5 for 1200. Signs of growth must agree in all of four runs; what is deterministic has no error level. A
deliberately wrong formula is refused by the same data.
"""

import math

import numpy as np
import pytest

from sddeverify.emulator.run import Emulation
from sddeverify.objectives import Quadratic
from sddeverify.scenario import PolicySpec
from tests.emulator import pools
from tests.emulator.page import measured
from tests.emulator.test_arrivals_and_recursions import agrees


def batches(values, count=32):
    size = len(values) // count
    return np.asarray(values[-count * size :], dtype=float).reshape(count, size).mean(axis=1)


@pytest.mark.parametrize(("law", "moment"), [("exponential(1)", 2.0), ("erlang(4, 1)", 1.25)])
def test_delays_are_not_length_biased(law, moment):
    """The mean delay, seen by gradients, is m; a time that looks at its delay would see E T^2/m (the wrong formula)."""
    delays = pools.emulation(law=law, workers=6).run(arrivals=12_000).result().trace.delays
    agrees(batches(delays[:-200]), 1.0, moment, f"mean delay of the gradients, P = 6, {law}")


class Slope(pools.Noisy):
    """f(w) = w with gradient noise of variance 1/2: the gradient does not depend on where it is taken."""

    dimension = 1

    def gradient(self, w, rng):
        return 1 + math.sqrt(0.5) * rng.standard_normal(1)


def test_noise_of_regular_arrivals():
    """A step has mean g and variance s^2: in a window the iterate moves by eta^2 (g^2 Var N + s^2 E N).

    Zero-mean noise counts E N, whatever the arrivals are; the square of the mean counts Var N, which for Erlang-4
    workers is P (w/4 + (1 - 1/16)/6) in windows of w mean times. Wrong: Poisson arrivals, E N (g^2 + s^2); also s^2 E N
    alone.
    """
    workers, window, squares = 4, 10.0, []
    grid = np.arange(20.5, 1000.0, window)
    for replica in range(8):
        scenario = pools.scenario("erlang(4, 1)", workers, learning_rate="1/1000", seed=12)
        emulation = Emulation.create(scenario, objective=Slope(), replica=replica, path_times=grid)
        moves = np.diff(emulation.run(until=grid[-1]).result().path.iterates[:, 0]) * -1000
        squares.append(np.mean((moves - workers * window) ** 2))
    right = workers * (window / 4 + (1 - 1 / 16) / 6) + workers * window / 2
    agrees(squares, right, 1.5 * workers * window, "variance of a walk in windows of 10 mean times, P = 4, Erlang 4")
    assert abs(np.mean(squares) - workers * window / 2) > 4.5 * np.std(squares, ddof=1) / math.sqrt(8)


def envelopes(law, c, workers=64, until=100.0, replica=0):
    """The largest distances early and late, for runs without gradient noise; times in mean times."""
    mean = pools.scenario(law, 1).compute.mean_float
    times = np.arange(0.0, until, 0.1) * mean
    scenario = pools.scenario(law, workers, learning_rate=f"{c / workers:.9f}", seed=5)
    emulation = Emulation.create(scenario, objective=Quadratic(["1"]), replica=replica, path_times=times)
    x = np.abs(emulation.run(until=times[-1]).result().path.iterates[:, 0])
    return x[50:200].max(), x[-150:].max()


def erlang_boundary(k):
    return k * math.tan(math.pi / (2 * k)) / math.cos(math.pi / (2 * k)) ** k


BOUNDARIES = {
    "constant(1)": (math.pi / 2, 0.95, 1.05, erlang_boundary(16)),
    "erlang(2, 1)": (erlang_boundary(2), 0.9, 1.15, 3.59),
    "erlang(4, 1)": (erlang_boundary(4), 0.95, 1.1, math.pi / 2),
    "erlang(16, 1)": (erlang_boundary(16), 0.95, 1.08, math.pi / 2),
    "uniform(0, 2)": (math.pi**2 / 4, 0.9, 1.13, math.pi / 2),
}


@pytest.mark.parametrize("law", BOUNDARIES)
def test_boundary_of_the_mean(law):
    """a m < pi/2 (constant), k tan(pi/2k) sec^k(pi/2k) (Erlang), pi^2/4 (uniform): P = 64, c on either side of it.

    The sign of growth over 100 mean times, equal in four runs each: 2^-8 if signs were random. Wrong: the constant law
    of the same mean, pi/2, or the mean-square boundary of the equation, 3.59 for Erlang 2: beyond both, runs still
    shrink; for the constant law that of Erlang 16, before which runs grow.
    """
    boundary, below, above, wrong = BOUNDARIES[law]
    assert boundary == pytest.approx({"erlang(2, 1)": 4, "erlang(4, 1)": 2.2742}.get(law, boundary), rel=1e-4)
    for factor, sign in ((below, -1), (above, 1)):
        slopes = [
            math.log(late / early) / 85
            for early, late in (envelopes(law, factor * boundary, replica=k) for k in range(4))
        ]
        assert np.sign(slopes).tolist() == [sign] * 4, slopes
        error = None if law == "constant(1)" else np.std(slopes, ddof=1) / 2
        measured(f"growth rate at {factor} of the boundary, P = 64, {law}", np.mean(slopes), error)
    assert wrong < below * boundary or wrong > above * boundary  # so that one of the two verdicts contradicts it


def test_almost_sure_boundary_of_exponential_times():
    """Almost surely P = 64 memoryless workers are stable up to c near 14.7. Refused: 10.82, where E x^2 of the equation
    ceases to be stable; and no boundary at all, which holds of the mean. Four runs of 100 mean times on either side."""
    for c, sign in ((10.82, -1), (18.0, 1)):
        slopes = [
            math.log(late / early) / 85 for early, late in (envelopes("exponential(1)", c, replica=k) for k in range(4))
        ]
        assert np.sign(slopes).tolist() == [sign] * 4, slopes
        measured(f"growth rate at c = {c:g}, P = 64, exponential", np.mean(slopes), np.std(slopes, ddof=1) / 2)


@pytest.mark.parametrize("law", pools.LAWS)
def test_a_bound_for_every_law(law):
    """a m < pi/2 suffices: 5 % below, P = 64 workers of every law shrink. It is not necessary (the wrong reading):
    beyond it, at c = 3, exponential times shrink, too; nor may it be larger: at 1.05 pi/2 the constant law grows."""
    early, late = envelopes(law, 0.95 * math.pi / 2)
    assert late < early / 3
    if law in ("exponential(1)", "uniform(0, 2)"):
        measured(f"growth rate at 0.95 π/2, P = 64, {law}", math.log(late / early) / 85)
    early, late = envelopes("exponential(1)", 3.0)
    assert late < early / 3
    early, late = envelopes("constant(1)", 1.05 * math.pi / 2)
    assert late > 3 * early


def roots_of(x):
    """The two roots of the recursion that four values in turn obey, when all others have died (Prony)."""
    total, product = np.linalg.solve([[x[1], -x[0]], [x[2], -x[1]]], [x[2], x[3]])
    return np.roots([1, -total, product])


def speed(c, workers=200):
    """Decay rate of the mean path of equal workers, in mean times, from four times between 4 and 7."""
    scenario = pools.scenario("constant(1)", workers, learning_rate=f"{c / workers:.12f}")
    times = [4.0, 5.0, 6.0, 7.0]
    emulation = Emulation.create(scenario, objective=Quadratic(["1"]), path_times=times).run(until=8.0)
    return -math.log(np.abs(roots_of(emulation.result().path.iterates[:, 0])).max())


def test_speed_of_a_constant_delay():
    """The same as without a delay at c = 0.633364731, where e^c cos w = 1 and w = c tan w; faster below, slower beyond.

    Deterministic, up to 1 % for 200 workers instead of many. Wrong: that delays always slow down.
    """
    c = 0.633364731
    w = math.acos(math.exp(-c))
    assert w == pytest.approx(c * math.tan(w), rel=1e-8)
    assert speed(c) == pytest.approx(c, rel=0.01)
    measured("decay rate at c = 0.6334, P = 200, constant delay", speed(c))
    assert speed(0.5) > 1.5 * 0.5  # Lambert: 0.794
    assert speed(0.8) < 0.7 * 0.8


@pytest.mark.parametrize("lag", [1, 3, 5])
def test_fastest_step_of_a_fixed_lag(lag):
    """x' = x - alpha x_(k-d) is fastest at alpha = d^d/(d+1)^(d+1), with root d/(d+1): deterministic, a round robin.

    Wrong: the continuous 1/(e d), which is slower. So are steps 10 % smaller and larger.
    """
    best = lag**lag / (lag + 1) ** (lag + 1)
    radii = {}
    for name, alpha in (("best", best), ("less", 0.9 * best), ("more", 1.1 * best), ("wrong", 1 / (math.e * lag))):
        policy = PolicySpec("round_robin")
        scenario = pools.scenario("constant(1)", lag + 1, learning_rate=f"{alpha:.12f}", policy=policy)
        x = Emulation.create(scenario, objective=Quadratic(["1"])).run(arrivals=24 * (lag + 1)).result().path.iterates
        start = 20 * (lag + 1)
        radii[name] = np.abs(roots_of(x[start : start + 4, 0])).max()
    assert radii["best"] == pytest.approx(lag / (lag + 1), abs=1e-4)  # a double root: twice the digits are lost
    assert min(radii["less"], radii["more"], radii["wrong"]) > radii["best"] + 0.005
    measured(f"root at the fastest step of a fixed lag, d = {lag}", radii["best"])


def test_asynchrony_is_momentum():
    """The mean of memoryless workers is heavy ball: beta = 1 - 1/P, rate alpha/P, started at w_-1 = (1 + alpha) w_0.

    1200 runs of 12 steps. Wrong: the same momentum started at rest, w_-1 = w_0.
    """
    workers, alpha, steps, ends = 4, 0.5, 12, []
    for replica in range(1200):
        scenario = pools.scenario("exponential(1)", workers, learning_rate="1/2", seed=21)
        emulation = Emulation.create(scenario, objective=Quadratic(["1"]), replica=replica).run(arrivals=steps)
        ends.append(float(emulation.server.iterate[0]))

    def heavy_ball(before):
        w = 1.0
        for _ in range(steps):
            before, w = w, w + (1 - 1 / workers) * (w - before) - alpha / workers * w
        return w

    agrees(ends, heavy_ball(1 + alpha), heavy_ball(1.0), "mean of x₁₂ as heavy ball, P = 4, α = 1/2")
