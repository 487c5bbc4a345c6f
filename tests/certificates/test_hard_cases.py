"""The hard cases of the benchmarks: each is decided, and decided rightly."""

from __future__ import annotations

from fractions import Fraction

import pytest

from benchmarks.cases import cases
from sddeverify.certificates import rightmost_root, root_count
from sddeverify.delays import Constant
from tests.certificates.numerical import lambert_roots
from tests.certificates.proved import proved

CASES = cases()
UNSTABLE = [0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 4, 32, 1, 0, 2, 0, 2, 0, 2, 0, 0, 0, 2, 2, 0, 0]


def test_there_are_as_many_as_the_page_says() -> None:
    assert len(CASES) == len(UNSTABLE) == 26


@pytest.mark.parametrize(("name", "unstable"), list(zip(CASES, UNSTABLE, strict=True)))
def test_hard_case(name: str, unstable: int) -> None:
    """Python-flint's Lambert W agrees where it applies; the other numbers follow from the side of the boundary."""
    h = CASES[name]
    assert proved(root_count.prove(h)).count == unstable
    root = proved(rightmost_root.prove(h))
    assert (root.real.hi < 0) == (unstable == 0)
    if isinstance(h.delay, Constant):
        balls = lambert_roots(h.damping.lo, h.delay.time, h.undelayed.lo, 20, bits=300)
        assert sum(re > 0 for re, _, _ in balls) == unstable
        re, im, radius = balls[0]
        assert root.real.lo - radius <= re <= root.real.hi + radius
        assert root.imag.lo - radius <= abs(im) <= root.imag.hi + radius
        assert radius < Fraction(1, 10**30)
