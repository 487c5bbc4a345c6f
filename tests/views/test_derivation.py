"""The stepper's logic, without a browser: buttons are clicked and fields filled from here."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("ipywidgets", reason="the extra 'notebook' is not installed")

from sddeverify.certificates import Certificate, stability_boundary
from sddeverify.delays import Constant
from sddeverify.derivations import DERIVATIONS, Derivation
from sddeverify.errors import InvalidScenario
from sddeverify.scenario import Scenario
from sddeverify.views.derivation import Stepper

SCENARIO = Scenario("1/10", 8, "constant(1)", ["1"])


@pytest.fixture(scope="module")
def boundary() -> Derivation:
    return DERIVATIONS["stability_boundary"](SCENARIO)


@pytest.fixture(autouse=True)
def _beside_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def found(widget: Any, name: str) -> list[Any]:
    """All widgets below this one that have the class ``sddeverify-<name>``."""
    here = [widget] if f"sddeverify-{name}" in widget._dom_classes else []
    return here + [one for child in getattr(widget, "children", ()) for one in found(child, name)]


def click(stepper: Stepper, name: str) -> None:
    found(stepper.widget, name)[-1].click()


def text(stepper: Stepper) -> str:
    def values(widget: Any) -> str:
        return str(getattr(widget, "value", "")) + "".join(values(one) for one in getattr(widget, "children", ()))

    return values(stepper.widget)


def test_walking_forth_and_back(boundary: Derivation) -> None:
    stepper = Stepper(boundary)
    assert len(found(stepper.widget, "step")) == 1
    assert found(stepper.widget, "previous")[0].disabled
    click(stepper, "next")
    click(stepper, "next")
    assert found(stepper.widget, "current") == [found(stepper.widget, "step")[-1]]
    assert len(found(stepper.widget, "earlier")) == 2
    click(stepper, "previous")
    assert len(found(stepper.widget, "step")) == 2
    found(stepper.widget, "jump")[0].value = 9
    assert stepper.position == 9
    click(stepper, "reveal-all")
    assert len(found(stepper.widget, "step")) == len(boundary.steps)
    assert found(stepper.widget, "next")[0].disabled
    click(stepper, "next")
    assert stepper.position == len(boundary.steps) - 1


def test_labels_are_those_of_the_exports(boundary: Derivation) -> None:
    stepper = Stepper(boundary)
    stepper.reveal_all()
    bundle = stepper._repr_mimebundle_()
    for step in boundary.steps:
        label = boundary.label(step)
        assert label in text(stepper)
        assert label in bundle["text/latex"]
        assert label in bundle["text/markdown"]
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_predicting_a_line(boundary: Derivation, tmp_path: Path) -> None:
    stepper = Stepper(boundary, mode="blank")
    stepper.jump([step.id for step in boundary.steps].index("damping"))
    assert r"\frac{\pi}{2 \tau}" not in stepper.card._formula.value.partition(r"\;?")[2]
    assert stepper.card.question is not None
    answer = found(stepper.widget, "answer")[-1]
    answer.value = "pi/tau"
    assert "Not equal" in text(stepper)
    assert "the right line is" in text(stepper)
    answer.value = "import os"
    assert "Not read" in text(stepper)
    click(stepper, "hint-button")
    assert "Substitute" in text(stepper)
    click(stepper, "hint-button")
    assert found(stepper.widget, "hint-button")[-1].disabled
    answer.value = "π/(2τ)".replace("2τ", "2*τ")
    assert stepper.card.question is None
    assert "Right: SymPy proves it" in text(stepper)
    document = json.loads((tmp_path / "answers.json").read_text("utf-8"))
    assert document["answers"] == {"eq:stability_boundary:damping": {"text": "π/(2*τ)", "outcome": "right", "hints": 2}}
    again = Stepper(boundary, mode="blank")
    again.jump(stepper.position)
    assert found(again.widget, "answer")[-1].value == "π/(2*τ)"


def test_next_shows_an_open_line_first(boundary: Derivation, tmp_path: Path) -> None:
    stepper = Stepper(boundary, mode="blank")
    assert stepper.card.question is None or stepper.position == 0
    stepper.jump(1)
    assert stepper.card.question is not None
    click(stepper, "next")
    assert stepper.position == 1
    assert stepper.card.question is None
    click(stepper, "next")
    assert stepper.position == 2
    outcomes = json.loads((tmp_path / "answers.json").read_text("utf-8"))["answers"].values()
    assert [one["outcome"] for one in outcomes] == ["shown"]


def asked(boundary: Derivation, mode: str) -> int:
    stepper = Stepper(boundary, mode=mode, answers=None)
    count = 0
    while True:
        if stepper.card.question is not None:
            count += 1
            stepper.next()
        if stepper.position == len(boundary.steps) - 1:
            return count
        stepper.next()


def test_modes_fade_from_worked_to_blank(boundary: Derivation) -> None:
    worked, gaps, blank = (asked(boundary, mode) for mode in ("worked", "gaps", "blank"))
    assert worked == 0
    assert blank > 10
    assert gaps == blank // 2
    stepper = Stepper(boundary, mode="blank")
    stepper.jump(1)
    stepper.mode = "worked"
    assert stepper.card.question is None
    for wrong in ("hard", ""):
        with pytest.raises(InvalidScenario, match="one of worked, gaps, blank"):
            Stepper(boundary, mode=wrong)


def test_badges_say_what_was_checked_and_check_again(boundary: Derivation) -> None:
    certificate = stability_boundary.prove(Constant("1"))
    assert isinstance(certificate, Certificate)
    stepper = Stepper(boundary, certificates={"numbers": certificate})
    stepper.jump([step.id for step in boundary.steps].index("numbers"))
    badge = found(stepper.widget, "badge")[-1]
    assert badge.description == "✓ symbolic, ✓ numeric, ✓ certified"
    badge.click()
    assert certificate.digest in text(stepper)
    assert "ACCEPTED" in text(stepper)
    # What is checked again is the certificate as it is now.
    certificate.document["claim"]["damping"] = ["1", "2"]
    click(stepper, "recheck")
    assert "checked again" in text(stepper)
    assert "certificate not accepted" in found(stepper.widget, "badge")[-1].description
    assert "ACCEPTED" not in text(stepper)
    badge.click()
    assert certificate.digest not in text(stepper)
    with pytest.raises(InvalidScenario, match="the id of a step"):
        Stepper(boundary, certificates={"nowhere": certificate})


def test_assumptions_are_named_in_their_badge() -> None:
    stepper = Stepper(DERIVATIONS["diffusion_limit"](SCENARIO))
    badge = found(stepper.widget, "badge")[-1]
    assert badge.description == "⚑ assumption A1"
    badge.click()
    assert "what is assumed" in text(stepper)
    assert not found(stepper.widget, "numbers")


def test_numbers_are_put_in(boundary: Derivation) -> None:
    stepper = Stepper(boundary)
    stepper.jump([step.id for step in boundary.steps].index("strength"))
    click(stepper, "numbers")
    assert "left: 1.5707963" in text(stepper)
    assert "right: 1.5707963" in text(stepper)
    found(stepper.widget, "values")[-1].value = "tau = -1"
    assert "a positive number" in text(stepper)


def test_exports_are_saved_and_nothing_is_overwritten(boundary: Derivation, tmp_path: Path) -> None:
    stepper = Stepper(boundary)
    click(stepper, "save-latex")
    click(stepper, "save-markdown")
    assert r"\label{eq:stability_boundary:damping}" in (tmp_path / "stability_boundary.tex").read_text("utf-8")
    (tmp_path / "stability_boundary.md").write_text("mine", encoding="utf-8")
    click(stepper, "save-markdown")
    assert "Not saved" in text(stepper)
    assert (tmp_path / "stability_boundary.md").read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"schema": "other", "answers": {}}',
        '{"schema": "sddeverify.answers/1", "answers": {"x": {"text": 1}}}',
    ],
)
def test_a_file_that_holds_no_answers_is_left_alone(boundary: Derivation, tmp_path: Path, content: str) -> None:
    (tmp_path / "answers.json").write_text(content, encoding="utf-8")
    stepper = Stepper(boundary, mode="blank")
    assert "Answers are not kept" in text(stepper)
    stepper.jump(1)
    click(stepper, "show")
    assert (tmp_path / "answers.json").read_text("utf-8") == content


def test_a_folder_that_cannot_be_written_is_said(boundary: Derivation) -> None:
    stepper = Stepper(boundary, mode="blank", answers="missing/answers.json")
    stepper.jump(1)
    found(stepper.widget, "answer")[-1].value = "0"
    assert "cannot be written" in text(stepper)


def test_a_derivation_with_matrices_can_be_walked() -> None:
    derivation = DERIVATIONS["linearization"](Scenario(Fraction(1, 10), 2, "erlang(2, 1)", ["1", "1/2"]))
    stepper = Stepper(derivation, answers=None)
    for _ in derivation.steps:
        stepper.next()
    badges = [one.description for one in found(stepper.widget, "badge")]
    assert len(badges) == len(derivation.steps)
    assert all("✗" not in one for one in badges)


def test_derivations_of_one_notebook_share_a_file(boundary: Derivation, tmp_path: Path) -> None:
    # All steppers of a lesson are made before the first answer is given.
    first, second = (Stepper(one, mode="blank") for one in (boundary, DERIVATIONS["lambert_roots"](SCENARIO)))
    for stepper in (first, second, first):
        while stepper.card.question is None:
            stepper.next()
        click(stepper, "show")
    kept = json.loads((tmp_path / "answers.json").read_text("utf-8"))["answers"]
    assert sorted({label.split(":")[1] for label in kept}) == ["lambert_roots", "stability_boundary"]
    assert len(kept) == 3


def test_a_file_damaged_meanwhile_is_left_alone(boundary: Derivation, tmp_path: Path) -> None:
    stepper = Stepper(boundary, mode="blank")
    stepper.jump(1)
    (tmp_path / "answers.json").write_text("mine", encoding="utf-8")
    found(stepper.widget, "answer")[-1].value = "0"
    assert "a file of answers" in text(stepper)
    click(stepper, "show")
    assert stepper.card.question is None
    assert (tmp_path / "answers.json").read_text("utf-8") == "mine"


@pytest.mark.parametrize("name", ["a" * 300, "nul\0", "folder", "folder/part"])
def test_names_that_no_file_can_have(boundary: Derivation, tmp_path: Path, name: str) -> None:
    (tmp_path / "folder" / "part.part").mkdir(parents=True)
    stepper = Stepper(boundary, mode="blank", answers=name)
    stepper.jump(1)
    found(stepper.widget, "answer")[-1].value = "0"
    assert ("Answers are not kept" in text(stepper)) != ("cannot be written" in text(stepper))
    click(stepper, "show")
    assert stepper.card.question is None


ODD = [
    "9**9**9**9",
    "__import__('os')",
    "((",
    r"\frac{\pi}{2}",
    "½ 😀",
    "1" * 400,
    "sin(exp(10^9))",
    "log(0)",
    "<b>x</b>",
    "\ud800",
]


@pytest.mark.parametrize("odd", ODD)
def test_odd_answers_end_in_a_sentence_and_can_be_skipped(boundary: Derivation, odd: str) -> None:
    stepper = Stepper(boundary, mode="blank")
    stepper.jump([step.id for step in boundary.steps].index("damping"))
    answer = found(stepper.widget, "answer")[-1]
    answer.value = odd
    said = stepper.card.question._said.value if stepper.card.question is not None else ""
    assert "Not read. answer" in said or "Not equal." in said
    assert "<b>" not in said
    click(stepper, "check")
    answer.value = ""
    assert "an expression such as" in text(stepper)
    answer.value = odd
    click(stepper, "show")
    assert stepper.card.question is None


@pytest.mark.parametrize(
    "odd", ["tau", "tau =", "tau = 1/0", "tau = 9^9^9", "tau = -π", "x = 1", "tau = 1, tau = 2", "\0"]
)
def test_odd_numbers_end_in_a_sentence(boundary: Derivation, odd: str) -> None:
    stepper = Stepper(boundary)
    stepper.jump([step.id for step in boundary.steps].index("strength"))
    click(stepper, "numbers")
    found(stepper.widget, "values")[-1].value = odd
    assert "is not allowed; write" in text(stepper)
