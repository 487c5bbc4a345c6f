"""What the policies do, against recursions and identities that are written down here independently."""

import math
import random

import numpy as np
import pytest

from sddeverify.delays import parse
from sddeverify.emulator.clock import Deadlock
from sddeverify.emulator.ledger import Outcome
from sddeverify.emulator.policies.dasgd import READS, STEPS
from sddeverify.emulator.run import Emulation
from sddeverify.errors import InvalidScenario
from sddeverify.objectives import Quadratic
from sddeverify.scenario import PolicySpec
from tests.emulator import pools
from tests.emulator.page import measured
from tests.emulator.test_drivers import Hung

LAWS = pools.LAWS


def emulation(name, law="erlang(2, 1)", *, h="1", noise=0, **fields):
    parameters = fields.pop("parameters", {})
    scenario = pools.scenario(law, policy=PolicySpec(name, parameters), **fields)
    return Emulation.create(scenario, objective=Quadratic([h], noise))


def run(name, law="erlang(2, 1)", arrivals=200, **fields):
    return emulation(name, law, **fields).run(arrivals=arrivals).result()


def iterates(result):
    """Every iterate of a short run in one dimension."""
    versions, first = np.unique(result.path.versions, return_index=True)  # the last one is also noted at the end
    assert np.array_equal(versions, np.arange(result.ledger.updates + 1))
    return result.path.iterates[first, 0]


@pytest.mark.parametrize("law", LAWS)
def test_round_robin_is_the_fixed_lag(law):
    result = run("round_robin", law, workers=5, learning_rate="1/5")
    order = np.argsort(result.trace.version_applied[result.trace.version_applied >= 0])
    assert result.trace.staleness[order].tolist()[5:] == [4] * (result.ledger.updates - 5)
    x = [1.0]
    while len(x) <= result.ledger.updates:
        x.append(x[-1] - 0.2 * x[max(len(x) - 5, 0)])
    assert iterates(result) == pytest.approx(x, abs=1e-12)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("k", [1, 2, 5])
def test_k_sync_cancels(law, k):
    result = run("k_sync", law, workers=5, parameters={"k": k})
    ledger = result.ledger
    assert np.all(result.trace.staleness == 0)
    assert ledger.counts[Outcome.CANCELLED] == (5 - k) * ledger.updates
    assert ledger.ages[Outcome.CANCELLED].versions == ledger.counts[Outcome.CANCELLED]  # age 1 each
    assert iterates(result) == pytest.approx(0.95 ** np.arange(ledger.updates + 1))  # no update is lost: it is GD


@pytest.mark.parametrize("law", LAWS)
def test_synchronous_is_gradient_descent_on_the_mean(law):
    result = run("synchronous", law, workers=4, arrivals=400, noise=1)
    assert result.ledger.counts[Outcome.CANCELLED] == result.ledger.counts[Outcome.DISCARDED] == 0
    assert result.ledger.updates == 100
    with pytest.raises(InvalidScenario, match=r"policy\.k"):
        emulation("synchronous", parameters={"k": 2})


@pytest.mark.parametrize("law", LAWS)
def test_rennala_and_k_batch_sync_use_fresh_gradients_only(law):
    for name in ("rennala", "k_batch_sync"):
        result = run(name, law, workers=5, parameters={"k": 3})
        assert np.all(result.trace.staleness == 0)
        assert iterates(result) == pytest.approx(0.95 ** np.arange(result.ledger.updates + 1))
        assert result.ledger.counts[Outcome.CANCELLED] == (name == "k_batch_sync") * 4 * result.ledger.updates
        assert (result.ledger.counts[Outcome.DISCARDED] > 0) == (name == "rennala")


@pytest.mark.parametrize("name", ["drop_stale", "ringmaster"])
@pytest.mark.parametrize("law", LAWS)
def test_thresholds(name, law):
    running = emulation(name, law, workers=7, parameters={"threshold": 3})
    for arrivals in range(0, 200, 7):
        running.run(arrivals=arrivals)
        if name == "ringmaster":  # nobody even computes what would be discarded
            assert all(running.server.version - job.version < 3 for job in running.server.in_flight.values())
    result = running.result()
    assert result.trace.staleness.max() < 3
    assert result.ledger.applied > 50
    counts = result.ledger.counts
    assert counts[Outcome.DISCARDED if name == "ringmaster" else Outcome.CANCELLED] == 0


