"""Real data: the 1797 handwritten digits of scikit-learn (E. Alpaydin, C. Kaynak, UCI repository, 1998)."""

from __future__ import annotations

from functools import cache

import numpy as np

from sddeverify.errors import MissingExtra
from sddeverify.objectives._objective import Array


@cache
def digits() -> tuple[Array, Array]:
    """Return the pixels, scaled to [0, 1], shape (1797, 64), and the labels 0 to 9; do not write to them.

    Raises:
        MissingExtra: if scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise MissingExtra("the digits come with scikit-learn; install sddeverify[report]") from None
    pixels, labels = load_digits(return_X_y=True)
    pixels, labels = np.asarray(pixels, dtype=float) / 16, np.asarray(labels, dtype=float)
    pixels.setflags(write=False)
    labels.setflags(write=False)
    return pixels, labels
