"""Rectangular complex interval arithmetic on integers: the ground on which every proof stands.

A real number x is enclosed by two integers ``lo <= x 2^bits <= hi``; a complex number by a rectangle
``(re_lo, re_hi, im_lo, im_hi)``. Every operation rounds outward, so the rectangle that it returns
contains the exact result for all members of the rectangles that it is given (the *containment property*).
There are no floats, no caches and no state but the number of bits.

Python's ``>>`` and ``//`` round towards minus infinity; ``-(-x >> n)`` and ``-(-x // d)`` round upwards.
"""

from fractions import Fraction
from math import isqrt
from typing import NamedTuple

Rectangle = tuple[int, int, int, int]


class Refusal(Exception):
    """The proof cannot be accepted; the message says why. It never says that the claim is false."""


def require(condition: bool, reason: str, error: type[Exception] = Refusal) -> None:
    """Refuse unless the condition is proved."""
    if not condition:
        raise error(reason)


class Pair(NamedTuple):
    """A parameter: every real number in the closed interval from ``lo`` to ``hi``, exact rationals."""

    lo: Fraction
    hi: Fraction


def times(x: Pair, y: Pair) -> Pair:
    """Return the product of two intervals in which no number is negative."""
    return Pair(x.lo * y.lo, x.hi * y.hi)


def product(a: int, b: int, c: int, d: int) -> tuple[int, int]:
    """Return the exact range of x y for x in [a, b], y in [c, d]."""
    if a >= 0 and c >= 0:
        return a * c, b * d
    products = (a * c, a * d, b * c, b * d)
    return min(products), max(products)


