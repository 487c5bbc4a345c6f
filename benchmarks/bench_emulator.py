"""Arrivals per second of the emulator's drivers against SimPy, their growth with P, memory, and the Monte Carlo.

All run the same asynchronous SGD on the same one-dimensional quadratic, with independent times and noise for each
worker, and the very draws of our workers, so that all end at the same iterate, bit for bit. SimPy's workers are its
processes, waiting for timeouts. "simpy" is what one writes with our objective; "simpy, tuned" works on plain floats
with noise drawn in blocks, as our heap does. Both keep the columns of the trace and the sums of the staleness, but
neither audits them, records the path of the iterate, or can be stopped and resumed.

Other policies are compared likewise, with SimPy's processes as one writes them: they wait for an event that says
"updated", and are interrupted where a policy cancels them. All push as many gradients, with the same draws.
The heap driver has an inner loop for asynchronous SGD and for policies that but weigh or drop what arrives, one for
synchronous and K-async SGD, and one for all others, which asks them their questions at every push: bounded staleness
and K-sync stand for these.

Medians of processor time, and of elapsed time for the jump process, which uses threads; the table is written to
EMULATOR.md beside this file.
"""

import math
import os
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import simpy

from sddeverify.analysis.monte_carlo import euler_maruyama, jump_process
from sddeverify.delays import Constant, Erlang, Exponential
from sddeverify.emulator.run import Emulation
from sddeverify.emulator.trace_writer import TraceFile
from sddeverify.emulator.worker import generators
from sddeverify.objectives import Quadratic
from sddeverify.scenario import PolicySpec, Scenario

ARRIVALS = 20_000
ROUNDS = 7
pytestmark = pytest.mark.benchmark(
    timer=time.process_time
)  # what the neighbours on a shared machine do is not measured
ROWS: list[tuple[str, str, float, str]] = []


