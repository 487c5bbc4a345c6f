"""What every delay law offers; the members of the family are small files beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import Field, fields
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Self

from sddeverify.delays._numbers import Exp, Number, as_float
from sddeverify.errors import InvalidScenario, UnsupportedScenario, invalid
from sddeverify.exact import Enclosure, enclosure, pair, positive, readable, spell

if TYPE_CHECKING:
    import numpy as np

MAX_DEPTH = 8
"""Combinators may be nested this deep: the limit of the certificate format."""


class Law(ABC):
    """The distribution of a non-negative time, with exact rational parameters.

    Laws are immutable, hashable and equal when they are written alike; ``str(law)`` is the textual notation
    that :func:`sddeverify.delays.parse` reads back.
    """

    name: ClassVar[str]
    """The law's name in JSON and in the textual notation."""

    if TYPE_CHECKING:  # at run time a dataclass field ``mean`` would take this property for its default

        @property
        def mean(self) -> Fraction:
            """E tau, exactly.

            Raises:
                UnsupportedScenario: if it is irrational (a truncated exponential).
            """

    @property
    @abstractmethod
    def variance(self) -> Fraction:
        """Var tau, exactly; raises as ``mean``."""

    def mean_enclosure(self) -> Enclosure:
        """Return an interval that contains E tau: one point where the mean is rational."""
        return Enclosure(self.mean, self.mean)

    @property
    def mean_float(self) -> float:
        """E tau as a float, also where it is irrational."""
        try:
            return as_float(self.mean)
        except UnsupportedScenario:
            return self._irrational_mean()

    @property
    def variance_float(self) -> float:
        """Var tau as a float, also where it is irrational."""
        try:
            return as_float(self.variance)
        except UnsupportedScenario:
            return self._irrational_variance()

    def _irrational_mean(self) -> float:
        """Return the mean of a law that has no rational one."""
        return as_float(self.mean_enclosure().midpoint)

    def _irrational_variance(self) -> float:
        """Return the variance of a law that has no rational one."""
        return as_float(self.variance)

    @property
    @abstractmethod
    def support(self) -> tuple[Fraction, Fraction | None]:
        """The smallest closed interval that carries the law; an upper end of None means unbounded."""

    @property
    def abscissa(self) -> Fraction | None:
        """The transform is analytic for Re s right of this number; None means everywhere."""
        return None

    @property
    def depth(self) -> int:
        """How deep combinators are nested: 0 for an atom."""
        return 0

    def _repr_markdown_(self) -> str:
        text = str(self)
        shown = text if len(text) <= 120 else f"{text[:117]}..."
        return f"Delay law `{shown}`, mean {readable(self.mean_enclosure())}"

    @abstractmethod
    def laplace(self, s: Any, exp: Exp, number: Number | None = None) -> Any:
        """Return Phi(s) = E exp(-s tau).

        Args:
            s: Complex argument with Re s > :attr:`abscissa`: a float, a complex number, a NumPy array, an
                mpmath number, a SymPy expression.
            exp: The exponential function for that type: ``cmath.exp``, ``numpy.exp``, ``mpmath.exp``,
                ``sympy.exp``.
            number: How to turn an exact parameter into that type; chosen by the type of ``s`` unless given.
                (An ``int`` keeps the parameters exact: pass ``number=float`` to use one with ``numpy.exp``.)
        """

    def density(self, t: Any, exp: Exp, number: Number | None = None) -> Any:
        """Return the probability density at a time ``t`` inside :attr:`support`; outside of it, it is 0.

        Args:
            t: Time: a number, an array or an expression, as ``s`` in :meth:`laplace`.
            exp: The exponential function for that type.
            number: As in :meth:`laplace`.

        Raises:
            UnsupportedScenario: for a law that has no density, or that is made of others.
        """
        raise UnsupportedScenario(f"{self.name} has no density of its own; ask the laws that have one")

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Any:
        """Draw times: a float, or an array of the given size.

        Args:
            rng: The source of randomness; equal generators give equal times.
            size: Number or shape of independent draws.
        """

    @abstractmethod
    def scaled(self, factor: Fraction | int | str) -> Self:
        """Return the law of ``factor`` times tau, for a positive exact factor."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that certificates carry: every rational parameter is a pair ``[lo, hi]``."""

    @classmethod
    @abstractmethod
    def _from_body(cls, body: Any, depth: int) -> Law:
        """Return the law whose JSON form is ``{cls.name: body}``."""

    @staticmethod
    def from_json(value: Any, depth: int = 0) -> Law:
        """Return the law that a JSON object denotes, e.g. ``{"exponential": {"mean": ["1", "1"]}}``.

        Args:
            value: What :func:`json.loads` made of the object.
            depth: How deep the object lies in others.

        Raises:
            InvalidScenario: if it is not exactly an object of the format.
        """
        from sddeverify.delays import COMPUTED, LAWS

        known = LAWS | COMPUTED
        if depth > MAX_DEPTH:
            raise InvalidScenario(f"delay law: nested deeper than {MAX_DEPTH} is not allowed; write a flatter law")
        if not isinstance(value, dict) or len(value) != 1:
            raise invalid("delay law", value, 'an object with one member, such as {"constant": {"time": ["1", "1"]}}')
        ((name, body),) = value.items()
        if name not in known:
            raise invalid("delay law", name, f"one of {', '.join(known)}")
        return known[name]._from_body(body, depth)

    @classmethod
    def usage(cls) -> str:
        """Return how the law is called in the textual notation; empty if it is not called with numbers."""
        return ""

    @classmethod
    def from_arguments(cls, numbers: list[Fraction]) -> Law:
        """Return the law of the arguments of the textual notation."""
        raise invalid(cls.name, f"{len(numbers)} number(s)", cls.usage() or "laws, not numbers")

    @classmethod
    def from_parts(cls, arguments: list[Any]) -> Law:
        """Return the law of arguments some of which are laws, as in ``capped(lognormal(1, 1), 20)``."""
        laws = [str(x) for x in arguments if isinstance(x, Law)]
        raise invalid(cls.name, laws[0], f"numbers only: {cls.usage()}")


