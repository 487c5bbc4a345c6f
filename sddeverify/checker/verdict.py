"""The verdict on a document: accepted, rejected or malformed; nothing else, and never by default."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from .document import SCHEMA, Malformed, digest, load, members
from .interval import Refusal
from .rules import RULES


class Status(Enum):
    """The three verdicts; the values are the exit statuses of the command."""

    ACCEPTED = 0
    REJECTED = 1
    MALFORMED = 2


@dataclass(frozen=True)
class Verdict:
    """A verdict with its reason.

    Attributes:
        status: ACCEPTED: the claim is a theorem. REJECTED: this document does not prove it (the claim may
            still be true). MALFORMED: this is no certificate of the format.
        reason: Why, in one sentence; empty if accepted.
        statement: The claim in words, if it was accepted.
        digest: The sha256 of the claim, if it was accepted.
    """

    status: Status
    reason: str = ""
    statement: str = ""
    digest: str = ""

    def __bool__(self) -> bool:
        raise TypeError("a verdict is not true or false; compare its status with Status.ACCEPTED")


def check(document: str | bytes | dict[str, Any]) -> Verdict:
    """Return the verdict on a certificate; never raise.

    Args:
        document: Text or UTF-8 bytes of a JSON document, or the document as a dictionary.
    """
    try:
        return _check(document)
    except Malformed as error:
        return Verdict(Status.MALFORMED, str(error))
    except Refusal as error:
        return Verdict(Status.REJECTED, str(error))
    except Exception as error:  # an accident in the kernel is no proof
        return Verdict(Status.REJECTED, f"{type(error).__name__} while checking: {str(error)[:200]}")


def _check(document: str | bytes | dict[str, Any]) -> Verdict:
    schema, claim, sha256, statement, witness, producer, provenance = members(
        load(document),
        *("schema", "claim", "claim_sha256", "statement", "witness", "producer"),
        optional=("provenance",),
    )
    if schema != SCHEMA:
        raise Malformed(f"the schema is {str(schema)[:60]!r}; this kernel checks {SCHEMA!r}")
    if not isinstance(producer, dict) or not isinstance(provenance, dict | None):
        raise Malformed("producer and provenance must be objects")
    if not isinstance(claim, dict) or not isinstance(claim.get("type"), str):
        raise Malformed("the claim must be an object with a type")
    if claim["type"] not in RULES:
        raise Malformed(f"the claim type {claim['type'][:40]!r} is unknown")
    identity = digest(claim)
    if sha256 != identity:
        raise Refusal("claim_sha256 is not the hash of the claim")
    rule = RULES[claim["type"]](claim)
    if statement != rule.statement():
        raise Refusal("the statement is not that of the claim")
    rule.verify(witness)
    return Verdict(Status.ACCEPTED, "", rule.statement(), identity)


def state(claim: dict[str, Any]) -> str:
    """Return the statement of a claim.

    Raises:
        Malformed: if it is no claim of the format.
        Refusal: if its model contradicts it.
    """
    return RULES[claim["type"]](claim).statement()
