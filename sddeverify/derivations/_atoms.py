"""The atoms of the law algebra as densities: what derivations integrate, and how a law's numbers enter.

The densities are written down here with symbols, independently of ``sddeverify.delays``; the derivation of the
characteristic function ends by comparing its transform with the one that the law itself offers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import DiracDelta, Eq, exp, factorial, oo

from sddeverify.delays import (
    Constant,
    Empirical,
    Erlang,
    Exponential,
    Lattice,
    Law,
    TruncatedExponential,
    Uniform,
)
from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._numbers import equal, exactly


@dataclass(frozen=True)
class Atom:
    """A delay law with a density, in symbols.

    Attributes:
        name: Short name for ids of steps.
        title: Its name in prose.
        density: The density in u; a Dirac mass for one sure value.
        support: Where the density is not 0.
        because: Why the integral is what it is.
        values: Given the law, its parameters' values.
        form: The form in which the transform is used, where the integral comes out in another one.
    """

    name: str
    title: str
    density: sympy.Expr
    support: tuple[sympy.Expr, sympy.Expr]
    because: str
    values: Callable[[Any], tuple[Eq, ...]]
    form: sympy.Expr | None = None


_RATE = sym.k / sym.q

ATOMS: dict[type[Law], Atom] = {
    Constant: Atom(
        "constant",
        "constant delay",
        DiracDelta(sym.u - sym.tau),
        (sympy.S.Zero, oo),
        "All probability sits at τ (a Dirac mass), so the integral is the value of the integrand there.",
        lambda law: (equal(sym.tau, exactly(law.time)),),
    ),
    Exponential: Atom(
        "exponential",
        "exponential law",
        exp(-sym.u / sym.q) / sym.q,
        (sympy.S.Zero, oo),
        "Two exponentials multiply to one of rate s + 1/q.",
        lambda law: (equal(sym.q, exactly(law.mean)),),
    ),
    Erlang: Atom(
        "erlang",
        "Erlang law",
        _RATE**sym.k * sym.u ** (sym.k - 1) * exp(-_RATE * sym.u) / factorial(sym.k - 1),
        (sympy.S.Zero, oo),
        "Euler's integral for (k - 1)!, with rate s + k/q in place of 1.",
        lambda law: (equal(sym.k, exactly(law.shape)), equal(sym.q, exactly(law.mean))),
        (1 + sym.s * sym.q / sym.k) ** -sym.k,
    ),
    Uniform: Atom(
        "uniform",
        "uniform law",
        1 / sym.width,
        (sym.start, sym.start + sym.width),
        "The integral of an exponential over an interval of width w. The formula has a removable singularity at "
        "s = 0, where the transform is 1.",
        lambda law: (equal(sym.start, exactly(law.lo)), equal(sym.width, exactly(law.hi - law.lo))),
    ),
    TruncatedExponential: Atom(
        "truncated-exponential",
        "truncated exponential law",
        exp(-sym.u / sym.q) / (sym.q * (1 - exp(-sym.cap / sym.q))),
        (sympy.S.Zero, sym.cap),
        "As for the exponential law, but only up to the cap κ, and divided by the probability to end in time.",
        lambda law: (equal(sym.q, exactly(law.scale)), equal(sym.cap, exactly(law.cap))),
    ),
}
"""Laws whose density is one formula; the lattice laws are sums of Dirac masses and treated apart."""


def simplest(law: Law) -> Law:
    """Return an equal law of a simpler kind where there is one: Erlang of shape 1 is exponential."""
    if isinstance(law, Erlang) and law.shape == 1:
        return Exponential(law.mean)
    return law


def lattice_of(law: Law) -> Lattice | None:
    """Return the lattice of a lattice law or a recorded law, None for others."""
    if isinstance(law, Empirical):
        return law.lattice
    return law if isinstance(law, Lattice) else None