class Atom(Law):
    """A law that is not made of others: its fields are times (``Fraction``) and counts (integers).

    The order of the fields is the order of the arguments in the textual notation.
    """

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form that certificates carry."""
        body: dict[str, Any] = {}
        for argument, value in self._values().items():
            if isinstance(value, Fraction):
                body[argument] = pair(value)
            else:
                body[argument] = list(value) if isinstance(value, tuple) else value
        return {self.name: body}

    @classmethod
    def _from_body(cls, body: Any, depth: int) -> Law:
        kinds = dict(cls._kinds())
        if not isinstance(body, dict) or set(body) != set(kinds):
            raise invalid(cls.name, body, f"an object with exactly the members {', '.join(kinds)}")
        values = {
            field: single(body[field], f"{cls.name}.{field}") if kind == "Fraction" else body[field]
            for field, kind in kinds.items()
        }
        return cls(**values)

    @classmethod
    def usage(cls) -> str:
        """Return how the law is written in the textual notation, e.g. ``erlang(shape, mean)``."""
        names = [f"{argument}, ..." if kind.startswith("tuple") else argument for argument, kind in cls._kinds()]
        return f"{cls.name}({', '.join(names)})"

    @classmethod
    def from_arguments(cls, numbers: list[Fraction]) -> Self:
        """Return the law of the arguments of the textual notation; a tuple takes all that are left.

        Raises:
            InvalidScenario: for too few or too many arguments, and as the constructor.
        """
        kinds = cls._kinds()
        last, kind = kinds[-1]
        variadic = kind.startswith("tuple")
        if len(numbers) < len(kinds) or (len(numbers) > len(kinds) and not variadic):
            raise invalid(cls.name, f"{len(numbers)} argument(s)", cls.usage())
        values: dict[str, Any] = dict(zip((argument for argument, _ in kinds), numbers, strict=False))
        if variadic:
            values[last] = numbers[len(kinds) - 1 :]
        return cls(**values)

    @classmethod
    def _kinds(cls) -> list[tuple[str, str]]:
        """Return (argument, type) of each field."""
        return [(_argument(field), str(field.type)) for field in fields(cls)]  # type: ignore[arg-type]  # a dataclass

    def _values(self) -> dict[str, Any]:
        """Return the value of each argument."""
        return {_argument(field): getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]  # a dataclass

    def scaled(self, factor: Fraction | int | str) -> Self:
        """Return the law of ``factor`` times tau, for a positive exact factor."""
        ratio = positive(factor, "factor")
        scaled = {k: v * ratio if isinstance(v, Fraction) else v for k, v in self._values().items()}
        return type(self)(**scaled)

    def __str__(self) -> str:
        arguments: list[str] = []
        for value in self._values().values():
            arguments += map(str, value) if isinstance(value, tuple) else [spell(value)]
        return f"{self.name}({', '.join(arguments)})"


def _argument(field: Field[Any]) -> str:
    """Return the name of a field as the constructor and the JSON form know it."""
    return str(field.metadata.get("argument", field.name))


def single(value: Any, field: str) -> Fraction:
    """Return the number of a JSON pair whose ends are equal."""
    if not isinstance(value, list) or len(value) != 2:
        raise invalid(field, value, 'a pair [lo, hi] of numbers, such as ["1/2", "1/2"]')
    parameter = enclosure(value, field)
    if parameter.width != 0:
        raise invalid(field, value, "a pair of equal numbers (intervals of laws are for certificates)")
    return parameter.lo


def require_delay(law: object, field: str = "delay") -> Law:
    """Return ``law`` if it can be the delay of an equation; ``field`` is what the message calls it.

    Raises:
        InvalidScenario: if it is not a law, or if its mean is 0.
    """
    if not isinstance(law, Law):
        raise invalid(field, law, 'a delay law such as Constant("1"), or parse("constant(1)")')
    if law.support[1] == 0:
        raise invalid(field, str(law), "a law of positive mean")
    return law


def nested(laws: Iterable[object], field: str) -> tuple[Law, ...]:
    """Return the parts of a combinator, refusing one that is no law or too deep."""
    parts = []
    for k, law in enumerate(laws):
        if not isinstance(law, Law):
            raise invalid(f"{field}[{k}]", law, 'a delay law such as Constant("1")')
        if law.depth >= MAX_DEPTH:
            raise InvalidScenario(f"{field}[{k}]: nested deeper than {MAX_DEPTH} is not allowed; write a flatter law")
        parts.append(law)
    return tuple(parts)


def rightmost(laws: Iterable[Law]) -> Fraction | None:
    """Return the largest abscissa of convergence, None if every transform is entire."""
    return max((law.abscissa for law in laws if law.abscissa is not None), default=None)
