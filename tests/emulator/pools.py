"""Small objectives and policies for the tests of the emulator."""

import os
from dataclasses import dataclass, field

import numpy as np

from sddeverify.delays import parse
from sddeverify.emulator import policies
from sddeverify.emulator.policies import Policy
from sddeverify.emulator.run import Emulation
from sddeverify.scenario import Scenario


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
        return self.h * w + self.noise * rng.standard_normal(self.dimension)


@dataclass
class KBatchAsync(Policy):
    """K gradients from anybody make an update; each pusher reads again at once."""

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
class KAsync(KBatchAsync):
    """K gradients of distinct workers make an update; they wait for it."""

    waiting: list = field(default_factory=list)

    def readers(self, server, worker, *, updated):
        self.waiting.append(worker)
        if not updated:
            return ()
        readers, self.waiting = self.waiting, []
        return readers

    def remaining(self, workers):
        return workers - self.k


@dataclass
class KSync(KBatchAsync):
    """The first K of P gradients make an update; the others are cancelled, and all read again."""

    def readers(self, server, worker, *, updated):
        return range(server.workers) if updated else ()

    def cancelled(self, server, *, updated):
        return list(server.in_flight) if updated else ()

    def remaining(self, workers):
        return None


@dataclass
class RoundRobin(Policy):
    """Gradients are applied in the order of the workers, however they arrive."""

    turn: int = 0

    def weigh(self, contribution, server):
        return 1.0

    def ready(self, server):
        for one in server.buffer:
            if one.job.worker == self.turn:
                self.turn = (self.turn + 1) % server.workers
                return [one]
        return []

    def readers(self, server, worker, *, updated):
        free = set(range(server.workers)) - set(server.in_flight) - {one.job.worker for one in server.buffer}
        return sorted(free)


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
    "k_batch_async": lambda workers: KBatchAsync(min(3, workers)),
    "k_async": lambda workers: KAsync(min(3, workers)),
    "k_sync": lambda workers: KSync(min(3, workers)),
    "round_robin": lambda workers: RoundRobin(),
    "fussy": lambda workers: Fussy(),
}
NAMES = ["asynchronous", *MORE]

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
    result = Emulation.create(scenario(law, workers, **fields), objective=objective or Noisy())
    if policy in MORE:
        result.server.policy = MORE[policy](workers)
    else:
        result.server.policy = policies.create(policy, {}, workers)
    return result


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
