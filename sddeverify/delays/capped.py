"""The capped law: a worker that has not finished at the cap stops there and pushes what it has."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from sddeverify.delays._computed import Computed, arithmetic_of, parameter
from sddeverify.delays._law import Law, single
from sddeverify.delays._numbers import Exp, Number, as_float
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import Enclosure, Exact, pair, positive, spell

if TYPE_CHECKING:
    import numpy as np

_RELATIVE = Fraction(1, 10**11)
_OCTAVES, _ORDER, _MOST = 64, 20, 1 << 20


@dataclass(frozen=True)
class Capped(Law):
    """min(tau, cap) for tau of a law that has no closed transform, or no upper end.

    Sampled and computed, not certified: its transform is 1 - s times the integral of Pr(tau > t) exp(-s t) over
    [0, cap], by Gauss-Legendre quadrature on panels that halve towards 0. :func:`sddeverify.delays.band_of` makes a law
    of the format around it.

    Attributes:
        law: Weibull, lognormal, Pareto, gamma, exponential or Erlang.
        cap: The longest delay.
    """

    law: Law
    cap: Fraction
    name: ClassVar[str] = "capped"

    def __init__(self, law: Law, cap: Exact) -> None:
        from sddeverify.delays.erlang import Erlang
        from sddeverify.delays.exponential import Exponential
        from sddeverify.delays.gamma import Gamma

        if not isinstance(law, Computed | Exponential | Erlang | Gamma):
            allowed = "a weibull, lognormal, pareto, gamma, exponential or erlang law (others end, or have parts)"
            raise invalid("capped.law", str(law), allowed)
        object.__setattr__(self, "law", law)
        object.__setattr__(self, "cap", positive(cap, "capped.cap"))
        if self.cap <= law.support[0]:
            raise invalid("capped.cap", spell(self.cap), f"a time above the least one, {spell(law.support[0])}")

    @property
    def mean(self) -> Fraction:
        """Irrational: raises UnsupportedScenario."""
        raise UnsupportedScenario(f"the mean of {self} is irrational; use mean_float")

    @property
    def variance(self) -> Fraction:
        """Irrational: raises UnsupportedScenario."""
        raise UnsupportedScenario(f"the variance of {self} is irrational; use variance_float")

    @cached_property
    def _moments(self) -> tuple[float, float]:
        nodes, weights = self._nodes(0)
        return float(weights.sum()), float(2 * (nodes * weights).sum())

    def _irrational_mean(self) -> float:
        return self._moments[0]

    def _irrational_variance(self) -> float:
        return self._moments[1] - self._moments[0] ** 2

    def mean_enclosure(self) -> Enclosure:
        """Return an interval around the mean, computed in floating point and widened; it proves nothing."""
        mean = Fraction(self._moments[0])
        return Enclosure(mean * (1 - _RELATIVE), mean * (1 + _RELATIVE))

    @property
    def support(self) -> tuple[Fraction, Fraction]:
        """From the law's least time to the cap."""
        return self.law.support[0], self.cap

    @property
    def depth(self) -> int:
        """One more than the law."""
        return 1 + self.law.depth

    def survival(self, t: Any, ctx: Any) -> Any:
        """Pr(min(tau, cap) > t) for one time t > 0; see :class:`~sddeverify.delays._computed.Computed`."""
        cap = parameter(self.cap, ctx)
        return survival(self.law, t, ctx) if t < cap else 0 * cap

    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """Return the transform, computed: about 13 digits in floats, most digits of an mpmath context.

        Raises:
            UnsupportedScenario: for symbolic s.
        """
        ctx = arithmetic_of(s)
        if ctx is not None:
            level = self._level(abs(complex(s)))
            nodes, weights = self._precise_nodes(level, ctx)
            return 1 - s * ctx.fsum(w * ctx.exp(-s * t) for t, w in zip(nodes, weights, strict=True))
        import numpy as np

        points = np.asarray(s, dtype=complex if np.iscomplexobj(s) else float)
        flat = points.ravel()
        values = np.empty(flat.shape, dtype=points.dtype)
        for k, z in enumerate(flat):
            nodes, weights = self._nodes(self._level(abs(z)))
            values[k] = 1 - z * (weights @ np.exp(-z * nodes))
        values = values.reshape(points.shape)
        return values if np.ndim(s) else values[()] if hasattr(s, "dtype") else values.item()

    def _level(self, size: float) -> int:
        """How often a panel is halved so that exp(-s t) turns by at most about 4 on each."""
        level = max(0, math.ceil(math.log2(max(size * as_float(self.cap) / 4, 1))))
        if 2**level > _MOST:
            raise UnsupportedScenario(
                f"{self}: |s| cap = {size * as_float(self.cap):.3g} oscillates too fast to integrate"
            )
        return level

    def _nodes(self, level: int) -> tuple[Any, Any]:
        return _quadrature(self, level)

    def _precise_nodes(self, level: int, ctx: Any) -> tuple[list[Any], list[Any]]:
        places, shares = _legendre(max(_ORDER, int(1.2 * ctx.dps)), ctx)
        nodes, weights = [], []
        cap, start = parameter(self.cap, ctx), parameter(self.support[0], ctx)
        for lo, hi in panels(level, 4 * ctx.dps):
            for place, share in zip(places, shares, strict=True):
                t = start + (cap - start) * (lo + (hi - lo) * (1 + place) / 2)
                nodes.append(t)
                weights.append((cap - start) * (hi - lo) * share / 2 * survival(self.law, t, ctx))
        if start:  # until the least time nobody has finished
            for lo, hi in panels(level, 0):
                for place, share in zip(places, shares, strict=True):
                    nodes.append(start * (lo + (hi - lo) * (1 + place) / 2))
                    weights.append(start * (hi - lo) * share / 2)
        return nodes, weights

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw, and cap."""
        import numpy as np

        times = np.minimum(self.law.sample(rng, size), as_float(self.cap))
        return float(times) if size is None else times

    def scaled(self, factor: Fraction | int | str) -> Capped:
        """Return the law of ``factor`` times tau, for a positive exact factor."""
        ratio = positive(factor, "factor")
        return Capped(self.law.scaled(ratio), self.cap * ratio)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {self.name: {"law": self.law.to_json(), "cap": pair(self.cap)}}

    @classmethod
    def _from_body(cls, body: Any, depth: int) -> Law:
        if not isinstance(body, dict) or set(body) != {"law", "cap"}:
            raise invalid(cls.name, body, 'an object with exactly the members "law" and "cap"')
        return cls(Law.from_json(body["law"], depth + 1), single(body["cap"], "capped.cap"))

    @classmethod
    def usage(cls) -> str:
        """Return how the law is written in the textual notation."""
        return "capped(law, T)"

    @classmethod
    def from_parts(cls, arguments: list[Any]) -> Law:
        """Return the law of the arguments of the textual notation."""
        if [isinstance(x, Law) for x in arguments] != [True, False]:
            raise invalid(cls.name, f"{len(arguments)} argument(s)", cls.usage())
        return cls(*arguments)

    def __str__(self) -> str:
        return f"{self.name}({self.law}, {spell(self.cap)})"


def survival(law: Law, t: Any, ctx: Any) -> Any:
    """Return Pr(tau > t) for one time t > 0 and a law that can be capped."""
    from sddeverify.delays.erlang import Erlang
    from sddeverify.delays.gamma import Gamma

    if isinstance(law, Computed | Gamma):
        return law.survival(t, ctx)
    shape = law.shape if isinstance(law, Erlang) else 1
    x = t * shape / parameter(law.mean, ctx)
    term = total = ctx.exp(-x)  # the probability of fewer than ``shape`` arrivals
    for j in range(1, shape):
        term = term * x / j
        total = total + term
    return total


def panels(level: int, octaves: int) -> list[tuple[float, float]]:
    """Cut [0, 1] at 2^-octaves, ..., 1/4, 1/2, and pieces longer than 2^-level further; binary fractions, so exact."""
    edges = [0.0, *(2.0**-k for k in range(octaves, -1, -1))]
    found = []
    for lo, hi in pairwise(edges):
        parts = max(1, math.ceil((hi - lo) * 2**level))
        found += [(lo + (hi - lo) * k / parts, lo + (hi - lo) * (k + 1) / parts) for k in range(parts)]
    return found


@lru_cache(maxsize=64)
def _quadrature(law: Capped, level: int) -> tuple[Any, Any]:
    """Return nodes on [0, cap] and weights times Pr(tau > node), in floats."""
    import numpy as np

    places, shares = np.polynomial.legendre.leggauss(_ORDER)
    start, cap = as_float(law.support[0]), as_float(law.cap)
    lo, hi = np.array(panels(level, _OCTAVES)).T[:, :, None]
    nodes = (start + (cap - start) * (lo + (hi - lo) * (1 + places) / 2)).ravel()
    values = np.array([survival(law.law, float(t), math) for t in nodes])
    weights = ((cap - start) * (hi - lo) * shares / 2).ravel() * values
    if start:  # until the least time nobody has finished
        lo, hi = np.array(panels(level, 0)).T[:, :, None]
        nodes = np.concatenate((nodes, (start * (lo + (hi - lo) * (1 + places) / 2)).ravel()))
        weights = np.concatenate((weights, (start * (hi - lo) * shares / 2).ravel()))
    return nodes, weights


def _legendre(order: int, ctx: Any) -> tuple[list[Any], list[Any]]:
    """Return nodes and weights of Gauss-Legendre quadrature on [-1, 1] at the precision of a context."""
    import numpy as np

    places, shares = [], []
    for start in np.polynomial.legendre.leggauss(order)[0]:
        x = ctx.mpf(float(start))
        for _ in range(ctx.dps.bit_length()):  # Newton's method doubles the 15 digits of the start
            below, value = ctx.one, x
            for k in range(2, order + 1):
                below, value = value, ((2 * k - 1) * x * value - (k - 1) * below) / k
            slope = order * (x * value - below) / (x * x - 1)
            x = x - value / slope
        places.append(x)
        shares.append(2 / ((1 - x * x) * slope**2))
    return places, shares
