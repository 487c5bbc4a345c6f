"""The little statistics that the checks share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.errors import MissingExtra

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

BATCHES = 20


def scipy_stats() -> Any:
    """Return ``scipy.stats``.

    Raises:
        MissingExtra: if SciPy is not installed.
    """
    try:
        import scipy.stats
    except ImportError as error:  # pragma: no cover - depends on the installation
        raise MissingExtra("statistical checks need SciPy: install sddeverify[report]") from error
    return scipy.stats


def t_quantile(level: float, freedom: int) -> float:
    """Return the two-sided quantile of Student's law: P(abs(T) > quantile) = level."""
    return float(scipy_stats().t.ppf(1 - level / 2, freedom))


def batch_means_error(values: Floats, level: float, batches: int = BATCHES) -> float:
    """Return the half-width of the confidence interval of a mean of dependent values.

    The series is cut into consecutive batches; when these are long against the memory of the series, their
    means are nearly independent whatever the dependence inside, so Student's law applies to them [K].

    Args:
        values: The series in order of time, shape (n,), n >= 2 batches.
        level: Probability that the interval misses.
        batches: Number of batches.
    """
    usable = len(values) - len(values) % batches
    means = np.asarray(values[:usable], dtype=float).reshape(batches, -1).mean(axis=1)
    return t_quantile(level, batches - 1) * float(means.std(ddof=1)) / math.sqrt(batches)


def dependence_factor(values: Floats, batches: int = BATCHES) -> float:
    """Return by how much dependence inflates the variance of a mean: n Var(mean)/Var(value), at least 1.

    n divided by it is the effective number of independent values.
    """
    spread = float(np.var(values, ddof=1))
    if spread == 0:
        return 1.0
    usable = len(values) - len(values) % batches
    means = np.asarray(values[:usable], dtype=float).reshape(batches, -1).mean(axis=1)
    return max(1.0, float(means.var(ddof=1)) * (usable // batches) / spread)
