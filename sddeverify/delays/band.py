"""The band: every law on [0, T] whose distribution function is close to that of a known one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._law import Law, nested, single
from sddeverify.delays._numbers import Exp, Number
from sddeverify.delays.empirical import Empirical, measured
from sddeverify.delays.lattice import MAX_CELLS, Lattice
from sddeverify.errors import invalid
from sddeverify.exact import Enclosure, Exact, non_negative, pair, positive, spell

if TYPE_CHECKING:
    import numpy as np

_BITS = 256


@dataclass(frozen=True)
class Band(Law):
    """Every law on [0, end] whose distribution function is everywhere within epsilon of that of the center.

    A claim about it holds for each of these laws. Numbers (mean, transform, samples) are those of the center;
    :meth:`mean_enclosure` covers all the laws.

    Attributes:
        center: A law that ends at or before ``end``; with an ``Empirical`` one, the band is around all that it denotes.
        epsilon: Greatest difference of the distribution functions, 0 to 1.
        end: The longest delay: the argument ``support``.
    """

    center: Law
    epsilon: Fraction
    end: Fraction
    name: ClassVar[str] = "band"

    def __init__(self, center: Law, epsilon: Exact, support: Exact) -> None:
        (law,) = nested([center], "band.center")
        width, end = non_negative(epsilon, "band.epsilon"), positive(support, "band.support")
        if width > 1:
            raise invalid("band.epsilon", spell(width), "a difference of probabilities, 0 to 1")
        last = end_of(law)
        if last is None:
            raise invalid("band.center", str(law), "a lattice, or another atom with a longest delay")
        if last > end:
            raise invalid("band.support", spell(end), f"an end that is not before that of the center, {spell(last)}")
        object.__setattr__(self, "center", law)
        object.__setattr__(self, "epsilon", width)
        object.__setattr__(self, "end", end)

    @classmethod
    def from_times(
        cls, times: Iterable[Exact | float], cap: Exact, confidence: Exact, cells: int | None = None
    ) -> Band:
        """Return a band that contains the true law of min(tau, cap) with a given confidence, for i.i.d. times.

        The distribution function of n independent times differs from the true one by at most epsilon with probability
        at least 1 - 2 exp(-2 n epsilon^2) (Dvoretzky, Kiefer and Wolfowitz; the constant 2 is Massart's, Ann. Probab.
        18, 1990). The cap must have been fixed before these times were looked at.

        Args:
            times: Measured times; what is longer than the cap counts as the cap.
            cap: The time at which every worker stops.
            confidence: A number below 1 such as "0.99".
            cells: The lattice that the times are rounded to has this many cells, by default so many that the rounding,
                which is covered, costs at most a twentieth of the band.

        Raises:
            InvalidScenario: for bad times, a cap that is not positive, a confidence outside of (0, 1), or so few times
                that the band would be wider than 1.
        """
        end = positive(cap, "band.cap")
        level = positive(confidence, "band.confidence")
        if level >= 1:
            raise invalid("band.confidence", spell(level), "a number between 0 and 1, such as 0.99")
        if cells is not None and not 2 <= cells <= MAX_CELLS:
            raise invalid("band.cells", cells, f"an integer from 2 to {MAX_CELLS}")
        values = [min(measured(time, f"band.times[{k}]"), end) for k, time in enumerate(times)]
        epsilon = radius(len(values), level)
        cells = cells or min(math.ceil(10 / epsilon) + 1, MAX_CELLS)
        step = end / (cells - 1)
        counts = [0] * cells
        for value in values:
            counts[math.floor(value / step + Fraction(1, 2))] += 1
        return cls(Empirical(step, counts), epsilon, end)

    @property
    def mean(self) -> Fraction:
        """The mean of the center."""
        return self.center.mean

    def mean_enclosure(self) -> Enclosure:
        """Return the means of all the laws: within epsilon times the end of the center's."""
        mean, reach = self.center.mean_enclosure(), self.epsilon * self.end
        return Enclosure(max(mean.lo - reach, Fraction(0)), min(mean.hi + reach, self.end))

    @property
    def variance(self) -> Fraction:
        """The variance of the center."""
        return self.center.variance

    def _irrational_mean(self) -> float:
        return self.center.mean_float

    def _irrational_variance(self) -> float:
        return self.center.variance_float

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        """[0, end]."""
        return Fraction(0), self.end

    @property
    def depth(self) -> int:
        """One more than the center."""
        return 1 + self.center.depth

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """Return the transform of the center; that of any of the laws is within |s| epsilon end for Re s >= 0."""
        return self.center.laplace(s, exp, number)

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw from the center."""
        return self.center.sample(rng, size)

    def scaled(self, factor: Fraction | int | str) -> Band:
        """Return the law of ``factor`` times tau, for a positive exact factor."""
        ratio = positive(factor, "factor")
        return Band(self.center.scaled(ratio), self.epsilon, self.end * ratio)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that certificates carry."""
        body = {"center": self.center.to_json(), "epsilon": pair(self.epsilon), "support": pair(self.end)}
        return {self.name: body}

    @classmethod
    def _from_body(cls, body: Any, depth: int) -> Law:
        names = ("center", "epsilon", "support")
        if not isinstance(body, dict) or set(body) != set(names):
            raise invalid(cls.name, body, f"an object with exactly the members {', '.join(names)}")
        numbers = (single(body[name], f"band.{name}") for name in names[1:])
        return cls(Law.from_json(body["center"], depth + 1), *numbers)

    @classmethod
    def usage(cls) -> str:
        """Return how the law is written in the textual notation."""
        return "band(law, epsilon, T)"

    @classmethod
    def from_parts(cls, arguments: list[Any]) -> Law:
        """Return the law of the arguments of the textual notation."""
        if [isinstance(x, Law) for x in arguments] != [True, False, False]:
            raise invalid(cls.name, f"{len(arguments)} argument(s)", cls.usage())
        return cls(*arguments)

    def __str__(self) -> str:
        return f"{self.name}({self.center}, {spell(self.epsilon)}, {spell(self.end)})"


def end_of(law: Law) -> Fraction | None:
    """Return a time at or before which an atom ends, as the certificate format reckons it; None if it has no end."""
    if isinstance(law, Lattice | Empirical):
        return law.step * (len(law.counts) - 1)
    return law.support[1] if law.depth == 0 or isinstance(law, Band) else None


def radius(count: int, confidence: Exact) -> Fraction:
    """Return epsilon with 2 exp(-2 n epsilon^2) <= 1 - confidence, a decimal of four digits rounded up.

    The inequality is checked in the kernel's interval arithmetic, not in floating point.

    Args:
        count: How many independent times were measured.
        confidence: Between 0 and 1.

    Raises:
        InvalidScenario: if epsilon would exceed 1.
    """
    from sddeverify.checker.interval import Arithmetic

    risk = 1 - positive(confidence, "band.confidence")
    wanted = math.sqrt(math.log(2 / float(risk)) / 2 / count) if count else 2.0
    if wanted > 1:
        raise invalid("band.times", f"{count} time(s)", "so many that the band is not wider than 1: measure for longer")
    unit = Fraction(10) ** (math.floor(math.log10(wanted)) - 3)
    steps, arithmetic = math.ceil(wanted / float(unit)), Arithmetic(_BITS)
    while True:
        epsilon = steps * unit
        bound = arithmetic.exponential(arithmetic.point(2 * count * epsilon**2, Fraction(0)))[1]
        if Fraction(2 * bound, arithmetic.unit) <= risk:
            return min(epsilon, Fraction(1))
        steps += 1
