import asyncio
import heapq
import signal
import threading
import time
from functools import partial

import numpy as np
import pytest

from sddeverify.delays import Law
from sddeverify.emulator.clock import Deadlock
from tests.emulator import pools
from tests.emulator.plainly import run_plainly


class Hung(Law):
    """A law whose gradients sometimes never end; only what the emulator asks of a law."""

    mean_float = float("inf")

    def __init__(self, probability):
        self.probability = probability

    def sample(self, rng, size=None):
        return np.where(rng.random(size) < self.probability, np.inf, 1.0)

    variance = support = laplace = scaled = to_json = _from_body = None


def hang(emulation, probability):
    for worker in emulation.workers:
        worker.law = Hung(probability)
    return emulation


@pytest.mark.parametrize("law", pools.LAWS)
@pytest.mark.parametrize("policy", pools.NAMES)
def test_both_drivers_leave_the_same_trace(policy, law):
    heap = pools.emulation(policy, law).run(arrivals=150).result()
    tasks = pools.emulation(policy, law).run(arrivals=150, driver="asyncio").result()
    assert heap.trace.csv() == tasks.trace.csv()
    assert len(heap.trace) == 150
    assert np.array_equal(heap.path.iterates, tasks.path.iterates)
    assert heap.ledger == tasks.ledger
    assert heap.audit == tasks.audit


@pytest.mark.parametrize("policy", pools.NAMES)
@pytest.mark.parametrize("until", [0.0, 1.0, 7.3])
def test_both_drivers_stop_at_the_same_time(policy, until):
    runs = [pools.emulation(policy, "constant(1)").run(until=until, driver=one).result() for one in ("heap", "asyncio")]
    assert runs[0].trace.csv() == runs[1].trace.csv()
    assert runs[0].ledger == runs[1].ledger
    assert runs[0].duration == runs[1].duration == pytest.approx(until, abs=1e-11)
    # At a time that is a push of every worker, all of them have happened.
    if policy == "asynchronous":
        assert runs[0].ledger.pushed == 5 * int(until)


@pytest.mark.parametrize("driver", ["heap", "asyncio"])
def test_simultaneous_pushes_come_in_the_order_of_workers(driver):
    trace = pools.emulation(law="constant(1)").run(arrivals=40, driver=driver).result().trace
    assert trace.worker.tolist() == [0, 1, 2, 3, 4] * 8
    assert trace.staleness.tolist() == [0, 1, 2, 3] + [4] * 36  # a true round robin: exactly P - 1


@pytest.mark.parametrize("driver", ["heap", "asyncio"])
def test_deadlock(driver):
    emulation = pools.emulation()
    emulation.server.policy = pools.Stuck()
    with pytest.raises(Deadlock, match="every task is blocked and no timer is set") as caught:
        emulation.run(arrivals=100, driver=driver)
    assert "at time 0 " not in str(caught.value)
    assert emulation.server.ledger.pushed == 5
    # With a time to stop at, the clock still gets there.
    emulation = pools.emulation()
    emulation.server.policy = pools.Stuck()
    assert emulation.run(until=100, driver=driver).result().duration == 100


@pytest.mark.parametrize("driver", ["heap", "asyncio"])
def test_hung_workers_stop_the_run_only_when_all_hang(driver):
    emulation = hang(pools.emulation(), 0.2)
    with pytest.raises(Deadlock):
        emulation.run(arrivals=10_000, driver=driver)
    assert emulation.server.ledger.pushed > 5
    assert emulation.server.ledger.outstanding == 5
    emulation.server.audit()
    # Time limits get over hung workers.
    ledger = hang(pools.emulation("fussy"), 0.2).run(arrivals=500, driver=driver).result().ledger
    assert ledger.pushed == 500
    assert 60 < ledger.counts[3] < 200  # timed out: about 125


def test_both_drivers_agree_with_hung_workers():
    runs = [hang(pools.emulation("fussy"), 0.4).run(arrivals=300, driver=one).result() for one in ("heap", "asyncio")]
    assert runs[0].trace.csv() == runs[1].trace.csv()
    assert runs[0].ledger == runs[1].ledger


@pytest.mark.parametrize("driver", ["heap", "asyncio"])
def test_an_error_of_the_objective_reaches_the_caller(driver):
    class Broken(pools.Noisy):
        def gradient(self, w, rng):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        pools.emulation(objective=Broken()).run(arrivals=10, driver=driver)


@pytest.mark.parametrize("driver", ["heap", "asyncio"])
def test_divergence_is_reported(driver):
    run = pools.emulation(objective=pools.Noisy(h=1e9)).run(arrivals=10_000, driver=driver).result()
    assert run.diverged
    assert run.ledger.pushed < 1000
    assert run.final_loss == np.inf
    assert np.all(np.diff(run.path.times) >= 0)
    assert not pools.emulation().run(arrivals=1000, driver=driver).result().diverged


@pytest.mark.parametrize("loop", ["drivers", "deciding"])
def test_cancelled_jobs_do_not_pile_up_in_memory(loop):
    emulation = pools.emulation("k_sync", "1/2*constant(0) + 1/2*exponential(2000)", workers=50)
    heaps = []
    heapify = heapq.heapify

    class Watched:
        heappush, heappop, heapreplace = heapq.heappush, heapq.heappop, heapq.heapreplace

        @staticmethod
        def heapify(heap):
            heaps.append(len(heap))
            heapify(heap)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(f"sddeverify.emulator.{loop}.heapq", Watched)
        (emulation.run if loop == "deciding" else partial(run_plainly, emulation))(arrivals=3000)
    assert len(heaps) > 5  # it was cleaned again and again ...
    assert max(heaps) <= 50  # ... down to the jobs that are really there


def test_the_asyncio_driver_runs_inside_a_running_loop():
    async def main():
        return pools.emulation().run(arrivals=50, driver="asyncio").result()

    assert asyncio.run(main()).trace == pools.emulation().run(arrivals=50).result().trace


@pytest.mark.parametrize("driver", ["heap", "asyncio"])
def test_interruption_leaves_no_task_behind(driver):
    emulation = pools.emulation()
    threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        emulation.run(arrivals=10**9, driver=driver)
    assert time.monotonic() - began < 10


def test_progress_is_reported():
    seen = []
    pools.emulation().run(arrivals=5000, progress=seen.append)
    assert seen == [0, 1024, 2048, 3072, 4096]
