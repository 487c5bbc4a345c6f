"""Small objectives and policies for the tests of the emulator."""

import os
from dataclasses import dataclass

import numpy as np

from sddeverify.delays import parse
from sddeverify.emulator import policies
from sddeverify.emulator.policies import Policy
from sddeverify.emulator.run import Emulation
from sddeverify.scenario import PolicySpec, Scenario


class Noisy:
    """f(w) = h |w|^2/2 with unit noise: any lost, doubled or reordered draw changes every later iterate."""

    dimension = 2
    batch_size = 3

    def __init__(self, h=1.0, noise=1.0):
        self.h, self.noise = h, noise

    def initial(self):
        return np.ones(self.dimension)

    def minimum(self):
        return np.zeros(self.dimension)

    def loss(self, w):
        return float(self.h * (w @ w) / 2)

    def gradient(self, w, rng):
        return self.full_gradient(w) + self.noise * rng.standard_normal(self.dimension)

    def full_gradient(self, w):
        return self.h * w

    def hessian(self):
        return self.h * np.eye(self.dimension)

    def batch_loss(self, w, rng):
        return self.loss(w) + float(self.noise * rng.standard_normal(self.dimension) @ w)


@dataclass
class KBatchAsync(Policy):
    """K gradients from anybody make an update, with weight 1/2; each pusher reads again at once."""

    k: int

    def weigh(self, contribution, server):
        return 0.5

    def ready(self, server):
        return list(server.buffer) if len(server.buffer) >= self.k else []

    def readers(self, server, worker, *, updated):
        return (worker,)

    def remaining(self, workers):
        return workers - 1


@dataclass
class Fussy(Policy):
    """Discards some gradients, gives up slow ones, and applies the others in pairs."""

    def weigh(self, contribution, server):
        return None if contribution.job.id % 3 == 0 else 1.0

    def ready(self, server):
        return server.buffer[-2:] if len(server.buffer) >= 2 else []

    def readers(self, server, worker, *, updated):
        return (worker,)

    def time_limit(self, server, worker):
        return server.ticks.of(1.5)


@dataclass
class Stuck(Policy):
    """Nobody ever reads again."""

    def weigh(self, contribution, server):
        return 1.0

    def ready(self, server):
        return server.buffer

    def readers(self, server, worker, *, updated):
        return ()


MORE = {
    "half": lambda workers: KBatchAsync(min(3, workers)),
    "fussy": lambda workers: Fussy(),
}
PARAMETERS = {"dasgd": {"reads": "polynomial"}, "mindflayer": {"trials": 2, "success": "1/2"}}
NAMES = [*policies.POLICIES, *MORE]

LAWS = [
    "constant(1)",
    "exponential(1)",
    "erlang(4, 1/2)",
    "uniform(0, 2)",
    "shifted_exponential(1/2, 1/2)",
    "0.3*constant(1) + 0.7*uniform(0, 2)",
    "1/2*constant(0) + 1/2*exponential(2)",
    "lattice(1/4, 1, 0, 2, 0, 3)",
]


def scenario(law="exponential(1)", workers=5, **fields):
    defaults = {"learning_rate": "1/20", "hessian": ["1"], "seed": 7}
    return Scenario(workers=workers, compute=parse(law), **(defaults | fields))


def emulation(policy="asynchronous", law="exponential(1)", workers=5, objective=None, **fields):
    """A run of one of the policies above or of the package."""
    if policy in MORE:
        result = Emulation.create(scenario(law, workers, **fields), objective=objective or Noisy())
        result.server.policy = MORE[policy](workers)
        return result
    if not isinstance(policy, PolicySpec):
        policy = PolicySpec(policy, PARAMETERS.get(policy))
    return Emulation.create(scenario(law, workers, policy=policy, **fields), objective=objective or Noisy())


class Busy(Noisy):
    """Some real work for worker processes, and an end of it that a test can choose."""

    def __init__(self, deadly=False):
        super().__init__()
        self.deadly = deadly

    def eigenvalues(self):
        return np.array([self.h])

    def gradient(self, w, rng):
        if self.deadly:
            os._exit(3)
        work = rng.standard_normal((self.batch_size, 100))
        return super().gradient(w, rng) + 1e-9 * np.linalg.norm(work)
