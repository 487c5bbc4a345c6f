"""Runs with and without the inner loops of the heap driver, and all that they leave."""

import io
import json

import numpy as np
import pytest

from sddeverify.emulator import at_once, deciding, in_rounds
from sddeverify.emulator.run import Emulation
from sddeverify.objectives import Quadratic
from tests.emulator import pools

OBJECTIVES = {
    "one dimension": lambda: Quadratic(["3/2"], "1/10"),
    "one dimension, no noise": lambda: Quadratic(["3/2"]),
    "three dimensions": lambda: Quadratic(["1/2", "1", "2"], "1/10"),
    "three dimensions, no noise": lambda: Quadratic(["1/2", "1", "2"]),
    "another": pools.Noisy,
}


def emulation(objective, law="exponential(1)", **fields):
    path_times = fields.pop("path_times", None)
    return Emulation.create(pools.scenario(law, **fields), objective=objective, path_times=path_times)


def run_plainly(emulation, **limits):
    """The heap without the inner loop."""
    with pytest.MonkeyPatch.context() as patch:
        for loop in (at_once, in_rounds, deciding):
            patch.setattr(loop, "applies", lambda _: False)
        return emulation.run(**limits)


def state(emulation):
    """All that the rest of a run depends on; which iterates share their memory does not matter."""
    with np.load(io.BytesIO(emulation.checkpoint())) as stored:

        def resolve(value):
            if isinstance(value, list):
                return [resolve(one) for one in value]
            if isinstance(value, dict) and set(value) <= {"array", "column"}:
                return [stored[f"a{index}"].tobytes() for index in value.values()]
            return {key: resolve(one) for key, one in value.items()} if isinstance(value, dict) else value

        return resolve(json.loads(stored["text"].tobytes()))


def same(one, other):
    """The state and what a run leaves."""
    assert state(one) == state(other)
    assert one.result().trace.csv() == other.result().trace.csv()
    assert one.result().audit == other.result().audit
    assert one.result().path.iterates.tobytes() == other.result().path.iterates.tobytes()
    return True


class Hanging:
    """Some gradients never end."""

    def sample(self, rng, size):
        return np.where(rng.random(size) < 0.01, np.inf, rng.exponential(size=size))
