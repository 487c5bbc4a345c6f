"""The errors that sddeverify raises on purpose: each message is one sentence for the user."""

from decimal import Decimal
from fractions import Fraction


class SddeverifyError(Exception):
    """Base of all deliberate errors; the command line prints the message and exits with status 2."""


class InvalidScenario(SddeverifyError, ValueError):
    """An input names a field whose value is not allowed; the message says field, value and what is allowed."""


class UnsupportedScenario(SddeverifyError):
    """The input is well formed, but the requested computation is not available for it."""


class MissingExtra(SddeverifyError):
    """An optional dependency is not installed; the message names the extra to install."""


def invalid(field: str, value: object, allowed: str) -> InvalidScenario:
    """Return the error for one bad value, in the one form that all messages share.

    Args:
        field: Name of the offending field, as the user wrote it.
        value: The offending value; shown shortened.
        allowed: What is allowed instead, e.g. ``"a positive rational such as 3/10"``.
    """
    shown = str(value) if isinstance(value, Decimal | Fraction) else repr(value)
    if len(shown) > 80:  # both ends: a path is known by its last part, a number by its first digits
        shown = shown[:37] + "..." + shown[-40:]
    return InvalidScenario(f"{field}: {shown} is not allowed; write {allowed}")
