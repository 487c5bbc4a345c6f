"""Data of some digits only: what a worker holds that has not all of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from sddeverify.errors import invalid
from sddeverify.exact import integer
from sddeverify.objectives._objective import Array

DIGITS = 10


def read_labels(value: object, field: str) -> tuple[int, ...]:
    """Return the digits that a parameter lists, ascending; all for ``None``.

    Raises:
        InvalidScenario: for anything but different digits, at least one.
    """
    if value is None:
        return tuple(range(DIGITS))
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise invalid(field, value, "a list of digits such as [0, 1, 2]")
    digits = [integer(one, f"{field}[{k}]", 0, DIGITS - 1) for k, one in enumerate(value)]
    if not digits or len(set(digits)) < len(digits):
        raise invalid(field, digits, "at least one digit, each once")
    return tuple(sorted(digits))


def labelled(labels: Array, wanted: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return which examples show one of the digits, shape (n,)."""
    return np.isin(labels, wanted)
