"""Random numbers for many paths at once: delays, gaps and noise in blocks, in single precision where that is enough."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sddeverify.delays import Constant, Erlang, Exponential, Law, Sum

_MOST_FACTORS = 7  # of a product of uniforms; for more stages the gamma sampler is faster, as measured
_MIDDLE = 3  # so many factors of 2^-31 first, the others last: no product leaves the range of single precision
_LONGEST_STAGE = 2.0**100  # any delay of such stages is the longest; products stay finite in single precision
_UNIT = np.float32(2.0**-31)
_ANGLE_BITS = 12  # of the angle of a pair of normal numbers; tables of more angles leave the first cache

Floats: TypeAlias = NDArray[np.float64]
Singles: TypeAlias = NDArray[np.float32]


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
        half = -(-size // 2)
        self._first, self._second = np.empty(2 * half, dtype=np.float32), np.empty(2 * half, dtype=np.float32)
        self._angles = np.empty(half, dtype=np.int64)
        self._cosines, self._sines = _directions(rng)

    def exponentials(self, count: int, stages: int, stage: float) -> Singles:
        """Return sums of exponential times of mean ``stage``, as the logarithm of a product; valid until the next."""
        product, factor = self._first[:count], self._second[:count]
        np.copyto(product, self._odd(count), casting="unsafe")
        np.multiply(product, np.float32(2.0 ** (-31 * _MIDDLE)), out=product)
        for _ in range(stages - 1):
            np.copyto(factor, self._odd(count), casting="unsafe")
            np.multiply(product, factor, out=product)
        np.multiply(product, np.float32(2.0 ** (31 * (_MIDDLE - stages))), out=product)
        np.abs(product, out=product)
        np.log(product, out=product)
        np.multiply(product, np.float32(-stage), out=product)
        return product

    def delays(self, law: Law, scale: float, longest: float, out: NDArray[Any]) -> None:
        """Draw delays, cut to whole numbers of units of 1/scale; longer ones than ``longest`` units are that long."""
        fixed, rest = _parts(law)
        shift = min(round(min(fixed * scale, longest)), int(longest))
        stages = rest.shape if isinstance(rest, Erlang) else 1
        if rest is None:
            out.fill(shift)
            return
        if isinstance(rest, Exponential | Erlang) and stages <= _MOST_FACTORS:
            stage = min(rest.mean_float / stages * scale, _LONGEST_STAGE)
            drawn: NDArray[Any] = self.exponentials(out.size, stages, stage)
        else:
            with np.errstate(over="ignore"):  # a heavy tail may leave the range of floats
                drawn = np.asarray(rest.sample(self.rng, size=out.size), dtype=np.float64) * scale
        np.minimum(drawn, drawn.dtype.type(longest - shift), out=drawn)
        np.copyto(out, drawn.reshape(out.shape), casting="unsafe")
        if shift:
            out += shift

    def normals(self, out: Floats, deviation: float) -> None:
        """Draw normal numbers by Box and Muller, with 2^12 angles that one random angle, the same for all, precedes.

        The law of each number is normal. Given the random angle all joint moments below the order 2^12 are those of
        independent normal numbers, since a sum over equidistant angles is exact for them.
        """
        half = -(-out.size // 2)
        bits, angles = self._odd(2 * half), self._angles[:half]
        radius, cosine, sine = self._second[:half], self._first[:half], self._first[half : 2 * half]
        np.copyto(radius, bits[:half], casting="unsafe")
        np.abs(radius, out=radius)
        np.multiply(radius, _UNIT, out=radius)
        np.log(radius, out=radius)
        np.multiply(radius, np.float32(-2), out=radius)
        np.sqrt(radius, out=radius)
        np.copyto(angles, bits[half:].view(np.uint32) >> (32 - _ANGLE_BITS))
        self._cosines.take(angles, out=cosine, mode="clip")
        self._sines.take(angles, out=sine, mode="clip")
        np.multiply(cosine, radius, out=cosine)
        np.multiply(sine, radius, out=sine)
        np.copyto(out, self._first[: out.size].reshape(out.shape))
        out *= deviation

    def _odd(self, count: int) -> NDArray[np.int32]:
        bits = self.rng.bit_generator.random_raw(-(-count // 2)).view(np.int32)[:count]
        np.bitwise_or(bits, 1, out=bits)
        return bits


def _directions(rng: np.random.Generator) -> tuple[Singles, Singles]:
    count = 2**_ANGLE_BITS
    turn = int(rng.bit_generator.random_raw(1)[0]) * 2.0**-64
    angles = (2 * math.pi / count) * (np.arange(count) + turn)
    return np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)


def _parts(law: Law) -> tuple[float, Law | None]:
    """Return the constant part of a delay, and the other one."""
    parts = law.parts if isinstance(law, Sum) else (law,)
    fixed = sum(part.mean_float for part in parts if isinstance(part, Constant))
    rest = [part for part in parts if not isinstance(part, Constant)]
    return (fixed, rest[0] if rest else None) if len(rest) < 2 else (0.0, law)
