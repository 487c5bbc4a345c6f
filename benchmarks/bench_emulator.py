"""Arrivals per second of the emulator's drivers against SimPy, their growth with P, and the Monte Carlo's path-steps.

All three run the same asynchronous SGD on the same quadratic with independent times for each worker. SimPy's workers
are its processes, waiting for timeouts; it keeps the same columns, but no ledger. Rates are in ``extra_info``.
"""

import heapq
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import simpy

from sddeverify.analysis.monte_carlo import euler_maruyama, jump_process
from sddeverify.delays import Constant, Erlang, Exponential
from sddeverify.emulator.run import Emulation
from sddeverify.objectives import Quadratic
from sddeverify.scenario import Scenario

ARRIVALS = 20_000


def scenario(workers: int) -> Scenario:
    return Scenario("1/1000", workers, "exponential(1)", hessian=["1"], noise_variance="1/100")


def emulated(workers: int, driver: Any, arrivals: int) -> Callable[[], None]:
    def run() -> None:
        result = Emulation.create(scenario(workers)).run(arrivals=arrivals, driver=driver)
        assert result.server.ledger.pushed == arrivals

    return run


def in_simpy(workers: int, arrivals: int) -> Callable[[], None]:
    """Return the same policy as SimPy processes, with times and gradients drawn as our workers draw them."""

    def run() -> None:
        environment = simpy.Environment()
        objective, law = Quadratic(["1"], "1/100"), Exponential("1")
        state: dict[str, Any] = {"w": objective.initial(), "version": 0}
        rows: list[tuple[int, float, float, int, int]] = []
        enough = environment.event()

        def worker(index: int) -> Any:
            times, noise = (
                np.random.Generator(np.random.PCG64(s)) for s in np.random.SeedSequence([0, index]).spawn(2)
            )
            block: list[float] = []
            while True:
                if not block:
                    block = law.sample(times, size=64).tolist()
                read, version, iterate = environment.now, state["version"], state["w"]
                yield environment.timeout(block.pop())
                gradient = objective.gradient(iterate, noise)
                rows.append((index, read, environment.now, version, state["version"]))
                state["w"] = state["w"] - 0.001 * gradient
                state["version"] += 1
                if state["version"] == arrivals:
                    enough.succeed()

        for index in range(workers):
            environment.process(worker(index))
        environment.run(until=enough)
        assert len(rows) == arrivals

    return run


def bare_heap(workers: int, arrivals: int) -> Callable[[], None]:
    """Return the least that any event-driven emulator has to do, for scale: a heap, times, gradients, steps."""

    def run() -> None:
        rng, objective = np.random.default_rng(0), Quadratic(["1"], "1/100")
        w = objective.initial()
        heap = [(time, index, w) for index, time in enumerate(rng.exponential(size=workers).tolist())]
        heapq.heapify(heap)
        delays = rng.exponential(size=arrivals).tolist()
        for delay in delays:
            now, index, read = heap[0]
            w = w - 0.001 * objective.gradient(read, rng)
            heapq.heapreplace(heap, (now + delay, index, w))

    return run


def measure(benchmark: Any, run: Callable[[], None], count: int, rounds: int = 5) -> None:
    benchmark.pedantic(run, rounds=rounds, warmup_rounds=1)
    benchmark.extra_info["per_second"] = round(count / benchmark.stats.stats.min)
    benchmark.extra_info["nanoseconds"] = round(1e9 * benchmark.stats.stats.min / count, 1)


RUNNERS: dict[str, Callable[[int, int], Callable[[], None]]] = {
    "heap": lambda workers, arrivals: emulated(workers, "heap", arrivals),
    "asyncio": lambda workers, arrivals: emulated(workers, "asyncio", arrivals),
    "simpy": in_simpy,
    "bare heap": bare_heap,
}


@pytest.mark.parametrize("runner", RUNNERS)
def test_arrivals(benchmark: Any, runner: str) -> None:
    """Asynchronous SGD with 16 workers."""
    benchmark.group = "arrivals, 16 workers"
    measure(benchmark, RUNNERS[runner](16, ARRIVALS), ARRIVALS)


@pytest.mark.parametrize("workers", [10, 100, 1000, 10_000])
@pytest.mark.parametrize("runner", ["heap", "simpy"])
def test_cost_of_an_arrival_in_a_large_pool(benchmark: Any, runner: str, workers: int) -> None:
    """The start of the pool is paid by 10 arrivals of each worker."""
    benchmark.group = f"arrivals, {runner}"
    arrivals = max(ARRIVALS, 10 * workers)
    measure(benchmark, RUNNERS[runner](workers, arrivals), arrivals, rounds=2)


@pytest.mark.parametrize("law", [Constant("1"), Exponential("1"), Erlang(4, "1")], ids=str)
def test_euler_maruyama(benchmark: Any, law: Any) -> None:
    """Nanoseconds of a path-step."""
    benchmark.group = "Monte Carlo, path-steps"

    def run() -> None:
        euler_maruyama(law, 0.5, 1.0, step=1 / 32, steps_per_sample=500, paths=2000)

    measure(benchmark, run, 500 * 2000)


def test_jump_process(benchmark: Any) -> None:
    """Nanoseconds of an event of one path."""
    benchmark.group = "Monte Carlo, path-steps"
    measure(benchmark, lambda: jump_process(Exponential("1"), 0.1, 8.0, 0.1, events=250, paths=2000) and None, 500_000)
