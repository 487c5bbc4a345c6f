"""The hyperexponential law: memoryless delays of several speeds."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from sddeverify.delays.exponential import Exponential
from sddeverify.delays.mixture import Mixture
from sddeverify.errors import invalid
from sddeverify.exact import Exact, positive


def Hyperexponential(parts: Iterable[tuple[Exact, Exact]]) -> Mixture:  # noqa: N802  # as for a class
    """Return the mixture of exponential laws, given as pairs (weight, mean); the weights sum to exactly 1."""
    return Mixture(
        (weight, Exponential(positive(mean, f"hyperexponential[{k}].mean"))) for k, (weight, mean) in enumerate(parts)
    )


def from_arguments(numbers: list[Fraction]) -> Mixture:
    """Return the law of the arguments of the textual notation."""
    if len(numbers) % 2:
        raise invalid("hyperexponential", f"{len(numbers)} argument(s)", "pairs: hyperexponential(weight, mean, ...)")
    return Hyperexponential(zip(numbers[::2], numbers[1::2], strict=True))
