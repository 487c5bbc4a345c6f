"""How objects show themselves in a notebook: text, Markdown and LaTeX, without any drawing library."""

import pytest

from sddeverify.certificates import stability
from sddeverify.delays import Constant, Lattice, parse
from sddeverify.derivations import derive
from sddeverify.models import CharacteristicFunction
from sddeverify.scenario import Scenario

SCENARIO = Scenario("1/10", 8, "truncated_exponential(1, 2)", ["1", "1/2"])


def test_a_scenario_shows_its_file() -> None:
    text = SCENARIO._repr_markdown_()
    inside = text.removeprefix("```toml\n").removesuffix("\n```")
    assert Scenario.from_toml(inside) == SCENARIO


def test_laws_are_shown_shortened() -> None:
    assert parse("erlang(3, 1/2)")._repr_markdown_() == "Delay law `erlang(3, 1/2)`, mean 1/2"
    long = Lattice("1/10", [1] * 4000)._repr_markdown_()
    assert len(long) < 200
    assert "..." in long


def test_a_model_shows_its_coefficients() -> None:
    text = derive(SCENARIO).model._repr_markdown_()
    assert "| 1/2 | [0.5822715367, 0.5822715368] | 2/5 |" in text
    assert "A1, A2" in text
    noisy = derive(Scenario("1/10", 8, "constant(2)", ["1"], noise_variance="1/10")).model._repr_markdown_()
    assert "noise intensity η²σ²P/m = 1/250;" in noisy
    many = Scenario("1/10", 8, "constant(1)", [str(k) for k in range(1, 31)])
    assert "| and 22 more | | |" in derive(many).model._repr_markdown_()


@pytest.mark.parametrize(
    ("h", "parts"),
    [
        (CharacteristicFunction("3/2", Constant(1)), ["a = 3/2", "h(s) = s + a", r"\mathtt{constant(1)}"]),
        (CharacteristicFunction(("1", "2"), Constant(1), "1/3"), [r"a \in [1, 2]", "s + b + a", "b = 1/3"]),
        (CharacteristicFunction(1, parse("shifted_exponential(1, 2)")), [r"\mathtt{sum(constant(1), exponential(2))}"]),
    ],
)
def test_a_characteristic_function_is_a_formula(h: CharacteristicFunction, parts: list[str]) -> None:
    text = h._repr_latex_()
    assert text.startswith("$")
    for part in parts:
        assert part in text


def test_a_derivation_shows_all_of_itself() -> None:
    derivation = derive(SCENARIO).derivations[0]
    assert derivation._repr_markdown_().count("$$") == 2 * len(derivation.steps)
    assert derivation._repr_latex_().count(r"\label{") == len(derivation.steps)


def test_undecided_is_shown_as_such() -> None:
    shown = stability.prove(CharacteristicFunction(("1", "2"), Constant(1)))._repr_markdown_()
    assert shown.startswith("**Undecided** (BOUNDARY_IN_BOX): ")
