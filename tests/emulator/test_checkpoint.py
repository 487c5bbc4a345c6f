import io
import zipfile

import numpy as np
import pytest

from sddeverify.emulator.path import Grid
from sddeverify.emulator.run import Emulation
from sddeverify.emulator.trace_writer import TraceFile
from sddeverify.errors import InvalidScenario, UnsupportedScenario
from tests.emulator import pools


def resumed(emulation, policy):
    """Through bytes and back, into fresh objects."""
    copy = Emulation.create(emulation.scenario, objective=pools.Noisy())
    if policy in pools.MORE:
        copy.server.policy = pools.MORE[policy](emulation.scenario.workers)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Emulation, "create", classmethod(lambda cls, *_, **__: copy))
        return Emulation.restore(emulation.checkpoint())


@pytest.mark.parametrize("driver", ["heap", "asyncio"])
@pytest.mark.parametrize("policy", pools.NAMES)
def test_resuming_is_bit_identical(policy, driver):
    whole = pools.emulation(policy).run(arrivals=300).result()
    for stop in (0, 1, 137):
        emulation = resumed(pools.emulation(policy).run(arrivals=stop, driver=driver), policy)
        run = emulation.run(arrivals=300, driver=driver).result()
        assert run.trace.csv() == whole.trace.csv()
        assert np.array_equal(run.path.iterates, whole.path.iterates)
        assert np.array_equal(run.path.times, whole.path.times)
        assert run.ledger == whole.ledger


def test_a_checkpoint_before_the_start_and_at_a_time():
    whole = pools.emulation(law="constant(1)").run(until=20).result()
    emulation = resumed(pools.emulation(law="constant(1)"), "asynchronous")
    for until in (0.5, 7.0, 20.0):
        emulation = resumed(emulation.run(until=until), "asynchronous")
    assert emulation.result().trace == whole.trace
    assert emulation.result().ledger == whole.ledger


def test_the_random_streams_continue():
    emulation = pools.emulation(law="exponential(1)").run(arrivals=50)
    copy = resumed(emulation, "asynchronous")
    for one, other in zip(emulation.workers, copy.workers, strict=True):
        assert one.times.bit_generator.state == other.times.bit_generator.state
        assert one.noise.bit_generator.state == other.noise.bit_generator.state
        assert one.block == other.block


def test_a_grid_of_times_survives():
    emulation = pools.emulation()
    emulation.server.path = Grid([emulation.ticks.of(time) for time in (1, 5, 9)])
    copy = resumed(emulation.run(until=6), "asynchronous")
    assert np.array_equal(copy.run(until=12).result().path.iterates, emulation.run(until=12).result().path.iterates)
    assert copy.result().path.times.tolist() == [1, 5, 9]


def test_what_is_not_a_checkpoint():
    good = pools.emulation().run(arrivals=10).checkpoint()
    other = io.BytesIO()
    np.savez(other, text=np.frombuffer(b'{"format": "other"}', dtype=np.uint8))
    deep = io.BytesIO()
    np.savez(deep, text=np.frombuffer(b"[" * 100_000, dtype=np.uint8))
    for bad in (b"", b"nothing", good[: len(good) // 2], good[100:], other.getvalue(), deep.getvalue()):
        with pytest.raises(InvalidScenario, match="checkpoint: not a complete file"):
            Emulation.restore(bad, objective=pools.Noisy())


def test_a_checkpoint_runs_no_code():
    with zipfile.ZipFile(io.BytesIO(pools.emulation().run(arrivals=10).checkpoint())) as file:
        for name in file.namelist():
            np.lib.format.read_array(io.BytesIO(file.read(name)), allow_pickle=False)


def test_the_state_must_fit_the_scenario():
    data = pools.emulation("half").run(arrivals=10).checkpoint()
    with pytest.raises(InvalidScenario, match="does not fit its scenario"):
        Emulation.restore(data, objective=pools.Noisy())


def test_an_open_file_cannot_be_stored(tmp_path):
    emulation = pools.emulation()
    with TraceFile.create(tmp_path / "trace.csv") as file:
        emulation.server.rows = file
        with pytest.raises(UnsupportedScenario, match="TraceFile"):
            emulation.run(arrivals=10).checkpoint()
