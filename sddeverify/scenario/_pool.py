"""Pools of unequal workers: how long each kind computes, when it is there, and how often it hangs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sddeverify.delays import MAX_NOTATION, Law, parse, require_delay
from sddeverify.errors import InvalidScenario, invalid
from sddeverify.exact import Exact, integer, non_negative, spell
from sddeverify.scenario._specs import Parameter, Value, parameter, spelled

_MOST_SWITCHES = 1000
_DATA = "a table of parameters of the objective, such as {labels = [0, 1, 2]}"


@dataclass(frozen=True)
class Group:
    """Some workers of one kind.

    Attributes:
        workers: How many they are, at least 1.
        compute: Law of their compute times.
        hang: Probability that a gradient never ends, 0 to 1; drawn anew for each gradient.
        on: Law of the times for which a worker is there, one after the other; ``None`` if it always is.
        off: Law of the times for which it is away between them; its computation then pauses.
        data: Parameters of the scenario's objective that are others for these workers, such as the digits that they
            have; sorted pairs of a name and a value.

    Raises:
        InvalidScenario: naming the field, its value and what is allowed.
    """

    workers: int
    compute: Law
    hang: Fraction
    on: Law | None
    off: Law | None
    data: tuple[tuple[str, Value], ...]

    def __init__(
        self,
        workers: int,
        compute: Law | str,
        hang: Exact = 0,
        on: Law | str | None = None,
        off: Law | str | None = None,
        data: Mapping[str, Parameter] | Iterable[tuple[str, Parameter]] = (),
        *,
        field: str = "pool",
    ) -> None:
        def keep(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        keep("workers", integer(workers, f"{field}.workers", 1, 10**6))
        keep("compute", law(compute, f"{field}.compute"))
        keep("hang", non_negative(hang, f"{field}.hang"))
        if self.hang > 1:
            raise invalid(f"{field}.hang", spell(self.hang), "a probability from 0 to 1")
        if (on is None) != (off is None):
            raise invalid(f"{field}.{'on' if on is None else 'off'}", None, "both on and off, or neither")
        keep("on", None if on is None else law(on, f"{field}.on"))
        keep("off", None if off is None else law(off, f"{field}.off"))
        if self.on is not None and self.on.mean_float * _MOST_SWITCHES < self.compute.mean_float:
            allowed = f"times with a mean of at least 1/{_MOST_SWITCHES} of the mean compute time"
            raise invalid(f"{field}.on", str(self.on), allowed)

        try:
            pairs = dict(data)
        except (TypeError, ValueError):
            raise invalid(f"{field}.data", data, _DATA) from None
        if not all(isinstance(key, str) for key in pairs):
            raise invalid(f"{field}.data", data, _DATA)
        keep("data", tuple((key, parameter(value, f"{field}.data.{key}")) for key, value in sorted(pairs.items())))

    @classmethod
    def read(cls, value: object, field: str, default: object) -> Group:
        """Return what a file says: a table with ``workers``, and what else there is to say."""
        known = list(cls.__dataclass_fields__)
        if not isinstance(value, Mapping):
            raise invalid(field, value, f"a table with workers, and {', '.join(known[1:])} as needed")
        for key in value:
            if key not in known:
                raise invalid(f"{field}, unknown key", key, f"only {', '.join(known)}")
        if "workers" not in value:
            raise InvalidScenario(f"{field}.workers: it is missing; write the number of workers of this kind")
        if not isinstance(value.get("data", {}), Mapping):
            raise invalid(f"{field}.data", value["data"], _DATA)
        laws = {key: from_file(value[key]) for key in ("compute", "on", "off") if key in value}
        return cls(**({"compute": default} | dict(value) | laws), field=field)

    def written(self, *, notation: bool) -> dict[str, Any]:
        """Return the table that :meth:`read` reads; what is not said is left out."""
        laws = {name: getattr(self, name) for name in ("compute", "on", "off")}
        hang = {"hang": spell(self.hang)} if self.hang else {}
        return {
            "workers": self.workers,
            **{name: written(one, notation=notation) for name, one in laws.items() if one is not None},
            **hang,
            **({"data": {key: spelled(one) for key, one in self.data}} if self.data else {}),
        }


def law(value: Law | str, field: str) -> Law:
    """Return a delay law, or the one that a text denotes."""
    if isinstance(value, str):
        try:
            value = parse(value)
        except InvalidScenario as error:
            raise InvalidScenario(f"{field}: {error}") from None
    return require_delay(value, field)


def from_file(value: object) -> object:
    """Return a law that a file gives as a table; a text stays one."""
    return value if isinstance(value, str | Law) else Law.from_json(value)


def written(one: Law, *, notation: bool) -> Any:
    """Return a law as a file gives it: in the textual notation if that is asked for and not too long."""
    text = str(one)
    return text if notation and len(text) <= MAX_NOTATION else one.to_json()
