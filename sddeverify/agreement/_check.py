"""The outcome of a comparison: a three-valued verdict with every number that led to it."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, NoReturn


class Verdict(Enum):
    """What a statistical comparison can say; it never proves anything."""

    CONSISTENT = "consistent"
    INCONSISTENT = "inconsistent"
    TOO_LITTLE_DATA = "too little data"

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict has three values: compare it, `verdict is Verdict.CONSISTENT`")


@dataclass(frozen=True)
class Check:
    """One comparison of an observed number with the expected one.

    The null hypothesis is |observed - bias - expected| <= allowance + sampling_error.

    Attributes:
        name: What is compared.
        unit: Unit of the five numbers below, e.g. ``"1/s"``.
        observed: The observed value.
        expected: The value in theory (the midpoint, where it is an enclosure).
        bias: The known difference between the finite run and the theory, printed and not hidden.
        allowance: What is allowed beyond chance: width of enclosures, edges of the window, remainder of an
            extrapolation.
        sampling_error: Half-width of the confidence interval at ``level``.
        level: Probability of a false alarm of this one check.
        verdict: The outcome.
        note: How the error was obtained, and what the check can and cannot see.
    """

    name: str
    unit: str
    observed: float
    expected: float
    bias: float
    allowance: float
    sampling_error: float
    level: float
    verdict: Verdict
    note: str

    def to_json(self) -> dict[str, Any]:
        """Return the check as a JSON object; numbers that do not exist (NaN) become null."""
        values = asdict(self)
        values["verdict"] = self.verdict.value
        return {key: None if _absent(value) else value for key, value in values.items()}


@dataclass(frozen=True)
class Agreement:
    """All comparisons of one trace, or of several."""

    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """INCONSISTENT if any check is; else TOO_LITTLE_DATA if any is, or if there is none; else CONSISTENT."""
        found = {check.verdict for check in self.checks}
        for verdict in (Verdict.INCONSISTENT, Verdict.TOO_LITTLE_DATA):
            if verdict in found:
                return verdict
        return Verdict.CONSISTENT if found else Verdict.TOO_LITTLE_DATA

    def __add__(self, other: Agreement) -> Agreement:
        return Agreement(self.checks + other.checks)

    def to_json(self) -> dict[str, Any]:
        """Return the agreement as a JSON object."""
        return {"verdict": self.verdict.value, "checks": [check.to_json() for check in self.checks]}


def judge(
    name: str,
    unit: str,
    *,
    observed: float,
    expected: float,
    sampling_error: float,
    level: float,
    note: str,
    bias: float = 0.0,
    allowance: float = 0.0,
    resolution: float = math.inf,
) -> Check:
    """Return the check with its verdict.

    Args:
        name: As in :class:`Check`; so are the other arguments.
        unit: See there.
        observed: See there.
        expected: See there.
        sampling_error: See there.
        level: See there.
        note: See there.
        bias: See there.
        allowance: See there.
        resolution: Where allowance + sampling_error exceeds this, agreement would mean nothing: the verdict
            is then TOO_LITTLE_DATA, unless the numbers disagree even so.
    """
    margin = allowance + sampling_error
    distance = abs(observed - bias - expected)
    if not math.isfinite(distance) or not math.isfinite(margin):
        verdict = Verdict.TOO_LITTLE_DATA
    elif distance > margin:
        verdict = Verdict.INCONSISTENT
    else:
        verdict = Verdict.CONSISTENT if margin <= resolution else Verdict.TOO_LITTLE_DATA
    return Check(name, unit, observed, expected, bias, allowance, sampling_error, level, verdict, note)


def too_little(name: str, unit: str, *, expected: float, level: float, note: str, observed: float = math.nan) -> Check:
    """Return a check that could not be made; ``note`` says what is missing."""
    nan = math.nan
    return Check(name, unit, observed, expected, nan, nan, nan, level, Verdict.TOO_LITTLE_DATA, note)


def _absent(value: object) -> bool:
    return isinstance(value, float) and not math.isfinite(value)
