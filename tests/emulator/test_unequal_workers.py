"""Pools whose workers have laws of their own."""

import numpy as np
import pytest

from sddeverify.delays import parse
from sddeverify.emulator.run import Emulation, emulate
from sddeverify.errors import InvalidScenario
from sddeverify.scenario import PolicySpec
from tests.emulator import pools

TEXTS = ("constant(1)", "constant(3)", "exponential(5)")
LAWS = [parse(text) for text in TEXTS]


def test_each_worker_takes_its_own_time():
    run = emulate(pools.scenario(workers=3), until=300, laws=LAWS)
    for worker, time in ((0, 1.0), (1, 3.0)):
        assert np.allclose(run.trace.delays[run.trace.worker == worker], time)
    assert np.bincount(run.trace.worker)[:2].tolist() == [300, 100]
    slow = run.trace.delays[run.trace.worker == 2]
    assert abs(slow.mean() - 5) < 4 * 5 / np.sqrt(len(slow))  # error level 6e-5
    assert run.audit.pool == 2 * run.ledger.updates  # conservation needs no equal workers


def test_conservation_and_drivers_for_other_policies():
    for name in ("k_async", "round_robin", "bounded_staleness"):
        scenario = pools.scenario(workers=3, policy=PolicySpec(name))
        runs = [emulate(scenario, arrivals=200, laws=LAWS, driver=driver) for driver in ("heap", "asyncio")]
        assert runs[0].trace.csv() == runs[1].trace.csv()


def test_a_checkpoint_needs_the_same_laws():
    scenario = pools.scenario(workers=3)
    whole = emulate(scenario, arrivals=400, laws=LAWS)
    stored = Emulation.create(scenario, laws=LAWS).run(arrivals=150).checkpoint()
    assert Emulation.restore(stored, laws=LAWS).run(arrivals=400).result().trace == whole.trace
    assert Emulation.restore(stored).run(arrivals=2000).result().trace.csv() != whole.trace.csv()


def test_one_law_for_each():
    with pytest.raises(InvalidScenario, match=r"laws: '2 laws' .* one for each of the 3 workers"):
        emulate(pools.scenario(workers=3), arrivals=10, laws=LAWS[:2])
