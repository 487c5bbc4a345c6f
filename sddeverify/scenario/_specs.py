"""Members of families that live elsewhere - server policies, objectives - named with their parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Self, TypeAlias

from sddeverify.errors import invalid
from sddeverify.exact import Exact, rational, spell

Value: TypeAlias = int | Fraction | str | bool | tuple["int | Fraction", ...]
"""What a parameter can be: an exact number (a whole one is an ``int``), a word, a truth value, a list of numbers."""
Parameter: TypeAlias = Exact | bool | list[Exact] | tuple[Exact, ...] | Value
Written: TypeAlias = int | str | bool | list[int | str]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")


@dataclass(frozen=True)
class _Spec:
    """A member of a family, named with its parameters; the family's owner says which it knows.

    Attributes:
        name: Name in the family's table.
        parameters: Exact numbers, lists of them, truth values or words, by name.
    """

    name: str
    parameters: Mapping[str, Value]

    def __init__(self, name: str, parameters: Mapping[str, Parameter] | None = None) -> None:
        kind = self._kind()
        if not isinstance(name, str) or not _NAME.match(name):
            raise invalid(kind, name, "a name of lower-case letters, digits and underscores")
        for key in parameters or {}:
            if not isinstance(key, str) or not _NAME.match(key) or key == "name":
                raise invalid(f"{kind}.{name}", key, "parameters named by lower-case letters, digits and underscores")
        object.__setattr__(self, "name", name)
        values = {key: parameter(value, f"{kind}.{key}") for key, value in sorted((parameters or {}).items())}
        object.__setattr__(self, "parameters", values)

    @classmethod
    def _kind(cls) -> str:
        return cls.__name__.removesuffix("Spec").lower()

    def __hash__(self) -> int:
        return hash((self.name, tuple(self.parameters.items())))

    @classmethod
    def read(cls, value: object) -> Self:
        """Return what a file says: a name, or a table with ``name`` and the parameters."""
        if isinstance(value, str):
            return cls(value)
        if not isinstance(value, dict) or "name" not in value:
            raise invalid(cls._kind(), value, 'a name, or a table such as {name = "...", ...}')
        return cls(value["name"], {key: x for key, x in value.items() if key != "name"})

    def written(self) -> dict[str, Written]:
        """Return the table that :meth:`read` reads."""
        return {"name": self.name, **{key: spelled(value) for key, value in self.parameters.items()}}


class PolicySpec(_Spec):
    """What the server does with a gradient: the name of a server policy, and its parameters."""


class ObjectiveSpec(_Spec):
    """What is minimised: the name of an objective, and its parameters."""


def parameter(value: object, field: str) -> Value:
    """Return a parameter in its one form."""
    if isinstance(value, bool) or (isinstance(value, str) and _NAME.match(value)):
        return value
    if isinstance(value, list | tuple):
        return tuple(_number(x, f"{field}[{k}]") for k, x in enumerate(value))
    return _number(value, field)


def _number(value: object, field: str) -> int | Fraction:
    number = rational(value, field, 'an exact number such as 8 or "3/10", true, false, a word of lower-case letters')
    return number.numerator if number.denominator == 1 else number


def spelled(value: Value) -> Written:
    """Return a parameter as a file gives it."""
    if isinstance(value, tuple):
        return [spell(x) if isinstance(x, Fraction) else x for x in value]
    return spell(value) if isinstance(value, Fraction) else value
