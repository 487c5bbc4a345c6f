"""Arrival rate: the observed rate of pushes against P/m."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.agreement._check import Check, judge, too_little
from sddeverify.agreement.statistics import scipy_stats

if TYPE_CHECKING:
    from sddeverify.delays import Law
    from sddeverify.emulator.trace import Trace

NAME = "arrival rate against P/m"
MIN_ARRIVALS = 30


def check(trace: Trace, law: Law, workers: int, *, level: float = 0.01, fitted: bool = False) -> Check:
    """Compare (number of pushes)/(first read to last push) with P/m.

    The count of one renewal process over a time t has mean between t/m - 1 and t/m + E[T^2]/m^2 - 1
    (elementary; Lorden's inequality) and asymptotic variance t v/m^3, v the variance of T [K]. The first
    gives the allowance for the edges of the window, the second the sampling error of P independent ones.

    Args:
        trace: The trace; times in the unit of the law's.
        law: Law of the compute time.
        workers: Number of workers P in theory.
        level: Probability of a false alarm.
        fitted: Whether the law was made from this very trace.
    """
    mean, variance = law.mean_float, law.variance_float
    expected = workers / mean
    count = len(trace.push_time)
    if count < max(MIN_ARRIVALS, 3 * workers):
        least = max(MIN_ARRIVALS, 3 * workers)
        note = f"{count} arrivals; at least {least} are needed (30, and 3 of each worker)"
        return too_little(NAME, "1/s", expected=expected, level=level, note=note)
    duration = float(np.max(trace.push_time) - np.min(trace.read_time))
    if duration <= 0:
        return too_little(NAME, "1/s", expected=expected, level=level, note="the trace spans no time")
    spread = variance / mean**2
    allowance = workers * max(1.0, spread) / duration
    quantile = float(scipy_stats().norm.ppf(1 - level / 2))
    sampling = quantile * math.sqrt(workers * variance / mean**3 * duration) / duration
    note = (
        f"{count} arrivals in {duration:.4g} s; allowance for the edges of the window by Lorden's inequality, "
        "sampling error from renewal theory"
    )
    if fitted:
        note += (
            "; m comes from the same trace, so this compares rate x mean delay with P: "
            "it fails when workers are idle between a push and the next read"
        )
    return judge(
        NAME, "1/s", observed=count / duration, expected=expected, allowance=allowance, sampling_error=sampling,
        level=level, note=note, resolution=expected / 2,
    )  # fmt: skip