class Arithmetic:
    """The operations at one precision; numbers are integers in units of 2^-bits ("ulps")."""

    def __init__(self, bits: int) -> None:
        self.bits, self.unit = bits, 1 << bits
        self.one: Rectangle = (self.unit, self.unit, 0, 0)

    def real(self, pair: Pair) -> tuple[int, int]:
        """Enclose a parameter."""
        (lo, hi), n = pair, self.bits
        return (lo.numerator << n) // lo.denominator, -((-hi.numerator << n) // hi.denominator)

    def point(self, re: Fraction, im: Fraction) -> Rectangle:
        """Enclose the complex number re + i im."""
        return (*self.real(Pair(re, re)), *self.real(Pair(im, im)))

    def add(self, x: Rectangle, y: Rectangle) -> Rectangle:
        """X + y, exactly."""
        return x[0] + y[0], x[1] + y[1], x[2] + y[2], x[3] + y[3]

    def subtract(self, x: Rectangle, y: Rectangle) -> Rectangle:
        """X - y, exactly."""
        return x[0] - y[1], x[1] - y[0], x[2] - y[3], x[3] - y[2]

    def multiply(self, x: Rectangle, y: Rectangle) -> Rectangle:
        """X y; the products are exact and rounded once, outward."""
        (a, b, c, d), (e, f, g, h), n = x, y, self.bits
        rr, ii, ri, ir = product(a, b, e, f), product(c, d, g, h), product(a, b, g, h), product(c, d, e, f)
        return (rr[0] - ii[1]) >> n, -((ii[0] - rr[1]) >> n), (ri[0] + ir[0]) >> n, -(-(ri[1] + ir[1]) >> n)

    def scale(self, x: Rectangle, pair: Pair) -> Rectangle:
        """X p for a real parameter p."""
        return self.multiply(x, (*self.real(pair), 0, 0))

    def divide(self, x: Rectangle, divisor: int) -> Rectangle:
        """X / divisor for a positive integer."""
        return x[0] // divisor, -(-x[1] // divisor), x[2] // divisor, -(-x[3] // divisor)

    def inverse(self, x: Rectangle) -> Rectangle:
        """1/x = conj(x)/|x|^2; refused if |x|^2 is not bounded away from 0."""
        a, b, c, d = x
        lo, hi = _least_square(a, b) + _least_square(c, d), max(a * a, b * b) + max(c * c, d * d)
        require(lo > 0, "a denominator is not bounded away from 0 at this precision")
        low = ((v << 2 * self.bits) // (hi if v >= 0 else lo) for v in (a, -d))
        high = (-((-v << 2 * self.bits) // (lo if v >= 0 else hi)) for v in (b, -c))
        return next(low), next(high), next(low), next(high)

    def magnitude(self, x: Rectangle) -> int:
        """An upper bound of |x|, in ulps: the root of the sum of squares, rounded up."""
        square = max(-x[0], x[1]) ** 2 + max(-x[2], x[3]) ** 2
        return isqrt(square - 1) + 1 if square else 0

    def mignitude(self, x: Rectangle) -> int:
        """A lower bound of |x|, in ulps."""
        return isqrt(_least_square(x[0], x[1]) + _least_square(x[2], x[3]))

    def size(self, x: Rectangle) -> Rectangle:
        """A real number that is at least |x|."""
        return (self.magnitude(x),) * 2 + (0, 0)

    def real_part(self, x: Rectangle) -> Rectangle:
        """Re x, exactly."""
        return x[0], x[1], 0, 0

    def is_right(self, x: Rectangle) -> bool:
        """Whether Re x > 0 is proved."""
        return x[0] > 0

    def inflate(self, x: Rectangle, radius: Rectangle) -> Rectangle:
        """Every number within |radius| of x."""
        r = self.magnitude(radius)
        return x[0] - r, x[1] + r, x[2] - r, x[3] + r

    def exponential(self, x: Rectangle) -> Rectangle:
        """exp(-x) = exp(-Re x) (cos Im x - i sin Im x).

        Cosine and sine come from the midpoint of Im x; both have Lipschitz constant 1.
        """
        a, b, c, d = x
        middle, limit = (c + d) >> 1, self.unit
        cos, sin, error = self._circle(middle)
        error += max(d - middle, middle - c)
        re, im = ((max(x - error, -limit), min(x + error, limit)) for x in (cos, -sin))
        if a == 0 == b:
            return *re, *im
        return self.multiply((*re, *im), (self._real_exponential(-b)[0], self._real_exponential(-a)[1], 0, 0))

    def _real_exponential(self, x: int) -> tuple[int, int]:
        """Bounds of exp(x 2^-bits) in ulps.

        The terms t_j = t_(j-1) r/j, j < J, are rounded down. The error of a term is at most that of its predecessor
        times r/j plus 1, hence below 2; the last one is computed as 0, so it is below 2 and the tail after it below 1.
        So exp(r) lies between the sum and the sum + 2 J + 4. Squaring k times, down and up, gives exp(|x|); for
        x < 0 the reciprocal is taken.
        """
        require(x >> self.bits < 4096, "an exponential is larger than exp(4096)")
        x = max(x, -4096 << self.bits)  # exp(-4096) < 2^-4096 <= one ulp: the lower bound below is 0 then
        n, halvings, terms = self._taylor(x)
        lo = sum(terms)
        hi = lo + 2 * len(terms) + 4
        for _ in range(halvings):
            lo, hi = lo * lo >> n, (hi * hi >> n) + 1
        if x < 0:
            lo, hi = (1 << 2 * n) // hi, (1 << 2 * n) // lo + 1
        return lo >> (n - self.bits), (hi >> (n - self.bits)) + 1

    def _taylor(self, x: int) -> tuple[int, int, list[int]]:
        """Return n, k and the terms r^j/j! of exp(r), r = |x| 2^-bits/2^k < 2^-5, rounded down to units of 2^-n."""
        halvings = max(0, abs(x).bit_length() - self.bits + 5)
        n = self.bits + halvings + 12
        r, terms = abs(x) << 12, [1 << n]  # the reduced argument in units of 2^-n, exactly
        while terms[-1]:
            terms.append((terms[-1] * r) // (len(terms) << n))
        return n, halvings, terms

    def _circle(self, x: int) -> tuple[int, int, int]:
        """Integers c, s, e with |c + i s - exp(i x 2^-bits)| <= e, in ulps.

        Taylor sum at r = x/2^k, |r| < 2^-5, as above (each computed term is within 2 units of the exact
        one, the tail within 4), then k squarings of the complex number: an error of e units becomes at most
        (2 + e 2^-n) e, and rounding adds less than 2; e^2 <= 2^n throughout because k <= bits - 20.
        """
        n, halvings, terms = self._taylor(x)
        require(halvings <= self.bits - 20, "an oscillation is too fast for this precision")
        cos, sin = sum(terms[::4]) - sum(terms[2::4]), sum(terms[1::4]) - sum(terms[3::4])
        error = 2 * len(terms) + 4
        for _ in range(halvings):
            cos, sin, error = (cos * cos - sin * sin) >> n, (cos * sin) >> (n - 1), 2 * error + 3
        drop = n - self.bits
        return cos >> drop, (sin if x >= 0 else -sin) >> drop, (error >> drop) + 3

    def moments(self, z: Rectangle, order: int) -> list[Rectangle]:
        """Return I_0, ..., I_order with I_k(z) = integral over [0, 1] of t^k exp(-z t) dt.

        If |z| <= 1: I_k = sum over n of (-z)^n/(n! (n + k + 1)); after the terms n < N, N >= 2, the rest is at most
        2 |z|^N/N!, since the terms decrease by a factor of at least 2. Otherwise integration by parts:
        I_0 = (1 - exp(-z))/z and I_k = (k I_(k-1) - exp(-z))/z.
        """
        results: list[Rectangle] = [(0, 0, 0, 0)] * (order + 1)
        if self.magnitude(z) <= self.unit:
            power, count = self.one, 0
            while count < 2 or self.magnitude(power) > 2:
                results = [self.add(x, self.divide(power, count + k + 1)) for k, x in enumerate(results)]
                power, count = self.divide(self.subtract((0, 0, 0, 0), self.multiply(power, z)), count + 1), count + 1
            return [self.inflate(self.inflate(x, power), power) for x in results]
        inverse, decay = self.inverse(z), self.exponential(z)
        for k in range(order + 1):
            previous = self.one if k == 0 else self.scale(results[k - 1], Pair(Fraction(k), Fraction(k)))
            results[k] = self.multiply(self.subtract(previous, decay), inverse)
        return results

    def polynomial(self, coefficients: list[int], z: Rectangle) -> Rectangle:
        """The polynomial with non-negative integer coefficients (lowest first) at z, by Horner's rule.

        Rectangles would grow by a factor of up to sqrt(2) with each rotation, so the recursion runs on a
        point z0 with an error bound: if |z - z0| <= rho, |z|, |z0| <= Z (Z >= 1), the exact partial value w has
        |w| <= A and the computed one is within e of it, then the next one is within e Z + A rho + 4 (two
        roundings, and that of the bound itself), and A Z + c + 1 bounds the next partial value.
        """
        n, re, im = self.bits, (z[0] + z[1]) >> 1, (z[2] + z[3]) >> 1
        rho = ((z[1] - z[0] + z[3] - z[2]) >> 1) + 2
        bound = max(self.unit, self.magnitude(z) + rho)
        x = y = error = size = 0
        for coefficient in reversed(coefficients):
            x, y = ((x * re - y * im) >> n) + (coefficient << n), (x * im + y * re) >> n
            error = ((error * bound + size * rho) >> n) + 4
            size = ((size * bound) >> n) + 1 + (coefficient << n)
        return x - error, x + error, y - error, y + error


def _least_square(a: int, b: int) -> int:
    """The least x^2 for x in [a, b]."""
    return min(a * a, b * b) if a > 0 or b < 0 else 0
