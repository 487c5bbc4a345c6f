"""Wide boxes of parameters: cut them into parts until each has a proof of its own. The kernel's ``Function.parts``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeVar

from sddeverify.analysis import roots as search
from sddeverify.certificates._certificate import Obstacle, Reason
from sddeverify.certificates._contour import Subject, count_witness
from sddeverify.certificates._effort import Effort
from sddeverify.checker.document import Malformed
from sddeverify.checker.function import half
from sddeverify.delays import Law
from sddeverify.errors import SddeverifyError
from sddeverify.exact import spell
from sddeverify.models import CharacteristicFunction

T = TypeVar("T")
_CUTS = 14  # halvings of a box: what is undecided on 2^-14 of it is taken to be at a boundary
_NAMES = ("damping", "undelayed", "delay")


def covered(
    source: dict[str, Any], effort: Effort, prove: Callable[[Subject], tuple[T, Any]], cuts: int = _CUTS
) -> tuple[T, Any]:
    """Return the answer of ``prove`` for a box of parameters, the same on all parts, and a witness that cuts it.

    Args:
        source: The members ``damping``, ``delay`` and ``undelayed`` of a claim.
        effort: What may be spent on all parts together.
        prove: The proof for one part; raises an Obstacle if the part is too wide.
        cuts: How often a part may be halved.

    Raises:
        Obstacle: BOUNDARY_IN_BOX if two parts have different answers or a small one has none.
    """
    box = {name: source[name] for name in _NAMES}
    try:
        subject = replace(Subject.of(box), effort=effort)
        return prove(subject)
    except Obstacle as obstacle:
        if _widest(box) is None or obstacle.result.reason in (Reason.BUDGET, Reason.DOMAIN):
            raise
        _compare_corners(box, effort, prove)
    return _part(box, effort, prove, cuts)


def _part(
    source: dict[str, Any], effort: Effort, prove: Callable[[Subject], tuple[T, Any]], cuts: int
) -> tuple[T, Any]:
    subject = replace(Subject.of(source), effort=effort)
    try:
        return prove(subject)
    except Obstacle as obstacle:
        path = _widest(source)
        if path is None or obstacle.result.reason in (Reason.BUDGET, Reason.DOMAIN):
            raise
        if not cuts:
            detail = f"the answer changes, or is not decided, near {_described(source)}: {obstacle}"
            raise Obstacle(Reason.BOUNDARY_IN_BOX, detail) from None
    (first, left), (second, right) = (_part(half(source, path, side), effort, prove, cuts - 1) for side in (0, 1))
    if first != second:
        raise Obstacle(Reason.BOUNDARY_IN_BOX, f"the answer changes within {_described(source)}")
    return first, {"cut": path, "halves": [left, right]}


def _compare_corners(source: dict[str, Any], effort: Effort, prove: Callable[[Subject], tuple[T, Any]]) -> None:
    """Say at once that the answers differ where they do so at the lower and at the upper ends of the parameters."""
    answers = []
    for side in (0, 1):
        corner = source
        for path in _parameters(source):
            corner = _replaced(corner, path, [spell(_ends(source, path)[side])] * 2)
        try:
            answers.append(prove(replace(Subject.of(corner), effort=effort))[0])
        except Obstacle as obstacle:
            if obstacle.result.reason is Reason.BUDGET:
                raise
            return  # no law, or one on the boundary: the search will tell
    if answers[0] != answers[1]:
        detail = "the answer at the lower ends of the parameters is not the one at their upper ends"
        raise Obstacle(Reason.BOUNDARY_IN_BOX, f"{detail} ({answers[0]}, {answers[1]}): the boundary crosses the box")


def _parameters(value: Any, path: tuple[Any, ...] = ()) -> Iterator[list[Any]]:
    """Yield the paths to the parameters that are intervals."""
    if isinstance(value, list) and len(value) == 2 and all(isinstance(x, str) for x in value):
        if value[0] != value[1]:
            yield [*path]
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _parameters(item, (*path, key))


def _ends(source: Any, path: list[Any]) -> tuple[Fraction, Fraction]:
    for key in path:
        source = source[key]
    return Fraction(source[0]), Fraction(source[1])


def _widest(source: dict[str, Any]) -> list[Any] | None:
    """The path to the parameter whose width matters most; weights are left alone, as not all parts would be laws.

    Coefficients are compared with a, times with 1/a: frequencies go up to a + b.
    """
    size = max(abs(Fraction(x)) for x in source["damping"])

    def width(path: list[Any]) -> Fraction:
        lo, hi = _ends(source, path)
        return (hi - lo) * size if path[0] == "delay" else (hi - lo) / size

    return max((path for path in _parameters(source) if "weight" not in path), key=width, default=None)


def _replaced(value: Any, path: list[Any], new: list[str]) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


def _described(source: dict[str, Any]) -> str:
    names = {tuple(path): _ends(source, path) for path in _parameters(source)}
    return ", ".join(f"{path[-1]} {float(lo):.9g} to {float(hi):.9g}" for path, (lo, hi) in names.items())


def stable_or_not(subject: Subject, checked: bool) -> tuple[bool, Any]:
    """Return whether no zero has Re s >= 0, and a witness for ``decided``.

    Raises:
        Obstacle: if neither is proved for all parameters at once.
    """
    try:
        zeros, witness = count_witness(subject, Fraction(0), checked=checked)
    except Obstacle as obstacle:
        c = None if subject.narrow or obstacle.result.reason is Reason.BUDGET else _between_roots(subject)
        if c is None:
            raise
        zeros, line = count_witness(subject, c, checked=checked)
        if zeros == 0:
            raise
        return False, {"abscissa": spell(c), "line": line}
    return zeros == 0, witness


def middle(source: dict[str, Any]) -> CharacteristicFunction:
    """Return the function in the middle of a box of parameters, given by the members of a claim.

    Raises:
        Obstacle: if there is no such function.
    """
    box = {name: source[name] for name in _NAMES}
    for path in [*_parameters(box)]:
        lo, hi = _ends(box, path)
        box = _replaced(box, path, [spell((lo + hi) / 2)] * 2)
    try:
        return CharacteristicFunction(box["damping"][0], Law.from_json(box["delay"]), box["undelayed"][0])
    except (SddeverifyError, Malformed) as error:
        raise Obstacle(Reason.DOMAIN, f"the middle of the parameters is no function: {error}") from None


def _between_roots(subject: Subject) -> Fraction | None:
    """An abscissa c > 0 between the rightmost roots and the next ones, in the middle of a box; None if it is stable."""
    source: Any = subject.function.source
    try:
        found = search.leading(middle(source))
    except (SddeverifyError, Obstacle):
        return None
    first = found[0].real
    second = max((x.real for x in found if x.real < first * (1 - 1e-9)), default=0.0)
    if first <= 0:
        return None
    between = Fraction((first + max(second, 0.0)) / 2)
    return between.limit_denominator(max(64, int(64 / between)))
