"""What workers are to compute: the objective for those of this machine, a recipe for it for those of others."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from sddeverify import objectives
from sddeverify.emulator import policies
from sddeverify.emulator.problem import of_workers, parts_of
from sddeverify.emulator.worker import batch_size_of, generators, with_batch_size
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.objectives import Mean
from sddeverify.scenario import ObjectiveSpec, PolicySpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sddeverify.objectives import Objective


@dataclass(frozen=True, eq=False)
class Task:
    """What workers compute gradients of.

    Attributes:
        target: What is minimised.
        seed: Seed of the recording.
        workers: How many workers there are.
        names: Objective and policy as a scenario names them, for workers of other machines; ``None`` without such.
        computed: What the workers compute gradients of; the policy may have added inner steps to the target.
        rate: Step size of those inner steps.
    """

    target: Objective
    seed: int
    workers: int
    names: tuple[ObjectiveSpec, PolicySpec] | None
    computed: Objective
    rate: float | None = None

    @property
    def batch_size(self) -> int:
        """Samples in one pushed gradient."""
        return batch_size_of(self.computed)

    @cached_property
    def length(self) -> int:
        """Numbers that a worker sends for one gradient; more than the dimension if the policy asks for more."""
        random = policies.generator(self.seed)
        return len(self.computed.gradient(np.asarray(self.target.initial(), dtype=np.float64), random))

    def with_batch_size(self, samples: int) -> Self:
        """Return the same task with another number of samples in a gradient."""
        changed = with_batch_size(self.target, samples)
        return replace(self, target=changed, computed=changed)

    def equipped(self, rule: policies.Policy, rate: float) -> Self:
        """Return the task with what the policy lets workers compute instead of the target, if it does."""
        if type(rule).equip is policies.Policy.equip:
            return self
        target = self.target
        if isinstance(target, Mean):  # every worker makes its inner steps on its own data
            parts = [rule.equip(part, rate) for part in target.parts]
            return replace(self, computed=Mean(rule.equip(target.whole, rate), parts, target.counts), rate=rate)
        return replace(self, computed=rule.equip(target, rate), rate=rate)

    def of_worker(self, worker: int) -> Objective:
        """Return what a worker computes gradients of: its part, where workers have different data."""
        return of_workers(self.computed, list(parts_of(self.computed)), self.workers)[worker]

    def recipe(self, worker: int, incarnation: int) -> bytes:
        """Return the JSON text from which :func:`follow` makes the objective and the random stream of a worker."""
        if self.names is None:
            raise RuntimeError("there are no names to make a recipe of")
        objective, policy = self.names
        members = {
            "objective": objective.written(),
            "batch_size": batch_size_of(self.target),
            "policy": policy.written(),
            "workers": self.workers,
            "learning_rate": self.rate,
            "seed": self.seed,
            "worker": worker,
            "incarnation": incarnation,
        }
        return json.dumps(members).encode()


def named(
    objective: str | Objective,
    parameters: Mapping[str, object],
    policy: str,
    policy_parameters: Mapping[str, object],
) -> tuple[ObjectiveSpec, PolicySpec]:
    """Return what can be told to workers of other machines.

    Raises:
        UnsupportedScenario: for an objective without a name: they are told names and numbers, no code.
        InvalidScenario: for parameters that a scenario cannot have.
    """
    if not isinstance(objective, str):
        known = ", ".join(objectives.OBJECTIVES)
        raise UnsupportedScenario(
            f"objective {type(objective).__name__}: workers of other machines are told names and numbers, no code; "
            f"take one of {known}"
        )
    return ObjectiveSpec(objective, dict(parameters)), PolicySpec(policy, dict(policy_parameters))  # type: ignore[arg-type]  # they check


def follow(text: bytes) -> tuple[Objective, np.random.Generator, dict[str, Any]]:
    """Return the objective and the random stream of a recipe, and its members; nothing in it is run as code.

    Raises:
        InvalidScenario: for a recipe with unknown names, or numbers that are not allowed.
        MissingExtra: if the objective's data need a package that is not installed.
    """
    members: dict[str, Any] = json.loads(text)
    if not isinstance(members, dict) or not {"objective", "policy", "workers", "seed", "worker"} <= set(members):
        raise invalid("recipe", members, "the members of a recipe")
    name, policy = ObjectiveSpec.read(members["objective"]), PolicySpec.read(members["policy"])
    objective = with_batch_size(objectives.build(name.name, name.parameters), members["batch_size"])
    rule = policies.create(policy.name, policy.parameters, members["workers"])
    if members["learning_rate"] is not None:
        objective = rule.equip(objective, members["learning_rate"])
    _, random = generators(members["seed"], members["worker"], members["incarnation"])
    return objective, random, members
