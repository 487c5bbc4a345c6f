import numpy as np
import pytest

from sddeverify.emulator.clock import Ticks
from sddeverify.emulator.path import Grid, Thinned
from sddeverify.emulator.run import Emulation
from tests.emulator import pools

TICKS = Ticks(1.0)


def feed(recorder, updates):
    """Update k at tick 10 k takes the iterate from k - 1 to k."""
    for k in range(1, updates + 1):
        recorder.observe(10 * k, k, np.array([k - 1.0]), np.array([float(k)]))
    return recorder.path(10 * updates + 5, updates, np.array([float(updates)]), TICKS)


@pytest.mark.parametrize("updates", [0, 1, 15, 16, 17, 1000, 4097])
def test_thinned_is_bounded_and_right(updates):
    recorder = Thinned(points=8)
    path = feed(recorder, updates)
    assert len(path.times) <= 17
    assert len(recorder.times) <= 16
    if updates >= 16:
        assert len(path.times) >= 8
    assert path.versions.tolist() == path.iterates[:, 0].tolist()
    assert path.times[:-1].tolist() == [10 * version for version in path.versions[:-1]]
    assert path.times[-1] == 10 * updates + 5
    if updates:
        assert path.versions[0] == 0
    assert len(set(np.diff(path.versions[:-1]).tolist())) <= 1


def test_grid_is_right_continuous():
    path = feed(Grid([0, 9, 10, 10, 11, 25, 35, 36]), 3)
    assert path.times.tolist() == [0, 9, 10, 10, 11, 25, 35]  # the run ends at 35
    assert path.iterates[:, 0].tolist() == [0, 0, 1, 1, 1, 2, 3]
    assert path.versions.tolist() == [0, 0, 1, 1, 1, 2, 3]


def test_grid_takes_the_last_of_simultaneous_updates():
    recorder = Grid([10])
    recorder.observe(10, 1, np.array([0.0]), np.array([1.0]))
    recorder.observe(10, 2, np.array([1.0]), np.array([2.0]))
    assert recorder.path(10, 2, np.array([2.0]), TICKS).iterates[0] == 2.0


def test_empty_grid():
    path = feed(Grid([]), 3)
    assert path.iterates.shape == (0, 1)
    assert Grid([100]).path(5, 0, np.zeros(3), TICKS).iterates.shape == (0, 3)


def test_grid_agrees_with_the_full_path_of_a_run():
    times = np.linspace(0, 20, 201)
    grid = Emulation.create(pools.scenario(), objective=pools.Noisy(), path_times=times.tolist()).run(until=20).result()
    full = pools.emulation().run(until=20).result()
    assert len(full.path.times) < 1024  # nothing was thinned out
    index = np.searchsorted(full.path.times, grid.path.times, side="right") - 1
    assert np.array_equal(full.path.iterates[index], grid.path.iterates)


def test_distances_and_losses():
    path = feed(Thinned(), 3)
    assert path.distances(np.array([1.0])).tolist() == [1, 0, 1, 2, 2]
    assert path.losses(pools.Noisy()).tolist() == [0, 0.5, 2, 4.5, 4.5]
