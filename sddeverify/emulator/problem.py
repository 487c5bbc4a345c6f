"""What a scenario asks to minimise, who has which part of it, and by which policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from sddeverify import objectives
from sddeverify.emulator import policies
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.objectives import Mean, Objective

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sddeverify.scenario import Scenario

_Each = TypeVar("_Each")


def objective_of(scenario: Scenario) -> Objective:
    """Return the objective that a scenario names, or the quadratic with its Hessian eigenvalues.

    Raises:
        InvalidScenario: for an unknown objective, or parameters that it does not allow.
        MissingExtra: if its data needs a package that is not installed.
    """
    return scenario.built() or objectives.Quadratic(scenario.hessian, scenario.noise_variance)


def policy_of(scenario: Scenario, objective: Objective | None = None) -> policies.Policy:
    """Return the policy of a scenario, for what is minimised instead of its objective if that is given.

    Raises:
        InvalidScenario: for an unknown policy, or parameters that it does not allow.
        UnsupportedScenario: if workers have different data, and the policy computes gradients of its own.
    """
    name = scenario.policy.name
    policy = policies.create(name, scenario.policy.parameters, scenario.workers)
    _require_same_data(policy, name, different=scenario.different_data or isinstance(objective, Mean))
    return policy


def require_data_of_workers(policy: policies.Policy, name: str, objective: object, workers: int) -> None:
    """Refuse what cannot be run on real processes whose workers have different data.

    Raises:
        InvalidScenario: for a mean over another number of workers.
        UnsupportedScenario: if the policy computes gradients of its own.
    """
    if isinstance(objective, Mean):
        _require_same_data(policy, name, different=True)
        of_workers(objective, list(objective.parts), workers)


def _require_same_data(policy: policies.Policy, name: str, *, different: bool) -> None:
    if policy.same_data and different:
        raise UnsupportedScenario(
            f"policy {name}: it computes gradients again at the server, which it cannot where workers have different "
            "data (the member data in pool)"
        )


def parts_of(objective: Objective) -> Sequence[Objective]:
    """Return what workers compute gradients of: one objective for all, or one for each kind of workers."""
    return objective.parts if isinstance(objective, Mean) else (objective,)


def of_workers(objective: Objective, values: list[_Each], workers: int) -> list[_Each]:
    """Return for each worker the value of its part of the objective.

    Raises:
        InvalidScenario: for a mean over another number of workers.
    """
    if not isinstance(objective, Mean):
        return values * workers
    each = objective.of_workers(values)
    if len(each) != workers:
        raise invalid("objective", f"a mean over {len(each)} workers", f"one over {workers}")
    return each


def least_loss(objective: Objective) -> float | None:
    """Return the loss at the minimum; ``None`` where no minimum is found."""
    try:
        return float(objective.loss(objective.minimum()))
    except UnsupportedScenario:
        return None
