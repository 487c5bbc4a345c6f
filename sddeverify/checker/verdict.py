"""The verdict on a document: accepted, rejected or malformed; nothing else, and never by default."""

from dataclasses import dataclass
from enum import Enum

from .document import SCHEMA, Claim, Malformed, Witness, digest, load, members, well_formed
from .function import Refusal, Rule, require
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


def check(document: str | bytes | Claim) -> Verdict:
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


def _check(document: Witness) -> Verdict:
    names = ("schema", "claim", "claim_sha256", "statement", "witness", "producer")
    schema, claim, sha256, statement, witness, *others = members(document, *names, optional="provenance")
    well_formed(schema == SCHEMA, f"this kernel checks {SCHEMA!r}, not {str(schema)[:60]!r}")
    well_formed(all(isinstance(x, dict) for x in others), "producer and provenance are objects")
    (text, rule), identity = read(claim), digest(claim)
    require(sha256 == identity and statement == text, "claim_sha256 or statement is not that of the claim")
    try:
        rule.send(witness)
    except StopIteration:  # the rule came to its end: nothing in it refused
        return Verdict(Status.ACCEPTED, "", text, identity)
    raise Refusal("the rule did not come to its end")


def read(claim: Witness) -> tuple[str, Rule]:
    """Return the statement of a claim, and the rule that waits for a witness.

    Raises:
        Malformed: if it is no claim of the format.
        Refusal: if its model contradicts it.
    """
    well_formed(isinstance(claim, dict) and claim.get("type") in [*RULES], "a claim is an object with a known type")
    rule = RULES[claim["type"]](claim)
    return next(rule), rule
