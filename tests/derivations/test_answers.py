"""Answers typed by readers: what is right, what is wrong, and that no text is ever run as code."""

import contextlib
from fractions import Fraction

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from sddeverify.derivations import DERIVATIONS, Correctness, Derivation, askable, derive, judge, values_at
from sddeverify.derivations._answers import read_answer
from sddeverify.derivations._values import example_values
from sddeverify.errors import InvalidScenario
from sddeverify.scenario import Scenario

A, TAU = sympy.symbols("a tau", positive=True)
NAMES = {"a": A, "tau": TAU}


@pytest.fixture(scope="module")
def derivations() -> dict[str, Derivation]:
    scenario = Scenario("1/10", 8, "constant(1)", ["1"])
    return {one.name: one for one in derive(scenario).derivations}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pi/(2*tau)", sympy.pi / (2 * TAU)),
        ("π / 2 / τ", sympy.pi / (2 * TAU)),
        ("-a^2 + 3", 3 - A**2),
        ("a**-2", A**-2),
        ("2^-1", sympy.Rational(1, 2)),
        ("0.3*a", sympy.Rational(3, 10) * A),
        ("-(a + 1)*(a - 1)", 1 - A**2),
        ("exp(-a*tau)", sympy.exp(-A * TAU)),
        ("a - tau - 1", A - TAU - 1),
        ("2^3^2 ", sympy.Integer(512)),
    ],
)
def test_answers_are_read(text: str, expected: sympy.Expr) -> None:
    assert sympy.expand(read_answer(text, NAMES) - expected) == 0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "answer"),
        ("a +", "the end of the text"),
        ("a b", "position 3"),
        ("__import__(os)", "__import__"),
        ("exec('a')", '"\'"'),
        ("a.b", "'.'"),
        ("lambda: 1", "':'"),
        ("b", "'b'"),
        ("1/0", "divisor other than 0"),
        ("9^9^9^9", "power"),
        ("2^(10^9)", "power"),
        ("0^-1", "positive power"),
        ("(" * 99 + "a" + ")" * 99, "nested"),
        ("1" * 31, "30 digits"),
        ("a" * 501, "500 characters"),
        ("a = tau = 1", "'='"),
        ("sin a", "'(' after sin"),
        ("2tau", "such as *"),
        (r"\frac{\pi}{2}", "not LaTeX"),
        ("$a$", "not LaTeX"),
        ("a²", "'a²'"),
        ("log(0)", "log has a value"),
        ("tan(pi/2)", "tan has a value"),
        ("a*log(log(1))", "log has a value"),
        ("atan(I)", "atan has a value"),
        ("((a+1)^16)^16", "together"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(text: str, found: str) -> None:
    with pytest.raises(InvalidScenario, match="is not allowed; write") as caught:
        read_answer(text, NAMES)
    assert found in str(caught.value)


@given(st.text(alphabet="a1.2+-*/^()=, τexp\n\x00é_", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidScenario):
        assert read_answer(text, NAMES).free_symbols <= {A, TAU}


@given(st.fractions(max_denominator=1000).filter(lambda x: abs(x) < 1000))
def test_numbers_are_exact(value: Fraction) -> None:
    assert read_answer(str(value), {}) == sympy.Rational(value.numerator, value.denominator)


def test_right_answers_in_another_form_are_right(derivations: dict[str, Derivation]) -> None:
    boundary = derivations["stability_boundary"]
    for step, text in (
        ("damping", "π/τ/2"),
        ("crossing", "ω/S"),
        ("crossing", "a = omega*S/S^2"),
        ("axis", "I*ω + a*C - I*a*S"),
        ("frequency", "1/(2*tau/pi)"),
        ("critical-learning-rate", "pi/16"),
    ):
        assert judge(boundary.step(step), text).correctness is Correctness.RIGHT, (step, text)


def test_wrong_answers_come_with_an_example(derivations: dict[str, Derivation]) -> None:
    boundary = derivations["stability_boundary"]
    for step, text in (
        ("damping", "pi/tau"),
        ("crossing", "S/omega"),
        ("axis", "a*C + I*a*S"),
        ("numbers", "1.5707963"),
    ):
        judged = judge(boundary.step(step), text)
        assert judged.correctness is Correctness.WRONG, (step, text)
        assert "the right line is" in judged.example


def test_every_line_that_can_be_typed_is_a_right_answer_to_itself(derivations: dict[str, Derivation]) -> None:
    asked = 0
    for name in ("diffusion_limit", "stability_boundary"):
        derivation = derivations[name]
        for step in derivation.steps:
            if askable(step):
                text = str(step.after).replace("Eq(", "(")
                if isinstance(step.after, sympy.Equality):
                    text = f"{step.after.lhs} = {step.after.rhs}"
                assert judge(step, text).correctness is Correctness.RIGHT, (derivation.name, step.id)
                asked += 1
    assert asked > 30


@pytest.mark.parametrize(
    "text", ["sin(exp(10^9))", "exp(-exp(exp(40)))", "tau^exp(exp(100*tau))", "cos(exp(exp(exp(9))))"]
)
def test_values_of_immoderate_size_end_in_a_sentence(derivations: dict[str, Derivation], text: str) -> None:
    # Each of them takes minutes, or gigabytes, if mpmath is left to it.
    step = derivations["stability_boundary"].step("damping")
    for answer in (text, f"pi/(2*tau) + {text}"):
        judged = judge(step, answer)
        assert judged.correctness is Correctness.WRONG
        assert "no value of moderate size" in judged.example


@pytest.mark.parametrize(
    ("name", "step", "text", "found"),
    [
        ("markov_noise", "squares", "g = 2", "no value at g = 2"),  # a sum without an end
        ("k_sync", "k-batch-sync", "K = 10^12", "at most 100"),
        ("mindflayer", "gradients", "P_m = 99", "no value at"),
        ("ground_state", "gap", "h = exp(exp(exp(99)))", "no value at"),
        ("k_sync", "all-workers", "m = 1, m = 2", "one number for m"),
    ],
)
def test_numbers_without_a_value_end_in_a_sentence(name: str, step: str, text: str, found: str) -> None:
    with pytest.raises(InvalidScenario, match=found):
        values_at(DERIVATIONS[name](Scenario("1/10", 8, "exponential(1)", ["1"])).step(step), text)


def test_lines_that_cannot_be_typed_are_not_asked(derivations: dict[str, Derivation]) -> None:
    limit = derivations["diffusion_limit"]
    assert not askable(limit.step("delayed-drift"))  # an integral
    assert not askable(limit.step("one-worker"))  # an assumption
    with pytest.raises(InvalidScenario, match="reveal it"):
        judge(limit.step("one-worker"), "1/m")


def test_numbers_put_into_a_line_agree_on_both_sides(derivations: dict[str, Derivation]) -> None:
    step = derivations["stability_boundary"].step("damping")
    ((left, right),) = values_at(step, "tau = 2")
    assert left == right == "0.78539816"
    solved = derivations["stability_boundary"].step("crossing")  # a = omega/S
    names = [one.split()[0] for one in example_values(solved).split(", ")]
    assert names == ["S", "omega"], "what is solved for is no free choice"
    assert len(values_at(solved, example_values(solved))) == 1
    for name in ("stability_boundary", "characteristic_function"):
        for one in derivations[name].steps:
            if one.operation is not None:
                assert all(left == right for left, right in values_at(one, example_values(one))), one.id


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tau = -1", "a positive number"),
        ("tau", "such as"),
        ("b = 1", "'b'"),
        ("tau = a", "'a'"),
        ("tau = 0", "positive"),
    ],
)
def test_values_that_a_symbol_cannot_have(derivations: dict[str, Derivation], text: str, found: str) -> None:
    with pytest.raises(InvalidScenario) as caught:
        values_at(derivations["stability_boundary"].step("damping"), text)
    assert found in str(caught.value)
