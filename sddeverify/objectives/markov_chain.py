"""Stochastic approximation from Markovian data: the mean of two-state chains."""

from __future__ import annotations

import math

import numpy as np

from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import Exact, integer, rational
from sddeverify.objectives._objective import Array, Objective

_MAX_CHAINS = 10_000
_PERIOD = 2**128  # of the generators that can go back


class MarkovChain(Objective):
    """f(x) = x^2/2 with gradients x - (mean of N independent stationary chains with the states +1 and -1).

    Every gradient that a worker computes observes the next state of its own N chains; the correlation of two successive
    states of one chain is rho. Synchronously with step alpha the stationary variance of x is
    alpha^2 (1 + a rho)/((1 - a^2)(1 - a rho) N), a = 1 - alpha.

    A chain lives in the random stream of its worker: with probability 1 - rho a draw gives a new state, otherwise
    the state is that of the latest draw that did, and the stream is read backwards to find it. So the objective itself
    has no memory, and a checkpoint of the stream is a checkpoint of the chains.

    Args:
        correlation: rho, at least 0 and at most 999/1000.
        chains: N, 1 to 10 000.
    """

    def __init__(self, correlation: Exact = "1/2", chains: int = 1) -> None:
        self.correlation = rational(correlation, "markov_chain.correlation")
        if not 0 <= self.correlation * 1000 <= 999:
            raise invalid("markov_chain.correlation", correlation, "a number from 0 to 999/1000")
        self.chains = integer(chains, "markov_chain.chains", 1, _MAX_CHAINS)

    @property
    def dimension(self) -> int:
        """1."""
        return 1

    def initial(self) -> Array:
        """1."""
        return np.ones(1)

    def minimum(self) -> Array:
        """0, the stationary mean of the chains."""
        return np.zeros(1)

    def loss(self, w: Array) -> float:
        """x^2/2."""
        return float(w[0] * w[0]) / 2

    def gradient(self, w: Array, rng: np.random.Generator) -> Array:
        """Return x minus the mean of the chains one step on.

        Raises:
            UnsupportedScenario: for a generator that cannot go back, such as the Mersenne twister.
        """
        return np.asarray(w - self.states(rng).mean())

    def batch_loss(self, w: Array, rng: np.random.Generator) -> float:
        """x^2/2 - x (mean of the chains one step on)."""
        return self.loss(w) - float(w[0]) * float(self.states(rng).mean())

    def states(self, rng: np.random.Generator) -> Array:
        """Return the next states of the chains, +1 or -1, shape (chains,)."""
        source = rng.bit_generator
        if not isinstance(source, np.random.PCG64 | np.random.PCG64DXSM):
            raise UnsupportedScenario("markov_chain: the random generator cannot go back; take numpy's PCG64")
        keep = float(self.correlation)
        draws = rng.random((1, self.chains))
        while True:
            # A draw u >= rho gives a new state, its sign decided by which half of [rho, 1) holds u.
            fresh = draws >= keep
            if fresh.any(axis=0).all():
                break
            rows = 2 * len(draws)
            source.advance(_PERIOD - len(draws) * self.chains)
            source.advance(_PERIOD - (rows - len(draws)) * self.chains)
            draws = rng.random((rows, self.chains))
        latest = len(draws) - 1 - fresh[::-1].argmax(axis=0)
        chosen = draws[latest, np.arange(self.chains)]
        return np.where(chosen >= (1 + keep) / 2, 1.0, -1.0)

    def full_gradient(self, w: Array) -> Array:
        """X."""
        return np.array(w, dtype=np.float64)

    def hessian(self, w: Array | None = None) -> Array:
        """1."""
        return np.ones((1, 1))

    def noise_covariance(self) -> Array:
        """1/N: the variance of one gradient, though successive ones are correlated."""
        return np.full((1, 1), 1 / self.chains)

    def stationary_variance(self, learning_rate: float) -> float:
        """Return the variance of x under x <- x - learning_rate (x - state), in the long run.

        Raises:
            InvalidScenario: for a learning rate outside (0, 2), which has none.
        """
        if not 0 < learning_rate < 2 or math.isnan(learning_rate):
            raise invalid("learning_rate", learning_rate, "a number between 0 and 2")
        a, rho = 1 - learning_rate, float(self.correlation)
        return learning_rate**2 * (1 + a * rho) / ((1 - a * a) * (1 - a * rho) * self.chains)
