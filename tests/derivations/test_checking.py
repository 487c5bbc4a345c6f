"""The re-check passes on every derivation, and fails on every step of every derivation when it is corrupted."""

from dataclasses import replace

import pytest
import sympy
from sympy import Eq, Integer, Rational

from sddeverify.derivations import Badge, Derivation, Kind, Outcome, Step, check, check_step
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._checking import vanishes
from sddeverify.derivations._operations import Expand, Operation
from tests.derivations.scenarios import LARGE_LAWS, LAWS
from tests.derivations.scenarios import derivation as find

NAMES = ["diffusion_limit", "linearization", "characteristic_function", "stability_boundary"]
TINY = Rational(1, 10**12)


# Those that do not depend on the kind of law are listed for one law only.
BY_LAW = [(LAWS[0], name) for name in NAMES[:2]]
BY_LAW += [(law, name) for law in LAWS + LARGE_LAWS for name in NAMES[2:]]


def bent(expression: sympy.Basic, by: sympy.Expr) -> sympy.Basic:
    """The same expression, off by a small amount in one place."""
    if isinstance(expression, Eq):
        return Eq(expression.lhs, expression.rhs + by, evaluate=False)
    if isinstance(expression, sympy.Tuple):
        return sympy.Tuple(*expression[:-1], expression[-1] + by)
    if isinstance(expression, sympy.MatrixBase):
        bump = sympy.zeros(*expression.shape)
        bump[expression.rows - 1, 0] = by
        return (expression + bump).as_immutable()
    return expression + by


def fresh_steps(derivation: Derivation, seen: set[tuple[object, ...]]) -> list[Step]:
    """The steps that no derivation before had: laws share most of theirs."""
    fresh = []
    for step in derivation.steps:
        key = (step.before, step.after, step.operation, step.assumption)
        if key not in seen:
            seen.add(key)
            fresh.append(step)
    return fresh


_CHECKED: set[tuple[object, ...]] = set()
_CORRUPTED: set[tuple[object, ...]] = set()


@pytest.mark.parametrize(("law", "name"), BY_LAW)
def test_every_step_checks(law: str, name: str) -> None:
    derivation = find(law, name)
    for step in fresh_steps(derivation, _CHECKED):
        one = check_step(derivation, step)
        assert one.passed, (step.id, one)
        if step.kind is Kind.IDENTITY:
            assert (one.badge, one.symbolic, one.numeric) == (Badge.VERIFIED, Outcome.PASSED, Outcome.PASSED)
            assert one.points >= 2
        else:
            assert (one.badge, one.replay, one.symbolic) == (Badge.ASSUMED, Outcome.PASSED, Outcome.NOT_APPLICABLE)


@pytest.mark.parametrize(("law", "name"), BY_LAW)
def test_every_corrupted_step_fails(law: str, name: str) -> None:
    derivation = find(law, name)
    for step in fresh_steps(derivation, _CORRUPTED):
        wrong = replace(step, after=bent(step.after, TINY))
        checked = check_step(derivation, wrong, points=1)
        assert not checked.passed, step.id
        assert checked.badge is Badge.REFUTED
        if step.kind is Kind.IDENTITY:  # each of the three ways finds it alone
            outcomes = (checked.replay, checked.symbolic, checked.numeric)
            assert outcomes == (Outcome.FAILED,) * 3, (step.id, outcomes)


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_derivation_is_checked_in_order(name: str) -> None:
    derivation = find("constant(2)", name)
    checked = check(derivation, points=1)
    assert checked.passed
    assert checked.failures == ()
    assert [one.step for one in checked.steps] == [step.id for step in derivation.steps]
    last = derivation.steps[-1]
    wrong = replace(derivation, steps=(*derivation.steps[:-1], replace(last, after=bent(last.after, TINY))))
    assert check(wrong, points=1).failures == (last.id,)


def negated(step: Step) -> sympy.Basic | None:
    """The result with the opposite sign, where that makes a difference."""
    if isinstance(step.after, sympy.Expr) and step.after != 0:
        return -step.after
    return None


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_sign_fails(name: str) -> None:
    derivation = find("uniform(1/2, 2)", name)
    tried = 0
    for step in derivation.steps:
        wrong = negated(step)
        if wrong is not None and step.kind is Kind.IDENTITY:
            checked = check_step(derivation, replace(step, after=wrong), points=1)
            assert Outcome.PASSED not in (checked.symbolic, checked.numeric), step.id
            tried += 1
    assert tried >= 5


