"""Synchronous SGD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sddeverify.emulator.policies.k_async import KAsync

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass
class Synchronous(KAsync):
    """All P workers compute at the same iterate; their mean makes the update (K-sync and K-async with K = P).

    An update takes the mean of the largest of P compute times, H_P m for exponential times. No gradient is stale.
    """

    defaults: ClassVar[Mapping[str, Callable[[int], object]]] = {}
    parameters: ClassVar[Mapping[str, Callable[[object, str, int], object]]] = {}

    @classmethod
    def create(cls, parameters: Mapping[str, object], workers: int) -> Synchronous:
        """K is P, and cannot be given."""
        cls._refuse_unknown(parameters)
        return cls(workers)