@pytest.mark.parametrize("bound", [0, 1, 3])
def test_clocks_stay_together(bound):
    source = random.Random(bound)
    running = emulation("bounded_staleness", workers=6, parameters={"bound": bound})
    for worker in running.workers:
        worker.law = parse(f"exponential({source.randint(1, 20)})")
    spread = 0
    for arrivals in range(1, 400):
        clocks = running.run(arrivals=arrivals).server.policy.clocks
        spread = max(spread, max(clocks) - min(clocks))
    assert spread == bound + 1  # reached, and never more
    staleness = running.result().trace.staleness
    assert staleness.max() <= (2 * bound + 1) * 5
    assert len(set(clocks)) > 1 or bound == 0


def test_learning_rates_follow_the_staleness():
    for name, parameters, weight in [
        ("staleness_aware", {}, lambda stale: 1 / max(1, stale)),
        ("delay_adaptive", {"concurrency": 3}, lambda stale: min(1, 3 / max(1, stale))),
    ]:
        result = run(name, "exponential(1)", workers=6, parameters=parameters, noise=0)
        x, trace = [1.0], result.trace
        for read, stale in zip(trace.version_read, trace.staleness, strict=True):
            x.append(x[-1] - 0.05 * weight(stale) * x[read])
        assert iterates(result) == pytest.approx(x, abs=1e-14)
        assert trace.staleness.max() > 6


def test_delay_compensation_with_the_exact_hessian_is_undelayed():
    result = run("dc_asgd", "exponential(1)", workers=8, h="2", parameters={"exact_hessian": True})
    assert iterates(result) == pytest.approx(0.9 ** np.arange(201), abs=1e-12)
    plain = run("dc_asgd", "exponential(1)", workers=8, h="2", parameters={"compensation": 0})
    assert iterates(plain) == pytest.approx(iterates(run("asynchronous", "exponential(1)", workers=8, h="2")))
    x, trace = [1.0], (result := run("dc_asgd", "exponential(1)", workers=8, parameters={"compensation": "1/2"})).trace
    for read in trace.version_read:
        x.append(x[-1] - 0.05 * (x[read] + 0.5 * x[read] ** 2 * (x[-1] - x[read])))
    assert iterates(result) == pytest.approx(x, abs=1e-13)


