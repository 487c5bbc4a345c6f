"""Roots for laws whose transform is rational: mixtures and sums of exponential stages."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sddeverify.analysis.newton import settle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sddeverify.analysis.equation import Equation, Transform
    from sddeverify.analysis.newton import Root

_MAX_DEGREE = 16


@lru_cache(maxsize=256)
def rational_form(transform: Transform) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the coefficients (highest power first) of numerator and denominator of Phi in natural units.

    Returns:
        None if the transform is not rational, or of a degree at which coefficients lose too many digits.
    """
    terms = transform.terms
    if terms is None:
        return None
    orders = {scale: max(stages.get(scale, 0) for _, stages in terms) for _, one in terms for scale in one}
    if sum(orders.values()) > _MAX_DEGREE:
        return None
    factors = {scale: np.array([float(scale / transform.unit), 1.0]) for scale in orders}
    numerator = np.zeros(1)
    for weight, stages in terms:
        term = np.array([float(weight)])
        for scale, order in orders.items():
            for _ in range(order - stages.get(scale, 0)):
                term = np.convolve(term, factors[scale])
        numerator = np.polyadd(numerator, term)
    denominator = np.ones(1)
    for scale, order in orders.items():
        for _ in range(order):
            denominator = np.convolve(denominator, factors[scale])
    return numerator, denominator


def rational_roots(equation: Equation) -> list[Root] | None:
    """Return all roots if the transform is rational of moderate degree, else None."""
    form = rational_form(equation.transform)
    if form is None:
        return None
    numerator, denominator = form
    product = np.convolve(denominator, np.array([1.0, equation.beta]))
    product[len(product) - len(numerator) :] += equation.alpha * numerator
    points = np.roots(product)
    upper = points[points.imag >= 0].tolist()
    return settle(equation, [complex(point) for point in upper])
