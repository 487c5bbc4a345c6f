"""Asynchronous SGD that drops stale gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies._parameters import count
from sddeverify.emulator.policies.asynchronous import Asynchronous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sddeverify.emulator.server import Contribution, Server


@dataclass
class DropStale(Asynchronous):
    """A gradient whose staleness has reached the threshold when it arrives is discarded.

    The staleness threshold of Yu, Chen and Poor (arXiv:2406.11159), whose abstract names it; the rule "discard when
    staleness >= threshold" is our reading. With threshold 1 and exponential times the accepted share q has
    1/q = sum over n of (1 - 1/P)(1 - 2/P)...(1 - n/P).

    Attributes:
        threshold: The smallest staleness in versions that is discarded, at least 1; by default 2 P.
    """

    threshold: int

    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {"threshold": count}
    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {"threshold": lambda workers: 2 * workers}

    def weigh(self, contribution: Contribution, server: Server) -> float | None:
        """Keep what is fresh enough."""
        return 1.0 if server.version - contribution.job.version < self.threshold else None
