"""The file beside a notebook in which a reader's answers are kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sddeverify.errors import InvalidScenario, invalid

SCHEMA = "sddeverify.answers/1"
MAX_BYTES = 2**20


@dataclass(frozen=True)
class Answer:
    """What a reader answered to one line.

    Attributes:
        text: The answer as typed; empty if the line was shown without one.
        outcome: ``"right"``, ``"wrong"``, or ``"shown"``.
        hints: How many hints were open.
    """

    text: str
    outcome: str
    hints: int


OUTCOMES = ("right", "wrong", "shown")


class AnswerFile:
    """Answers by equation label, written at once; the file is first made when there is an answer to keep."""

    def __init__(self, path: Path) -> None:
        """Read the file if there is one.

        Raises:
            InvalidScenario: if it is not a file of answers; it is left as it is.
        """
        self.path = path
        self.answers: dict[str, Answer] = _answers(path)

    def keep(self, label: str, answer: Answer) -> None:
        """Keep an answer; an interrupted write leaves the earlier file as it was.

        What others have written in the meantime stays: all derivations of a notebook share one file.

        Raises:
            InvalidScenario: if the file cannot be written, or has become something else; the answer is kept for this
                session then.
        """
        self.answers[label] = answer
        self.answers = self.answers | _answers(self.path) | {label: answer}
        document = {"schema": SCHEMA, "answers": {name: vars(one) for name, one in sorted(self.answers.items())}}
        part = self.path.with_name(self.path.name + ".part")
        try:
            part.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            part.replace(self.path)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name, half a character in an answer
            reason = getattr(error, "strerror", None) or error
            raise InvalidScenario(f"answers: {self.path} cannot be written ({reason}); not saved") from None


def _answers(path: Path) -> dict[str, Answer]:
    """Return the answers in a file; none if there is no file yet."""
    try:
        if not path.exists():
            return {}
        text = path.read_bytes()[: MAX_BYTES + 1]
        found = json.loads(text) if len(text) <= MAX_BYTES else None
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA or not isinstance(found.get("answers"), dict):
        raise invalid("answers", str(path), f"a file of answers ({SCHEMA}), or the name of a file yet to be made")
    return {label: _read(path, label, value) for label, value in found["answers"].items()}


def _read(path: Path, label: str, value: Any) -> Answer:
    try:
        answer = Answer(**value)
    except TypeError:
        answer = Answer("", "", 0)
    types = isinstance(answer.text, str) and isinstance(answer.hints, int)
    if not types or answer.outcome not in OUTCOMES:
        allowed = f"text, an outcome ({', '.join(OUTCOMES)}) and a number of hints"
        raise invalid(f"answers, {path.name}, {label}", value, allowed)
    return answer
