"""The question: learning rate, curvature, workers and delays, in exact numbers, to and from JSON and TOML.

Files are read strictly, and a decimal in a file means what it says: 0.3 is 3/10.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sddeverify.delays import Law, parse, require_delay
from sddeverify.errors import InvalidScenario, UnsupportedScenario, invalid
from sddeverify.exact import Exact, integer, non_negative, positive, spell
from sddeverify.scenario._files import loaded, read_table, toml
from sddeverify.scenario._pool import Group, from_file, law, written
from sddeverify.scenario._specs import ObjectiveSpec, PolicySpec, Value

if TYPE_CHECKING:
    from sddeverify.objectives import Objective

__all__ = ["Group", "ObjectiveSpec", "PolicySpec", "Scenario", "Value", "read_table"]

_MAX_WORKERS = 10**6
_MAX_EIGENVALUES = 10**4
_MAX_ARRIVALS = 10**9


@dataclass(frozen=True)
class Scenario:
    """A run of asynchronous SGD, described exactly.

    Attributes:
        learning_rate: Step size eta > 0.
        workers: Number of workers P, 1 to 1 000 000.
        compute: Law of the time from the read of an iterate to the push of its gradient (seconds, or any one unit).
        hessian: Positive eigenvalues of the Hessian at the minimum; or give an ``objective``.
        objective: Objective from which the eigenvalues are computed.
        noise_variance: Variance sigma^2 of the gradient noise in each eigen-direction.
        policy: What the server does with a gradient.
        target: Accuracy to reach, relative to the start: a number between 0 and 1.
        seed: Seed of all random streams, 0 to 2^64 - 1.
        pool: The workers by kind, if they are not all alike; together as many as ``workers``.
        uplink: Gradients in a second that one line shared by all workers can carry: they queue for it, first come,
            first served, with exponential times of service. ``None`` if pushes cost no time of their own.
        downlink: Law of the time until an iterate has reached a worker; ``None`` if it costs no time of its own.
        policies: What a comparison runs, instead of all policies.
        arrivals: Gradients in an emulated run, if nothing else is said.

    Raises:
        InvalidScenario: naming the field, its value and what is allowed.
    """

    learning_rate: Fraction
    workers: int
    compute: Law
    hessian: tuple[Fraction, ...]
    objective: ObjectiveSpec | None
    noise_variance: Fraction
    policy: PolicySpec
    target: Fraction
    seed: int
    pool: tuple[Group, ...]
    uplink: Fraction | None
    downlink: Law | None
    policies: tuple[PolicySpec, ...]
    arrivals: int | None

    def __init__(
        self,
        learning_rate: Exact,
        workers: int,
        compute: Law | str,
        hessian: Iterable[Exact] = (),
        objective: ObjectiveSpec | str | None = None,
        noise_variance: Exact = 0,
        policy: PolicySpec | str = "asynchronous",
        target: Exact = Fraction(1, 100),
        seed: int = 0,
        pool: Iterable[Group] = (),
        uplink: Exact | None = None,
        downlink: Law | str | None = None,
        policies: Iterable[PolicySpec | str] = (),
        arrivals: int | None = None,
    ) -> None:
        def keep(field: str, value: object) -> None:
            object.__setattr__(self, field, value)

        keep("learning_rate", positive(learning_rate, "learning_rate"))
        keep("workers", integer(workers, "workers", 1, _MAX_WORKERS))
        keep("compute", require_delay(parse(compute) if isinstance(compute, str) else compute, "compute"))
        keep("hessian", _eigenvalues(hessian))
        keep("objective", ObjectiveSpec(objective) if isinstance(objective, str) else objective)
        if bool(self.hessian) == (self.objective is not None):
            given = "both" if self.hessian else "neither"
            raise invalid(
                "hessian, objective", given, "exactly one: a list of eigenvalues, or the name of an objective"
            )
        keep("noise_variance", non_negative(noise_variance, "noise_variance"))
        keep("policy", PolicySpec(policy) if isinstance(policy, str) else policy)
        keep("target", positive(target, "target"))
        if self.target >= 1:
            raise invalid("target", spell(self.target), "a number between 0 and 1, such as 1/100")
        keep("seed", integer(seed, "seed", 0, 2**64 - 1))
        keep("pool", _groups(pool, self.workers))
        keep("uplink", None if uplink is None else positive(uplink, "uplink"))
        keep("downlink", None if downlink is None else law(downlink, "downlink"))
        keep("policies", _policies(policies))
        keep("arrivals", None if arrivals is None else integer(arrivals, "arrivals", 1, _MAX_ARRIVALS))
        if self.objective is not None or self.different_data:
            self.built()

    @classmethod
    def from_json(cls, text: str | bytes) -> Scenario:
        """Read a JSON object; see :meth:`to_json`.

        Raises:
            InvalidScenario: for text that is no JSON object, or not exactly a scenario.
        """
        return cls._read(loaded(text, "JSON"))

    @classmethod
    def from_toml(cls, text: str | bytes) -> Scenario:
        """Read a TOML document; see :meth:`to_toml`. Raises as :meth:`from_json`."""
        return cls._read(loaded(text, "TOML"))

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """Read a file, whose name ends in ``.json`` or ``.toml``.

        Raises:
            InvalidScenario: as :meth:`from_json`, and for a file that cannot be read; the message names the file.
        """
        table = read_table(path)
        try:
            return cls._read(table)
        except InvalidScenario as error:
            raise InvalidScenario(f"{path}: {error}") from None

    @classmethod
    def _read(cls, table: dict[str, Any]) -> Scenario:
        known = list(cls.__dataclass_fields__)
        for key in table:
            if key not in known:
                raise invalid("unknown key", key, f"only {', '.join(known)}")
        for key in ("learning_rate", "workers", "compute"):
            if key not in table:
                raise InvalidScenario(
                    f"{key}: it is missing; a scenario has learning_rate, workers, compute, and hessian or objective"
                )
        values = dict(table)
        for key in ("compute", "downlink"):
            if key in table:
                values[key] = from_file(table[key])
        for key, what in (
            ("pool", "tables, one for each kind of workers"),
            ("policies", "names or tables of policies"),
        ):
            if key in table and not isinstance(table[key], list):
                raise invalid(key, table[key], f"a list of {what}")
        for key in ("uplink", "arrivals"):
            if key in table and table[key] is None:
                raise invalid(key, None, "a number, or leave the member out")
        if "pool" in table:
            values["pool"] = [Group.read(one, f"pool[{k}]", values["compute"]) for k, one in enumerate(table["pool"])]
        if "policies" in table:
            values["policies"] = [PolicySpec.read(one) for one in table["policies"]]
        for key, spec in (("objective", ObjectiveSpec), ("policy", PolicySpec)):
            if key in table:
                values[key] = spec.read(table[key])
        return cls(**values)

    def _fields(self, *, notation: bool) -> dict[str, Any]:
        """Return the members of the written form; those that came later than the format only where they are used."""
        curvature: dict[str, Any] = {"hessian": [spell(value) for value in self.hessian]}
        if self.objective is not None:
            curvature = {"objective": self.objective.written()}
        members: dict[str, Any] = {
            "learning_rate": spell(self.learning_rate),
            "workers": self.workers,
            "compute": written(self.compute, notation=notation),
            **curvature,
            "noise_variance": spell(self.noise_variance),
            "policy": self.policy.written(),
            "target": spell(self.target),
            "seed": self.seed,
        }
        if self.pool:
            members["pool"] = [one.written(notation=notation) for one in self.pool]
        if self.uplink is not None:
            members["uplink"] = spell(self.uplink)
        if self.downlink is not None:
            members["downlink"] = written(self.downlink, notation=notation)
        if self.policies:
            members["policies"] = [one.written() for one in self.policies]
        if self.arrivals is not None:
            members["arrivals"] = self.arrivals
        return members

    def to_json(self) -> str:
        """Return the canonical JSON text: equal scenarios give equal texts."""
        return json.dumps(self._fields(notation=False), indent=2) + "\n"

    def to_toml(self) -> str:
        """Return a TOML text, the laws in the textual notation."""
        return "".join(f"{key} = {toml(value)}\n" for key, value in self._fields(notation=True).items())

    def _repr_markdown_(self) -> str:
        lines = [line for line in self.to_toml().splitlines() if line]
        shown = [line if len(line) <= 160 else f"{line[:157]}..." for line in lines]
        return "\n".join(["```toml", *shown, "```"])

    def built(self) -> Objective | None:
        """Return what is minimised; of workers with different data the mean, and ``None`` if only a Hessian is given.

        Raises:
            InvalidScenario: for an unknown objective, parameters that it does not allow, or data that do not fit.
        """
        from sddeverify.scenario._objectives import built  # NumPy, only where it is needed

        return built(self)

    @property
    def different_data(self) -> bool:
        """Whether some workers have data of their own."""
        return any(group.data for group in self.pool)

    @property
    def sha256(self) -> str:
        """The SHA-256 of the canonical JSON text, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def require_plain(self, what: str) -> None:
        """Refuse other policies, unequal workers and network delays of their own, which ``what`` do not cover.

        Raises:
            UnsupportedScenario: naming the field.
        """
        if self.policy.name != "asynchronous":
            raise UnsupportedScenario(
                f"policy: {self.policy.name!r} is not covered by {what}, which are about 'asynchronous'; emulate and "
                "compare take it"
            )
        for field, value in (("pool", self.pool), ("uplink", self.uplink), ("downlink", self.downlink)):
            if value:
                raise UnsupportedScenario(
                    f"{field}: not covered by {what}, which know one delay law for all workers; emulate and compare "
                    "take it"
                )


