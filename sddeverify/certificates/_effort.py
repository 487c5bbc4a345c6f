"""How much a prover may do: running out of effort is an ordinary answer, not an endless wait."""

from __future__ import annotations

from sddeverify.certificates._certificate import Obstacle, Reason

MOST = 100_000
"""Evaluations of a law of size 1 at low precision that one call of a prover may make: a few seconds."""

_LOW = 160  # bits up to which precision costs nothing; from there on the price grows with it

_TOO_MUCH = "the proof, or the search for it, takes more evaluations than a prover may make"


class Effort:
    """What is left of it for one call; counted, not timed, so that the answer is the same on every machine."""

    def __init__(self, most: float | None = None) -> None:
        self.left = float(MOST if most is None else most)

    def require(self, evaluations: float, size: int) -> None:
        """Raise now if so many evaluations, which will be needed at least, are not left."""
        if evaluations * size > self.left:
            raise Obstacle(Reason.BUDGET, _TOO_MUCH)

    def spend(self, evaluations: int, size: int, bits: int | None) -> None:
        """Take off the price of evaluating a law of the format's ``size`` at a precision (None: floats).

        Raises:
            Obstacle: BUDGET if less than that is left.
        """
        self.left -= evaluations * size * max(_LOW, bits or 0) / _LOW
        if self.left < 0:
            raise Obstacle(Reason.BUDGET, _TOO_MUCH)
