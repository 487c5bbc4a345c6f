"""Guided synchronous SGD (gSSGD)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sddeverify.emulator.policies._guided import Guided
from sddeverify.emulator.policies.k_sync import KSync

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class GuidedSynchronous(Guided, KSync):
    """Synchronous SGD, and from time to time the batches that agree with the trend of the loss once more.

    Source and what was filled in: as for the asynchronous form. Recent are all batches since the last replays, P for
    each update. At an equal budget of gradients it was better in our runs: a replay is a step for one gradient, where
    an update takes P.

    Conservation: no applied gradient is stale.
    """

    @classmethod
    def create(cls, parameters: Mapping[str, object], workers: int) -> GuidedSynchronous:
        """K is P, and cannot be given."""
        return cls(workers, **cls.read(parameters, workers))
