"""Claims and their proofs: ``<claim>.prove(...)`` returns a ``Certificate`` that the kernel accepted, or ``Inconclusive``."""

from types import ModuleType

from sddeverify.certificates import root_count, stability
from sddeverify.certificates._certificate import Certificate, Inconclusive, Reason

CLAIMS: dict[str, ModuleType] = {
    "root_count": root_count,
    "stability": stability,
}

__all__ = ["CLAIMS", "Certificate", "Inconclusive", "Reason", "root_count", "stability"]
