"""The shifted exponential law: a fixed time, then a memoryless one."""

from __future__ import annotations

from fractions import Fraction

from sddeverify.delays.constant import Constant
from sddeverify.delays.exponential import Exponential
from sddeverify.delays.sum import Sum
from sddeverify.errors import invalid
from sddeverify.exact import Exact, non_negative, positive


def ShiftedExponential(shift: Exact, mean: Exact) -> Sum:  # noqa: N802  # reads as a member of the family of laws
    """Return the law of shift + X, X exponential: the usual model of compute times with stragglers.

    Args:
        shift: The shortest delay.
        mean: The mean of the exponential part; the mean of the delay is shift + mean.
    """
    return Sum(
        Constant(non_negative(shift, "shifted_exponential.shift")),
        Exponential(positive(mean, "shifted_exponential.mean")),
    )


def from_arguments(numbers: list[Fraction]) -> Sum:
    """Return the law of the arguments of the textual notation."""
    if len(numbers) != 2:
        raise invalid("shifted_exponential", f"{len(numbers)} argument(s)", "shifted_exponential(shift, mean)")
    return ShiftedExponential(*numbers)
