"""Certificates and the ordinary answer "undecided"."""

from __future__ import annotations

import json
import os
import platform
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sddeverify
from sddeverify import checker
from sddeverify.checker.document import SCHEMA, digest
from sddeverify.checker.verdict import read
from sddeverify.errors import invalid
from sddeverify.exact import Enclosure

if TYPE_CHECKING:
    from collections.abc import Mapping


MIME = "application/vnd.sddeverify.certificate+json"
"""What the JupyterLab renderer of this package answers to."""

_MAX_SHOWN = 2**20  # characters of a document that a notebook's output holds
_LONGEST = 300  # characters of a detail: the kernel names break points of any length


class Reason(Enum):
    """Why a prover gives no certificate."""

    PRECISION = "the claim is not separated from its opposite at the highest precision tried"
    BUDGET = "the proof would be larger than the format allows"
    BOUNDARY_IN_BOX = "the parameters allow both answers, or cannot be told apart"
    DOMAIN = "the claim leaves the domain where the characteristic function is defined"


@dataclass(frozen=True)
class Inconclusive:
    """Undecided: no certificate was found, which says nothing about the claim.

    Attributes:
        reason: The kind of obstacle.
        detail: What happened, in one sentence.
    """

    reason: Reason
    detail: str

    def __bool__(self) -> bool:
        raise TypeError("undecided is not false; test isinstance(result, Inconclusive)")

    def __str__(self) -> str:
        return f"undecided ({self.reason.name}): {self.detail}"

    def _repr_markdown_(self) -> str:
        return f"**Undecided** ({self.reason.name}): {_escaped(self.detail)}"


class Obstacle(Exception):
    """Raised inside a prover; its public function returns ``result``."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        shown = detail if len(detail) <= _LONGEST else f"{detail[: _LONGEST - 3]}..."
        self.result = Inconclusive(reason, shown)


class Refused(Obstacle):
    """The kernel does not accept a document."""


@dataclass(frozen=True)
class Certificate:
    """A claim with a proof that the kernel accepted.

    Attributes:
        document: The JSON document; ``checker.check(document)`` accepts it.
    """

    document: dict[str, Any]

    @property
    def claim(self) -> dict[str, Any]:
        """The claim, as in the document."""
        claim: dict[str, Any] = self.document["claim"]
        return claim

    @property
    def statement(self) -> str:
        """The claim as one English sentence."""
        return str(self.document["statement"])

    @property
    def digest(self) -> str:
        """The identity of the claim: its sha256."""
        return str(self.document["claim_sha256"])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the document as JSON; an interrupted write leaves an earlier file as it was."""
        target = Path(path)
        part = target.with_name(target.name + ".part")
        part.write_text(json.dumps(self.document, indent=1) + "\n", encoding="ascii")
        part.replace(target)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a document and have the kernel check it.

        Raises:
            InvalidScenario: if the kernel does not accept it.
        """
        document = Path(path).read_bytes()
        verdict = checker.check(document)
        if verdict.status is not checker.Status.ACCEPTED:
            raise invalid(str(path), verdict.reason, "a certificate that the kernel accepts")
        return cls(json.loads(document))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        # A notebook shows what the kernel says now, not what it said when the certificate was made.
        verdict = checker.check(self.document)
        name = "Certified" if verdict.status is checker.Status.ACCEPTED else f"{verdict.status.name}: {verdict.reason}"
        shown: dict[str, Any] = {
            "text/plain": f"{name}: {self.statement}\nsha256 of the claim: {self.digest}",
            "text/markdown": f"**{name}** `{self.digest[:12]}`: {_escaped(self.statement)}",
        }
        if len(json.dumps(self.document)) <= _MAX_SHOWN:
            shown[MIME] = {
                "document": self.document,
                "verdict": {"status": verdict.status.name, "reason": verdict.reason},
            }
        return shown


def _escaped(text: str) -> str:
    """Return prose in which Markdown finds no markup: intervals are no links, products no emphasis."""
    return re.sub(r"([\\*_\[\]|<>$`])", r"\\\1", text)


def document(claim: dict[str, Any], witness: Any, provenance: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the document of a claim and its witness."""
    return {
        "schema": SCHEMA,
        "claim": claim,
        "claim_sha256": digest(claim),
        "statement": read(claim)[0],
        "witness": witness,
        "producer": {
            "name": "sddeverify",
            "version": sddeverify.__version__,
            "python": platform.python_version(),
            "utc": datetime.now(UTC).isoformat(timespec="seconds"),
        },
        **({"provenance": dict(provenance)} if provenance else {}),
    }


def enclosure(pair: list[str]) -> Enclosure:
    """Return a parameter of a document as exact ends."""
    return Enclosure(Fraction(pair[0]), Fraction(pair[1]))
