"""Re-checking a derivation: each step by SymPy, at random rational points, by replay, and its links.

Results are data. Nothing here trusts that the step was computed: the difference of the two sides must
simplify to 0 *and* a numerical evaluator that shares no code with SymPy's calculus must agree at seeded
random points. An assumption is compared with the list of assumptions.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum

import sympy
from sympy.core.function import AppliedUndef

from sddeverify.derivations._assumptions import ASSUMPTIONS
from sddeverify.derivations._evaluation import DIGITS, QUADRATURE_DIGITS, context, random_point
from sddeverify.derivations._operations import generic
from sddeverify.derivations._steps import Derivation, Kind, Step, applied

TOLERANCE = sympy.Rational(1, 10**18)
"""Relative agreement asked of the spot tests; the evaluations carry 30 digits or more."""

POINTS = 4
"""Random points for each identity; half as many where each needs a quadrature."""


class Outcome(Enum):
    """The result of one check of one step."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


class Badge(Enum):
    """What stands beside a step."""

    VERIFIED = "symbolic and numeric"
    ASSUMED = "assumption"
    REFUTED = "does not check"


@dataclass(frozen=True)
class StepCheck:
    """What re-checking one step gave.

    Attributes:
        step: Id of the step.
        replay: Whether the named operation gives the line again (for an assumption: whether the list of
            assumptions contains it).
        symbolic: Whether SymPy simplifies the difference of both sides to 0.
        numeric: Whether both sides agree at random rational points.
        links: Whether the results of the steps it uses stand in it unchanged.
        points: Number of random points.
        error: Largest relative difference seen at them.
    """

    step: str
    replay: Outcome
    symbolic: Outcome
    numeric: Outcome
    links: Outcome
    points: int
    error: float

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return Outcome.FAILED not in (self.replay, self.symbolic, self.numeric, self.links)

    @property
    def badge(self) -> Badge:
        """The badge of the step."""
        if not self.passed:
            return Badge.REFUTED
        return Badge.VERIFIED if self.symbolic is Outcome.PASSED else Badge.ASSUMED


@dataclass(frozen=True)
class DerivationCheck:
    """The checks of all steps of one derivation, in order."""

    derivation: str
    steps: tuple[StepCheck, ...]

    @property
    def passed(self) -> bool:
        """Whether every step passed."""
        return all(step.passed for step in self.steps)

    @property
    def failures(self) -> tuple[str, ...]:
        """Ids of the steps that did not pass."""
        return tuple(step.step for step in self.steps if not step.passed)


def check(derivation: Derivation, points: int = POINTS) -> DerivationCheck:
    """Re-check every step of a derivation.

    Args:
        derivation: The derivation.
        points: Random points for each identity.
    """
    return DerivationCheck(derivation.name, tuple(check_step(derivation, step, points) for step in derivation.steps))


def check_step(derivation: Derivation, step: Step, points: int = POINTS) -> StepCheck:
    """Re-check one step of a derivation; see :class:`StepCheck`."""
    links = _outcome(all(_stands_in(derivation.step(one).after, step) for one in step.uses))
    if step.kind is Kind.ASSUMPTION or step.operation is None:
        known = ASSUMPTIONS[step.assumption].formulas if step.assumption in ASSUMPTIONS else ()
        stated = any(step.before == formula.lhs and step.after == formula.rhs for formula in known)
        none = Outcome.NOT_APPLICABLE
        return StepCheck(step.id, _outcome(stated), none, none, links, 0, 0.0)
    numeric, count, error = _numeric(step, derivation.label(step), points)
    return StepCheck(
        step.id,
        _outcome(applied(step.operation, step.before) == step.after),
        _symbolic(step),
        numeric,
        links,
        count,
        error,
    )


def _outcome(passed: bool) -> Outcome:
    return Outcome.PASSED if passed else Outcome.FAILED