@pytest.mark.parametrize("name", NAMES)
def test_a_corrupted_start_fails(name: str) -> None:
    derivation = find("erlang(3, 1)", name)
    for step in derivation.steps:
        if step.kind is Kind.ASSUMPTION:
            wrong = replace(step, before=bent(step.before, Integer(1)))
            assert check_step(derivation, wrong).replay is Outcome.FAILED
        elif isinstance(step.before, sympy.Expr):
            # A multiple is another line under every operation here but one that gives 0, or a ratio of equals.
            wrong = replace(step, before=2 * step.before)
            assert step.after == 0 or not check_step(derivation, wrong, points=1).passed, step.id


@pytest.mark.parametrize("name", NAMES)
def test_later_steps_notice_a_changed_result(name: str) -> None:
    """A result that another step builds on cannot be changed consistently in its own step alone."""
    derivation = find("uniform(1/2, 2)", name)
    users = {one: step for step in derivation.steps for one in step.uses}
    assert len(users) >= 4
    for used, user in users.items():
        steps = tuple(
            replace(step, after=bent(step.after, Integer(1))) if step.id == used else step for step in derivation.steps
        )
        changed = replace(derivation, steps=steps)
        assert check_step(changed, user, points=1).links is Outcome.FAILED, (used, user.id)


def test_an_assumption_must_be_on_the_list() -> None:
    derivation = find(LAWS[0], "diffusion_limit")
    step = derivation.step("poisson")
    for name in ("A9", "A1"):
        assert check_step(derivation, replace(step, assumption=name)).replay is Outcome.FAILED


class Wrong(Operation):
    """An operation that makes a mistake which replaying it cannot notice."""

    def apply(self, before: sympy.Basic) -> sympy.Basic:
        return sympy.expand(before) + TINY


def test_replay_alone_is_not_trusted() -> None:
    x = sympy.Symbol("x", real=True)
    before = (x + 1) ** 2
    step = Step("one", "One", before, Wrong().apply(before), "Why.", Kind.IDENTITY, operation=Wrong())
    checked = check_step(Derivation("d", "D", "S.", (step,)), step)
    assert checked.replay is Outcome.PASSED
    assert checked.symbolic is Outcome.FAILED
    assert checked.numeric is Outcome.FAILED
    right = replace(step, operation=Expand(), after=Expand().apply(before))
    assert check_step(Derivation("d", "D", "S.", (right,)), right).passed


def test_a_point_where_nothing_is_defined_is_no_agreement() -> None:
    """0/0 evaluates to an error or to a NaN, never to agreement."""
    x = sympy.Symbol("x", positive=True)
    integral = sympy.Integral(sympy.log(sympy.Integer(0) * x, evaluate=False) * x, (x, 1, 2))
    step = Step("one", "One", integral, sympy.nan, "Why.", Kind.IDENTITY, operation=Evaluate())
    derivation = Derivation("d", "D", "S.", (step,))
    try:
        outcome = check_step(derivation, step).numeric
    except (NotImplementedError, ValueError, ZeroDivisionError, TypeError):
        return
    assert outcome is Outcome.FAILED


def test_checks_are_reproducible() -> None:
    derivation = find("constant(2)", "stability_boundary")
    assert check(derivation, points=1) == check(derivation, points=1)


@pytest.mark.parametrize(
    ("text", "zero"),
    [
        (sympy.sin(sympy.Symbol("x", real=True)) ** 2 + sympy.cos(sympy.Symbol("x", real=True)) ** 2 - 1, True),
        (sympy.sqrt(sympy.Symbol("x", positive=True) ** 2) - sympy.Symbol("x", positive=True), True),
        (sympy.sqrt(sympy.Symbol("x", real=True) ** 2) - sympy.Symbol("x", real=True), False),
        (sympy.Symbol("x") * TINY, False),
        (sympy.Integer(0), True),
    ],
)
def test_vanishes(text: sympy.Expr, zero: bool) -> None:
    assert vanishes(text) is zero
