"""Delay law: the observed delays against the law, by Kolmogorov and Smirnov's statistic."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.agreement._check import Check, judge, too_little
from sddeverify.agreement.statistics import dependence_factor, scipy_stats

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.delays import Law

    Floats = np.ndarray[Any, np.dtype[np.float64]]

NAME = "delays against the law (Kolmogorov-Smirnov)"
NAME_HALVES = "one delay law in both halves (Kolmogorov-Smirnov)"
MIN_DELAYS = 30
_REFERENCE = 200_000


def check(delays: Floats, law: Law, workers: int, *, level: float = 0.01, seed: int = 0) -> Check:
    """Compare delays with a law that was *not* made from them.

    Continuous laws with a closed distribution function take the one-sample test. Lattice and empirical laws:
    the delays are rounded to the lattice first, and the distribution functions are compared at its points;
    with ties the critical values are conservative [K]. Every other law is compared with 200 000 draws of
    its own by the two-sample test.

    Args:
        delays: Delays in order of push, shape (n,).
        law: The law.
        workers: Number of workers: as many delays are cut off by the end of the trace.
        level: Probability of a false alarm.
        seed: Seed of the draws.
    """
    count = len(delays)
    if count < MIN_DELAYS:
        note = f"{count} delays; at least {MIN_DELAYS} are needed"
        return too_little(NAME, "", expected=0.0, level=level, note=note)
    observed, critical, how = _distance(np.asarray(delays, dtype=float), law, level, seed)
    allowance = min(workers / count, 1.0)
    note = (
        f"{how}, {count} delays; expected distance 0, sampling error = critical value; "
        "allowance for the P delays cut off by the end of the trace"
    )
    return judge(
        NAME, "", observed=observed, expected=0.0, allowance=allowance, sampling_error=critical, level=level, note=note,
        resolution=0.5,
    )  # fmt: skip


def check_halves(delays: Floats, *, level: float = 0.01) -> Check:
    """Compare the first half of a trace with the second, when the law was made from the trace itself.

    A law made from a trace fits that trace by construction, so there is nothing to test in it. What can
    fail is that one law holds all along. Delays of processes that share cores are dependent; the
    number of values is divided by the factor by which dependence inflates the variance of their mean rank.

    Args:
        delays: Delays in order of push, shape (n,).
        level: Probability of a false alarm.
    """
    count = len(delays)
    if count < 4 * MIN_DELAYS:
        note = f"{count} delays; at least {4 * MIN_DELAYS} are needed for two halves"
        return too_little(NAME_HALVES, "", expected=0.0, level=level, note=note)
    # Equal times that differ in the last bits, by subtraction from a clock far from 0, must count as equal.
    values = np.asarray(delays, dtype=float)
    values = np.rint(values / (float(values.mean()) * 1e-9))
    stats = scipy_stats()
    ranks = stats.rankdata(values)
    factor = max(dependence_factor(half) for half in np.array_split(ranks, 2))
    first, second = np.array_split(values, 2)
    observed = float(stats.ks_2samp(first, second, method="asymp").statistic)
    effective = count / 4 / factor
    critical = float(stats.kstwobign.isf(level)) / math.sqrt(effective)
    note = (
        f"the law was made from this trace, so its two halves ({len(first)} and {len(second)} delays) are compared "
        f"with each other: where they differ, compute times drifted while they were recorded (other load on the "
        f"machine, say), and assumption A1 is in doubt; dependence costs a factor {factor:.3g} of the data"
    )
    return judge(
        NAME_HALVES,
        "",
        observed=observed,
        expected=0.0,
        sampling_error=critical,
        level=level,
        note=note,
        resolution=0.6,
    )


def distribution(law: Law) -> Callable[[Floats], Floats] | None:
    """Return the distribution function of a continuous law, or None where it has atoms or no closed form here."""
    from sddeverify import delays

    stats = scipy_stats()
    if isinstance(law, delays.Exponential):
        frozen = stats.expon(scale=law.mean_float)
    elif isinstance(law, delays.Erlang):
        frozen = stats.gamma(law.shape, scale=law.mean_float / law.shape)
    elif isinstance(law, delays.Uniform):
        frozen = stats.uniform(float(law.lo), float(law.hi - law.lo))
    elif isinstance(law, delays.TruncatedExponential):
        scale = float(law.scale)
        frozen = stats.truncexpon(float(law.cap) / scale, scale=scale)
    elif isinstance(law, delays.Sum):
        return _shifted(law)
    elif isinstance(law, delays.Mixture):
        return _mixed(law)
    else:
        return None
    function: Callable[[Floats], Floats] = frozen.cdf
    return function


def _shifted(law: Any) -> Callable[[Floats], Floats] | None:
    from sddeverify import delays

    rest = [part for part in law.parts if not isinstance(part, delays.Constant)]
    inner = distribution(rest[0]) if len(rest) == 1 else None
    if inner is None:
        return None
    shift = sum(float(part.time) for part in law.parts if isinstance(part, delays.Constant))
    return lambda times: inner(times - shift)


def _mixed(law: Any) -> Callable[[Floats], Floats] | None:
    parts = [(float(weight), distribution(part)) for weight, part in law.parts]
    known = [(weight, part) for weight, part in parts if part is not None]
    if len(known) < len(parts):
        return None
    return lambda times: np.asarray(sum(weight * part(times) for weight, part in known))


def _distance(delays: Floats, law: Law, level: float, seed: int) -> tuple[float, float, str]:
    """Return the statistic, its critical value and how they were obtained."""
    from sddeverify.delays import Empirical, Lattice

    stats = scipy_stats()
    count = len(delays)
    if isinstance(law, Empirical | Lattice):
        lattice = law.lattice if isinstance(law, Empirical) else law
        cells = np.rint(delays / float(lattice.step)).astype(int)
        masses = np.array([*lattice.counts, 0], dtype=float) / sum(lattice.counts)
        observed = np.bincount(np.clip(cells, 0, len(masses) - 1), minlength=len(masses)) / count
        distance = float(np.abs(np.cumsum(observed - masses)).max())
        return distance, float(stats.kstwo.isf(level, count)), "after rounding to the lattice (conservative)"
    function = distribution(law)
    if function is not None:
        result = stats.kstest(delays, function)
        return float(result.statistic), float(stats.kstwo.isf(level, count)), "one-sample"
    # Sums of floats that denote one atom differ in the last bits; they must count as equal.
    unit = law.mean_float * 1e-9
    reference = law.sample(np.random.default_rng(seed), _REFERENCE)
    result = stats.ks_2samp(np.rint(delays / unit), np.rint(reference / unit), method="asymp")
    effective = count * _REFERENCE / (count + _REFERENCE)
    critical = float(stats.kstwobign.isf(level)) / math.sqrt(effective)
    return float(result.statistic), critical, f"two-sample against {_REFERENCE} draws"
