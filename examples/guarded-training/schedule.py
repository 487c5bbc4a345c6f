"""The learning-rate schedule of the example: a warm-up to the peak, then cosine decay."""

import math

PEAK = 0.01
WARM_UP, STEPS = 100, 2000


def learning_rate(step: int) -> float:
    """Return the learning rate of a step."""
    if step < WARM_UP:
        return PEAK * (step + 1) / WARM_UP
    return PEAK * (1 + math.cos(math.pi * min(1.0, (step - WARM_UP) / (STEPS - WARM_UP)))) / 2
