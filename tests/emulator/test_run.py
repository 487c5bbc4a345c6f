"""Whole runs: determinism, statistics with fixed seeds, and what bad input gets.

Statistical tests have fixed seeds; each says its error level: the probability that a correct program with a
fresh seed would fail.
"""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sddeverify
from sddeverify.emulator import run as run_module
from sddeverify.emulator.run import Emulation, emulate
from sddeverify.emulator.trace import Trace
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from sddeverify.scenario import PolicySpec
from tests.emulator import pools
from tests.emulator.page import measured

LAWS = [law for law in pools.LAWS if law != "constant(1)"]


def test_the_same_seed_gives_the_same_trace_in_another_process():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from tests.emulator import pools;"
        "run = pools.emulation(law='erlang(4, 1/2)').run(arrivals=300).result();"
        "sys.stdout.write(run.trace.csv() + repr(run.path.iterates.tolist()))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code, str(Path(pools.__file__).parents[2])],
            env={"PYTHONHASHSEED": seed, "PATH": ""},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
    here = pools.emulation(law="erlang(4, 1/2)").run(arrivals=300).result()
    assert texts == {(here.trace.csv() + repr(here.path.iterates.tolist())).encode()}


def test_seeds_and_replicas_and_workers_have_streams_of_their_own():
    def first_delays(seed, replica=None, workers=5):
        scenario = pools.scenario(seed=seed, workers=workers)
        emulation = Emulation.create(scenario, objective=pools.Noisy(), replica=replica)
        trace = emulation.run(arrivals=100).result().trace
        return [trace.delays[trace.worker == worker][0] for worker in range(workers)]

    draws = [tuple(first_delays(seed, replica)) for seed in (1, 2) for replica in (None, 0, 1)]
    flat = [one for draw in draws for one in draw]
    assert len(set(flat)) == len(flat)
    # A worker's stream does not depend on how many others there are.
    assert first_delays(1, workers=9)[:5] == first_delays(1)


@pytest.mark.parametrize("law", LAWS)
def test_arrival_rate_and_staleness(law):
    """The arrival rate tends to P/m and the mean staleness to P - 1. Error level 1e-4 for each law."""
    workers, arrivals = 6, 12_000
    run = pools.emulation(law=law, workers=workers).run(arrivals=arrivals).result()
    compute = run.scenario.compute
    mean, deviation = compute.mean_float, math.sqrt(compute.variance_float)
    # Each worker is a renewal process: its count up to t is normal with variance t s^2/m^3 (asymptotically);
    # over all, the rate has the relative deviation (s/m)/sqrt(arrivals). A common start adds a bias of at most one
    # arrival for each worker.
    allowed = (3.9 * deviation / mean / math.sqrt(arrivals) + workers / arrivals) * workers / mean
    assert abs(run.arrival_rate - workers / mean) < allowed
    # Refused: P - 1 workers, and P + 1, by the same data.
    for wrong in (workers - 1, workers + 1):
        assert abs(run.arrival_rate - wrong / mean) > allowed
    if law in ("exponential(1)", "uniform(0, 2)"):
        error = deviation / mean / math.sqrt(arrivals) * workers / mean
        measured(f"arrival rate, P = 6, {law}", run.arrival_rate, error)
    # Conservation makes the staleness exact up to what is in flight.
    in_flight = run.audit.outstanding.versions
    assert run.mean_staleness == pytest.approx(workers - 1 - in_flight / arrivals, abs=1e-12)
    assert run.mean_staleness == pytest.approx(workers - 1, abs=0.05)


@pytest.mark.parametrize("law", LAWS)
def test_delays_follow_the_law(law):
    """Kolmogorov-Smirnov between the delays and fresh draws of the law; error level 1e-4 for each law."""
    from scipy import stats

    trace = pools.emulation(law=law).run(arrivals=5000).result().trace
    fresh = pools.scenario(law).compute.sample(np.random.default_rng(99), size=20_000)
    delays = np.sort(trace.delays[:-200])  # without the end, where short delays are over-represented
    assert stats.ks_2samp(np.round(delays, 9), np.round(fresh, 9)).pvalue > 1e-4
    other = pools.scenario("exponential(3)").compute.sample(np.random.default_rng(99), size=20_000)
    assert stats.ks_2samp(delays, other).pvalue < 1e-4


def test_equal_workers_are_a_round_robin():
    run = pools.emulation(law="constant(1)", workers=9).run(arrivals=900).result()
    assert run.trace.staleness.tolist() == [*range(8), *[8] * 892]
    assert run.duration == 100.0
    assert run.arrival_rate == 9.0
    assert set(run.trace.delays) == {1.0}
    thirds = pools.emulation(law="constant(1/3)", workers=9).run(arrivals=900).result()
    assert thirds.trace.staleness.tolist() == run.trace.staleness.tolist()
    assert thirds.duration == pytest.approx(100 / 3, rel=1e-11)


