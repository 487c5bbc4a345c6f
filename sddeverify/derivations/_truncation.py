"""The law of a time given that it ends before a cap, and the probability that it does."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from sddeverify.delays import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Lattice,
    Law,
    Mixture,
    Sum,
    TruncatedExponential,
    Uniform,
)
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import Enclosure, spell

_CELLS = 2048
_MASS = 10**12
_BITS = 320


class Truncated(NamedTuple):
    """A compute time under a cap.

    Attributes:
        probability: Pr(T <= cap): a single number where it is rational.
        law: The law of T given T <= cap.
        remarks: What is computed about it rather than exact.
    """

    probability: Enclosure
    law: Law
    remarks: tuple[str, ...] = ()


def truncated(law: Law, cap: Fraction) -> Truncated:
    """Return the law of T given T <= cap.

    Raises:
        UnsupportedScenario: if T never ends before the cap, or for a sum of several random times.
    """
    lowest, highest = law.support
    if highest is not None and highest <= cap:
        return Truncated(_point(Fraction(1)), law)
    if lowest > cap or (lowest == cap and not isinstance(law, Constant)):
        raise UnsupportedScenario(f"time_cap: no gradient ends by {spell(cap)}; the compute time is {law}")
    if isinstance(law, Exponential):
        return Truncated(_ends(law.mean, cap), TruncatedExponential(law.mean, cap))
    if isinstance(law, TruncatedExponential):
        part, whole = _ends(law.scale, cap), _ends(law.scale, law.cap)
        ratio = Enclosure(part.lo / whole.hi, part.hi / whole.lo)
        return Truncated(ratio, TruncatedExponential(law.scale, cap))
    if isinstance(law, Uniform):
        return Truncated(_point((cap - law.lo) / (law.hi - law.lo)), Uniform(law.lo, cap))
    if isinstance(law, Lattice | Empirical):
        return _cells(law, cap)
    if isinstance(law, Erlang):
        return _erlang(law, cap)
    if isinstance(law, Mixture):
        return _mixture(law, cap)
    if isinstance(law, Sum):
        return _sum(law, cap)
    raise UnsupportedScenario(f"time_cap: not worked out for a compute time of {law}")


def _point(value: Fraction) -> Enclosure:
    return Enclosure(value, value)


def _ends(mean: Fraction, cap: Fraction) -> Enclosure:
    """Enclose 1 - exp(-x), x = cap/mean, by the kernel's arithmetic: x times the integral of exp(-x u) over [0, 1]."""
    from sddeverify.checker.interval import Arithmetic

    ratio = cap / mean
    if ratio > 200:  # exp(-x) < 2^-x
        return Enclosure(1 - Fraction(1, 2**200), Fraction(1))
    arithmetic = Arithmetic(_BITS)
    lo, hi = arithmetic.moments(arithmetic.point(ratio, Fraction(0)), 0)[0][:2]
    return Enclosure(Fraction(lo, 2**_BITS) * ratio, Fraction(hi, 2**_BITS) * ratio)


def _cells(law: Lattice | Empirical, cap: Fraction) -> Truncated:
    kept = law.counts[: int(cap / law.step) + 1]
    if not any(kept[1:]):
        raise UnsupportedScenario(f"time_cap: no gradient takes a time up to {spell(cap)}; the compute time is {law}")
    probability = _point(Fraction(sum(kept), sum(law.counts)))
    remark = ("times within half a cell of the cap count by the cell they are in",)
    return Truncated(probability, type(law)(law.step, kept), remark if isinstance(law, Empirical) else ())


def _erlang(law: Erlang, cap: Fraction) -> Truncated:
    if law.shape == 1:
        return truncated(Exponential(law.mean), cap)
    import mpmath

    ctx = mpmath.MPContext()
    ctx.dps = 30
    x = ctx.mpf(cap.numerator) / cap.denominator * law.shape * law.mean.denominator / law.mean.numerator
    below = [ctx.gammainc(law.shape, 0, x * (2 * j + 1) / (2 * _CELLS), regularized=True) for j in range(_CELLS)]
    whole = ctx.gammainc(law.shape, 0, x, regularized=True)
    ends = [ctx.zero, *below, whole]
    counts = [int(ctx.nint((high - low) / whole * _MASS)) for low, high in pairwise(ends)]
    probability = _point(Fraction(int(ctx.nint(whole * 10**15)), 10**15))
    remark = f"an Erlang law up to a cap is computed and rounded to {_CELLS} cells"
    return Truncated(probability, Lattice(cap / _CELLS, counts), (remark,))


def _mixture(law: Mixture, cap: Fraction) -> Truncated:
    parts = []
    for weight, one in law.parts:
        if one.support[0] < cap or (isinstance(one, Constant) and one.time <= cap):
            parts.append((weight, truncated(one, cap)))
    remarks = [remark for _, part in parts for remark in part.remarks]
    masses = [(weight * part.probability.midpoint, part.law) for weight, part in parts]
    if any(part.probability.width for _, part in parts):
        remarks.append("the weights of the parts that end before the cap are computed to 15 digits")
        masses = [(Fraction(round(mass * 10**15), 10**15), one) for mass, one in masses]
    total = sum((mass for mass, _ in masses), Fraction(0))
    probability = Enclosure(
        sum((weight * part.probability.lo for weight, part in parts), Fraction(0)),
        sum((weight * part.probability.hi for weight, part in parts), Fraction(0)),
    )
    left = [(mass / total, one) for mass, one in masses if mass]
    return Truncated(probability, Mixture(left) if len(left) > 1 else left[0][1], tuple(dict.fromkeys(remarks)))


def _sum(law: Sum, cap: Fraction) -> Truncated:
    fixed = sum((one.time for one in law.parts if isinstance(one, Constant)), Fraction(0))
    others = [one for one in law.parts if not isinstance(one, Constant)]
    if len(others) != 1:
        raise UnsupportedScenario(f"time_cap: not worked out for a sum of several random times, {law}")
    part = truncated(others[0], cap - fixed)
    return part._replace(law=Sum(Constant(fixed), part.law))
