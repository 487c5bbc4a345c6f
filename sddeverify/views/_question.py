"""Predict before reveal: a field for the next line, hints in levels, and what became of the answer."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from sddeverify.derivations import Correctness, judge, vocabulary
from sddeverify.errors import InvalidScenario
from sddeverify.views._answer_file import Answer
from sddeverify.views._widgets import button, row, status, widgets

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.derivations import Step
    from sddeverify.views._answer_file import AnswerFile


class Question:
    """The widget that asks for one line.

    Attributes:
        widget: The outermost box.
        field: Where the answer is typed.
    """

    def __init__(self, label: str, step: Step, answers: AnswerFile | None, on_done: Callable[[str], None]) -> None:
        self._label, self._step, self._answers, self._on_done = label, step, answers, on_done
        self._hints = 0
        names = ", ".join(vocabulary(step))
        earlier = None if answers is None else answers.answers.get(label)
        self.field = widgets.Text(
            value="" if earlier is None else earlier.text,
            placeholder=f"the next line, in {names}; pi, I, exp, sqrt, ... and ^ for powers",
            continuous_update=False,
            layout={"width": "36em", "max_width": "100%"},
        )
        self.field.add_class("sddeverify-answer")
        self.field.observe(lambda _: self.check(), "value")  # Enter, or leaving the field
        self._said = widgets.HTML()
        self._shown_hints = widgets.HTML()
        self._hint = button(f"Hint (1 of {len(step.hints)})", self.hint, "hint-button")
        buttons = [
            button("Check", self.check, "check", "check the answer (or press Enter in the field)"),
            self._hint,
            button("Show the line", self.reveal, "show"),
        ]
        self.widget = widgets.VBox([self.field, row(*buttons), self._shown_hints, self._said])
        self.widget.add_class("sddeverify-question")

    def check(self) -> None:
        """Judge the answer; a right one reveals the line."""
        try:
            judged = judge(self._step, self.field.value)
        except InvalidScenario as error:
            self._said.value = status(f"Not read. {error}", "wrong")
            return
        if judged.correctness is Correctness.RIGHT:
            self._keep("right")
            self._on_done(f"✓ Right: SymPy proves it, and {judged.points} random points agree.")
        elif judged.correctness is Correctness.UNDECIDED:
            self._said.value = status(
                f"Equal at {judged.points} random points, but SymPy does not prove it; write it more simply.", "note"
            )
        else:
            self._said.value = status(f"✗ Not equal. {judged.example}", "wrong")
            self._keep("wrong")

    def hint(self) -> None:
        """Open the next hint."""
        hints = self._step.hints
        self._hints = min(self._hints + 1, len(hints))
        shown = (f'<div class="sddeverify-hint">{html.escape(one)}</div>' for one in hints[: self._hints])
        self._shown_hints.value = "".join(shown)
        self._hint.disabled = self._hints == len(hints)
        if not self._hint.disabled:
            self._hint.description = f"Hint ({self._hints + 1} of {len(hints)})"

    def reveal(self) -> None:
        """Show the line without an answer."""
        self._keep("shown")
        self._on_done("")

    def _keep(self, outcome: str) -> None:
        if self._answers is None:
            return
        try:
            self._answers.keep(self._label, Answer(self.field.value, outcome, self._hints))
        except InvalidScenario as error:
            self._said.value += status(str(error), "wrong")
