"""How many trials MindFlayer gives each worker in a round."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class TrialPlan:
    """The plan of a round.

    Attributes:
        time: t(m*), the least of all t(m): a bound on the length of a round.
        used: m*, how many workers take part: those whose trials are shortest.
        shares: b_i = t(m*)/(tau_i + t_i) - 1 for these, else 0; the sum of p_i b_i is S exactly.
        trials: B_i, each b_i rounded up.
    """

    time: Fraction
    used: int
    shares: tuple[Fraction, ...]
    trials: tuple[int, ...]


def plan(lengths: Sequence[Fraction], success: Sequence[Fraction], wanted: Fraction) -> TrialPlan:
    """Return the trials of each worker for which about S gradients are expected in the shortest time.

    With the workers sorted by the length tau_i + t_i of a trial,
    t(m) = (S + sum of p_j)/(sum of p_j/(tau_j + t_j)), both sums over the first m; m* is where it is least. Source:
    "MindFlayer SGD" (UAI 2025).

    Args:
        lengths: tau_i + t_i, positive: the fixed part of worker i's time and the limit on its random part.
        success: p_i, positive: the probability that a trial ends in time.
        wanted: S, positive: max(1, sigma^2/epsilon).
    """
    order = sorted(range(len(lengths)), key=lambda one: lengths[one])
    total, rate, best, used = Fraction(0), Fraction(0), None, 0
    for count, one in enumerate(order, start=1):
        total += success[one]
        rate += success[one] / lengths[one]
        time = (wanted + total) / rate
        if best is None or time < best:
            best, used = time, count
    if best is None:
        raise ValueError("a plan is for at least one worker")
    shares = [Fraction(0)] * len(lengths)
    for one in order[:used]:
        shares[one] = best / lengths[one] - 1
    return TrialPlan(best, used, tuple(shares), tuple(math.ceil(share) for share in shares))
