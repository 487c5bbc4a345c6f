"""The verdict on a document: accepted, rejected or malformed; nothing else, and never by default."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from .document import SCHEMA, Malformed, digest, load, members, well_formed
from .function import Rule
from .interval import Refusal, require
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
        return _check(load(document))
    except Malformed as error:
        return Verdict(Status.MALFORMED, str(error))
    except Refusal as error:
        return Verdict(Status.REJECTED, str(error))
    except Exception as error:  # an accident in the kernel is no proof
        return Verdict(Status.REJECTED, f"{type(error).__name__} while checking: {str(error)[:200]}")


def _check(document: dict[str, Any]) -> Verdict:
    names = ("schema", "claim", "claim_sha256", "statement", "witness", "producer")
    schema, claim, sha256, statement, witness, *others = members(document, *names, optional="provenance")
    well_formed(schema == SCHEMA, f"this kernel checks {SCHEMA!r}, not {str(schema)[:60]!r}")
    well_formed(all(isinstance(x, dict) for x in others), "producer and provenance are objects")
    rule, identity = read(claim), digest(claim)
    require(sha256 == identity and statement == rule.statement, "claim_sha256 or statement is not that of the claim")
    rule.verify(witness)
    return Verdict(Status.ACCEPTED, "", rule.statement, identity)


def read(claim: Any) -> Rule:
    """Return the rule of a claim, which states it.

    Raises:
        Malformed: if it is no claim of the format.
        Refusal: if its model contradicts it.
    """
    kind = claim.get("type") if isinstance(claim, dict) else None
    well_formed(isinstance(kind, str) and kind in RULES, "the claim must be an object with a known type")
    return RULES[str(kind)](claim)
