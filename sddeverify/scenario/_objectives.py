"""The objective that a scenario names, and those of workers with data of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sddeverify.errors import InvalidScenario, invalid
from sddeverify.objectives import Mean, Objective, build

if TYPE_CHECKING:
    from sddeverify.scenario import Scenario
    from sddeverify.scenario._pool import Group
    from sddeverify.scenario._specs import ObjectiveSpec


def built(scenario: Scenario) -> Objective | None:
    """Return what is minimised; of workers with different data the mean, and ``None`` if only a Hessian is given.

    Raises:
        InvalidScenario: for an unknown objective, parameters that it does not allow, or data that do not fit together.
    """
    spec = scenario.objective
    if spec is None:
        for k, group in enumerate(scenario.pool):
            if group.data:
                allowed = 'it with an objective in place of hessian, such as {name = "quadratic", eigenvalues = [1]}'
                raise invalid(f"pool[{k}].data", dict(group.data), allowed)
        return None
    whole = build(spec.name, spec.parameters)
    if not scenario.different_data:
        return whole
    parts = [_part(spec, whole, group, f"pool[{k}].data") for k, group in enumerate(scenario.pool)]
    return Mean(whole, parts, [group.workers for group in scenario.pool])


def _part(spec: ObjectiveSpec, whole: Objective, group: Group, field: str) -> Objective:
    if not group.data:
        return whole
    try:
        part = build(spec.name, {**spec.parameters, **dict(group.data)})
    except InvalidScenario as error:
        raise InvalidScenario(f"{field}: {error}") from None
    for what, mine, common in (
        ("variables", part.dimension, whole.dimension),
        ("samples in a gradient", getattr(part, "batch_size", 1), getattr(whole, "batch_size", 1)),
    ):
        if mine != common:
            raise invalid(field, f"{mine} {what}", f"data with {common}, as all workers have")
    return part
