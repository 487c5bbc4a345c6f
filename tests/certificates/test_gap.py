"""The certified gap between the SDDE's mean-square limit and that of P memoryless workers."""

from fractions import Fraction
from typing import Any

import pytest

from sddeverify import checker
from sddeverify.certificates import Inconclusive, mean_square_gap
from sddeverify.errors import InvalidScenario


def test_the_gap_is_one_worker() -> None:
    rows = mean_square_gap([2, 3, 17, 1000], digits=15)
    assert not isinstance(rows, Inconclusive)
    assert [row.workers for row in rows] == [2, 3, 17, 1000]
    for row in rows:
        p = row.workers
        # exact signs of both quadratics at the ends, by hand: P x^2 + x - 2 and P x^2 - x - 2
        for ends, linear in ((row.sdde, 1), (row.exact, -1)):
            assert p * ends.lo**2 + linear * ends.lo - 2 < 0 < p * ends.hi**2 + linear * ends.hi - 2
        assert row.gap.lo <= Fraction(1, p) <= row.gap.hi
        assert row.gap.width < Fraction(1, 10**13)
        assert {checker.check(c.document).status for c in row.certificates} == {checker.Status.ACCEPTED}
        kinds = [c.claim["type"] for c in row.certificates]
        assert kinds == ["mean_square_stability", "mean_square_stability", "memoryless_boundary"]
        low, high, _ = row.certificates
        assert (low.claim["stable"], high.claim["stable"]) == (True, False)
        assert [Fraction(c.claim["step"][0]) for c in (low, high)] == [row.sdde.lo, row.sdde.hi]
        assert Fraction(low.claim["damping"][0]) == p * row.sdde.lo


@pytest.mark.parametrize(("workers", "digits"), [([1], 9), ([2.0], 9), (["2"], 9), ([2], 0), ([2], 10**5)])
def test_bad_arguments(workers: Any, digits: int) -> None:
    with pytest.raises(InvalidScenario):
        mean_square_gap(workers, digits)
