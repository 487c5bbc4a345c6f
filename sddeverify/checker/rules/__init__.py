"""The rules: one theorem each. A rule reads its claim, states it, and verifies a witness for it."""

from typing import Any, Protocol

from .rightmost_root import RightmostRoot
from .root_count import RootCount
from .root_enclosure import RootEnclosure
from .stability import Stability
from .stability_boundary import StabilityBoundary


class Rule(Protocol):
    """What every rule offers; its constructor raises ``Malformed`` or ``Refusal``."""

    def __init__(self, claim: dict[str, Any]) -> None: ...

    def statement(self) -> str:
        """Return the claim as one English sentence."""

    def verify(self, witness: Any) -> None:
        """Return if the witness proves the claim, else raise ``Refusal`` or ``Malformed``."""


RULES: dict[str, type[Rule]] = {
    "rightmost_root": RightmostRoot,
    "root_count": RootCount,
    "root_enclosure": RootEnclosure,
    "stability": Stability,
    "stability_boundary": StabilityBoundary,
}
