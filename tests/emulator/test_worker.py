import numpy as np
import pytest

from sddeverify.delays import Constant, Exponential
from sddeverify.emulator.clock import Ticks
from sddeverify.emulator.server import Job
from sddeverify.emulator.worker import Worker, batch_size_of, generators, with_batch_size
from sddeverify.errors import UnsupportedScenario
from sddeverify.objectives import Quadratic, Ridge
from tests.emulator import pools


def make(law, seed=1):
    return Worker(0, law, Ticks(1000.0), pools.Noisy(), *generators(seed, 0))


def job(limit=None):
    return Job(0, 0, 0, 0, 0, np.ones(2), limit)


def test_times_follow_the_law_in_the_order_of_draws():
    worker = make(Exponential(1))
    dues = []
    for _ in range(600):
        dues.append(worker.begin(job(), now=10) - 10)
        worker.finish()
    _, times = None, generators(1, 0)[0]
    blocks = [Exponential(1).sample(times, size=size) for size in (8, 16, 32, 64, 128, 256, 256)]
    assert dues == np.rint(np.concatenate(blocks) * 1000).astype(int).tolist()[:600]


def test_time_limits():
    worker = make(Constant(2))
    assert worker.begin(job(limit=2000), now=0) == 2000
    assert not worker.gives_up
    worker.finish()
    assert worker.begin(job(limit=1999), now=0) == 1999
    assert worker.gives_up
    worker.give_up()
    assert worker.job is None
    assert worker.due is None


def test_ending_nothing_is_an_error_of_the_driver():
    with pytest.raises(RuntimeError, match="worker 0 has no job"):
        make(Constant(2)).finish()


def test_batch_sizes():
    ridge = Ridge(batch_size=5)
    assert batch_size_of(ridge) == 5
    larger = with_batch_size(ridge, 7)
    assert (batch_size_of(larger), batch_size_of(ridge)) == (7, 5)
    assert larger.data is ridge.data or larger.data[0].shape == ridge.data[0].shape
    assert batch_size_of(Quadratic(["1"])) == 1
    with pytest.raises(UnsupportedScenario):
        with_batch_size(Quadratic(["1"]), 7)
