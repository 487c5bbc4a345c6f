"""A derivation as data: steps, each computed from the line before by a named operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

import sympy

from sddeverify.derivations._assumptions import ASSUMPTIONS, in_order
from sddeverify.derivations._operations import Operation, Sign


class Kind(Enum):
    """What a step is: something checked, or something believed."""

    IDENTITY = "identity"
    ASSUMPTION = "assumption"


@dataclass(frozen=True)
class Step:
    """One line of a derivation.

    Attributes:
        id: Short name, unique in its derivation; part of the equation label.
        title: A few words.
        before: The line before.
        after: The new line: what the operation made of ``before``, or what the assumption says.
        because: One or two sentences for the reader.
        kind: ``IDENTITY`` (re-checked) or ``ASSUMPTION`` (named).
        operation: The operation of an identity.
        assumption: The name of an assumption, ``"A1"``.
        uses: Ids of earlier steps whose ``after`` stands in this step.
    """

    id: str
    title: str
    before: sympy.Basic
    after: sympy.Basic
    because: str
    kind: Kind
    operation: Operation | None = None
    assumption: str | None = None
    uses: tuple[str, ...] = ()

    @property
    def left(self) -> sympy.Basic:
        """The left-hand side as displayed: ``before`` with the operation left undone."""
        return self.before if self.operation is None else self.operation.display(self.before)

    @property
    def sign(self) -> Sign:
        """The sign between ``left`` and ``after``."""
        return Sign.EQUALS if self.operation is None else self.operation.sign

    @property
    def hints(self) -> tuple[str, ...]:
        """Hints in levels: what to do, then why; neither gives the result."""
        if self.operation is None:
            return (f"This is an assumption: {ASSUMPTIONS[self.assumption or ''].title}.", self.because)
        return (self.operation.hint, self.because)


@dataclass(frozen=True)
class Derivation:
    """A named chain of steps.

    Attributes:
        name: Name of the derivation, its key in ``DERIVATIONS``.
        title: A few words.
        summary: What is derived, for whom it matters, and what is left to others.
        steps: The steps in order.
        results: Name of a result -> id of the step whose ``after`` it is.
        inherited: Names of the assumptions that its starting point rests on.
    """

    name: str
    title: str
    summary: str
    steps: tuple[Step, ...]
    results: tuple[tuple[str, str], ...] = ()
    inherited: tuple[str, ...] = ()

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The assumptions that the result rests on, inherited ones included, in order of their names."""
        own = {step.assumption for step in self.steps if step.assumption is not None}
        return in_order(own | set(self.inherited))

    def step(self, identifier: str) -> Step:
        """Return the step of that id.

        Raises:
            KeyError: if there is none.
        """
        for step in self.steps:
            if step.id == identifier:
                return step
        raise KeyError(identifier)

    def result(self, name: str) -> sympy.Basic:
        """Return the expression of a named result.

        Raises:
            KeyError: if the derivation has no result of that name.
        """
        return self.step(dict(self.results)[name]).after

    def _repr_markdown_(self) -> str:
        from sddeverify.derivations._rendering import to_markdown  # which reads this module

        return to_markdown(self)

    def _repr_latex_(self) -> str:
        from sddeverify.derivations._rendering import to_latex

        return to_latex(self)

    def label(self, step: Step) -> str:
        """Return the equation label of a step, which stays the same from version to version."""
        return f"eq:{self.name}:{step.id}"


@lru_cache(maxsize=4096)
def applied(operation: Operation, before: sympy.Basic) -> sympy.Basic:
    """Return what the operation makes of the line; remembered, since most steps are the same for all scenarios."""
    return operation.apply(before)


@dataclass
class Chain:
    """Collects the steps of a derivation while it is written down."""

    steps: list[Step] = field(default_factory=list)

    def assume(self, identifier: str, name: str, because: str, formula: int = 0) -> Step:
        """Add a formula of a named assumption."""
        assumption = ASSUMPTIONS[name]
        equation = assumption.formulas[formula]
        return self._add(
            Step(
                identifier,
                f"Assumption {name}: {assumption.title}",
                equation.lhs,
                equation.rhs,
                because,
                Kind.ASSUMPTION,
                assumption=name,
            )
        )

    def step(
        self,
        identifier: str,
        title: str,
        before: sympy.Basic | Step,
        operation: Operation,
        because: str,
        uses: tuple[Step, ...] = (),
    ) -> Step:
        """Add the line that the operation makes of ``before``, an expression or an earlier step's result."""
        if isinstance(before, Step):
            uses = (before, *uses)
            before = before.after
        after = applied(operation, before)
        used = tuple(dict.fromkeys(one.id for one in uses))
        return self._add(Step(identifier, title, before, after, because, Kind.IDENTITY, operation=operation, uses=used))

    def find(self, identifier: str) -> Step:
        """Return the step of that id."""
        return next(step for step in self.steps if step.id == identifier)

    def _add(self, step: Step) -> Step:
        if any(step.id == other.id for other in self.steps):
            raise ValueError(f"two steps are called {step.id}")
        self.steps.append(step)
        return step
