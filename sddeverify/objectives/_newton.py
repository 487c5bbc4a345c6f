"""Newton's method with halved steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sddeverify.objectives._objective import Array, Objective


def newton(objective: Objective) -> Array:
    """Return where Newton's method ends that begins at the initial point: the minimum, if f is strongly convex."""
    w = objective.initial()
    for _ in range(100):
        slope = objective.full_gradient(w)
        step = np.linalg.solve(objective.hessian(w), slope)
        decrease = float(slope @ step)
        length = 1.0
        # Near the minimum the loss is flat to rounding, and the full step is the right one.
        while decrease > 1e-10 and objective.loss(w - length * step) > objective.loss(w) - 0.25 * length * decrease:
            length /= 2
        w = w - length * step
        if decrease < 1e-24:
            break
    return w