@pytest.mark.parametrize("lag", [0, 1, 6])
def test_delayed_sgd_is_its_recursion(lag):
    """Its path is the generating function's b_k = sum_j C(k - lag j, j) (-alpha)^j, after lag steps without update."""
    alpha = 0.05
    result = run("delayed_sgd", workers=1, parameters={"lag": lag}, arrivals=150)
    x = [1.0]
    gradients = [1.0]
    for _ in range(150):
        gradients.append(0)
        if len(gradients) > lag + 1:
            x.append(x[-1] - alpha * gradients[len(gradients) - 2 - lag])
        gradients[-1] = x[-1]
    assert iterates(result) == pytest.approx(x, abs=1e-13)
    b = [sum(math.comb(k - lag * j, j) * (-alpha) ** j for j in range(k // (lag + 1) + 1)) for k in range(100)]
    # Without an update for lag steps, step t holds w_(t+lag), whose gradient was that of b_t: the same recursion.
    assert [alpha * sum(b[: m + 1]) for m in range(50)] == pytest.approx([1 - b[m + lag + 1] for m in range(50)])
    assert x[1 : 50 - lag] == pytest.approx(b[lag + 1 : 50])
    assert result.audit.total.versions == lag * result.ledger.updates


@pytest.mark.parametrize(("steps", "threads", "nodes"), [(1, 1, 3), (4, 2, 3), (6, 6, 2), (3, 5, 1)])
def test_dpsgd_is_its_recursion(steps, threads, nodes):
    """Equal nodes take turns; each push moves by 1 - e_B of what it read, e_(j+1) = e_j - alpha e_max(j-C+1, 0)."""
    alpha = 0.05
    result = run("dpsgd", "constant(1)", workers=nodes, parameters={"steps": steps, "threads": threads})
    e = [1.0]
    for j in range(steps):
        e.append(e[-1] - alpha * e[max(j - threads + 1, 0)])
    x = [1.0]
    while len(x) <= 200:
        x.append(x[-1] - (1 - e[-1]) * x[max(len(x) - nodes, 0)])
    assert iterates(result) == pytest.approx(x, abs=1e-13)


def test_dpsgd_stability_boundary():
    """Round robin of W nodes: stable iff 1 - e_B < 2 sin(pi/(2 (2 W - 1))); 2 % on either side of it."""
    steps, threads, nodes = 5, 3, 4
    limit = 2 * math.sin(math.pi / (2 * (2 * nodes - 1)))

    def moved(alpha):
        e = [1.0]
        for j in range(steps):
            e.append(e[-1] - alpha * e[max(j - threads + 1, 0)])
        return 1 - e[-1]

    lo, hi = 0.0, 0.15
    for _ in range(50):
        lo, hi = ((lo + hi) / 2, hi) if moved((lo + hi) / 2) < limit else (lo, (lo + hi) / 2)
    sizes = []
    for factor in (0.98, 1.02):
        rate = f"{factor * lo:.9f}"
        parameters = {"steps": steps, "threads": threads}
        result = run("dpsgd", "constant(1)", 3000, workers=nodes, learning_rate=rate, parameters=parameters)
        sizes.append(abs(result.path.iterates[-50:]).max())
    for size, side in zip(sizes, ("below", "above"), strict=True):
        measured(f"size after 3000 pushes 2 % {side} the boundary, W = 4, B = 5, C = 3", f"{size:.1e}")
    assert sizes[0] < 1e-3
    assert sizes[1] > 1e3


@pytest.mark.parametrize("reads", READS)
def test_dasgd_reads_what_its_script_says(reads):
    result = run("dasgd", workers=1, parameters={"steps": "linear", "reads": reads}, arrivals=400)
    x = [1.0]
    for n in range(400):
        x.append(x[-1] - 0.05 * STEPS["linear"](n + 1) * x[READS[reads](n)])
    assert iterates(result) == pytest.approx(x, abs=1e-14)
    assert result.trace.version_read.tolist() == [READS[reads](n) for n in range(400)]
    scripts = {"emergent": 0, "sublinear": 19, "linear": 199, "polynomial": 379}
    assert result.trace.staleness[-1] == scripts[reads]


def test_dasgd_ladder_under_polynomial_delays():
    """Read version ceil(sqrt n): a constant step diverges, the rung for polynomial delays stays bounded and shrinks."""
    size = {}
    for steps in ("constant", "polynomial"):
        parameters = {"steps": steps, "reads": "polynomial"}
        result = run("dasgd", workers=1, learning_rate="1/2", parameters=parameters, arrivals=5000)
        size[steps] = np.abs(result.path.iterates[:, 0])
        if steps == "constant":
            assert size[steps][-1] > 1000
        rung = {"constant": "constant step", "polynomial": "polynomial rung"}[steps]
        measured(f"read version ⌈√n⌉, {rung}, n = 5000", size[steps][-1])
    assert size["polynomial"].max() == 1
    assert size["polynomial"][-1] < size["polynomial"][len(size["polynomial"]) // 10] < 1


def test_dasa_is_stable_where_asynchronous_sgd_diverges():
    """alpha D = 12, far beyond pi/2, with equal workers, whose staleness is D = P - 1 exactly."""
    fields = {"workers": 25, "learning_rate": "1/2", "arrivals": 6000}
    assert run("asynchronous", "constant(1)", **fields).diverged
    gated = run("dasa", "constant(1)", **fields)
    assert not gated.diverged
    assert np.abs(gated.path.iterates).max() < 2
    measured("largest distance, α D = 12", np.abs(gated.path.iterates).max())
    assert 0 < gated.ledger.counts[Outcome.DISCARDED] < 6000


def test_dasa_averages_the_better_half():
    result = run("dasa", "constant(1)", workers=4, noise=1, parameters={"gap": 1000}, arrivals=4000)
    plain = run("asynchronous", "constant(1)", workers=4, noise=1, arrivals=4000)
    # Averages of two directions, each used more than once: the floor is not that of single gradients.
    assert np.var(result.path.iterates) != pytest.approx(np.var(plain.path.iterates), rel=0.05)
    assert result.ledger.counts[Outcome.DISCARDED] == 1  # before the half has pushed


def test_mindflayer_goes_on_where_others_stall():
    """A gradient hangs with probability 0.3. Asynchronous SGD and Rennala end in a deadlock, MindFlayer does not."""
    for name in ("asynchronous", "rennala"):
        running = emulation(name, workers=5)
        for worker in running.workers:
            worker.law = Hung(0.3)
        with pytest.raises(Deadlock):
            running.run(arrivals=10_000)
    parameters = {"limit": "3/2", "trials": 2, "success": "7/10"}
    running = emulation("mindflayer", workers=5, learning_rate="1/1000", parameters=parameters)
    for worker in running.workers:
        worker.law = Hung(0.3)
    result = running.run(arrivals=7000).result()
    trials = result.ledger.counts[Outcome.TIMED_OUT] + 7000
    measured("share of trials in time, 3 in 10 gradients hang", 7000 / trials)
    # 10 000 trials: the share in time within 4 standard deviations (error level 6e-5).
    assert abs(7000 / trials - 0.7) < 4 * math.sqrt(0.21 / trials)
    # And progress at rate p: the mean step is the full one, -eta x, once in a round of 10 trials.
    rounds = trials / 10
    assert math.log(result.path.iterates[-1, 0]) == pytest.approx(-rounds / 1000, rel=0.03)


def test_mindflayer_learns_its_limits():
    """The adaptive limit approaches the median of the worker's law."""
    for mean in (1, 4, 16):
        running = emulation("mindflayer_adaptive", f"exponential({mean})", workers=1, learning_rate="1/1000")
        (logarithm,) = running.run(arrivals=10_000).server.policy.logarithms
        assert math.exp(logarithm) == pytest.approx(mean * math.log(2), rel=0.1)
    # In a pool, slow workers hold nobody up: rounds of the three last about as long as those of the fast one.
    running = emulation("mindflayer_adaptive", workers=3, learning_rate="1/1000")
    for worker, mean in zip(running.workers, (1, 100, 10_000), strict=True):
        worker.law = parse(f"exponential({mean})")
    assert running.run(arrivals=3000).result().duration < 10_000


def test_adasync_grows_k():
    """K_l = K_0 sqrt(F_0/F_l) up to P, from the losses of its own path."""
    running = emulation("adasync", workers=6, learning_rate="1/10", parameters={"k": 2, "every": 5})
    seen = {}
    for arrivals in range(1, 300):
        server = running.run(arrivals=arrivals).server
        if server.version % 5 == 1 and not server.buffer:
            before = iterates(running.result())[-2]
            seen[server.version] = (server.policy.k, min(6, math.ceil(2 / abs(before) - 1e-9)))
    assert all(k == wanted for k, wanted in seen.values())
    values = [k for k, _ in seen.values()]
    assert (min(values), max(values)) == (2, 6)
    assert len(set(values)) > 2


def test_rescaling_makes_unequal_workers_equal():
    """Two workers with minima +1 and -1, one four times as fast: asynchronous SGD settles near 0.6, rescaled near 0."""

    class Pulled(pools.Noisy):
        def __init__(self, to):
            super().__init__(noise=0)
            self.to = to

        def gradient(self, w, rng):
            return w - self.to

    ends = {}
    for name in ("asynchronous", "rescaled_asgd"):
        running = pools.emulation(name, workers=2, learning_rate="1/100")
        for worker, law, to in zip(running.workers, ("erlang(4, 1)", "erlang(4, 4)"), (1, -1), strict=True):
            worker.law, worker.objective = parse(law), Pulled(to)
        path = running.run(arrivals=8000).result().path
        ends[name] = path.iterates[len(path.times) // 2 :].mean()
    measured("where it settles, minima ±1, speeds 4 : 1", f"{ends['rescaled_asgd']:.2g}")
    measured("where it settles, the same", f"{ends['asynchronous']:.2g}")
    assert ends["asynchronous"] == pytest.approx(0.6, abs=0.03)
    assert ends["rescaled_asgd"] == pytest.approx(0, abs=0.03)