def test_one_worker_is_ordinary_gradient_descent():
    run = pools.emulation(workers=1, objective=pools.Noisy(noise=0.0)).run(arrivals=40).result()
    assert np.array_equal(run.path.iterates[-1], [0.95**40] * 2) or run.path.iterates[-1] == pytest.approx(0.95**40)
    assert run.mean_staleness == 0


def test_fixed_lag_recursion():
    """Equal workers: x_{k+1} = x_k - alpha x_{k-(P-1)}, evaluated here by itself."""
    workers, alpha = 4, 0.1
    objective = pools.Noisy(noise=0.0)
    run = pools.emulation(law="constant(1)", workers=workers, objective=objective, learning_rate="1/10")
    path = run.run(arrivals=200).result().path
    x = [1.0]
    for k in range(200):
        x.append(x[-1] - alpha * x[max(k - (workers - 1), 0)])
    assert path.versions.tolist() == list(range(201))
    assert path.iterates[:, 0] == pytest.approx(np.array(x), rel=1e-9, abs=1e-15)


def test_stationary_variance_of_one_worker():
    """SGD without delay: E x^2 = eta s^2/(h (2 - eta h)). Error level 1e-4; s.e. from 50 independent batches."""
    run = pools.emulation(workers=1, learning_rate="1/2").run(arrivals=40_000).result()
    squares = run.path.iterates[run.path.versions > 100] ** 2
    expected = 0.5 / (2 - 0.5)
    batches = squares[: len(squares) // 50 * 50].reshape(50, -1).mean(axis=1)
    error = batches.std(ddof=1) / math.sqrt(50)
    assert abs(batches.mean() - expected) < 4.2 * error
    assert error < 0.1 * expected


def test_the_trace_can_go_to_a_file(tmp_path):
    path = tmp_path / "trace.csv"
    scenario = pools.scenario()
    streamed = emulate(scenario, arrivals=3000, objective=pools.Noisy(), out=path)
    kept = emulate(scenario, arrivals=3000, objective=pools.Noisy())
    assert path.read_text() == kept.trace.csv()
    assert streamed.trace == kept.trace
    with pytest.raises(InvalidScenario, match="not taken"):
        emulate(scenario, arrivals=3000, objective=pools.Noisy(), out=path)
    emulate(scenario, arrivals=10, objective=pools.Noisy(), out=path, force=True)
    assert len(Trace.from_csv(path)) == 10


def test_a_result_in_the_middle_does_not_disturb_the_run():
    for policy in pools.NAMES:
        emulation = pools.emulation(policy)
        emulation.run(arrivals=77).result()
        assert emulation.run(arrivals=200).result().trace == pools.emulation(policy).run(arrivals=200).result().trace


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({}, "arrivals"),
        ({"arrivals": -1}, "arrivals: -1"),
        ({"arrivals": True}, "arrivals: True"),
        ({"until": -1.0}, "until: -1.0"),
        ({"until": math.nan}, "until: nan"),
        ({"until": math.inf}, "until: inf"),
        ({"arrivals": 1, "driver": "threads"}, "driver: 'threads'.*heap, asyncio"),
    ],
)
def test_bad_limits(limits, words):
    with pytest.raises(InvalidScenario, match=words):
        pools.emulation().run(**limits)


def test_bad_policies():
    with pytest.raises(InvalidScenario, match="policy: 'magic' is not allowed; write one of asynchronous"):
        emulate(pools.scenario(policy="magic"), arrivals=1, objective=pools.Noisy())
    with pytest.raises(InvalidScenario, match=r"policy.k: 3 is not allowed.*no parameter"):
        emulate(pools.scenario(policy=PolicySpec("asynchronous", {"k": 3})), arrivals=1, objective=pools.Noisy())


def test_too_many_workers():
    with pytest.raises(UnsupportedScenario, match="workers: 100001 are too many"):
        Emulation.create(pools.scenario(workers=100_001))


def test_no_arrivals_and_time_zero():
    for limits in ({"arrivals": 0}, {"until": 0.0}):
        run = pools.emulation().run(**limits).result()
        assert len(run.trace) == 0
        assert run.duration == 0
        assert math.isnan(run.arrival_rate)
        assert math.isnan(run.mean_staleness)
        assert run.final_loss == 1.0


def test_the_witness_has_not_read_the_theory():
    """Importing and running the emulator loads none of our mathematics."""
    code = """
import importlib, pkgutil, sys, sddeverify.emulator
for module in pkgutil.walk_packages(sddeverify.emulator.__path__, "sddeverify.emulator."):
    importlib.import_module(module.name)
from sddeverify.emulator.run import emulate
from sddeverify.scenario import Scenario
emulate(Scenario("1/10", 3, "erlang(2, 1)", hessian=["1"], noise_variance=1), arrivals=20)
banned = ("sympy", "mpmath", "matplotlib", "scipy", *("sddeverify." + x for x in
    ("models", "derivations", "analysis", "certificates", "agreement", "report", "views")))
print([name for name in sys.modules if name.startswith(banned)])
"""
    home = str(Path(sddeverify.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=home, check=True)
    assert done.stdout == "[]\n"


def test_drivers_table():
    assert set(run_module.DRIVERS) == {"heap", "asyncio"}
