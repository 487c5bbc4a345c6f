"""The mixture: one of several laws, chosen at random."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._law import Law, nested, rightmost, single
from sddeverify.delays._numbers import Exp, Number, number_for
from sddeverify.errors import invalid
from sddeverify.exact import Enclosure, Exact, pair, positive, spell

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MAX_PARTS = 256


@dataclass(frozen=True)
class Mixture(Law):
    """Law i with probability weight i: Phi = sum of weight_i Phi_i.

    Attributes:
        parts: 2 to 256 pairs (weight, law); the weights are positive and sum to exactly 1.
    """

    parts: tuple[tuple[Fraction, Law], ...]
    name: ClassVar[str] = "mixture"

    def __init__(self, parts: Iterable[tuple[Exact, Law]]) -> None:
        pairs = [part if isinstance(part, tuple) and len(part) == 2 else (None, part) for part in parts]
        if not 2 <= len(pairs) <= MAX_PARTS:
            raise invalid("mixture", f"{len(pairs)} part(s)", f"2 to {MAX_PARTS} pairs (weight, law)")
        weights = [positive(weight, f"mixture[{k}].weight") for k, (weight, _) in enumerate(pairs)]
        if sum(weights) != 1:
            spelled = spell(sum(weights, Fraction(0)))
            raise invalid("mixture weights", f"sum {spelled}", "weights that sum to exactly 1, such as 3/10 and 7/10")
        laws = nested((law for _, law in pairs), "mixture")
        object.__setattr__(self, "parts", tuple(zip(weights, laws, strict=True)))

    @property
    def mean(self) -> Fraction:
        """The weighted mean of the means."""
        return sum((weight * law.mean for weight, law in self.parts), Fraction(0))

    def mean_enclosure(self) -> Enclosure:
        """Return the weighted mean of the means' intervals."""
        means = [(weight, law.mean_enclosure()) for weight, law in self.parts]
        return Enclosure(
            sum((weight * mean.lo for weight, mean in means), Fraction(0)),
            sum((weight * mean.hi for weight, mean in means), Fraction(0)),
        )

    @property
    def variance(self) -> Fraction:
        """The mean of the variances plus the variance of the means."""
        mean = self.mean
        return sum((w * (law.variance + (law.mean - mean) ** 2) for w, law in self.parts), Fraction(0))

    def _irrational_mean(self) -> float:
        return sum(float(weight) * law.mean_float for weight, law in self.parts)

    def _irrational_variance(self) -> float:
        mean = self.mean_float
        return sum(float(w) * (law.variance_float + (law.mean_float - mean) ** 2) for w, law in self.parts)

    @property
    def support(self) -> tuple[Fraction, Fraction | None]:
        """The hull of the parts' supports."""
        lows, highs = zip(*(law.support for _, law in self.parts), strict=True)
        return min(lows), None if None in highs else max(highs)

    @property
    def abscissa(self) -> Fraction | None:
        """The rightmost of the parts' abscissae."""
        return rightmost(law for _, law in self.parts)

    @property
    def depth(self) -> int:
        """One more than the deepest part."""
        return 1 + max(law.depth for _, law in self.parts)

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """The weighted sum of the transforms."""
        turn = number or number_for(s)
        (weight, law), *others = self.parts
        value = law.laplace(s, exp, turn) * turn(weight)
        for weight, law in others:
            value = value + law.laplace(s, exp, turn) * turn(weight)
        return value

    @cached_property
    def _cumulative(self) -> npt.NDArray[np.float64]:
        import numpy as np

        sums, running = np.empty(len(self.parts)), Fraction(0)
        for k, (weight, _) in enumerate(self.parts):
            running += weight
            sums[k] = float(running)
        return sums

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw the part first, then the time."""
        chosen = self._cumulative.searchsorted(rng.random(size), side="right")
        if size is None:
            return self.parts[int(chosen)][1].sample(rng)
        import numpy as np

        times = np.empty(chosen.shape)
        for k, (_, law) in enumerate(self.parts):
            here = chosen == k
            times[here] = law.sample(rng, int(here.sum()))
        return times

    def scaled(self, factor: Fraction | int | str) -> Mixture:
        """Return the law of ``factor`` times tau, for a positive exact factor."""
        ratio = positive(factor, "factor")
        return Mixture([(weight, law.scaled(ratio)) for weight, law in self.parts])

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that certificates carry."""
        return {self.name: [{"weight": pair(weight), "law": law.to_json()} for weight, law in self.parts]}

    @classmethod
    def _from_body(cls, body: Any, depth: int) -> Law:
        if not isinstance(body, list) or not all(isinstance(x, dict) and set(x) == {"weight", "law"} for x in body):
            raise invalid(cls.name, body, 'a list of objects with exactly the members "weight" and "law"')
        return cls(
            (single(part["weight"], f"mixture[{k}].weight"), Law.from_json(part["law"], depth + 1))
            for k, part in enumerate(body)
        )

    def __str__(self) -> str:
        return " + ".join(
            f"{spell(weight)}*({law})" if isinstance(law, Mixture) else f"{spell(weight)}*{law}"
            for weight, law in self.parts
        )
