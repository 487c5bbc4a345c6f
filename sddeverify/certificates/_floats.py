"""Python's complex numbers in the place of the kernel's rectangles: for searching, without any rigour."""

from __future__ import annotations

import cmath

import numpy as np

from sddeverify.checker.interval import Pair


class FloatArithmetic:
    """The operations of the kernel's laws on Python complex numbers, without any rigour."""

    one = 1.0 + 0j

    def __init__(self) -> None:
        self._middle: dict[int, tuple[Pair, float]] = {}

    def scale(self, x: complex, pair: Pair) -> complex:
        """X times the middle of a parameter, which is remembered for as long as this object lives."""
        known = self._middle.get(id(pair))
        if known is None:
            known = self._middle[id(pair)] = (pair, float((pair.lo + pair.hi) / 2))
        return x * known[1]

    add = staticmethod(complex.__add__)
    subtract = staticmethod(complex.__sub__)
    multiply = staticmethod(complex.__mul__)

    def divide(self, x: complex, divisor: int) -> complex:
        return x / divisor

    def inverse(self, x: complex) -> complex:
        return 1 / x

    def exponential(self, x: complex) -> complex:
        return cmath.exp(-x)

    def is_right(self, x: complex) -> bool:
        return x.real > 0

    def real_part(self, x: complex) -> complex:
        return complex(x.real)

    def size(self, x: complex) -> complex:
        return complex(abs(x))

    def inflate(self, x: complex, radius: complex) -> complex:
        return x

    def moments(self, z: complex, order: int) -> list[complex]:
        """The integrals of t^k exp(-z t) over [0, 1]."""
        if abs(z) <= 1:
            sums, power, count = [0j] * (order + 1), 1 + 0j, 0
            while abs(power) > 1e-18:
                sums = [x + power / (count + k + 1) for k, x in enumerate(sums)]
                count += 1
                power *= -z / count
            return sums
        decay = cmath.exp(-z)
        sums = [(1 - decay) / z]
        for k in range(1, order + 1):
            sums.append((k * sums[-1] - decay) / z)
        return sums

    def polynomial(self, coefficients: list[int], z: complex) -> complex:
        """The polynomial, lowest coefficient first."""
        powers = np.power(z, np.arange(len(coefficients)))
        return complex(np.dot(np.array(coefficients, dtype=float), powers))