def _stands_in(result: sympy.Basic, step: Step) -> bool:
    places = (step.before, *_arguments(step))
    wanted = [result, result.rhs] if isinstance(result, sympy.Eq) else [result]
    if any(place == one or place.has(one) for place in places for one in wanted):
        return True
    if isinstance(result, sympy.Tuple):  # of moments: those that are 0 need not be mentioned
        return all(_stands_in(part, step) for part in result if part != 0)
    if isinstance(result, sympy.MatrixBase):  # entry by entry, where every entry can be recognised
        return not any(entry.is_number for entry in result) and all(_stands_in(entry, step) for entry in result)
    return False


def _arguments(step: Step) -> tuple[sympy.Basic, ...]:
    return () if step.operation is None else step.operation.arguments()


def _symbolic(step: Step) -> Outcome:
    if step.operation is None:
        return Outcome.NOT_APPLICABLE
    return _outcome(all(vanishes(one) for one in step.operation.residuals(step.before, step.after)))


def vanishes(expression: sympy.Basic) -> bool:
    """Return whether SymPy reduces the expression to 0, trying cheap ways first."""
    if expression == 0 or sympy.expand(expression) == 0:
        return True
    # Integrals of arbitrary functions cannot be carried out: they are equal only if they look alike.
    done = generic(_named(expression, of_functions=True).doit(conds="none"))
    done = done.replace(sympy.erfc, lambda value: 1 - sympy.erf(value))
    exponentials = done.rewrite(sympy.exp)
    if sympy.expand(done) == 0 or sympy.expand(exponentials) == 0:
        return True
    if sympy.expand(sympy.fraction(sympy.together(exponentials))[0]) == 0:
        return True
    if _certainly_nonzero(done):
        return False
    for route in (
        sympy.simplify,
        lambda one: sympy.simplify(sympy.expand(one.rewrite(sympy.cos), complex=True)),
    ):
        if route(done) == 0:
            return True
    return False


def _named(expression: sympy.Basic, *, of_functions: bool) -> sympy.Basic:
    """Return the expression with a new symbol for everything that cannot be evaluated as it stands."""
    kinds = (sympy.Integral,) if of_functions else (sympy.Integral, sympy.Sum, AppliedUndef, sympy.Indexed)
    found = [one for one in expression.atoms(*kinds) if one.atoms(AppliedUndef) or not of_functions]
    found.sort(key=lambda one: (-one.count_ops(), str(one)))  # an integral before what stands in it
    for number, one in enumerate(found):
        expression = expression.xreplace({one: sympy.Symbol(f"named_{number}", real=True)})
    return expression


def _certainly_nonzero(expression: sympy.Basic) -> bool:
    """Return whether one evaluation says that the expression is not 0, which saves slow simplifiers.

    Where it errs (two sums that are equal without looking alike), a step is refused that would be right: the
    safe side.
    """
    rng = random.Random("nonzero")
    plain = _named(expression, of_functions=False)
    values = {}
    for symbol in sorted(plain.free_symbols, key=str):
        fraction = sympy.Rational(rng.randint(1, 40), 41)
        values[symbol] = sympy.Integer(rng.randint(1, 5)) if symbol.is_integer else fraction
    value = plain.subs(values).evalf(30)
    return bool(value.is_number and abs(value) > TOLERANCE)


def _numeric(step: Step, seed: str, points: int) -> tuple[Outcome, int, float]:
    if step.operation is None:
        return Outcome.NOT_APPLICABLE, 0, 0.0
    statement = step.operation.statement(step.before)
    trees = [step.before, step.after, statement, *step.operation.arguments()]
    quadrature = any(tree.has(sympy.Integral) for tree in trees)
    ctx = context(QUADRATURE_DIGITS if quadrature else DIGITS)
    count = max(2, points // 2) if quadrature else points
    worst, agree = 0.0, True
    for index in range(count):
        point = random_point(trees, seed, index, ctx)
        for left, right in step.operation.pairs(step.before, step.after, point, ctx):
            size = 1 + abs(left) + abs(right)
            gap = float(abs(left - right) / size)
            agree = agree and gap <= float(TOLERANCE)  # False for a NaN, too
            worst = max(worst, gap)
    return _outcome(agree), count, worst
