"""Decay or growth: the exponent of the emulated mean against the certified spectral abscissa."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.agreement import ensemble, exponent, finite_workers
from sddeverify.agreement._check import Check, judge, too_little
from sddeverify.agreement.statistics import t_quantile

if TYPE_CHECKING:
    from collections.abc import Callable

    from sddeverify.agreement.ensemble import Ensemble, Mode
    from sddeverify.agreement.exponent import Estimate
    from sddeverify.exact import Enclosure

    Floats = np.ndarray[Any, np.dtype[np.float64]]

LADDER = (1, 2, 4)
_WEIGHTS = (1 / 3, -2.0, 8 / 3)  # a + b/P + d/P^2 through P, 2P, 4P, taken at 1/P = 0


@dataclass(frozen=True)
class Rung:
    """One ensemble of the ladder and its fitted exponent (None if it could not be fitted)."""

    ensemble: Ensemble
    estimate: Estimate | None


@dataclass(frozen=True)
class Exact:
    """Exponents (1/s) at P workers and in the limit of many, where both are known in closed form.

    Attributes:
        finite: The exponent at P workers.
        limit: The exponent in the limit of many.
        gap: By how much all other exponents at P workers lie further left (1/s).
    """

    finite: complex
    limit: complex
    gap: float = math.inf


@dataclass(frozen=True)
class Decay:
    """A comparison of exponents with all that it was made from.

    Attributes:
        check: The comparison.
        rungs: The ensembles, the first at the scenario's number of workers.
        finite: Exponent (1/s) that is expected at that number of workers, if it is known; else None.
        how: ``"exact"``, or ``"ladder"``.
    """

    check: Check
    rungs: tuple[Rung, ...]
    finite: complex | None
    how: str


def check(
    mode: Mode,
    abscissa: Enclosure,
    *,
    name: str = "exponent of the mean against the certified abscissa",
    level: float = 0.01,
    budget: int = ensemble.BUDGET,
    seed: int = 0,
    progress: Callable[[], None] | None = None,
) -> Decay:
    """Emulate noise-free ensembles on an eigen-direction and compare the exponent of their mean.

    The SDDE is the limit of many workers; at P workers the exponent differs by a bias of order 1/P. For
    exponential and constant compute times the bias is exact (:mod:`.finite_workers`). For other laws it is
    read from ensembles of P, 2P and 4P workers at the same c = learning rate x eigenvalue x P: the fit
    a + b/P + d/P^2 gives the limit a; what dropping d would change is the allowance.

    Args:
        mode: The eigen-direction.
        abscissa: Certified enclosure of the spectral abscissa (1/s).
        name: Name of the check.
        level: Probability of a false alarm.
        budget: About how many pushes to emulate per ensemble.
        seed: Seed.
        progress: Called after each emulated run.
    """
    exact = _exact(mode)
    factors = (1,) if exact is not None else LADDER
    guess = mode.root if exact is None else exact.finite
    if exact is not None:  # P workers may be near a double root where the SDDE is not
        mode = replace(mode, gap=min(mode.gap, exact.gap))
    start, _ = ensemble.window(mode, budget)
    rungs = []
    for factor in factors:
        runs = ensemble.run(mode, factor=factor, budget=budget, seed=seed + factor, progress=progress)
        rungs.append(Rung(runs, exponent.estimate(runs.times, runs.paths, guess, start, mode.gap)))
    outcome = compare(tuple(rungs), abscissa, exact, name=name, level=level)
    return Decay(outcome, tuple(rungs), None if exact is None else exact.finite, "ladder" if exact is None else "exact")


def compare(rungs: tuple[Rung, ...], abscissa: Enclosure, exact: Exact | None, *, name: str, level: float) -> Check:
    """Return the check from fitted exponents; see :func:`check`."""
    expected, width = float(abscissa.midpoint), float(abscissa.width) / 2
    estimates = [rung.estimate for rung in rungs]
    found = [estimate for estimate in estimates if estimate is not None]
    if len(found) < len(estimates):
        note = "the mean of the ensemble drowns in its noise before the other modes have died; more runs are needed"
        return too_little(name, "1/s", expected=expected, level=level, note=note)
    first = found[0]
    if exact is not None:
        bias, allowance = exact.finite.real - exact.limit.real, width + first.leak
        error = first.error
        how = "the bias is the exact one of this law at P workers; the allowance is for traces of other modes"
    else:
        rates = [estimate.exponent.real for estimate in found]
        limit = sum(w * rate for w, rate in zip(_WEIGHTS, rates, strict=True))
        straight = 2 * rates[2] - rates[1]
        leak = max(one.leak for one in found)
        bias, allowance = rates[0] - limit, width + abs(limit - straight) + leak
        error = math.sqrt(sum((w * one.error) ** 2 for w, one in zip(_WEIGHTS, found, strict=True)))
        workers = ", ".join(str(rung.ensemble.workers) for rung in rungs)
        shown = ", ".join(f"{rate:.5g}" for rate in rates)
        how = (
            f"the bias is that of P workers against the limit extrapolated from {workers} workers "
            f"(exponents {shown} 1/s); the allowance is the effect of its curvature and of other modes"
        )
    quantile = t_quantile(level, max(1, min(one.runs for one in found) - 1))
    pushes = sum(rung.ensemble.arrivals for rung in rungs)
    window = f"{first.window[0]:.3g} to {first.window[1]:.3g} s"
    note = f"{first.runs} noise-free runs at P workers, {pushes} pushes in all, fitted from {window}; {how}"
    scale = max(abs(expected), abs(first.exponent.imag) / 4)
    return judge(
        name, "1/s", observed=first.exponent.real, expected=expected, bias=bias, allowance=allowance,
        sampling_error=quantile * error if error else 0.0, level=level, note=note, resolution=scale / 2,
    )  # fmt: skip


def _exact(mode: Mode) -> Exact | None:
    """Return the exact exponents, for the laws for which they are known; they know nothing of the certificate."""
    from sddeverify.delays import Constant, Exponential

    arguments = (float(mode.learning_rate * mode.hessian), mode.workers, mode.law.mean_float)
    if isinstance(mode.law, Exponential):
        return Exact(
            finite_workers.memoryless(*arguments),
            finite_workers.memoryless_limit(*arguments),
            finite_workers.memoryless_gap(*arguments),
        )
    if isinstance(mode.law, Constant):
        return Exact(
            finite_workers.round_robin(*arguments),
            finite_workers.round_robin_limit(*arguments),
            finite_workers.round_robin_gap(*arguments),
        )
    return None
