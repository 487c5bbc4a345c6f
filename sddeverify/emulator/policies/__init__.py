"""Server policies: one file each, named in the table POLICIES."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sddeverify.emulator.policies._policy import Policy
from sddeverify.emulator.policies.adasync import Adasync
from sddeverify.emulator.policies.asynchronous import Asynchronous
from sddeverify.emulator.policies.bounded_staleness import BoundedStaleness
from sddeverify.emulator.policies.dasa import Dasa
from sddeverify.emulator.policies.dasgd import Dasgd
from sddeverify.emulator.policies.dc_asgd import DcAsgd
from sddeverify.emulator.policies.delay_adaptive import DelayAdaptive
from sddeverify.emulator.policies.delayed_sgd import DelayedSgd
from sddeverify.emulator.policies.dpsgd import Dpsgd
from sddeverify.emulator.policies.drop_stale import DropStale
from sddeverify.emulator.policies.event_triggered import EventTriggered
from sddeverify.emulator.policies.gradient_dropout import GradientDropout
from sddeverify.emulator.policies.guided_asynchronous import GuidedAsynchronous
from sddeverify.emulator.policies.guided_synchronous import GuidedSynchronous
from sddeverify.emulator.policies.k_async import KAsync
from sddeverify.emulator.policies.k_batch_async import KBatchAsync
from sddeverify.emulator.policies.k_batch_sync import KBatchSync
from sddeverify.emulator.policies.k_sync import KSync
from sddeverify.emulator.policies.mindflayer import MindFlayer
from sddeverify.emulator.policies.mindflayer_adaptive import MindFlayerAdaptive
from sddeverify.emulator.policies.rennala import Rennala
from sddeverify.emulator.policies.rescaled_asgd import RescaledAsgd
from sddeverify.emulator.policies.ringmaster import Ringmaster
from sddeverify.emulator.policies.round_robin import RoundRobin
from sddeverify.emulator.policies.staleness_aware import StalenessAware
from sddeverify.emulator.policies.synchronous import Synchronous
from sddeverify.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["POLICIES", "Asynchronous", "Policy", "create", "generator"]

POLICIES: dict[str, type[Policy]] = {
    "asynchronous": Asynchronous,
    "synchronous": Synchronous,
    "round_robin": RoundRobin,
    "k_sync": KSync,
    "k_batch_sync": KBatchSync,
    "k_async": KAsync,
    "k_batch_async": KBatchAsync,
    "adasync": Adasync,
    "bounded_staleness": BoundedStaleness,
    "drop_stale": DropStale,
    "ringmaster": Ringmaster,
    "rennala": Rennala,
    "mindflayer": MindFlayer,
    "mindflayer_adaptive": MindFlayerAdaptive,
    "event_triggered": EventTriggered,
    "gradient_dropout": GradientDropout,
    "delay_adaptive": DelayAdaptive,
    "staleness_aware": StalenessAware,
    "dasgd": Dasgd,
    "dc_asgd": DcAsgd,
    "dasa": Dasa,
    "dpsgd": Dpsgd,
    "delayed_sgd": DelayedSgd,
    "rescaled_asgd": RescaledAsgd,
    "guided_synchronous": GuidedSynchronous,
    "guided_asynchronous": GuidedAsynchronous,
}

_POLICY_STREAM = 2**32 - 1


def create(name: str, parameters: Mapping[str, object], workers: int) -> Policy:
    """Return the policy that a scenario names.

    Raises:
        InvalidScenario: for an unknown name, an unknown or missing parameter, or a value that is not allowed.
    """
    if name not in POLICIES:
        raise invalid("policy", name, f"one of {', '.join(POLICIES)}")
    return POLICIES[name].create(parameters, workers)


def generator(seed: int, *key: int) -> np.random.Generator:
    """Return the random stream of a policy, apart from those of all workers.

    Args:
        seed: Seed of the scenario.
        key: Index of the run in an ensemble, if there is one.
    """
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(*key, _POLICY_STREAM))))
