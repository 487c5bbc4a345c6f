"""No proof takes memory that grows faster than its document, neither to find nor to check.

Peaks of what Python allocates, which are the same on every machine and do not depend on its load.
"""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from sddeverify import checker
from sddeverify.certificates import (
    all_roots,
    boundary_tube,
    crossings,
    decay_rate,
    discrete_boundary,
    memoryless_boundary,
    optimum,
    rightmost_root,
    root_count,
    stability_boundary,
    stability_chart,
    stationary_variance,
)
from sddeverify.delays import Constant, Uniform
from sddeverify.models import CharacteristicFunction
from tests.certificates.proved import proved


def point(a: Any = 1, tau: Any = 1) -> CharacteristicFunction:
    return CharacteristicFunction(a, Constant(tau))


def tube(cells: int) -> Any:
    return boundary_tube.prove(Constant, [1 + Fraction(k, 300) for k in range(cells + 1)])


def chart(cells: int) -> Any:
    return stability_chart.prove(stability_chart.family("constant($y)", "$x"), (0, 2), (0, 2), cells)


def best(candidates: int) -> Any:
    return optimum.prove({str(k): [point(Fraction(k, 10 * candidates))] for k in range(1, candidates + 1)})


# How to prove something of a size, and two sizes.
GROWING: dict[str, tuple[Callable[[int], Any], int, int]] = {
    "cells of a tube": (tube, 5, 20),
    "cells of a chart": (chart, 8, 16),
    "candidates of an optimum": (best, 4, 16),
    "roots right of a line": (lambda c: all_roots.prove(point(tau="3/2"), -c), 2, 3),
    "pieces of a contour": (lambda a: root_count.prove(point(a)), 10, 200),
    "crossings": (lambda end: crossings.prove(Constant(1), end), 10, 40),
    "digits of a boundary": (lambda digits: stability_boundary.prove(Constant(1), digits=digits), 12, 60),
    "digits of a root": (lambda digits: rightmost_root.prove(point(), digits=digits), 20, 200),
    "digits of a decay rate": (lambda digits: decay_rate.prove(point(), digits=digits), 20, 60),
    "pieces of a quadrature": (
        lambda digits: stationary_variance.prove(CharacteristicFunction(1, Uniform(0, 2)), digits=digits), 1, 2
    ),
}  # fmt: skip


def peak(run: Callable[[], Any]) -> tuple[Any, int]:
    """What a function returns, and the most bytes that were allocated at once while it ran."""
    gc.collect()
    tracemalloc.start()
    try:
        result = run()
        return result, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def measured(run: Callable[[], Any]) -> tuple[int, int, int]:
    """Peaks of proving and of checking, and the length of the document."""
    certificate, proving = peak(run)
    text = json.dumps(proved(certificate).document)
    verdict, checking = peak(lambda: checker.check(text))
    assert verdict.status is checker.Status.ACCEPTED
    return proving, checking, len(text)


@pytest.mark.parametrize("what", GROWING)
def test_memory_grows_no_faster_than_the_document(what: str) -> None:
    prove, small, large = GROWING[what]
    prove(small)  # what is imported or compiled once is not counted
    one, other = measured(lambda: prove(small)), measured(lambda: prove(large))
    assert other[2] > one[2], "the document should grow"
    for k in (0, 1):
        assert other[k] / other[2] <= 1.1 * one[k] / one[2], (one, other)
        assert other[k] < 64 * other[2]


def test_a_claim_without_witness_takes_little() -> None:
    """Their documents do not grow; the limits of the claims (a lag of 500) limit what is taken."""
    discrete_boundary.prove(1)
    assert max(measured(lambda: discrete_boundary.prove(64))[:2]) < 200_000
    assert max(measured(lambda: memoryless_boundary.prove(1024))[:2]) < 50_000


def test_the_measure_sees_a_list() -> None:
    assert peak(lambda: [0] * 100_000)[1] > 800_000
