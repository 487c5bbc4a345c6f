"""Evaluation of what somebody typed: functions of immoderate numbers are refused instead of computed for ever."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath

from sddeverify.derivations._evaluation import DIGITS

_MAX_BITS = 200  # of what stands in a function: to reduce a larger angle takes that many digits of pi


@cache
def bounded_context() -> Any:
    """Return an mpmath context whose functions raise OverflowError for what takes too long, such as sin(exp(10^9))."""
    ctx = mpmath.MPContext()
    ctx.dps = DIGITS

    def guarded(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            if any(ctx.mag(value) > _MAX_BITS for value in values):
                raise OverflowError("too large")
            return function(*values)

        return call

    for name in ("exp", "log", "sin", "cos", "tan", "atan", "power"):
        setattr(ctx, name, guarded(getattr(ctx, name)))
    return ctx