@pytest.fixture(scope="module", autouse=True)
def results(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if request.config.option.keyword:  # a part of the benchmarks is no page
        return
    lines = [
        "# The emulator: measured medians",
        "",
        f"One run of `make bench` on {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} CPUs,",
        f"with a load average of {os.getloadavg()[0]:.1f} at its end. Medians of processor time;",
        "for the jump process, of elapsed time.",
        "",
        "| work | what | figure | unit |",
        "|---|---|---|---|",
        *(f"| {work} | {what} | {value:.3g} | {unit} |" for work, what, value, unit in ROWS),
    ]
    Path(__file__).with_name("EMULATOR.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def scenario(workers: int, policy: PolicySpec | None = None) -> Scenario:
    more = {} if policy is None else {"policy": policy}
    return Scenario("1/1000", workers, "exponential(1)", hessian=["1"], noise_variance="1/100", **more)


def nothing() -> None:
    """What is done when the start of a run is over and nobody wants to know."""


def emulated(
    workers: int,
    driver: Any,
    arrivals: int,
    start: int = 0,
    mark: Callable[[], None] = nothing,
    policy: PolicySpec | None = None,
) -> Callable[[], float]:
    """Return a run that calls ``mark`` after ``start`` arrivals."""

    def run() -> float:
        result = Emulation.create(scenario(workers, policy))
        if start:
            result.run(arrivals=start, driver=driver)
            mark()
        result.run(arrivals=arrivals, driver=driver)
        assert result.server.ledger.pushed == arrivals
        return float(result.result().path.iterates[-1, 0])

    return run


def in_simpy(
    workers: int,
    arrivals: int,
    start: int = 0,
    mark: Callable[[], None] = nothing,
    *,
    tuned: bool,
    threshold: float = math.inf,
) -> Callable[[], float]:
    """Return the same policy as SimPy processes; of a staleness from the threshold on, gradients are dropped."""

    def run() -> float:
        environment = simpy.Environment()
        objective, law = Quadratic(["1"], "1/100"), Exponential("1")
        initial: Any = 1.0 if tuned else objective.initial()
        state: dict[str, Any] = {"w": initial, "version": 0, "versions": 0, "seconds": 0.0}
        rows: list[tuple[int, float, float, int, int]] = []
        enough = environment.event()

        def worker(index: int) -> Any:
            times, noise = generators(0, index)
            block: list[float] = []
            draws: list[float] = []
            while True:
                if not block:
                    block = law.sample(times, size=64)[::-1].tolist()
                read, version, iterate = environment.now, state["version"], state["w"]
                yield environment.timeout(block.pop())
                if tuned:
                    if not draws:
                        draws = objective.additive_noise(noise, 64)[::-1, 0].tolist()
                    gradient = iterate + draws.pop()
                else:
                    gradient = objective.gradient(iterate, noise)
                now, updated = environment.now, state["version"]
                rows.append((index, read, now, version, updated))
                state["versions"] += updated - version
                state["seconds"] += now - read
                if updated - version < threshold:
                    state["w"] = state["w"] - 0.001 * gradient
                    state["version"] += 1
                if len(rows) == start:
                    mark()
                elif len(rows) == arrivals:
                    enough.succeed()

        for index in range(workers):
            environment.process(worker(index))
        environment.run(until=enough)
        assert len(rows) == arrivals
        return float(state["w"] if tuned else state["w"][0])

    return run


def batches_in_simpy(workers: int, arrivals: int, used: int) -> Callable[[], float]:
    """Return K-async SGD as SimPy processes; with K = P it is synchronous SGD."""

    def run() -> float:
        environment = simpy.Environment()
        objective, law = Quadratic(["1"], "1/100"), Exponential("1")
        state: dict[str, Any] = {"w": objective.initial(), "version": 0, "pushed": 0, "updated": environment.event()}
        rows: list[tuple[int, float, float, int, int]] = []
        buffer: list[tuple[int, float, float, int]] = []
        gradients: list[Any] = []
        enough = environment.event()

        def worker(index: int) -> Any:
            times, noise = generators(0, index)
            block: list[float] = []
            while True:
                if not block:
                    block = law.sample(times, size=64)[::-1].tolist()
                read, version, iterate = environment.now, state["version"], state["w"]
                yield environment.timeout(block.pop())
                buffer.append((index, read, environment.now, version))
                gradients.append(objective.gradient(iterate, noise))
                state["pushed"] += 1
                updated = state["updated"]
                if len(buffer) == used:
                    rows.extend((*one, state["version"]) for one in buffer)
                    state["w"] = state["w"] - 0.001 * (sum(gradients) / used)
                    state["version"] += 1
                    state["updated"] = environment.event()
                    buffer.clear(), gradients.clear()
                    updated.succeed()
                if state["pushed"] == arrivals:
                    enough.succeed()
                yield updated

        for index in range(workers):
            environment.process(worker(index))
        environment.run(until=enough)
        assert len(rows) + len(buffer) == arrivals
        return float(state["w"][0])

    return run


def first_in_simpy(workers: int, arrivals: int, used: int) -> Callable[[], float]:
    """Return K-sync SGD as SimPy processes: who has not pushed is interrupted when K others have."""

    def run() -> float:
        environment = simpy.Environment()
        objective, law = Quadratic(["1"], "1/100"), Exponential("1")
        state: dict[str, Any] = {"w": objective.initial(), "version": 0, "pushed": 0, "updated": environment.event()}
        rows: list[tuple[int, float, float, int, int]] = []
        gradients: list[Any] = []
        waiting: set[int] = set()
        enough = environment.event()

        def worker(index: int) -> Any:
            times, noise = generators(0, index)
            block: list[float] = []
            while True:
                if not block:
                    block = law.sample(times, size=64)[::-1].tolist()
                read, version, iterate = environment.now, state["version"], state["w"]
                try:
                    yield environment.timeout(block.pop())
                except simpy.Interrupt:
                    continue
                rows.append((index, read, environment.now, version, version))
                gradients.append(objective.gradient(iterate, noise))
                state["pushed"] += 1
                if state["pushed"] == arrivals:
                    enough.succeed()
                if len(gradients) < used:
                    waiting.add(index)
                    yield state["updated"]
                    continue
                state["w"] = state["w"] - 0.001 * (sum(gradients) / used)
                state["version"] += 1
                for other, process in enumerate(processes):
                    if other != index and other not in waiting:
                        process.interrupt()
                updated, state["updated"] = state["updated"], environment.event()
                gradients.clear(), waiting.clear()
                updated.succeed()

        processes = [environment.process(worker(index)) for index in range(workers)]
        environment.run(until=enough)
        assert len(rows) == arrivals
        return float(state["w"][0])

    return run


def bounded_in_simpy(workers: int, arrivals: int, bound: int) -> Callable[[], float]:
    """Return bounded staleness as SimPy processes."""

    def run() -> float:
        environment = simpy.Environment()
        objective, law = Quadratic(["1"], "1/100"), Exponential("1")
        state: dict[str, Any] = {"w": objective.initial(), "version": 0, "moved": environment.event()}
        rows: list[tuple[int, float, float, int, int]] = []
        clocks = [0] * workers
        enough = environment.event()

        def worker(index: int) -> Any:
            times, noise = generators(0, index)
            block: list[float] = []
            while True:
                while clocks[index] > min(clocks) + bound:
                    yield state["moved"]
                if not block:
                    block = law.sample(times, size=64)[::-1].tolist()
                read, version, iterate = environment.now, state["version"], state["w"]
                yield environment.timeout(block.pop())
                rows.append((index, read, environment.now, version, state["version"]))
                state["w"] = state["w"] - 0.001 * objective.gradient(iterate, noise)
                state["version"] += 1
                slowest = min(clocks)
                clocks[index] += 1
                if min(clocks) > slowest:
                    moved, state["moved"] = state["moved"], environment.event()
                    moved.succeed()
                if state["version"] == arrivals:
                    enough.succeed()

        for index in range(workers):
            environment.process(worker(index))
        environment.run(until=enough)
        assert len(rows) == arrivals
        return float(state["w"][0])

    return run


def measured(benchmark: Any, run: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Return the median time in seconds."""
    benchmark.pedantic(run, rounds=rounds, warmup_rounds=1)
    return statistics.median(benchmark.stats.stats.data)


RUNNERS: dict[str, Callable[..., Callable[[], float]]] = {
    "heap": lambda workers, *counts: emulated(workers, "heap", *counts),
    "asyncio": lambda workers, *counts: emulated(workers, "asyncio", *counts),
    "simpy": partial(in_simpy, tuned=False),
    "simpy, tuned": partial(in_simpy, tuned=True),
}


def taking_turns(benchmark: Any, runs: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Return the times in seconds of runs that take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}

    def take_turns() -> None:
        for name, run in runs.items():
            began = time.process_time()
            run()
            seconds[name].append(time.process_time() - began)

    benchmark.pedantic(take_turns, rounds=ROUNDS, warmup_rounds=1)
    return seconds


def test_arrivals(benchmark: Any) -> None:
    """Asynchronous SGD with 16 workers, from nothing to the last iterate; ratios of runs that take turns."""
    seconds = taking_turns(benchmark, {name: runner(16, ARRIVALS) for name, runner in RUNNERS.items()})
    for name, times in seconds.items():
        ROWS.append(("16 workers", name, ARRIVALS / statistics.median(times), "arrivals/s"))
    for ours in ("heap", "asyncio"):
        for other in ("simpy", "simpy, tuned"):
            ratios = [theirs / mine for theirs, mine in zip(seconds[other], seconds[ours], strict=True)]
            ROWS.append(("16 workers", f"{ours} : {other}", statistics.median(ratios), "ratio"))


POLICIES: dict[str, tuple[PolicySpec, Callable[[int], Callable[[], float]]]] = {
    "synchronous": (PolicySpec("synchronous"), lambda arrivals: batches_in_simpy(16, arrivals, 16)),
    "K-async, K = 8": (PolicySpec("k_async", {"k": 8}), lambda arrivals: batches_in_simpy(16, arrivals, 8)),
    "bounded staleness, 2": (
        PolicySpec("bounded_staleness", {"bound": 2}),
        lambda arrivals: bounded_in_simpy(16, arrivals, 2),
    ),
    "drop-stale, 20": (
        PolicySpec("drop_stale", {"threshold": 20}),
        lambda arrivals: in_simpy(16, arrivals, tuned=False, threshold=20),
    ),
    "K-sync, K = 8": (PolicySpec("k_sync", {"k": 8}), lambda arrivals: first_in_simpy(16, arrivals, 8)),
}


@pytest.mark.parametrize("name", POLICIES)
def test_arrivals_of_other_policies(benchmark: Any, name: str) -> None:
    """The same for policies that let workers wait, drop what they push, or cancel it."""
    policy, other = POLICIES[name]
    runs = {"heap": emulated(16, "heap", ARRIVALS, policy=policy), "simpy": other(ARRIVALS)}
    seconds = taking_turns(benchmark, runs)
    for which, times in seconds.items():
        ROWS.append((f"16 workers, {name}", which, ARRIVALS / statistics.median(times), "arrivals/s"))
    ratios = [theirs / mine for theirs, mine in zip(seconds["simpy"], seconds["heap"], strict=True)]
    ROWS.append((f"16 workers, {name}", "heap : simpy", statistics.median(ratios), "ratio"))


@pytest.mark.parametrize("name", POLICIES)
def test_other_policies_end_at_the_same_iterate(name: str) -> None:
    policy, other = POLICIES[name]
    # SimPy's user sums the gradients of an update in another order: the last digits may differ.
    assert emulated(16, "heap", 4800, policy=policy)() == pytest.approx(other(4800)(), rel=1e-12)


def test_all_end_at_the_same_iterate() -> None:
    """Whatever is compared does the same work: the same draws, in the same order, on the same numbers."""
    ends = [run(16, 5000)() for run in RUNNERS.values()]
    assert ends[0] == ends[1]
    # SimPy's clock is not in ticks; as long as no two arrivals change places, the iterates are the same.
    assert ends[2:] == ends[:2]


@pytest.mark.parametrize("workers", [10, 100, 1000, 10_000])
@pytest.mark.parametrize("runner", ["heap", "simpy, tuned"])
def test_cost_of_an_arrival_in_a_large_pool(benchmark: Any, runner: str, workers: int) -> None:
    """The start of a pool, with 20 arrivals of each worker, and what an arrival costs after that."""
    start, arrivals = 20 * workers, max(5 * ARRIVALS, 40 * workers)
    marks: list[float] = []
    spent: list[tuple[float, float]] = []

    def timed() -> None:
        run = RUNNERS[runner](workers, start + arrivals, start, lambda: marks.append(time.process_time()))
        began = time.process_time()
        run()
        spent.append((marks[-1] - began, time.process_time() - marks[-1]))

    benchmark.pedantic(timed, rounds=5, warmup_rounds=0)
    first, then = (statistics.median(x) for x in zip(*spent, strict=True))
    ROWS.append((f"{workers} workers, an arrival after the start", runner, 1e6 * then / arrivals, "us"))
    ROWS.append((f"{workers} workers, start and 20 arrivals of each", runner, 1e6 * first / workers, "us/worker"))


@pytest.mark.parametrize("arrivals", [20_000, 200_000])
def test_memory_does_not_grow_with_the_arrivals(benchmark: Any, arrivals: int, tmp_path: Path) -> None:
    """The trace goes to a file; the peak of what Python allocates after the start."""
    peaks = []

    def run() -> None:
        emulation = Emulation.create(scenario(16))
        with TraceFile.create(tmp_path / f"{len(peaks)}.csv") as rows:
            emulation.server.rows = rows
            tracemalloc.start()
            emulation.run(arrivals=arrivals)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()

    benchmark.pedantic(run, rounds=1)
    assert max(peaks) < 2_000_000
    ROWS.append((f"peak of memory, {arrivals} arrivals", "heap, trace to a file", max(peaks) / 1000, "kB"))


@pytest.mark.parametrize("law", [Constant("1"), Exponential("1"), Erlang(4, "1")], ids=str)
def test_euler_maruyama(benchmark: Any, law: Any) -> None:
    def run() -> None:
        euler_maruyama(law, 0.5, 1.0, step=1 / 32, steps_per_sample=500, paths=2000)

    ROWS.append(("Euler-Maruyama, path-step", str(law), 1e9 * measured(benchmark, run) / (500 * 2000), "ns"))


@pytest.mark.parametrize(("noise", "rate", "events"), [(0.0, 8.0, 250), (0.1, 8.0, 250), (0.0, 99.0, 1000)])
@pytest.mark.parametrize("law", [Constant("1"), Exponential("1"), Erlang(4, "1")], ids=str)
def test_jump_process(benchmark: Any, law: Any, noise: float, rate: float, events: int) -> None:
    seconds: dict[int, list[float]] = {1: [], 2: []}
    paths = 5_000_000 // events

    def run() -> None:
        for threads, each in seconds.items():
            began = time.perf_counter()
            jump_process(
                law, 0.8 / rate, rate, noise, events=events, events_per_sample=events, paths=paths, threads=threads
            )
            each.append(time.perf_counter() - began)

    benchmark.pedantic(run, rounds=ROUNDS, warmup_rounds=1)
    what = f"{law}, {'with' if noise else 'without'} noise, {rate:g} events in a mean delay"
    for threads, each in seconds.items():
        work = f"jump process, event of a path, {threads} thread{'s' * (threads > 1)}"
        ROWS.append((work, what, 1e9 * statistics.median(each) / (events * paths), "ns"))
