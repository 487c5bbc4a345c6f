"""How policies read the parameters of a scenario; each reader names field, value and what is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sddeverify.errors import invalid
from sddeverify.exact import integer, non_negative, positive, rational

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 10**9


def up_to_workers(value: object, field: str, workers: int) -> int:
    """Read a number of workers, 1 to P."""
    return integer(value, field, 1, workers)


def count(value: object, field: str, workers: int) -> int:
    """Read a positive integer."""
    return integer(value, field, 1, _MOST)


def count_or_zero(value: object, field: str, workers: int) -> int:
    """Read a non-negative integer."""
    return integer(value, field, 0, _MOST)


def positive_number(value: object, field: str, workers: int) -> float:
    """Read a positive exact number."""
    return float(positive(value, field))


def number_or_zero(value: object, field: str, workers: int) -> float:
    """Read a non-negative exact number."""
    return float(non_negative(value, field))


def probability(value: object, field: str, workers: int) -> float:
    """Read a probability that is not 0."""
    number = rational(value, field)
    if not 0 < number <= 1:
        raise invalid(field, str(number), "a probability above 0 and at most 1, such as 1/2")
    return float(number)


def truth(value: object, field: str, workers: int) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise invalid(field, value, "true or false")
    return value


def word(*allowed: str) -> Callable[[object, str, int], str]:
    """Return what reads one of some words."""

    def read(value: object, field: str, workers: int) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise invalid(field, value, f"one of {', '.join(allowed)}")
        return value

    return read


def of_each(read: Callable[[object, str, int], Any], *, some: bool = False) -> Callable[[object, str, int], Any]:
    """Return what reads one value for all workers, or a list with one for each.

    Args:
        read: Reads a single value.
        some: Whether a worker in a list may have 0, as long as not all have.
    """

    def each(value: object, field: str, workers: int) -> Any:
        if not isinstance(value, tuple | list):
            return read(value, field, workers)
        if len(value) != workers:
            raise invalid(field, f"{len(value)} values", f"one value, or a list of {workers}, one for each worker")
        if some and not any(value):
            raise invalid(field, "zeros only", "a value above 0 for at least one worker")
        return [0 if some and one == 0 else read(one, f"{field}[{k}]", workers) for k, one in enumerate(value)]

    return each


def half(workers: int) -> int:
    """Return P/2, rounded up: the default of K."""
    return (workers + 1) // 2
