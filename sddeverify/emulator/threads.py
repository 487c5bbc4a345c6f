"""One BLAS thread: so that results do not depend on the number of cores, and workers not on each other."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from importlib import import_module
from typing import Any

_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


def one_blas_thread() -> AbstractContextManager[Any]:
    """Return a context in which BLAS uses one thread, if threadpoolctl is installed (it comes with scikit-learn)."""
    controller = _controller()
    if controller is None:
        return nullcontext()
    limits: AbstractContextManager[Any] = controller.limit(limits=1, user_api="blas")
    return limits


@cache
def _controller() -> Any:
    # Finding the libraries takes milliseconds, which an ensemble of short runs pays only once.
    try:
        return import_module("threadpoolctl").ThreadpoolController()
    except ImportError:
        return None


def one_thread_environment() -> dict[str, str]:
    """Return this process's environment with every BLAS set to one thread, for a process to be started."""
    return {**os.environ, **dict.fromkeys(_VARIABLES, "1")}
