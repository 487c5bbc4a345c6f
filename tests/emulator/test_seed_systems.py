"""Figures of the published systems that need more than one policy or much time; and the page that shows them all.

Statistical checks: fixed seeds, 4.5 standard errors, and a deliberately wrong formula refused. By Student's t the error
level of each is 7e-3 for 6 independent values, 1e-3 for 12, 5e-4 for 16, 1e-4 for 32 and 1e-5 for 600.
"""

import ast
import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import linalg

from sddeverify.analysis.monte_carlo import jump_process
from sddeverify.delays import parse
from sddeverify.emulator.policies import POLICIES
from sddeverify.emulator.policies.dasa import Dasa
from sddeverify.emulator.run import Emulation
from sddeverify.objectives import DoubleWell, MarkovChain, Quadratic
from sddeverify.scenario import PolicySpec
from tests.emulator import page, pools
from tests.emulator.page import measured


def agrees(values, right, wrong, quantity, bias=0.0):
    """Compare independent values with a formula; ``bias`` is the relative error that the formula itself may have."""
    mean, error = np.mean(values), np.std(values, ddof=1) / math.sqrt(len(values))
    measured(quantity, mean, error)
    assert abs(mean - right) < 4.5 * error + bias * abs(right), (mean, error, right)
    assert abs(mean - wrong) > 4.5 * error + bias * abs(right), (mean, error, wrong)


def test_stationary_variance_of_the_sdde():
    """Kuechler and Mensch: sigma^2 (1 + sin a tau)/(2 a cos a tau); up to 3 % for P = 32 workers instead of many."""
    workers, c, values = 32, 1.0, []
    for replica in range(12):
        scenario = pools.scenario("constant(1)", workers, learning_rate="1/32", seed=5)
        emulation = Emulation.create(scenario, objective=Quadratic(["1"], 1), replica=replica)
        path = emulation.run(arrivals=3200).result().path
        values.append(np.mean(path.iterates[path.versions > 640] ** 2) * workers**2)
    right = workers * (1 + math.sin(c)) / (2 * c * math.cos(c))
    quantity = "stationary variance over the step noise, P = 32, c = 1, constant delay"
    agrees(values, right, workers / (2 * c), quantity, bias=0.03)  # wrong: without a delay


def test_lyapunov_sign():
    """Almost surely: stable at the SDDE's mean-square boundary, where E x^2 stays as it is; unstable at twice that.

    The exponents come from the jump process behind the SDDE. At the boundary the one of 16 workers is the same within
    ten per cent; beyond it workers are steadier than Poisson arrivals, and only the sign is compared.
    """
    exponents = []
    for factor in (1, 2):
        paths = jump_process(parse("erlang(2, 1)"), factor * 287 / 1600, 16.0, events=2400, paths=400, seed=3).values
        exponents.append(np.mean(np.log(np.abs(paths[:, -300:]))) / (2250 / 16))
    slopes = [[], []]
    for factor in (1, 2):
        for replica in range(6):
            scenario = pools.scenario("erlang(2, 1)", 16, learning_rate=f"{factor * 287}/1600", seed=5)
            emulation = Emulation.create(scenario, objective=Quadratic(["1"]), replica=replica)
            run = emulation.run(arrivals=2400).result()
            slopes[factor - 1].append(np.mean(np.log(np.abs(run.path.iterates[-300:, 0]))) / run.duration)
    quantity = "growth rate at the mean-square boundary c = 2.87 of the SDDE, P = 16, Erlang 2"
    agrees(slopes[0], exponents[0], 0.0, quantity, bias=0.1)  # wrong: the exponent of the mean square
    error = np.std(slopes[1], ddof=1) / math.sqrt(6)
    measured("growth rate at c = 5.74, P = 16, Erlang 2", np.mean(slopes[1]), error)
    assert exponents[0] < 0 < exponents[1]
    assert np.mean(slopes[1]) > 4.5 * error  # the sign at the boundary is refused
    assert [np.sign(one).tolist() for one in slopes] == [[np.sign(x)] * 6 for x in exponents]


def test_markov_data():
    """The mean of N two-state chains, correlation rho: alpha^2 (1 + a rho)/((1 - a^2)(1 - a rho) N), a = 1 - alpha."""
    alpha, rho, chains, values = 0.2, 0.5, 4, []
    for replica in range(32):
        policy = PolicySpec("synchronous")
        scenario = pools.scenario("constant(1)", chains, learning_rate="1/5", policy=policy, seed=3)
        emulation = Emulation.create(scenario, objective=MarkovChain("1/2"), replica=replica)
        path = emulation.run(arrivals=2000).result().path
        values.append(np.mean(path.iterates[50:, 0] ** 2))
    a = 1 - alpha
    right = alpha**2 * (1 + a * rho) / ((1 - a * a) * (1 - a * rho) * chains)
    wrong = alpha**2 / ((1 - a * a) * chains)  # as if the data were independent
    assert right == pytest.approx(MarkovChain("1/2", chains).stationary_variance(alpha))
    agrees(values, right, wrong, "stationary variance, 4 chains, ρ = 1/2, α = 1/5")


