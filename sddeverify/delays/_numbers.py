"""How exact parameters meet the caller's numbers: floats, arrays, mpmath numbers or SymPy expressions.

A law's transform is written once as arithmetic. This module picks the type that the exact parameters are
turned into, and evaluates (1 - exp(-z))/z, the transform of the uniform law on [0, 1], without cancellation.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from sddeverify.errors import UnsupportedScenario

Number = Callable[[Fraction], Any]
Exp = Callable[[Any], Any]


def as_float(value: Fraction) -> float:
    """Return the double nearest to an exact value.

    Raises:
        UnsupportedScenario: if it is larger than every double.
    """
    try:
        return float(value)
    except OverflowError:
        raise UnsupportedScenario("a parameter beyond 1e308 has no float; use smaller units") from None


def number_for(s: Any) -> Number:
    """Return how a ``Fraction`` enters arithmetic with ``s``.

    Floats, complex numbers and NumPy arrays get floats; mpmath numbers a quotient at the precision of their
    own context; everything else (SymPy expressions, integers, fractions) the ``Fraction`` itself, which SymPy
    reads as an exact ``Rational``.
    """
    if isinstance(s, float | complex) or hasattr(s, "dtype"):
        return as_float
    context: Any = getattr(s, "context", None)
    if hasattr(context, "mpf"):
        mpf = context.mpf
        return lambda value: mpf(value.numerator) / value.denominator
    return lambda value: value


def mean_of_exponential(z: Any, exp: Exp) -> Any:
    """Return (1 - exp(-z))/z, the mean of exp(-z u) over u in [0, 1], which is 1 at z = 0.

    Floats, complex numbers, NumPy arrays and mpmath numbers are accurate relative to the result near the
    removable singularity; any other type gets the plain formula (and 1 where ``z == 0`` is true).
    """
    if hasattr(z, "dtype"):
        return _array(z)
    if isinstance(z, float | complex):
        return -_expm1(-z) / z if z else 1.0
    if z == 0:
        return z + 1
    context: Any = getattr(z, "context", None)
    if hasattr(context, "expm1") and abs(z) < 0.5:
        return -context.expm1(-z) / z
    return (1 - exp(-z)) / z


def _expm1(z: complex) -> complex:
    """exp(z) - 1 without cancellation: exp(x) cos y - 1 = expm1(x) cos y - 2 sin(y/2)^2."""
    if isinstance(z, float):
        return math.expm1(z)
    if z.real > 700:  # cmath.exp knows how to overflow or not
        return cmath.exp(z)
    half = math.sin(z.imag / 2)
    real = math.expm1(z.real) * math.cos(z.imag) - 2 * half * half
    return complex(real, math.exp(z.real) * math.sin(z.imag))


def _array(z: Any) -> Any:
    import numpy as np

    safe = np.where(z == 0, 1, z)
    result = np.where(z == 0, 1, -np.expm1(-safe) / safe)
    return result if np.ndim(z) else result[()]
