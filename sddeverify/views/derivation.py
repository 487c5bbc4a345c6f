"""The stepper: a derivation that readers walk through, predict, check and take away."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sddeverify.derivations import askable, to_latex, to_markdown
from sddeverify.errors import InvalidScenario, invalid
from sddeverify.views._answer_file import AnswerFile
from sddeverify.views._card import Card
from sddeverify.views._widgets import bundle, button, row, status, style_sheet, widgets

if TYPE_CHECKING:
    from sddeverify.certificates import Certificate
    from sddeverify.derivations import Derivation

MODES = {
    "worked": "every line is shown",
    "gaps": "every second line is asked for",
    "blank": "every line is asked for",
}


class Stepper:
    """A derivation, one line at a time.

    In mode ``gaps`` and ``blank`` a line is asked for before it is shown; the answer is compared by SymPy and at
    random points. Assumptions, and lines that cannot be typed (integrals, matrices), are always shown.

    Attributes:
        derivation: What is shown.
        widget: The ipywidgets box.
        position: Index of the current line.
    """

    def __init__(
        self,
        derivation: Derivation,
        mode: str = "worked",
        certificates: Mapping[str, Certificate] | None = None,
        answers: str | Path | None = "answers.json",
    ) -> None:
        """Build the widget with its first line shown.

        Args:
            derivation: What is shown.
            mode: One of ``MODES``; it can be changed in the widget.
            certificates: Id of a step -> the certificate of its result; the step's badge says so.
            answers: Where answers are kept, relative to the notebook; None to keep none.

        Raises:
            InvalidScenario: for an unknown mode, or a certificate of a step that there is not.
        """
        if mode not in MODES:
            raise invalid("mode", mode, f"one of {', '.join(MODES)}")
        self.derivation = derivation
        self.position = 0
        steps = derivation.steps
        certified = dict(certificates or {})
        for identifier in certified:
            if all(identifier != step.id for step in steps):
                raise invalid("certificates", identifier, f"the id of a step: {', '.join(step.id for step in steps)}")
        self._said = widgets.HTML()
        kept = self._answer_file(answers)
        self._cards = [
            Card(derivation, step, number, kept, certified.get(step.id), self._refresh)
            for number, step in enumerate(steps, 1)
        ]
        self._seen: set[int] = set()
        self._previous = button("◀ Previous", self.previous, "previous")
        self._next = button("Next ▶", self.next, "next")
        self._all = button("Reveal all", self.reveal_all, "reveal-all")
        numbered = [(f"{number}. {step.title}", number - 1) for number, step in enumerate(steps, 1)]
        self._jump = widgets.Dropdown(options=numbered, value=0, description="go to", layout={"width": "24em"})
        self._jump.add_class("sddeverify-jump")
        self._jump.observe(lambda change: self.jump(change["new"]), "value")
        self._mode = widgets.Dropdown(options=list(MODES), value=mode, description="mode", layout={"width": "13em"})
        self._mode.add_class("sddeverify-mode")
        self._mode.observe(lambda _: self._ask_again(), "value")
        save = [
            button("Save LaTeX", lambda: self.save(f"{derivation.name}.tex"), "save-latex"),
            button("Save Markdown", lambda: self.save(f"{derivation.name}.md"), "save-markdown"),
        ]
        self._lines = widgets.VBox()
        scroll = widgets.Box([self._lines])
        scroll.add_class("sddeverify-scroll")
        self.widget = widgets.VBox(
            [
                style_sheet(),
                widgets.HTML(f"<b>{derivation.title}</b>"),
                scroll,
                row(self._previous, self._next, self._all, self._jump),
                row(self._mode, *save),
                self._said,
            ]
        )
        self.widget.add_class("sddeverify-stepper")
        self._show()

    @property
    def mode(self) -> str:
        """The mode: ``worked``, ``gaps`` or ``blank``."""
        return str(self._mode.value)

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES:
            raise invalid("mode", mode, f"one of {', '.join(MODES)}")
        self._mode.value = mode

    @property
    def card(self) -> Card:
        """The current line."""
        return self._cards[self.position]

    def next(self) -> None:
        """Show the current line if it is still asked for; otherwise go on to the next one."""
        if self.card.question is not None:
            self.card.question.reveal()
        elif self.position < len(self._cards) - 1:
            self.position += 1
            self._show()

    def previous(self) -> None:
        """Go back one line."""
        self.position = max(self.position - 1, 0)
        self._show()

    def jump(self, position: int) -> None:
        """Go to a line; those in between are shown, not asked for."""
        if position != self.position:
            self._reveal(range(position))
            self.position = position
            self._show()

    def reveal_all(self) -> None:
        """Show every line."""
        self._reveal(range(len(self._cards)))
        self.position = len(self._cards) - 1
        self._show()

    def save(self, name: str) -> None:
        """Write the derivation to a file beside the notebook, as LaTeX or Markdown by the ending of its name."""
        path = Path(name)
        text = to_latex(self.derivation) if path.suffix == ".tex" else to_markdown(self.derivation)
        try:
            if path.exists() and path.read_text("utf-8") != text:
                raise InvalidScenario(f"{path}: it exists and holds something else; move it away first")
            path.write_text(text, encoding="utf-8")
        except (InvalidScenario, OSError, UnicodeDecodeError) as error:
            self._said.value = status(f"Not saved. {error}", "wrong")
        else:
            self._said.value = status(f"Saved: {path}")

    def _reveal(self, positions: range) -> None:
        for position in positions:
            if position not in self._seen or self._cards[position].question is not None:
                self._cards[position].show(asked=False)
                self._seen.add(position)

    def _asks(self, position: int) -> bool:
        step = self.derivation.steps[position]
        if self.mode == "worked" or not askable(step):
            return False
        before = [one for one in self.derivation.steps[:position] if askable(one)]
        return self.mode == "blank" or len(before) % 2 == 1

    def _ask_again(self) -> None:
        # The mode was changed: what has been shown stays shown, the open question follows the mode.
        if self.card.question is not None and not self._asks(self.position):
            self.card.show(asked=False)
        self._refresh()

    def _show(self) -> None:
        if self.position not in self._seen:
            self._seen.add(self.position)
            self.card.show(asked=self._asks(self.position))
        self._refresh()
        if self.card.question is not None:
            self.card.question.field.focus()

    def _refresh(self) -> None:
        last = len(self._cards) - 1
        self._lines.children = tuple(card.widget for card in self._cards[: self.position + 1])
        for position, card in enumerate(self._cards[: self.position + 1]):
            card.mark(current=position == self.position)
        asked = self.card.question is not None
        self._previous.disabled = self.position == 0
        self._next.disabled = self.position == last and not asked
        self._next.description = "Show the line" if asked else "Next ▶"
        self._jump.value = self.position

    def _answer_file(self, path: str | Path | None) -> AnswerFile | None:
        if path is None:
            return None
        try:
            return AnswerFile(Path(path))
        except InvalidScenario as error:
            self._said.value = status(f"Answers are not kept. {error}", "wrong")
            return None

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        fallback = {
            "text/plain": f"{self.derivation.title}: {len(self.derivation.steps)} lines",
            "text/markdown": to_markdown(self.derivation),
            "text/latex": to_latex(self.derivation),
        }
        return bundle(self.widget, fallback)
