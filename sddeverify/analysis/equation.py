"""The characteristic equation in natural units: lengths of time are measured in (about) mean delays.

With z = s T the function h(s) = s + b + a Phi(s) becomes (z + beta + alpha Phi_T(z))/T. T is a power of two,
so that the change of units is exact. Searching without it needs absolute tolerances, and these fail at
a = 1e9 or tau = 1e-6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sddeverify.analysis.arithmetic import ARRAY, SCALAR, Multiprecision
from sddeverify.analysis.reading import build, only_time, pole_orders, stage_terms
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import rational

if TYPE_CHECKING:
    from sddeverify.analysis.transforms import Bounds, Jet, Node
    from sddeverify.delays import Law
    from sddeverify.exact import Exact
    from sddeverify.models import CharacteristicFunction

_EPS = float(np.finfo(float).eps)
_MAX_PRECISIONS = 16
_DOWN = 2.0 ** (-np.arange(0.0, 16.0) / 2)
_UP = 4.0 ** np.arange(-16.0, 8.0)


def exact_number(value: Exact | float, field: str) -> Fraction:
    """Return a number exactly; floats are welcome here, at their binary value: results are numbers, no claims.

    Raises:
        InvalidScenario: if it is not a finite number.
    """
    if not isinstance(value, float):
        return rational(value, field)
    if not math.isfinite(value):
        raise invalid(field, value, "a finite number")
    return Fraction(value)


@dataclass(frozen=True, eq=False)
class Transform:
    """A delay law's transform, ready for float64: ``node`` is in units of ``unit``.

    Attributes:
        data: The law's JSON form.
        unit: A power of two near the mean delay (time).
        node: The transform of tau/unit.
        poles: Places (in 1/unit) and orders of the poles of the transform.
        only_time: The delay itself if the law is a single point, else None.
    """

    data: dict[str, Any]
    unit: Fraction
    node: Node
    poles: tuple[tuple[float, int], ...]
    only_time: Fraction | None

    @cached_property
    def moments(self) -> tuple[float, float]:
        """E tau and E tau^2 in units of ``unit``."""
        _, first, second = self.node.jet(0j, 2, SCALAR)
        return float(-first.real), float(second.real)

    @cached_property
    def terms(self) -> list[tuple[Fraction, dict[Fraction, int]]] | None:
        """The law as a mixture of sums of exponential stages, if it is one; see :func:`stage_terms`."""
        return stage_terms(self.data)

    @cached_property
    def abscissa(self) -> float:
        """Right of this number (in 1/unit) the transform is analytic."""
        return max((place for place, _ in self.poles), default=-math.inf)

    def exact(self, arithmetic: Multiprecision) -> Node:
        """Return the transform in the original unit of time at the present precision of a context."""
        context = arithmetic.context
        key = (context, context.prec)  # holding the context: its identity must not be reused
        node = self._exact.get(key)
        if node is None:

            def number(value: Fraction) -> Any:
                return context.mpf(value.numerator) / value.denominator

            node = build(self.data, number, number, 1, arithmetic)
            if len(self._exact) >= _MAX_PRECISIONS:
                self._exact.clear()
            self._exact[key] = node
        return node

    @cached_property
    def _exact(self) -> dict[tuple[Any, int], Node]:
        return {}


@lru_cache(maxsize=256)
def transform(law: Law) -> Transform:
    """Return the transform of a law (cached: laws are immutable)."""
    data, mean = law.to_json(), law.mean_float
    if not 1e-290 < mean < 1e290:
        raise UnsupportedScenario(
            f"a mean delay of {mean:g} is outside the range of floats; choose another unit of time"
        )
    unit = Fraction(2) ** math.frexp(mean)[1]
    try:
        node = build(data, lambda value: float(value / unit), float, float(unit), SCALAR)
        poles = tuple(sorted((float(-unit / scale), order) for scale, order in pole_orders(data).items()))
    except OverflowError:
        raise UnsupportedScenario("the times of the delay law lie too far apart for floats") from None
    return Transform(data, unit, node, poles, only_time(data))


@dataclass(frozen=True, eq=False)
class Equation:
    """h in natural units: z + beta + alpha Phi(z), with float64 coefficients."""

    transform: Transform
    alpha: float
    beta: float

    @staticmethod
    def of(h: CharacteristicFunction) -> Equation:
        """Return the equation at the midpoint of h's parameters.

        Raises:
            UnsupportedScenario: if a coefficient times the mean delay leaves the range of floats.
        """
        return Equation.at(transform(h.delay), h.damping.midpoint, h.undelayed.midpoint)

    @staticmethod
    def at(law: Transform, damping: Fraction, undelayed: Fraction) -> Equation:
        """Return the equation with the given coefficients (1/time)."""
        try:
            alpha, beta = float(damping * law.unit), float(undelayed * law.unit)
        except OverflowError:
            alpha = math.inf
            beta = 0.0
        if not 1e-290 < abs(alpha) < 1e290 or abs(beta) > 1e290:
            raise UnsupportedScenario("damping times mean delay is outside the range of floats")
        return Equation(law, alpha, beta)

    @property
    def small(self) -> float:
        """A length that is small against all roots but one at 0."""
        return 0.01 * min(1.0, max(abs(self.alpha), abs(self.beta)))

    def jet(self, z: complex, order: int = 1) -> tuple[complex, ...]:
        """Return h and its derivatives at one point."""
        parts = self.transform.node.jet(z, order, SCALAR)
        return self._assemble(z, parts)

    def jets(self, z: NDArray[np.complex128], order: int = 1) -> tuple[NDArray[np.complex128], ...]:
        """Return h and its derivatives at an array of points."""
        return self._assemble(z, self.transform.node.jet(z, order, ARRAY))

    def _assemble(self, z: Any, parts: Jet) -> tuple[Any, ...]:
        result = [z + self.beta + self.alpha * parts[0]]
        if len(parts) > 1:
            result.append(1 + self.alpha * parts[1])
        if len(parts) > 2:
            result.append(self.alpha * parts[2])
        return tuple(result)

    def bounds(self, c: float, w: NDArray[np.float64], half_plane: bool = False) -> Bounds:
        """Return bounds on |alpha Phi| and its derivatives on Re z = c (or >= c), |Im z| >= w."""
        size = abs(self.alpha)
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            value, first, second = self.transform.node.bounds(c, w, half_plane)
        return size * value, size * first, size * second

    def noise(self, z: complex) -> float:
        """Return the size of the rounding error of h(z) in float64."""
        at = complex(z.real) if z.real > self.transform.abscissa else z
        value, first = self.transform.node.jet(at, 1, SCALAR)
        return _EPS * float(abs(z) + abs(self.beta) + abs(self.alpha) * (abs(value) + abs(z) * abs(first)))

    def right_end(self) -> float:
        """Return X such that no root has Re z >= X: there |z + beta| > |alpha| Phi(Re z)."""
        node, size = self.transform.node, abs(self.alpha)

        def clear(x: float) -> bool:  # the difference increases on the real axis right of the poles
            return bool(x + self.beta > size * abs(node.jet(complex(x), 0, SCALAR)[0]))

        low = max(self.transform.abscissa, -self.beta)
        step = 1.0
        while not clear(low + step):
            low += step
            step *= 2
        high = low + step
        for _ in range(6):
            middle = (low + high) / 2
            if clear(middle):
                high = middle
            else:
                low = middle
        return high

    def height(self, c: float) -> float:
        """Return Y such that no root has Re z >= c and |Im z| >= Y: there |Im z| > |alpha Phi(z)|."""
        first = float(self.bounds(c, np.zeros(1), half_plane=True)[0][0])
        # An infinite first bound is a pole right of c: far enough up the bound is finite and small.
        heights = first * _DOWN if math.isfinite(first) else max(1.0, abs(self.alpha)) * _UP
        admissible = heights > self.bounds(c, heights, half_plane=True)[0]
        if not admissible.any():
            return 1.02 * first  # equal to the bound at height 0, up to the factor
        return 1.02 * float(heights[admissible].min())
