"""The summary: one row for each answer, marked with what kind of answer it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Status(Enum):
    """What kind of answer a number is. The first four never mix."""

    CERTIFIED = "certified"
    COMPUTED = "computed"
    OBSERVED = "observed"
    CONSISTENT = "consistent"
    INCONSISTENT = "inconsistent"
    TOO_LITTLE_DATA = "too little data"
    UNDECIDED = "undecided"


MEANING: dict[Status, str] = {
    Status.CERTIFIED: "proved: the kernel accepted a certificate of it, twice, the second time in a process of its own",
    Status.COMPUTED: "a number from a computation in floating point or mpmath; no proof",
    Status.OBSERVED: "measured on a trace, of real processes or of the emulator",
    Status.CONSISTENT: "passed a statistical test at the stated level; a test never proves anything",
    Status.INCONSISTENT: "failed a statistical test: theory and trace differ by more than chance and the stated bias",
    Status.TOO_LITTLE_DATA: "the trace is too short, or the margins too wide, for a test that means anything",
    Status.UNDECIDED: "no proof was found either way; the reason is given",
}
"""What each word stands for, in one sentence."""

MARK: dict[Status, str] = {
    Status.CERTIFIED: "✔",
    Status.COMPUTED: "≈",
    Status.OBSERVED: "◉",
    Status.CONSISTENT: "∼",
    Status.INCONSISTENT: "✘",
    Status.TOO_LITTLE_DATA: "…",
    Status.UNDECIDED: "?",
}
"""A sign for each word, so that colour is never the only signal."""


@dataclass(frozen=True)
class Row:
    """One line of the summary.

    Attributes:
        quantity: What is answered.
        value: The answer, with its unit.
        status: What kind of answer it is.
        basis: What it rests on, or why it is undecided.
        data: The numbers, for the JSON form.
        certificate: File name of the certificate, if there is one.
    """

    quantity: str
    value: str
    status: Status
    basis: str
    data: dict[str, Any] = field(default_factory=dict)
    certificate: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        return {
            "quantity": self.quantity,
            "value": self.value,
            "status": self.status.value,
            "basis": self.basis,
            "certificate": self.certificate,
            **self.data,
        }