@dataclass
class AllAgents(Dasa):
    """The mean of the last directions of all agents, with a gate that never closes."""

    def weigh(self, contribution, server):
        self.directions[contribution.job.worker] = (contribution.gradient, contribution.job.iterate)
        return 1.0

    def combine(self, batch, server):
        return np.mean([direction for direction, _ in self.directions.values()], axis=0)


@dataclass
class NewestHalf(AllAgents):
    """The mean of the newest half of the directions: half-sampling by age instead of by gap, which is linear."""

    def weigh(self, contribution, server):
        self.directions.pop(contribution.job.worker, None)
        return super().weigh(contribution, server)

    def combine(self, batch, server):
        return np.mean([direction for direction, _ in [*self.directions.values()][-server.workers // 2 :]], axis=0)


def floor_of_newest(span, alpha, workers=8, length=4000):
    """Stationary variance in units of the noise's: x' = x - alpha times the mean of the newest ``span`` gradients."""
    x = np.zeros(length)
    gradient = np.zeros(length)
    gradient[0] = 1.0  # the noise of one push; each read is as old as a round of pushes
    for n in range(length - 1):
        gradient[n] += x[n - workers + 1] if n >= workers - 1 else 0.0
        x[n + 1] = x[n] - alpha * gradient[max(0, n - span + 1) : n + 1].sum() / span
    return np.sum(x**2)


@pytest.mark.parametrize(("step", "ratio", "start", "arrivals"), [(10, 0.7825, 100, 900), (50, 0.98377, 300, 2700)])
def test_half_sampling(step, ratio, start, arrivals):
    """The noise floor of averaging half of the agents over that of all, when delays are benign, at α = 1/10 and 1/50.

    By age the ratio is exact, 0.7825 and 0.98377: directions are used again, and new ones are better. By gap the policy
    is not linear; its ratio is measured, and is not 2. Updates begin at 1, and the mean square is taken after 10 and
    6/α.
    """
    exact = floor_of_newest(4, 1 / step) / floor_of_newest(8, 1 / step)
    assert exact == pytest.approx(ratio, abs=5e-5)
    ratios = []
    for replica in range(16):
        floors = []
        for policy in (None, NewestHalf(1.0), AllAgents(1.0)):
            spec = PolicySpec("dasa", {"gap": 10**6})
            scenario = pools.scenario("constant(1)", 8, learning_rate=f"1/{step}", policy=spec, seed=4)
            emulation = Emulation.create(scenario, objective=Quadratic(["1"], 1), replica=replica)
            emulation.server.policy = policy or emulation.server.policy
            path = emulation.run(arrivals=arrivals).result().path
            floors.append(np.mean(path.iterates[path.versions >= start, 0] ** 2))
        ratios.append((floors[0] / floors[2], floors[1] / floors[2]))
    by_gap, by_age = np.transpose(ratios)
    agrees(by_age, exact, 2, f"noise floor of the newest half over that of all agents, equal workers, α = 1/{step}")
    assert abs(by_age.mean() - 1) > 4.5 * by_age.std(ddof=1) / 4  # nor is it that of all of them
    mean, error = by_gap.mean(), by_gap.std(ddof=1) / 4
    measured(
        f"noise floor of the half of smallest gap over that of all agents, equal workers, α = 1/{step}", mean, error
    )
    assert abs(mean - 2) > 4.5 * error  # directions are used again, so that it is not that of half as many samples


def impulse(alpha, lag, length):
    """b_k = [z^k] 1/(1 - z + alpha z^(lag+1))."""
    b = [1.0]
    while len(b) <= length:
        b.append(b[-1] - (alpha * b[-1 - lag] if len(b) > lag else 0.0))
    return b


class Samples(pools.Noisy):
    """f(w) = mean of (w - z_i)^2/2 over n samples; a gradient takes one of them, with replacement."""

    dimension, batch_size = 1, 1

    def __init__(self, z):
        super().__init__()
        self.z = z

    def initial(self):
        return np.zeros(1)

    def gradient(self, w, rng):
        return w - self.z[rng.integers(len(self.z))]


def test_generalisation_gap():
    """E(risk - empirical risk) = h v (1 - b_T)/n, here over h v/n; the wrong formula takes b_(T+lag): gradients at the
    start where our runs make no update. The gap is h E[w_T mean(z)], as the square terms cancel in the mean."""
    n, lag, steps, alpha, data = 2, 6, 10, 1 / 25, np.random.default_rng(8)
    values = []
    for replica in range(600):
        z = data.standard_normal(n)
        policy = PolicySpec("delayed_sgd", {"lag": lag})
        scenario = pools.scenario("constant(1)", 1, learning_rate="1/25", policy=policy, seed=6)
        emulation = Emulation.create(scenario, objective=Samples(z), replica=replica).run(arrivals=steps)
        values.append(n * float(emulation.server.iterate[0]) * z.mean())
    right, wrong = (1 - impulse(alpha, lag, steps + lag)[k] for k in (steps, steps + lag))
    agrees(values, right, wrong, "gap over h v/n, lag 6, α = 1/25, T = 10")


@pytest.mark.parametrize(("steps", "product", "sign"), [(10, "2/5", -1), (75, "3", 1)])
def test_sign_of_the_gap(steps, product, sign):
    """Without updates in the first steps, delay lowers the gap iff alpha T < 1 (small steps); the mean path itself."""
    gaps = []
    for lag in (0, 6):
        policy = PolicySpec("delayed_sgd", {"lag": lag})
        scenario = pools.scenario("constant(1)", 1, learning_rate="1/25", policy=policy)
        emulation = Emulation.create(scenario, objective=Quadratic(["1"])).run(arrivals=steps)
        gaps.append(1 - float(emulation.server.iterate[0]))
        assert gaps[-1] == pytest.approx(1 - impulse(1 / 25, lag, steps)[steps])
        if lag:  # wrong: the other convention, gradients at the start in the first steps, by which delays always hurt
            other = 1 - impulse(1 / 25, lag, steps + lag)[steps + lag]
            assert gaps[-1] != pytest.approx(other)
            assert other > gaps[0]
    measured(f"gap of lag 6 less that of lag 0, α T = {product}", gaps[1] - gaps[0])
    assert np.sign(gaps[1] - gaps[0]) == sign


def test_double_well():
    """SGD in the symmetric double well, s = step x noise variance = 1/4: wells are left at half the spectral gap of
    -(s/2) d^2 + (f')^2/(2 s) - f''/2, by finite differences. Refused: the rate exp(-H/s) instead of exp(-2 H/s)."""
    s, x = 0.25, np.linspace(-2.6, 2.6, 1301)
    step = x[1] - x[0]
    slope, curvature = x**3 - x, 3 * x**2 - 1
    diagonal = s / step**2 + slope**2 / (2 * s) - curvature / 2
    gap = linalg.eigh_tridiagonal(diagonal, np.full(1300, -s / (2 * step**2)), select="i", select_range=(0, 1))[0]
    assert abs(gap[0]) < 1e-3
    well = DoubleWell("0", "5")
    scenario = pools.scenario("constant(1)", 1, learning_rate="1/20", seed=2)
    times = np.arange(0.0, 60_000.0, 2.0)
    emulation = Emulation.create(scenario, objective=well, path_times=times)
    states = emulation.run(until=60_000).result().path.iterates[:, 0]
    settled = np.sign(states[np.abs(states) > 0.8])  # a change counts when the other well is reached
    changes, duration = np.count_nonzero(np.diff(settled)), 60_000 / 20
    measured(
        "changes of the well in a unit of time, double well, s = 1/4", changes / duration, math.sqrt(changes) / duration
    )
    allowance = 4.5 * math.sqrt(changes) / duration
    assert abs(changes / duration - gap[1] / 2) < allowance
    assert abs(changes / duration - gap[1] / 2 * math.exp(well.barrier / s)) > allowance


def test_every_row_of_the_page_has_its_test():
    """Each check exists, and says what it measures; each policy exists; each seed system is there."""
    rows = page.rows()
    assert len(rows) == page.PAGE.read_text("utf-8").count("`test_")
    for _, policies, quantity, _, file, test, value in rows:
        (path,) = (page.PAGE.parents[2] / "tests").rglob(f"{file}.py")
        tree = ast.parse(path.read_text("utf-8"))
        assert test in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, (file, test)
        assert all(name.strip(" `") in POLICIES for name in policies.split(",") if name.strip())
        assert value, quantity
    assert len({row[2] for row in rows}) == len(rows)
    systems = " ".join(row[0] for row in rows)
    for name in ("Yu, Chen, Poor", "MindFlayer", "DASA", "Delayed SGD", "DPSGD", "DASGD", "Guided", "Schrödinger",
                 "Slow and stale"):  # fmt: skip
        assert name in systems