def _groups(pool: object, workers: int) -> tuple[Group, ...]:
    allowed = f"groups of workers, {workers} together"
    if isinstance(pool, str | bytes | Mapping) or not isinstance(pool, Iterable):
        raise invalid("pool", pool, allowed)
    groups = tuple(pool)
    for group in groups:
        if not isinstance(group, Group):
            raise invalid("pool", group, allowed)
    total = sum(group.workers for group in groups)
    if groups and total != workers:
        raise invalid("pool", f"{total} workers", f"{allowed}, as many as the member workers says")
    return groups


def _policies(values: object) -> tuple[PolicySpec, ...]:
    allowed = 'a list of policies such as ["asynchronous", {name = "k_async", k = 3}]'
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise invalid("policies", values, allowed)
    specs = tuple(PolicySpec(one) if isinstance(one, str) else one for one in values)
    for one in specs:
        if not isinstance(one, PolicySpec):
            raise invalid("policies", one, allowed)
    return specs


def _eigenvalues(values: object) -> tuple[Fraction, ...]:
    allowed = f'a list of 1 to {_MAX_EIGENVALUES} positive eigenvalues such as ["1", "1/2"]'
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise invalid("hessian", values, allowed)
    result = tuple(positive(value, f"hessian[{k}]") for k, value in enumerate(values))
    if len(result) > _MAX_EIGENVALUES:
        raise invalid("hessian", f"{len(result)} eigenvalues", allowed)
    return result
