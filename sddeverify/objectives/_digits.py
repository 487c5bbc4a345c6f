"""Real data: the 1797 handwritten digits of scikit-learn (E. Alpaydin, C. Kaynak, UCI repository, 1998)."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from sddeverify.errors import MissingExtra
from sddeverify.objectives._objective import Array

_FILE = Path("datasets", "data", "digits.csv.gz")


@cache
def digits() -> tuple[Array, Array]:
    """Return the pixels, scaled to [0, 1], shape (1797, 64), and the labels 0 to 9; do not write to them.

    Raises:
        MissingExtra: if scikit-learn is not installed.
    """
    # The file is read where scikit-learn keeps it: importing scikit-learn itself takes seconds.
    spec = find_spec("sklearn")
    folders = [] if spec is None else list(spec.submodule_search_locations or [])
    files = [path for folder in folders if (path := Path(folder) / _FILE).is_file()]
    if not files:
        raise MissingExtra("the digits come with scikit-learn; install sddeverify[report]")
    table = np.loadtxt(files[0], delimiter=",")
    pixels, labels = table[:, :-1] / 16, table[:, -1].copy()
    pixels.setflags(write=False)
    labels.setflags(write=False)
    return pixels, labels
