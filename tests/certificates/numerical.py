"""Independent answers for the tests of the provers: Lambert W, polynomial roots, the argument principle by sampling.

The first two are balls of python-flint; the third is float64 on a dense grid, and answers None where that is too
coarse. Laws are read through their public properties; nothing of ``certificates``, ``checker`` or ``analysis`` is used.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from flint import acb, arb, ctx, fmpq, fmpq_poly

from sddeverify.delays import Constant, Empirical, Erlang, Exponential, Lattice, Law, Mixture, Sum

Ball = tuple[Fraction, Fraction, Fraction]  # real part, imaginary part, radius


def _fmpq(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)


def _fraction(x: arb) -> Fraction:
    mantissa, exponent = x.mid().man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _ball(z: acb) -> Ball:
    return _fraction(z.real), _fraction(z.imag), Fraction(float(z.rad())) * 2 + Fraction(1, 2**2000)


def lambert_roots(a: Fraction, tau: Fraction, b: Fraction, branches: int, bits: int = 1400) -> list[Ball]:
    """Zeros of s + b + a exp(-s tau) on the branches -branches..branches, by decreasing real part.

    (s + b) tau exp((s + b) tau) = -a tau exp(b tau). Branches of Lambert's W are balls of python-flint.
    """
    with ctx.workprec(bits):
        t = arb(_fmpq(tau))
        x = acb(-arb(_fmpq(a)) * t * (arb(_fmpq(b)) * t).exp())
        roots = [_ball(x.lambertw(k) / t - arb(_fmpq(b))) for k in range(-branches, branches + 1)]
    return sorted(roots, key=lambda root: -root[0])


def rational_transform(law: Law) -> tuple[fmpq_poly, fmpq_poly] | None:
    """Numerator and denominator of E exp(-s tau) if the law is made of exponential stages."""
    if isinstance(law, Constant):
        return (fmpq_poly([1]), fmpq_poly([1])) if law.support[1] == 0 else None
    if isinstance(law, Exponential):
        return fmpq_poly([1]), fmpq_poly([1, _fmpq(law.mean)])
    if isinstance(law, Erlang):
        return fmpq_poly([1]), fmpq_poly([1, _fmpq(law.mean / law.shape)]) ** law.shape
    if isinstance(law, Mixture):
        top, bottom = fmpq_poly([0]), fmpq_poly([1])
        for weight, part in law.parts:
            found = rational_transform(part)
            if found is None:
                return None
            top, bottom = top * found[1] + bottom * found[0] * _fmpq(weight), bottom * found[1]
        return top, bottom
    if isinstance(law, Sum):
        top, bottom = fmpq_poly([1]), fmpq_poly([1])
        for part in law.parts:
            found = rational_transform(part)
            if found is None:
                return None
            top, bottom = top * found[0], bottom * found[1]
        return top, bottom
    return None


def rational_roots(law: Law, a: Fraction, b: Fraction) -> list[Ball] | None:
    """All zeros of s + b + a Phi(s) right of the abscissa of convergence, with multiplicity; None if not rational."""
    found = rational_transform(law)
    if found is None:
        return None
    top, bottom = found
    common = top.gcd(bottom)
    top, bottom = top / common, bottom / common
    with ctx.workprec(400):
        numerator = fmpq_poly([_fmpq(b), 1]) * bottom + top * _fmpq(a)
        roots = [_ball(root) for root, times in numerator.complex_roots() for _ in range(times)]
    edge = law.abscissa
    return sorted((r for r in roots if edge is None or r[0] - r[2] > edge), key=lambda root: -root[0])


def nominal(law: Law) -> Law:
    """The law itself, or the lattice that an Empirical law was rounded to (also inside mixtures and sums)."""
    if isinstance(law, Empirical):
        return Lattice(law.step, law.counts)
    if isinstance(law, Mixture):
        return Mixture([(weight, nominal(part)) for weight, part in law.parts])
    if isinstance(law, Sum):
        return Sum(*(nominal(part) for part in law.parts))
    return law


def holds_empirical(law: Law) -> bool:
    """Whether the law stands for many laws."""
    return nominal(law) != law


def sampled_count(law: Law, a: float, b: float, c: float, finest: int = 300_000) -> int | None:
    """The number of zeros of s + b + a Phi(s) with Re s >= c, by following arg h up the line; None if unsure."""
    law = nominal(law)

    def transform(s: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.asarray(law.laplace(s, np.exp), dtype=complex)

    at_c = transform(np.array([complex(c, 1e-9 / law.mean_float)]))[0]
    if not math.isfinite(abs(at_c)):
        return None
    top = (abs(b) + abs(a) * abs(at_c)) * 1.1 + 1e-300
    points = 4001
    while points <= finest:
        w = top * np.linspace(0.0, 1.0, points) ** 1.3
        w[0] = 1e-9 * top  # h is real at c; some transforms are quotients that numpy cannot take at 0
        s = c + 1j * w
        h = s + b + a * transform(s)
        turns = np.angle(h[1:] / h[:-1])
        scale = abs(c) + abs(b) + abs(a * at_c)
        if np.abs(h).min() < 1e-7 * scale:
            return None
        if np.abs(turns).max() < 0.5:
            end = np.angle(s[-1]) + np.angle(h[-1] / s[-1])
            number = (end - turns.sum()) / math.pi
            return round(number) if abs(number - round(number)) < 1e-3 else None
        points *= 4
    return None
