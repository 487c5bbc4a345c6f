"""Random numbers for many paths at once: delays, gaps and noise in blocks, in single precision where that is enough."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sddeverify.delays import Constant, Erlang, Exponential, Law, Sum

_MOST_FACTORS = 7  # of a product of uniforms; for more stages the gamma sampler is faster, as measured
_MIDDLE = 3  # so many factors of 2^-31 first, the others last: no product leaves the range of single precision
_UNIT = np.float32(2.0**-31)

Floats: TypeAlias = NDArray[np.float64]


class Draws:
    """Draws blocks of numbers from one generator, into memory that it keeps.

    Uniform numbers are odd multiples of 2^-31 rounded to single precision, never 0. So an exponential time is right to
    24 bits and at most 21.5 means, which one in 2^31 would exceed; a normal number lies within 6.6 deviations.

    Args:
        rng: The generator; only whole words of its bits are used here, and the samplers of other laws.
        size: The largest number of entries of a block.
    """

    def __init__(self, rng: np.random.Generator, size: int) -> None:
        self.rng = rng
        even = size + size % 2
        self._first, self._second = np.empty(even, dtype=np.float32), np.empty(even, dtype=np.float32)

    def exponentials(self, out: Floats, stages: int, stage: float) -> None:
        """Draw sums of exponential times of mean ``stage``, as the logarithm of a product."""
        product, factor = self._first[: out.size], self._second[: out.size]
        np.copyto(product, self._odd(out.size), casting="unsafe")
        np.multiply(product, np.float32(2.0 ** (-31 * _MIDDLE)), out=product)
        for _ in range(stages - 1):
            np.copyto(factor, self._odd(out.size), casting="unsafe")
            np.multiply(product, factor, out=product)
        np.multiply(product, np.float32(2.0 ** (31 * (_MIDDLE - stages))), out=product)
        np.abs(product, out=product)
        np.log(product, out=product)
        np.copyto(out, product.reshape(out.shape))
        out *= -stage

    def delays(self, law: Law, scale: float, out: Floats) -> None:
        """Draw delays, in units of 1/scale."""
        if isinstance(law, Sum):
            fixed = sum(part.mean_float for part in law.parts if isinstance(part, Constant))
            rest = [part for part in law.parts if not isinstance(part, Constant)]
            if len(rest) == 1:
                self.delays(rest[0], scale, out)
                out += fixed * scale
                return
        stages = law.shape if isinstance(law, Erlang) else 1
        if isinstance(law, Constant):
            out.fill(law.mean_float * scale)
        elif isinstance(law, Exponential | Erlang) and stages <= _MOST_FACTORS:
            self.exponentials(out, stages, law.mean_float / stages * scale)
        else:
            with np.errstate(over="ignore"):  # a heavy tail may leave the range of floats
                sample: Any = law.sample(self.rng, size=out.size)
                np.multiply(np.asarray(sample, dtype=np.float64).reshape(out.shape), scale, out=out)

    def normals(self, out: Floats, deviation: float) -> None:
        """Draw normal numbers by Box and Muller."""
        half = -(-out.size // 2)
        bits = self._odd(2 * half)
        radius, cosine, sine = self._second[:half], self._first[:half], self._first[half : 2 * half]
        np.copyto(radius, bits[:half], casting="unsafe")
        np.abs(radius, out=radius)
        np.multiply(radius, _UNIT, out=radius)
        np.log(radius, out=radius)
        np.multiply(radius, np.float32(-2), out=radius)
        np.sqrt(radius, out=radius)
        np.copyto(sine, bits[half:], casting="unsafe")
        np.multiply(sine, np.float32(math.pi) * _UNIT, out=sine)
        np.cos(sine, out=cosine)
        np.sin(sine, out=sine)
        np.multiply(cosine, radius, out=cosine)
        np.multiply(sine, radius, out=sine)
        np.copyto(out, self._first[: out.size].reshape(out.shape))
        out *= deviation

    def _odd(self, count: int) -> NDArray[np.int32]:
        bits = self.rng.bit_generator.random_raw(-(-count // 2)).view(np.int32)[:count]
        np.bitwise_or(bits, 1, out=bits)
        return bits
