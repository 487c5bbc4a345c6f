"""Guided asynchronous SGD (gASGD)."""

from __future__ import annotations

from dataclasses import dataclass

from sddeverify.emulator.policies._guided import Guided
from sddeverify.emulator.policies.asynchronous import Asynchronous


@dataclass
class GuidedAsynchronous(Guided, Asynchronous):
    """Asynchronous SGD, and from time to time the batches that agree with the trend of the loss once more.

    Source: A. Sharma, "Guided parallelized stochastic gradient descent for delay compensation" (Applied Soft Computing
    2021), of which the author's public code was read. Filled in: a verification set is one batch, and replays are
    steps of the server. At an equal budget of gradients we measured a benefit at large steps only, and a loss
    elsewhere; the page of the published systems has the figures.

    Conservation: as asynchronous SGD, (P - 1) J.
    """
