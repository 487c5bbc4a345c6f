"""The exponent of an ensemble's mean: fitted decay rate and frequency with their sampling error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sddeverify.errors import MissingExtra

if TYPE_CHECKING:
    Floats = np.ndarray[Any, np.dtype[np.float64]]

MIN_POINTS = 8
_NOISE = 0.25


@dataclass(frozen=True)
class Estimate:
    """The fit of Re(amplitude exp(exponent (t - start))) to the mean of an ensemble.

    Attributes:
        exponent: Growth rate and frequency (1/time); the frequency is 0 for a real mode.
        amplitude: Complex amplitude at the start of the window.
        error: Standard error of the growth rate over independent ensembles of this size; 0 if the runs are alike.
        leak: By how much the other modes can move the growth rate, if they start no larger than this one.
        window: Times between which it was fitted.
        runs: Number of runs.
    """

    exponent: complex
    amplitude: complex
    error: float
    leak: float
    window: tuple[float, float]
    runs: int

    def curve(self, times: Floats, exponent: complex | None = None) -> Floats:
        """Return the fitted curve at ``times``; with another exponent, pinned to the middle of the window."""
        start, stop = self.window
        if exponent is None:
            return np.real(self.amplitude * np.exp(self.exponent * (times - start)))
        middle = (start + stop) / 2
        amplitude = self.amplitude * np.exp(self.exponent * (middle - start))
        return np.real(amplitude * np.exp(exponent * (times - middle)))


def estimate(times: Floats, paths: Floats, guess: complex, start: float, gap: float = math.inf) -> Estimate | None:
    """Fit the exponent of the mean path.

    The mean of n runs is fitted by least squares of the relative residuals (both sides divided by the
    envelope), so that late times count as much as early ones. The window ends where the standard error of the mean
    reaches a quarter of its envelope. The fit is a smooth function of the mean path, so its error
    follows from the spread of the runs by linearisation [delta method, K].

    Args:
        times: Sampling times, shape (n,), ascending.
        paths: One run per row, shape (runs, n).
        guess: Start of the search (1/time). Its frequency decides between an oscillating (not 0) and a real mode.
        start: Earlier times are left out: other modes are still alive there.
        gap: All other modes decay by at least so much (1/time) faster.

    Returns:
        None where the window that is left holds too few points, or the search fails.
    """
    mean = paths.mean(axis=0)
    runs = len(paths)
    spread = paths.std(axis=0, ddof=1) / math.sqrt(runs) if runs > 1 else np.zeros_like(mean)
    use = _window(times, mean, spread, guess, start)
    if np.count_nonzero(use) < MIN_POINTS:
        return None
    t, y = times[use] - times[use][0], mean[use]
    exponent = guess
    for _ in range(2):  # the second pass uses the envelope that the first one found
        fit = _fit(t, y, exponent, oscillating=guess.imag != 0)
        if fit is None:
            return None
        exponent, amplitude, jacobian, weights = fit
    # Linearisation: a change dy of the mean path moves the parameters by pinv(J) W dy.
    influence = np.linalg.pinv(jacobian)[0] * weights / t[-1]
    moved = (paths[:, use] - y) @ influence
    error = float(moved.std(ddof=1)) / math.sqrt(runs) if runs > 1 else 0.0
    window = (float(times[use][0]), float(times[use][-1]))
    others = abs(amplitude) * np.exp(exponent.real * t - gap * (t + window[0]))
    leak = float(np.abs(influence) @ others)
    return Estimate(complex(exponent), complex(amplitude), error, leak, window, runs)


def _window(times: Floats, mean: Floats, spread: Floats, guess: complex, start: float) -> np.ndarray[Any, Any]:
    """Return which times to use: from ``start`` until noise reaches a quarter of the envelope."""
    use = (times >= start) & np.isfinite(mean) & np.isfinite(spread)
    if not np.any(use):
        return use
    # The envelope near a time is the largest size within half a period around it, growth rate taken out.
    half = math.pi / (2 * abs(guess.imag)) if guess.imag else 0.0
    flat = np.abs(mean) * np.exp(-np.clip(guess.real * (times - times[0]), -600, 600))
    near = np.abs(times[:, None] - times[None, :]) <= half * 1.001
    envelope = np.where(near, flat[None, :], 0.0).max(axis=1)
    noise = spread * np.exp(-np.clip(guess.real * (times - times[0]), -600, 600))
    bad = use & (noise > _NOISE * envelope)
    if np.any(bad):
        use &= times < times[np.argmax(bad)]
    return use


def _fit(t: Floats, y: Floats, guess: complex, *, oscillating: bool) -> tuple[complex, complex, Any, Floats] | None:
    """Return exponent, amplitude, Jacobian of the weighted residuals and the weights."""
    try:
        from scipy.optimize import least_squares
    except ImportError as error:  # pragma: no cover - depends on the installation
        raise MissingExtra("statistical checks need SciPy: install sddeverify[report]") from error
    length = t[-1]
    weights = np.exp(-np.clip(guess.real * t, -600, 600))
    basis_at = (guess.real, guess.imag)
    if oscillating:
        phase = guess.imag * t
        basis = np.column_stack([np.cos(phase), -np.sin(phase)])
    else:
        basis = np.ones((len(t), 1))
    envelope = np.exp(guess.real * t)
    linear = np.linalg.lstsq(basis * (envelope * weights)[:, None], y * weights, rcond=None)[0]
    scale = float(np.abs(linear).max()) or 1.0

    def unpack(x: Floats) -> tuple[complex, complex]:
        if oscillating:
            return complex(x[0] / length, x[1] / length), complex(x[2], x[3]) * scale
        return complex(x[0] / length), complex(x[1] * scale)

    def residuals(x: Floats) -> Floats:
        exponent, amplitude = unpack(x)
        model = np.real(amplitude * np.exp(np.clip(exponent.real * t, -600, 600) + 1j * exponent.imag * t))
        return (y - model) * weights / scale

    if oscillating:
        first = np.array([basis_at[0] * length, basis_at[1] * length, linear[0] / scale, linear[1] / scale])
    else:
        first = np.array([basis_at[0] * length, linear[0] / scale])
    found = least_squares(residuals, first, method="trf", x_scale="jac", xtol=1e-12, ftol=1e-12)
    if not found.success or not np.all(np.isfinite(found.x)):
        return None
    exponent, amplitude = unpack(found.x)
    # d(residual)/dy = weights/scale, so the parameters move by -pinv(J) (weights/scale) dy.
    return exponent, amplitude, -found.jac, weights / scale
