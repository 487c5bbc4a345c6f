"""One line of the stepper: its formula, its badge with the check behind it, and numbers put into it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from sddeverify import checker
from sddeverify.derivations import (
    ASSUMPTIONS,
    Badge,
    Kind,
    Outcome,
    Sign,
    StepCheck,
    check_step,
    example_values,
    latex_math,
    step_latex,
    values_at,
)
from sddeverify.errors import InvalidScenario
from sddeverify.views._question import Question
from sddeverify.views._widgets import button, row, status, widgets

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.certificates import Certificate
    from sddeverify.derivations import Derivation, Step
    from sddeverify.views._answer_file import AnswerFile


class Card:
    """The widget of one step.

    Attributes:
        widget: The outermost box.
        question: The question about the line while it is not revealed, or None.
    """

    def __init__(
        self,
        derivation: Derivation,
        step: Step,
        number: int,
        answers: AnswerFile | None,
        certificate: Certificate | None,
        on_reveal: Callable[[], None],
    ) -> None:
        self._derivation, self._step, self._certificate = derivation, step, certificate
        self._answers, self._on_reveal = answers, on_reveal
        self.question: Question | None = None
        self._check: StepCheck | None = None
        label = derivation.label(step)
        self._formula = widgets.HTMLMath()
        self._formula.add_class("sddeverify-formula")
        self._because = widgets.HTML()
        self._badge = button("", self.toggle_check, "badge", "open the check of this line, and run it again")
        self._numbers = button("put in numbers", self.toggle_numbers, "numbers")
        self._panel = widgets.VBox()
        title = widgets.HTML(
            f'<div class="sddeverify-title" data-step="{step.id}">{number}. {html.escape(step.title)}'
            f'<span class="sddeverify-label">{label}</span></div>'
        )
        self._below = widgets.VBox()
        self.widget = widgets.VBox([title, self._formula, self._because, self._below, self._panel])
        self.widget.add_class("sddeverify-step")

    def show(self, *, asked: bool) -> None:
        """Show the line, or ask for it."""
        if asked:
            left = f"{latex_math(self._step.left)} {self._step.sign.latex} \\;?"
            self._formula.value = _display(left)
            self._because.value = ""
            self.question = Question(self._derivation.label(self._step), self._step, self._answers, self._revealed)
            self._below.children = (self.question.widget,)
            return
        self.question = None
        self._formula.value = _display(step_latex(self._step))
        self._because.value = f'<div class="sddeverify-because">{html.escape(self._step.because)}</div>'
        if self._check is None:
            self.run_check()
        tools = (self._badge, self._numbers) if self._step.kind is Kind.IDENTITY else (self._badge,)
        self._below.children = (row(*tools),)

    def mark(self, *, current: bool) -> None:
        """Mark the line as the current one, or dim it."""
        self.widget.remove_class("sddeverify-earlier" if current else "sddeverify-current")
        self.widget.add_class("sddeverify-current" if current else "sddeverify-earlier")

    def run_check(self) -> None:
        """Check the line (again), and its certificate if it has one."""
        self._check = check_step(self._derivation, self._step)
        parts = [_badge(self._step, self._check)]
        if self._certificate is not None:
            accepted = checker.check(self._certificate.document).status is checker.Status.ACCEPTED
            parts.append("✓ certified" if accepted else "✗ certificate not accepted")
        self._badge.description = ", ".join(parts)

    def toggle_check(self) -> None:
        """Open or close the check of the line."""
        self._toggle("check", self._open_check)

    def toggle_numbers(self) -> None:
        """Open or close the field for numbers."""
        self._toggle("numbers", self._open_numbers)

    def _toggle(self, name: str, opened: Callable[[], tuple[object, ...]]) -> None:
        now = f"sddeverify-panel-{name}"
        was_open = now in self._panel._dom_classes
        for one in ("sddeverify-panel", "sddeverify-panel-check", "sddeverify-panel-numbers"):
            self._panel.remove_class(one)
        self._panel.children = ()
        if not was_open:
            self._panel.children = opened()
            self._panel.add_class("sddeverify-panel")
            self._panel.add_class(now)

    def _open_check(self) -> tuple[object, ...]:
        table = widgets.HTMLMath(self._table())

        def again() -> None:
            self.run_check()
            table.value = self._table() + status("checked again just now", "note")

        return (table, button("run the check again", again, "recheck"))

    def _table(self) -> str:
        check = self._check
        if check is None:  # pragma: no cover - a line is checked before its panel can be opened
            return ""
        if self._step.assumption is not None:
            assumption = ASSUMPTIONS[self._step.assumption]
            rows = [(f"assumption {assumption.name}", assumption.title), ("what is assumed", assumption.text)]
        else:
            seen = f"largest relative difference at {check.points} random rational points: {check.error:.1e}"
            rows = [
                ("operation", self._step.hints[0]),
                ("the operation gives this line", check.replay.value),
                ("symbolic: the difference of both sides simplifies to 0", check.symbolic.value),
                (f"numeric: {seen}", check.numeric.value),
                ("lines it builds on stand in it unchanged", check.links.value),
            ]
        if self._certificate is not None:
            verdict = checker.check(self._certificate.document)
            rows += [
                ("certificate", self._certificate.statement),
                ("verdict of the kernel", " ".join([verdict.status.name, verdict.reason]).strip()),
                ("sha256 of the claim", self._certificate.digest),
            ]
        cells = "".join(f"<tr><td>{html.escape(a)}</td><td>{html.escape(b)}</td></tr>" for a, b in rows)
        return f'<table class="sddeverify-checks">{cells}</table>'

    def _open_numbers(self) -> tuple[object, ...]:
        field = widgets.Text(
            example_values(self._step),
            description="values",
            continuous_update=False,
            layout={"width": "32em"},
        )
        field.add_class("sddeverify-values")
        result = widgets.HTML()

        def compute(_: object = None) -> None:
            try:
                pairs = values_at(self._step, field.value)
            except InvalidScenario as error:
                result.value = status(str(error), "wrong")
                return
            rows = "".join(f"<tr><td>left: {left}</td><td>right: {right}</td></tr>" for left, right in pairs)
            solved = "<div>the equation, brought to one side, at its solution</div>" * (
                self._step.sign is Sign.SOLVED_BY
            )
            result.value = f'{solved}<table class="sddeverify-sides">{rows}</table>'

        field.observe(compute, "value")
        compute()
        return (field, result)

    def _revealed(self, message: str) -> None:
        self.show(asked=False)
        self._below.children = (widgets.HTML(status(message, "right")), *self._below.children)
        self._on_reveal()


def _display(latex: str) -> str:
    return f"$$ {html.escape(latex)} $$"


def _badge(step: Step, check: StepCheck) -> str:
    if check.badge is Badge.ASSUMED:
        return f"⚑ assumption {step.assumption}"
    if check.badge is Badge.VERIFIED:
        return "✓ symbolic, ✓ numeric"
    signs = {"symbolic": check.symbolic, "numeric": check.numeric}
    parts = [f"{'✓' if outcome is Outcome.PASSED else '✗'} {name}" for name, outcome in signs.items()]
    return ", ".join([*parts, "✗ does not check"])
