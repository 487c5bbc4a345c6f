"""The decay rate as a function of damping, and the number of workers that makes it largest (computed).

With P workers of mean time m the damping of the mode of a Hessian eigenvalue is a = learning_rate eigenvalue
P/m, and its mean decays like exp(-rate t), rate = -(spectral abscissa of s + b + a Phi(s)). The rate is not
unimodal in P in general, so all P of the range are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis.arithmetic import ARRAY
from sddeverify.analysis.equation import Equation, Transform, exact_number, transform
from sddeverify.analysis.search import leading_roots
from sddeverify.errors import invalid

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from sddeverify.analysis.newton import Root
    from sddeverify.delays import Law
    from sddeverify.exact import Exact

_RATIO = 1.03  # of neighbouring dampings at which the roots are searched and counted
_TIE = 1e-9


@dataclass(frozen=True)
class Optimum:
    """The best number of workers.

    Attributes:
        workers: The smallest number of workers whose rate is the largest, up to 1e-9 of it.
        rate: Its decay rate of the slowest eigenmode (1/time); negative if every choice diverges.
        candidates: All numbers of workers looked at.
        rates: Their decay rates (1/time).
    """

    workers: int
    rate: float
    candidates: tuple[int, ...]
    rates: NDArray[np.float64] = field(repr=False, compare=False)


def decay_rate(law: Law, damping: float, undelayed: float = 0.0) -> float:
    """Return minus the spectral abscissa of s + b + a E exp(-s tau), in 1/time; raises as :func:`decay_rates`."""
    return float(decay_rates(law, [damping], undelayed)[0])


def decay_rates(law: Law, dampings: ArrayLike, undelayed: float = 0.0) -> NDArray[np.float64]:
    """Return the decay rates for many dampings, in their shape.

    The roots are searched and counted at dampings at most 3 % apart, and followed from there by Newton's method.

    Args:
        law: The delay law.
        dampings: Damping coefficients a (1/time), of one sign or of both, without 0.
        undelayed: The coefficient b (1/time).

    Raises:
        InvalidScenario: for a damping that is 0 or not finite.
        UnsupportedScenario: if the roots found somewhere do not match their number.
    """
    given = np.asarray(dampings, dtype=float)
    if given.size == 0:
        return np.zeros(given.shape)
    if not np.isfinite(given).all() or (given == 0).any():
        raise invalid("damping", "0, nan or inf", "finite numbers other than 0")
    known = transform(law)
    unit = float(known.unit)
    values, where = np.unique(given.ravel() * unit, return_inverse=True)
    result = np.empty(len(values))
    for side in (values < 0, values > 0):
        if side.any():
            result[side] = _one_sign(known, values[side], undelayed * unit)
    rates: NDArray[np.float64] = (-result[where] / unit).reshape(given.shape)
    return rates


def best_workers(
    law: Law,
    learning_rate: Exact | float,
    hessian: Sequence[Exact | float],
    workers: Iterable[int] = range(1, 65),
) -> Optimum:
    """Return the number of workers with the largest decay rate of the slowest eigenmode.

    Args:
        law: The law of the time from reading the iterate to pushing the gradient, whatever the number of workers.
        learning_rate: The learning rate.
        hessian: The non-zero Hessian eigenvalues.
        workers: The numbers of workers to compare, each at least 1.

    Raises:
        InvalidScenario: for an empty range, or numbers that are not positive.
        UnsupportedScenario: as :func:`decay_rates`.
    """
    candidates = tuple(workers)
    if not candidates or min(candidates) < 1:
        raise invalid("workers", candidates[:5], "positive integers, at least one")
    eigenvalues = np.array([float(exact_number(value, "hessian")) for value in hessian])
    rate = float(exact_number(learning_rate, "learning_rate"))
    if not len(eigenvalues) or not (eigenvalues > 0).all() or not rate > 0:
        raise invalid("hessian", list(hessian)[:5], "positive eigenvalues and a positive learning rate")
    per_worker = rate / law.mean_float
    rates = decay_rates(law, np.outer(np.array(candidates) * per_worker, eigenvalues)).min(axis=1)
    largest = float(rates.max())
    best = min(p for p, value in zip(candidates, rates, strict=True) if value >= largest - _TIE * abs(largest))
    return Optimum(best, float(rates[candidates.index(best)]), candidates, rates)


def _one_sign(known: Transform, alphas: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
    """Return the spectral abscissae (natural units) for increasing dampings of one sign."""
    log = np.log(np.abs(alphas))
    first, last = float(log.min()), float(log.max())
    steps = max(1, math.ceil((last - first) / math.log(_RATIO)))
    if steps >= len(alphas):
        return np.array([leading_roots(Equation(known, float(alpha), beta))[0].z.real for alpha in alphas])
    nodes = np.copysign(np.exp(np.linspace(first, last, steps + 1)), alphas[0])
    roots: list[list[complex]] = []
    latest: list[Root] = []
    for alpha in nodes.tolist():
        latest = leading_roots(Equation(known, alpha, beta), latest)
        roots.append([root.z for root in latest])
    left = np.clip(((log - first) / (last - first) * steps).astype(int), 0, steps - 1)
    size = 2 * max(map(len, roots))
    starts = np.full((len(alphas), size), np.nan, dtype=complex)
    for k, node in enumerate(left.tolist()):
        both = roots[node] + roots[node + 1]
        starts[k, : len(both)] = both
    ends, settled = _follow(known, alphas, beta, starts)
    result: NDArray[np.float64] = np.where(settled, ends.real, -np.inf).max(axis=1)
    # Where some root was lost from both neighbours (two roots meet in between), search again.
    counts = np.array([[len(roots[node]), len(roots[node + 1])] for node in left])
    index = np.arange(size)
    from_left = (settled & (index < counts[:, :1])).sum(axis=1) == counts[:, 0]
    from_right = (settled & (index >= counts[:, :1])).sum(axis=1) == counts[:, 1]
    for k in np.flatnonzero(~(from_left | from_right)).tolist():
        result[k] = leading_roots(Equation(known, float(alphas[k]), beta))[0].z.real
    return result


def _follow(
    known: Transform, alphas: NDArray[np.float64], beta: float, starts: NDArray[np.complex128]
) -> tuple[NDArray[np.complex128], NDArray[np.bool_]]:
    """Apply Newton's method for each damping to its starting points; return the ends and which have converged."""
    rows, columns = np.nonzero(np.isfinite(starts))
    z, alpha = starts[rows, columns], alphas[rows]
    with np.errstate(all="ignore"):
        for _ in range(6):
            value, slope = known.node.jet(z, 1, ARRAY)
            step = (z + beta + alpha * value) / (1 + alpha * slope)
            z = z - step
            if np.max(np.abs(step) / np.abs(z)) < 1e-13:
                break
    ends, settled = np.zeros_like(starts), np.zeros(starts.shape, dtype=bool)
    ends[rows, columns] = z
    near = np.abs(z - starts[rows, columns]) < 0.1 * (np.abs(z) + 1)
    settled[rows, columns] = near & (np.abs(step) <= 1e-10 * np.abs(z))
    return ends, settled
