"""The empirical law: measured times, rounded to a lattice."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._law import Atom
from sddeverify.delays._numbers import Exp, Number
from sddeverify.delays.lattice import MAX_CELLS, Lattice, cells
from sddeverify.errors import invalid
from sddeverify.exact import Enclosure, Exact, non_negative, positive

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Empirical(Atom):
    """Every law that arises from ``Lattice(step, counts)`` when each mass is moved by at most step/2.

    So a claim about it holds for the unrounded times, too. Numbers (mean, transform, samples) are those of
    the lattice itself; :meth:`mean_enclosure` covers all the laws.

    Attributes:
        step: Distance of neighbouring times.
        counts: How many measured times were rounded to 0, step, 2 step, ...
    """

    step: Fraction
    counts: tuple[int, ...]
    name: ClassVar[str] = "empirical"

    def __init__(self, step: Exact, counts: Sequence[int]) -> None:
        object.__setattr__(self, "step", positive(step, "empirical.step"))
        object.__setattr__(self, "counts", cells(counts, "empirical.counts"))

    @classmethod
    def from_times(cls, times: Iterable[Exact | float], cells: int = 1024) -> Empirical:
        """Return the law of measured times, rounded to the nearest multiples of a step.

        Args:
            times: Measured times. Floats are taken at their exact binary value: they are data.
            cells: The lattice has at most this many cells (2 to 4096); the step is the shortest decimal of
                three digits that reaches the longest time.

        Raises:
            InvalidScenario: for no times, a time that is negative or not finite, or only zeros.
        """
        if not 2 <= cells <= MAX_CELLS:
            raise invalid("empirical.cells", cells, f"an integer from 2 to {MAX_CELLS}")
        values = [measured(time, f"empirical.times[{k}]") for k, time in enumerate(times)]
        longest = max(values, default=Fraction(0))
        if longest == 0:
            raise invalid("empirical.times", "no time" if not values else "only zeros", "at least one positive time")
        step = _short_above(longest / (cells - 1))
        counts = [0] * (_nearest(longest, step) + 1)
        for value in values:
            counts[_nearest(value, step)] += 1
        return cls(step, counts)

    @cached_property
    def lattice(self) -> Lattice:
        """The law with every mass on its lattice point."""
        return Lattice(self.step, self.counts)

    @property
    def mean(self) -> Fraction:
        """The mean of the lattice."""
        return self.lattice.mean

    def mean_enclosure(self) -> Enclosure:
        """Return the means of all the laws: within step/2 of the lattice's."""
        mean, half = self.mean, self.step / 2
        return Enclosure(max(mean - half, Fraction(0)), mean + half)

    @property
    def variance(self) -> Fraction:
        """The variance of the lattice."""
        return self.lattice.variance

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        """That of the lattice, widened by step/2 to times that are not negative."""
        (lo, hi), half = self.lattice.support, self.step / 2
        return max(lo - half, Fraction(0)), hi + half

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """Return the transform of the lattice; that of any of the laws is within |s| step/2 for Re s >= 0."""
        return self.lattice.laplace(s, exp, number)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw from the lattice."""
        return self.lattice.sample(rng, size)


def measured(time: Exact | float, field: str) -> Fraction:
    """Return a measured time exactly, or refuse one that is negative or not finite."""
    if isinstance(time, float):  # numpy's float64, too
        if not math.isfinite(time) or time < 0:
            raise invalid(field, time, "a finite time that is not negative")
        return Fraction(time)
    return non_negative(time, field)


def _nearest(value: Fraction, step: Fraction) -> int:
    """Return the integer nearest to value/step, in plain integers: traces are long and fractions slow."""
    (a, b), (c, d) = value.as_integer_ratio(), step.as_integer_ratio()
    return (2 * a * d + b * c) // (2 * b * c)


def _short_above(value: Fraction) -> Fraction:
    """Return the least decimal of three significant digits that is at least ``value`` > 0."""
    exponent = 0
    while value >= Fraction(10) ** (exponent + 1):
        exponent += 1
    while value < Fraction(10) ** exponent:
        exponent -= 1
    unit = Fraction(10) ** (exponent - 2)
    return math.ceil(value / unit) * unit
