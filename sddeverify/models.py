"""What derivations hand on: the characteristic function and the model with exact coefficients."""

from __future__ import annotations

import cmath
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sddeverify.delays import require_delay
from sddeverify.errors import invalid
from sddeverify.exact import Enclosure, Exact, enclosure, pair

if TYPE_CHECKING:
    from sddeverify.delays import Law

    Parameter = Exact | tuple[Exact, Exact] | Enclosure


@dataclass(frozen=True)
class CharacteristicFunction:
    """The characteristic function h(s) = s + b + a E[exp(-s tau)] of dX = -(b X + a E[X(t - tau)]) dt + ...

    Attributes:
        damping: The damping coefficient a (1/time): an exact number, or a pair (lo, hi) for every value
            between; stored as an :class:`~sddeverify.exact.Enclosure`. It must not contain 0.
        delay: The law of the delay tau (time).
        undelayed: The coefficient b of the undelayed term (1/time), e.g. server-side weight decay.

    Raises:
        InvalidScenario: for floats, a damping interval that contains 0, or a law of mean 0.
    """

    damping: Enclosure
    delay: Law
    undelayed: Enclosure

    def __init__(self, damping: Parameter, delay: Law, undelayed: Parameter = 0) -> None:
        object.__setattr__(self, "damping", enclosure(damping, "damping"))
        object.__setattr__(self, "undelayed", enclosure(undelayed, "undelayed"))
        if self.damping.lo <= 0 <= self.damping.hi:
            raise invalid("damping", str(self.damping), "an exact rational, or an interval, without 0")
        require_delay(delay)
        object.__setattr__(self, "delay", delay)

    @property
    def is_point(self) -> bool:
        """Whether damping and undelayed coefficient are single numbers."""
        return self.damping.width == 0 and self.undelayed.width == 0

    def evaluate(self, s: Any, exp: Callable[[Any], Any] = cmath.exp, number: Callable[[Any], Any] = float) -> Any:
        """Return h(s) at the midpoint of the parameters.

        Args:
            s: Complex argument, of a type that ``exp`` takes (complex, mpc, array, SymPy expression).
            exp: The exponential function of that type.
            number: How to turn the exact coefficients into that type.
        """
        a, b = number(self.damping.midpoint), number(self.undelayed.midpoint)
        return s + b + a * self.delay.laplace(s, exp)

    def to_json(self) -> dict[str, Any]:
        """Return the members ``damping``, ``delay`` and ``undelayed`` of a claim."""
        return {"damping": pair(self.damping), "delay": self.delay.to_json(), "undelayed": pair(self.undelayed)}
