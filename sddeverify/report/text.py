"""What the rows of the summary share: decimals, the re-check, hypotheses, and undecided answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sddeverify.exact import decimal_down, decimal_up
from sddeverify.report.rows import Row, Status

if TYPE_CHECKING:
    from fractions import Fraction

    from sddeverify.report.study import Study


def between(lo: Fraction, hi: Fraction, digits: int = 8) -> str:
    """Return ``[lo, hi]`` in decimals rounded outward, as short as they still differ."""
    return f"[{decimal_down(lo, digits)}, {decimal_up(hi, digits)}]"


def accepted(study: Study, name: str) -> bool:
    """Whether the copied kernel accepted a certificate: only then is anything called certified."""
    return name in study.rechecks and study.rechecks[name].accepted


def hypothesis(study: Study) -> str:
    """Return what is taken for granted about the eigenvalues."""
    model = study.derived.model
    top = decimal_down(model.hessian[-1], 12)  # rounded up it would claim more than is proved
    kind = "computed, rounded upward" if model.hessian_computed else "given"
    return f"given that every Hessian eigenvalue is at most {top} ({kind})"


def file_of(name: str) -> str:
    """Return the file name of a certificate."""
    return f"{name}.cert.json"


def undecided(quantity: str, reason: str, **data: Any) -> Row:
    """Return the row of an answer that was not found."""
    return Row(quantity, "undecided", Status.UNDECIDED, reason, data)


def refused(study: Study, quantity: str, name: str) -> Row:
    """Return the row of a certificate that the copied kernel did not accept."""
    said = study.rechecks[name].said if name in study.rechecks else "it was not checked"
    return undecided(quantity, f"the separate process did not accept the certificate: {said[:300]}")
