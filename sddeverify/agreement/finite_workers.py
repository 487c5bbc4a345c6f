"""The spectral abscissa at a finite number of workers, where it is known exactly.

The SDDE is the limit of many workers. For two laws the mean of the real process obeys a closed linear
recursion per arrival, so the difference to the SDDE (the *bias*) is a number and not an estimate:

- memoryless workers: (E w, E mean read) evolves by [[1, -alpha], [1/P, 1 - 1/P - alpha/P]]. Each arrival is
  a draw of one worker at random (memorylessness), who steps with the iterate it read and re-reads; arrivals
  form a Poisson stream of rate P/m that is independent of the state [derived here];
- equal deterministic workers are a round robin of lag P - 1: x_{k+1} = x_k - alpha x_{k-P+1}, with P
  arrivals every m [well known].
"""

from __future__ import annotations

import cmath
import math

import numpy as np

from sddeverify.errors import MissingExtra

_DIRECT = 64


def memoryless(step: float, workers: int, mean: float) -> complex:
    """Return the rightmost exponent (1/time) of E x(t) for exponential compute times.

    In time, the generator is (P/m)(M - 1) with M the matrix above: lambda^2 + (1 + alpha) lambda/m + alpha P/m^2 = 0,
    against s^2 + s/m + alpha P/m^2 = 0 for the SDDE.

    Args:
        step: alpha = learning rate x Hessian eigenvalue.
        workers: P.
        mean: Mean compute time m (time).
    """
    matrix = np.array([[1.0, -step], [1 / workers, 1 - 1 / workers - step / workers]])
    exponents = (np.linalg.eigvals(matrix) - 1) * workers / mean
    return complex(max(exponents, key=lambda z: (z.real, z.imag)))


def memoryless_gap(step: float, workers: int, mean: float) -> float:
    """Return by how much (1/time) the second exponent of :func:`memoryless` lies further left; inf for a pair.

    Args:
        step: alpha = learning rate x Hessian eigenvalue.
        workers: P.
        mean: Mean compute time m (time).
    """
    square = (1 + step) ** 2 - 4 * step * workers
    return math.sqrt(square) / mean if square >= 0 else math.inf


def memoryless_limit(step: float, workers: int, mean: float) -> complex:
    """Return the exponent (1/time) of the SDDE with the same c = step x workers: s^2 + s/m + c/m^2 = 0.

    Args:
        step: alpha = learning rate x Hessian eigenvalue.
        workers: P.
        mean: Mean compute time m (time).
    """
    return (-1 + cmath.sqrt(1 - 4 * step * workers)) / (2 * mean)


def round_robin(step: float, workers: int, mean: float) -> complex:
    """Return the rightmost exponent (1/time) for equal constant compute times.

    Args:
        step: alpha = learning rate x Hessian eigenvalue.
        workers: P.
        mean: The constant compute time m (time).
    """
    c = step * workers
    start = min(workers, _DIRECT)
    rate = _round_robin_by_eigenvalues(c / start, start)
    while start < workers:  # at fixed c the exponent hardly moves with P: continue it by Newton's method
        start = min(2 * start, workers)
        rate = _newton(c / start, start, rate)
    return rate / mean


def round_robin_gap(step: float, workers: int, mean: float) -> float:
    """Return by how much (1/time) all exponents but the rightmost (and its conjugate) lie further left.

    Near a double root it is far from the gap of the SDDE. Beyond 64 workers it is that of 64 at the same c.

    Args:
        step: alpha = learning rate x Hessian eigenvalue.
        workers: P.
        mean: The constant compute time m (time).
    """
    used = min(workers, _DIRECT)
    roots = sorted(_round_robin_roots(step * workers / used, used), key=lambda z: (-abs(z), -z.imag))
    best, pair = roots[0], 2 if abs(roots[0].imag) > 0 else 1
    if len(roots) <= pair or not roots[pair]:
        return math.inf
    return used * math.log(abs(best) / abs(roots[pair])) / mean


def round_robin_limit(step: float, workers: int, mean: float) -> complex:
    """Return the exponent (1/time) of the SDDE with the same c = step x workers: s = W(-c)/m, Lambert's W.

    Args:
        step: alpha = learning rate x Hessian eigenvalue.
        workers: P.
        mean: The constant compute time m (time).
    """
    try:
        from scipy.special import lambertw
    except ImportError as error:  # pragma: no cover - depends on the installation
        raise MissingExtra("statistical checks need SciPy: install sddeverify[report]") from error
    return complex(lambertw(-step * workers, 0)) / mean


def _round_robin_by_eigenvalues(step: float, workers: int) -> complex:
    """Return P log z for the largest root of z^P - z^(P-1) + step."""
    best = max(_round_robin_roots(step, workers), key=lambda z: (abs(z), z.imag))
    return workers * (cmath.log(best) if best else complex(-math.inf))


def _round_robin_roots(step: float, workers: int) -> list[complex]:
    polynomial = [1.0, -1.0, *[0.0] * (workers - 2), step] if workers > 1 else [1.0, step - 1.0]
    return [complex(z) for z in np.roots(polynomial)]


def _newton(step: float, workers: int, rate: complex) -> complex:
    """Return the solution u of exp(u/P) - 1 + step exp(-u (P-1)/P) = 0 near ``rate``."""
    for _ in range(60):
        lag = step * cmath.exp(-rate * (workers - 1) / workers)
        grown = cmath.exp(rate / workers)
        move = (grown - 1 + lag) / (grown / workers - lag * (workers - 1) / workers)
        rate -= move
        if abs(move) <= 1e-14 * abs(rate):
            break
    return rate
