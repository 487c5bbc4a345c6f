"""What derivations hand on: the characteristic function and the model with exact coefficients."""

from __future__ import annotations

import cmath
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from sddeverify.delays import require_delay
from sddeverify.errors import invalid
from sddeverify.exact import Enclosure, Exact, enclosure, pair, positive, readable, spell

if TYPE_CHECKING:
    from sddeverify.delays import Law
    from sddeverify.scenario import ObjectiveSpec, Scenario

    Parameter = Exact | tuple[Exact, Exact] | Enclosure


@dataclass(frozen=True)
class CharacteristicFunction:
    """The characteristic function h(s) = s + b + a E[exp(-s tau)] of dX = -(b X + a E[X(t - tau)]) dt + ...

    Attributes:
        damping: The damping coefficient a (1/time): an exact number, or a pair (lo, hi) for every value
            between; stored as an :class:`~sddeverify.exact.Enclosure`. It must not contain 0.
        delay: The law of the delay tau (time).
        delay_hi: None; or, if ``delay`` was given as a pair of laws of one form, the one at the upper ends of the
            parameters: every law with parameters between the two is meant, and computations use the lower one.
        undelayed: The coefficient b of the undelayed term (1/time), e.g. server-side weight decay.

    Raises:
        InvalidScenario: for floats, a damping interval that contains 0, a law of mean 0, or a pair of laws that
            differ in more than their parameters or are in the wrong order.
    """

    damping: Enclosure
    delay: Law
    undelayed: Enclosure
    delay_hi: Law | None

    def __init__(self, damping: Parameter, delay: Law | tuple[Law, Law], undelayed: Parameter = 0) -> None:
        object.__setattr__(self, "damping", enclosure(damping, "damping"))
        object.__setattr__(self, "undelayed", enclosure(undelayed, "undelayed"))
        if self.damping.lo <= 0 <= self.damping.hi:
            raise invalid("damping", str(self.damping), "an exact rational, or an interval, without 0")
        low, high = delay if isinstance(delay, tuple) else (delay, None)
        for law in (low, high):
            if law is not None:
                require_delay(law)
        if high is not None:
            _between(low.to_json(), high.to_json())
        object.__setattr__(self, "delay", low)
        object.__setattr__(self, "delay_hi", high)

    @property
    def is_point(self) -> bool:
        """Whether damping, undelayed coefficient and the parameters of the law are single numbers."""
        return self.damping.width == 0 and self.undelayed.width == 0 and self.delay_hi is None

    def evaluate(self, s: Any, exp: Callable[[Any], Any] = cmath.exp, number: Callable[[Any], Any] = float) -> Any:
        """Return h(s) at the midpoint of the coefficients, for :attr:`delay`.

        Args:
            s: Complex argument, of a type that ``exp`` takes (complex, mpc, array, SymPy expression).
            exp: The exponential function of that type.
            number: How to turn the exact coefficients into that type.
        """
        a, b = number(self.damping.midpoint), number(self.undelayed.midpoint)
        return s + b + a * self.delay.laplace(s, exp)

    def _repr_latex_(self) -> str:
        def shown(value: Enclosure) -> str:
            text = readable(value)
            return rf"\in {text}" if text.startswith("[") else f"= {text}"

        term, value = (
            ("b + ", rf",\quad b {shown(self.undelayed)}") if any((self.undelayed.lo, self.undelayed.hi)) else ("", "")
        )
        law = str(self.delay) if len(str(self.delay)) <= 80 else f"{str(self.delay)[:77]}..."
        law = law.replace("_", r"\_")
        return (
            rf"$\displaystyle h(s) = s + {term}a\, \mathrm{{E}}\, e^{{-s\tau}},\quad a {shown(self.damping)}{value},"
            rf"\quad \tau \sim \mathtt{{{law}}}$"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the members ``damping``, ``delay`` and ``undelayed`` of a claim."""
        law = self.delay.to_json()
        if self.delay_hi is not None:
            law = _between(law, self.delay_hi.to_json())
        return {"damping": pair(self.damping), "delay": law, "undelayed": pair(self.undelayed)}


def _between(low: Any, high: Any) -> Any:
    """Return the JSON of all laws with parameters between those of two laws of one form."""
    if isinstance(low, dict) and isinstance(high, dict) and low.keys() == high.keys():
        return {name: _between(low[name], high[name]) for name in low}
    if isinstance(low, list) and isinstance(high, list) and len(low) == len(high):
        if not all(isinstance(x, str) for x in low):
            return [_between(x, y) for x, y in zip(low, high, strict=True)]
        if Fraction(low[0]) <= Fraction(high[1]):
            return [low[0], high[1]]
    elif low == high:
        return low
    raise invalid("delay", f"the pair {low!r}, {high!r}", "two laws of one form with lower and upper parameters")


@dataclass(frozen=True)
class Model:
    """What the derivations make of a scenario: dX = -a E[X(t - tau)] dt + ... in every eigen-direction, exactly.

    Numbers are :class:`~sddeverify.exact.Enclosure` objects, a single point (``width == 0``) wherever the
    mean delay is a single rational number; for a truncated exponential it is irrational and for a recorded
    law it is known up to rounding, and then the true value lies between the ends.

    Attributes:
        learning_rate: eta.
        workers: P.
        hessian: The eigenvalues, ascending, without repetitions.
        hessian_computed: Whether they were computed from an objective (then each is an upper bound, rounded
            outward, and any claim about it begins "given h <= ...").
        noise_variance: sigma^2, the variance of the gradient noise in every eigen-direction.
        delay: The law of the delay tau, which is that of the compute time.
        mean_delay: m = E tau (time).
        arrival_rate: P/m (1/time).
        damping: a = eta h P/m (1/time), one for each of ``hessian``.
        noise_intensity: eta^2 sigma^2 P/m (1/time), the square of the factor of dW.
        assumptions: Names of the assumptions that all this rests on, such as ``"A1"``.
        provenance: One sentence saying where the numbers come from.
    """

    learning_rate: Fraction
    workers: int
    hessian: tuple[Fraction, ...]
    hessian_computed: bool
    noise_variance: Fraction
    delay: Law
    mean_delay: Enclosure
    arrival_rate: Enclosure
    damping: tuple[Enclosure, ...]
    noise_intensity: Enclosure
    assumptions: tuple[str, ...]
    provenance: str

    def strength(self, hessian: Exact | None = None) -> Fraction:
        """Return c = eta h P = damping times mean delay (a pure number), for an eigenvalue of the model.

        Raises:
            InvalidScenario: as :meth:`characteristic_function`.
        """
        return self.learning_rate * self._eigenvalue(hessian) * self.workers

    def characteristic_function(self, hessian: Exact | None = None) -> CharacteristicFunction:
        """Return h(s) = s + a E[exp(-s tau)] for one eigenvalue.

        Args:
            hessian: One of the model's eigenvalues; may be left out if there is only one. The largest is the
                first to become unstable, the smallest usually decides the speed.

        Raises:
            InvalidScenario: if it is not an eigenvalue of the model, or is left out while there are several.
        """
        return CharacteristicFunction(self.damping[self.hessian.index(self._eigenvalue(hessian))], self.delay)

    def _eigenvalue(self, hessian: Exact | None) -> Fraction:
        known = f"one of the {len(self.hessian)} eigenvalues, {spell(self.hessian[0])} to {spell(self.hessian[-1])}"
        if hessian is None:
            if len(self.hessian) > 1:
                raise invalid("hessian", None, known)
            return self.hessian[0]
        value = positive(hessian, "hessian")
        if value not in self.hessian:
            raise invalid("hessian", spell(value), known)
        return value

    def critical_learning_rate(self, damping_boundary: Parameter) -> Enclosure:
        """Return the learning rate at which the largest eigenvalue reaches a damping coefficient.

        Args:
            damping_boundary: The critical damping a* of the delay law (1/time), e.g. as certified by
                ``stability_boundary``.

        Returns:
            eta* = a* m/(h P): every learning rate below its lower end is stable if every damping below the
            lower end of ``damping_boundary`` is.

        Raises:
            InvalidScenario: for a boundary that is not positive.
        """
        boundary = _positive_enclosure(damping_boundary)
        scale = self.hessian[-1] * self.workers
        return Enclosure(boundary.lo * self.mean_delay.lo / scale, boundary.hi * self.mean_delay.hi / scale)

    def largest_stable_workers(self, damping_boundary: Parameter) -> int:
        """Return the largest P with eta h P/m < a* for every eigenvalue; 0 if one worker is too many.

        The mean delay is held fixed: on a machine whose workers slow each other down, m grows with P.

        Args:
            damping_boundary: As for :meth:`critical_learning_rate`; its lower end counts.

        Raises:
            InvalidScenario: for a boundary that is not positive.
        """
        boundary = _positive_enclosure(damping_boundary)
        ratio = boundary.lo * self.mean_delay.lo / (self.learning_rate * self.hessian[-1])
        return -(-ratio.numerator // ratio.denominator) - 1

    def _repr_markdown_(self) -> str:
        lines = list(zip(self.hessian, self.damping, strict=True))
        rows = [f"| {spell(h)} | {readable(a)} | {spell(self.strength(h))} |" for h, a in lines[:8]]
        more = [f"| and {len(self.hessian) - 8} more | | |"] if len(self.hessian) > 8 else []
        known = "computed from an objective" if self.hessian_computed else "given"
        table = ["| Hessian eigenvalue | damping a = ηhP/m | strength c = ηhP |", "|---|---|---|", *rows, *more]
        return "\n".join(
            [
                f"**Model** of asynchronous SGD: learning rate {self.learning_rate}, {self.workers} workers, "
                f"mean delay {readable(self.mean_delay)}, arrivals per time {readable(self.arrival_rate)}, "
                f"noise intensity η²σ²P/m = {readable(self.noise_intensity)}; "
                f"eigenvalues {known}; rests on {', '.join(self.assumptions)}.",
                "",
                *table,
            ]
        )

    def to_json(self) -> dict[str, Any]:
        """Return the model as JSON: rationals spelled, enclosures as pairs."""
        return {
            "learning_rate": spell(self.learning_rate),
            "workers": self.workers,
            "hessian": [spell(value) for value in self.hessian],
            "hessian_computed": self.hessian_computed,
            "noise_variance": spell(self.noise_variance),
            "delay": self.delay.to_json(),
            "mean_delay": pair(self.mean_delay),
            "arrival_rate": pair(self.arrival_rate),
            "damping": [pair(value) for value in self.damping],
            "noise_intensity": pair(self.noise_intensity),
            "assumptions": list(self.assumptions),
            "provenance": self.provenance,
        }


def _positive_enclosure(value: Parameter) -> Enclosure:
    boundary = enclosure(value, "damping_boundary")
    if boundary.lo <= 0:
        raise invalid("damping_boundary", str(boundary), "a positive exact number, or a pair (lo, hi) of such")
    return boundary


def eigenvalues(scenario: Scenario) -> tuple[Fraction, ...]:
    """Return the Hessian eigenvalues of a scenario, ascending, without repetitions.

    Those of an objective are computed and rounded outward: upper bounds, not exact values.

    Raises:
        MissingExtra: if the objective needs a package that is not installed.
        InvalidScenario: if the objective has an eigenvalue that is not positive.
    """
    values = scenario.hessian if scenario.objective is None else _bounds(scenario.objective)
    distinct = tuple(sorted(set(values)))
    if distinct[0] <= 0:
        raise invalid("hessian", spell(distinct[0]), "positive eigenvalues (add regularization to the objective)")
    return distinct


@cache  # an objective on real data takes seconds
def _bounds(spec: ObjectiveSpec) -> tuple[Fraction, ...]:
    from sddeverify.objectives import build

    return tuple(build(spec.name, spec.parameters).hessian_bounds())
