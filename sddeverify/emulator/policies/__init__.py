"""Server policies: one file each, named in the table POLICIES."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sddeverify.emulator.policies._policy import Policy
from sddeverify.emulator.policies.asynchronous import Asynchronous
from sddeverify.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["POLICIES", "Asynchronous", "Policy", "create"]

POLICIES: dict[str, type[Policy]] = {
    "asynchronous": Asynchronous,
}


def create(name: str, parameters: Mapping[str, object], workers: int) -> Policy:
    """Return the policy that a scenario names.

    Raises:
        InvalidScenario: for an unknown name, an unknown or missing parameter, or a value that is not allowed.
    """
    if name not in POLICIES:
        raise invalid("policy", name, f"one of {', '.join(POLICIES)}")
    return POLICIES[name].create(parameters, workers)
