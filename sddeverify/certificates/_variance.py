"""Proposing proofs of the integral S: closed form, rational identity, or quadrature."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sddeverify.certificates._certificate import Obstacle, Reason
from sddeverify.certificates._contour import working_bits
from sddeverify.certificates._quadrature import quadrature
from sddeverify.checker import variance as kernel
from sddeverify.checker.document import MAX_BITS, Malformed
from sddeverify.checker.interval import Refusal
from sddeverify.exact import spell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sddeverify.certificates._contour import Subject
    from sddeverify.checker.interval import Pair

_FIRST = (1, 2, 3, 4, 6)
_LONGEST = 128  # coefficients of the rational form


def integrals(
    subject: Subject, claim: dict[str, Any], digits: int, *, coarse: bool = False
) -> Iterator[tuple[Pair, dict[str, Any]]]:
    """Yield enclosures of S with the part of a witness that proves them, each narrower than the one before.

    Args:
        subject: The function, which is stable.
        claim: The claim about it.
        digits: The accuracy wanted; enclosures that reach it come first, sharper ones after.
        coarse: Whether less accurate quadratures are to be tried before.

    Raises:
        Obstacle: BUDGET when no narrower one is within reach.
    """
    h = subject.function
    base = working_bits(h, Fraction(0))
    if list(claim["delay"]) == ["constant"] and not any(h.undelayed):
        bits = base + math.ceil(digits * math.log2(10)) + 16
        while bits <= MAX_BITS:
            yield from _tried(subject, claim, {"constant": bits})
            bits *= 2
        raise Obstacle(Reason.PRECISION, "the closed form is not separated from its pole")
    try:
        solution = _solve(subject, claim)
    except Refusal:
        solution = None
    if solution is not None:
        yield from _tried(subject, claim, {"rational": [spell(x) for x in solution]})
        return
    wanted = [x for x in _FIRST if x < digits] if coarse else []
    while True:
        accuracy = wanted.pop(0) if wanted else digits
        witness = quadrature(subject, 0.3 * 10.0**-accuracy, base + math.ceil(accuracy * math.log2(10)))
        yield from _tried(subject, claim, {"quadrature": witness})
        if not wanted:
            digits += 2


def _tried(subject: Subject, claim: dict[str, Any], witness: dict[str, Any]) -> Iterator[tuple[Pair, dict[str, Any]]]:
    try:
        yield kernel.variance(subject.function, claim, witness), witness
    except (Refusal, Malformed):
        return


def _solve(subject: Subject, claim: dict[str, Any]) -> list[Fraction]:
    """Solve A(s) X(-s) + A(-s) X(s) = D(s) D(-s) exactly for X; refused as by the kernel if Phi is not rational."""
    h = subject.function
    if not subject.narrow:
        raise Refusal("the rational form is for single parameters")
    a, b, delay = h.damping.lo, h.undelayed.lo, claim["delay"]
    n = kernel.fraction(delay, Fraction(0))[2] + 1
    if n > _LONGEST:
        raise Refusal("the rational form is too long")
    values = [kernel.fraction(delay, Fraction(s))[:2] for s in range(n + 1)]
    below = _interpolated([d for _, d in values])
    left = _interpolated([(s + b) * d + a * top for s, (top, d) in enumerate(values)])
    # Only even powers s^(2 i), i < n, occur: twice the sum over j + k = 2 i of (-1)^k A_j X_k.
    rows = [
        [2 * (-1) ** k * left[2 * i - k] if 0 <= 2 * i - k <= n else Fraction(0) for k in range(n)]
        + [
            sum(
                ((-1) ** k * below[2 * i - k] * below[k] for k in range(max(0, 2 * i - n), min(2 * i, n) + 1)),
                Fraction(0),
            )
        ]
        for i in range(n)
    ]
    return _eliminate(rows)


def _interpolated(values: list[Fraction]) -> list[Fraction]:
    """Return the coefficients, lowest first, of the polynomial with given values at 0, 1, 2, ... (Newton's form)."""
    differences = list(values)
    for order in range(1, len(values)):
        for k in range(len(values) - 1, order - 1, -1):
            differences[k] = (differences[k] - differences[k - 1]) / order
    result: list[Fraction] = []
    for k in range(len(values) - 1, -1, -1):  # result (s - k) + the k-th difference
        shifted, scaled = [Fraction(0), *result], [-k * x for x in result]
        result = [x + y for x, y in zip(shifted, [*scaled, Fraction(0)], strict=True)]
        result[0] += differences[k]
    return result


def _eliminate(rows: list[list[Fraction]]) -> list[Fraction]:
    n = len(rows)
    for k in range(n):
        pivot = next((i for i in range(k, n) if rows[i][k] != 0), None)
        if pivot is None:
            raise Refusal("the equation of the rational form is singular")
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [x / rows[k][k] for x in rows[k]]
        for i in range(n):
            if i != k and rows[i][k] != 0:
                factor = rows[i][k]
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k], strict=True)]
    return [row[-1] for row in rows]
