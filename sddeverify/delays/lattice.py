"""The lattice law: masses on multiples of a step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._law import Atom
from sddeverify.delays._numbers import Exp, Number, as_float, number_for
from sddeverify.errors import invalid
from sddeverify.exact import Exact, integer, positive

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_CELLS = 4096
MAX_COUNT = 10**15


def cells(value: object, field: str) -> tuple[int, ...]:
    """Return the counts of a lattice, or raise ``InvalidScenario``."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence) or not 1 <= len(value) <= MAX_CELLS:
        raise invalid(field, value, f"a list of 1 to {MAX_CELLS} integers")
    counts = tuple(integer(count, f"{field}[{j}]", 0, MAX_COUNT) for j, count in enumerate(value))
    if not any(counts[1:]):
        raise invalid(field, value, "counts with a positive one after the first (mean > 0)")
    return counts


@dataclass(frozen=True)
class Lattice(Atom):
    """tau = j step with probability counts[j]/sum(counts): Phi(s) is a polynomial in exp(-s step).

    Attributes:
        step: Distance of neighbouring times.
        counts: Integer weights of the times 0, step, 2 step, ...; at most 4096 of at most 10^15 each.
    """

    step: Fraction
    counts: tuple[int, ...]
    name: ClassVar[str] = "lattice"

    def __init__(self, step: Exact, counts: Sequence[int]) -> None:
        object.__setattr__(self, "step", positive(step, "lattice.step"))
        object.__setattr__(self, "counts", cells(counts, "lattice.counts"))

    @cached_property
    def total(self) -> int:
        """The sum of the counts."""
        return sum(self.counts)

    def _moment(self, power: int) -> Fraction:
        return Fraction(sum(j**power * count for j, count in enumerate(self.counts)), self.total)

    @property
    def mean(self) -> Fraction:
        """The weighted mean of the times."""
        return self.step * self._moment(1)

    @property
    def variance(self) -> Fraction:
        """The weighted variance of the times."""
        return self.step**2 * (self._moment(2) - self._moment(1) ** 2)

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        """From the first to the last time that has mass."""
        occupied = [j for j, count in enumerate(self.counts) if count]
        return self.step * occupied[0], self.step * occupied[-1]

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """Return the sum of counts[j]/total exp(-s j step).

        The polynomial in z = exp(-s step) is evaluated in blocks of about sqrt(n) cells (Horner's rule in blocks):
        the powers of z within a block and those from block to block are exponentials of their own, so that the
        rounding error of z is not raised to the n-th power.
        """
        turn = number or number_for(s)
        if turn is as_float:
            return self._in_floats(s)
        if hasattr(getattr(s, "context", None), "mpf"):
            width = self._width
            z, block = exp(-s * turn(self.step)), exp(-s * turn(width * self.step))
            value = z * 0
            for start in reversed(range(0, len(self.counts), width)):
                part = z * 0
                for count in reversed(self.counts[start : start + width]):
                    part = part * z + count
                value = value * block + part
            return value / self.total
        # An expression reads better as a sum of exponentials than as nested products.
        return sum(
            turn(Fraction(count, self.total)) * exp(-s * turn(j * self.step))
            for j, count in enumerate(self.counts)
            if count
        )

    @property
    def _width(self) -> int:
        """Cells in a block."""
        return math.isqrt(len(self.counts) - 1) + 1

    @cached_property
    def _weights(self) -> npt.NDArray[np.float64]:
        """The probabilities, a block in each row."""
        import numpy as np

        weights = [count / self.total for count in self.counts]
        weights += [0.0] * (-len(weights) % self._width)
        return np.array(weights).reshape(-1, self._width)

    def _in_floats(self, s: Any) -> Any:
        import numpy as np

        blocks, width = self._weights.shape
        exponent = -np.asarray(s)[..., np.newaxis] * as_float(self.step)
        with np.errstate(over="ignore", invalid="ignore"):  # far left of 0 the transform exceeds every float
            within = np.exp(exponent * np.arange(width))
            between = np.exp(exponent * (width * np.arange(blocks)))
            value = (between * (within @ self._weights.T)).sum(axis=-1)
        return value if np.ndim(s) else value[()] if hasattr(s, "dtype") else value.item()

    @cached_property
    def _cumulative(self) -> npt.NDArray[np.float64]:
        import numpy as np

        # Exact partial sums, each rounded once; the last is 1, so that no draw falls behind it.
        sums, running = np.empty(len(self.counts)), 0
        for j, count in enumerate(self.counts):
            running += count
            sums[j] = running / self.total
        return sums

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw by inverting the distribution function."""
        times = self._cumulative.searchsorted(rng.random(size), side="right") * as_float(self.step)
        return float(times) if size is None else times
