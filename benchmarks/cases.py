"""Twenty-six functions whose rightmost root or number of unstable roots is hard to compute."""

from __future__ import annotations

import math
from fractions import Fraction

from sddeverify.certificates import Inconclusive, stability_boundary
from sddeverify.delays import (
    Constant,
    Erlang,
    Lattice,
    Law,
    Mixture,
    ShiftedExponential,
    TruncatedExponential,
    Uniform,
)  # fmt: skip
from sddeverify.exact import Exact
from sddeverify.models import CharacteristicFunction

E_INVERSE = Fraction("0.36787944117144232159552377016146086744581113103177")  # 1/e, OEIS A068985
HALF_PI = Fraction("1.57079632679489661923132169163975144209858469968755")  # pi/2, OEIS A019669
TRILLIONTH = Fraction(1, 10**12)


def critical(law: Law) -> Fraction:
    """The critical damping to 18 digits."""
    certificate = stability_boundary.prove(law, digits=18)
    assert not isinstance(certificate, Inconclusive)
    return certificate.damping.lo


def constant(a: Exact, tau: Exact = 1, b: Exact = 0) -> CharacteristicFunction:
    return CharacteristicFunction(a, Constant(tau), b)


def near(law: Law, part: Fraction) -> CharacteristicFunction:
    return CharacteristicFunction(critical(law) * (1 + part), law)


THREE_ATOMS = Mixture(
    [("447/1000", Constant("96/1000")), ("191/1000", Constant("513/1000")), ("362/1000", Constant("1"))]
)
TRACE = Lattice("1/32", [0] * 16 + [(7 * j * j + 3 * j) % 23 for j in range(48)])


def cases() -> dict[str, CharacteristicFunction]:
    """The cases by their names; tau is one constant delay where no law is named."""
    return {
        "a = 1e-9, tau = 1": constant(Fraction(1, 10**9)),
        "a tau = (1 - 1e-6)/e: two real roots close together": constant(E_INVERSE * (1 - Fraction(1, 10**6))),
        "a tau = the double nearest 1/e": constant(Fraction(math.exp(-1))),
        "a tau = (1 + 1e-6)/e: a pair close to the real axis": constant(E_INVERSE * (1 + Fraction(1, 10**6))),
        "a tau = pi/2 - 1e-6": constant(HALF_PI - Fraction(1, 10**6)),
        "a tau = pi/2 - 1e-12": constant(HALF_PI - TRILLIONTH),
        "a = 1, tau = the double nearest pi/2": constant(1, Fraction(math.pi / 2)),
        "a tau = pi/2 + 1e-12": constant(HALF_PI + TRILLIONTH),
        "a tau = pi/2 + 1e-6": constant(HALF_PI + Fraction(1, 10**6)),
        "a tau = 5 pi/2 - 1e-9": constant(5 * HALF_PI - Fraction(1, 10**9)),
        "a tau = 5 pi/2 + 1e-9": constant(5 * HALF_PI + Fraction(1, 10**9)),
        "a = 100, tau = 1": constant(100),
        "a = -1/10, tau = 1": constant("-1/10"),
        "b = 1, a = 999/1000, tau = 100: stable for every delay": constant("999/1000", 100, 1),
        "b = 1, a = 1001/1000, tau = 100": constant("1001/1000", 100, 1),
        "uniform(0, 2), 1e-12 below its boundary": near(Uniform(0, 2), -TRILLIONTH),
        "shifted exponential, 1e-12 above its boundary": near(ShiftedExponential("1/2", "1/2"), TRILLIONTH),
        "Erlang-3, 1e-12 below its boundary": near(Erlang(3, 1), -TRILLIONTH),
        "Erlang-16, 1e-12 above its boundary": near(Erlang(16, 1), TRILLIONTH),
        "truncated exponential, 1e-12 below its boundary": near(TruncatedExponential(1, 2), -TRILLIONTH),
        "delays 1/100 (90 %) and 10 (10 %), a = 1": CharacteristicFunction(
            1, Mixture([("9/10", Constant("1/100")), ("1/10", Constant(10))])
        ),
        "three delays, a = 15: below the boundary": CharacteristicFunction(15, THREE_ATOMS),
        "three delays, a = 16: beyond it, but the first crossing is at 20.96": CharacteristicFunction(16, THREE_ATOMS),
        "delays 1 and 1 + 1e-6, 1e-12 above the boundary": near(
            Mixture([("1/2", Constant(1)), ("1/2", Constant(1 + Fraction(1, 10**6)))]), TRILLIONTH
        ),
        "a trace on 47 multiples of 1/32, 1e-12 below its boundary": near(TRACE, -TRILLIONTH),
        "1 and an exponential of mean 1/1000, 1e-12 below its boundary": near(
            ShiftedExponential(1, "1/1000"), -TRILLIONTH
        ),
    }
