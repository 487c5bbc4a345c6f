"""All roots for a constant delay: the branches of Lambert's function, and which of them decides."""

from __future__ import annotations

from sympy import Derivative, Eq, I, Integer, exp, pi

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._branches import SolveByLambert
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._forms import Solve
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Multiply, Substitute
from sddeverify.derivations._steps import Chain, Derivation
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive s = W_k(-aτ)/τ for a constant delay τ, and that the principal branch is the rightmost root.

    Results: ``equation`` (z exp(z) = -aτ for z = sτ), ``roots`` (its solution), ``real_part`` (of a root of a given
    modulus), ``boundary`` (-aτ for the root iπ/2) and ``branch_point`` (-aτ where two branches meet). The
    scenario's numbers do not enter.
    """
    chain = Chain()
    cleared = chain.step(
        "cleared",
        "Clear the exponential",
        sym.s + sym.a * exp(-sym.s * sym.tau),
        Multiply(sym.tau * exp(sym.s * sym.tau)),
        "The characteristic function of a constant delay, times something that is never 0: no root is lost or added.",
    )
    scaled = chain.step(
        "scaled",
        "In units of the delay",
        cleared,
        Substitute(equal(sym.s, sym.z / sym.tau)),
        "z = sτ is a pure number: z exp(z) = -aτ. Damping and delay enter only through their product.",
    )
    product = sym.z * exp(sym.z)
    chain.step(
        "roots",
        "The roots",
        Eq(scaled.after, 0, evaluate=False),
        SolveByLambert(sym.z),
        "The equation has one solution on each branch k = 0, ±1, ±2, ... of Lambert's function, and no other (Corless "
        "and others, 1996): s = W_k(-aτ)/τ are all roots. Shown is the principal branch, k = 0.",
        uses=(scaled,),
    )
    chain.step(
        "real-part",
        "Which root is the rightmost",
        Eq(sym.modulus, sym.a * exp(-sym.real_part * sym.tau), evaluate=False),
        Solve(sym.real_part),
        "The moduli of both sides of s = -a exp(-sτ): the smaller the modulus of a root, the further right it lies, "
        "and finitely many lie right of any line. The principal branch has the smallest modulus (k = 0, and its "
        "conjugate k = -1 beyond the branch point).",
    )
    chain.step(
        "boundary",
        "The boundary",
        product,
        Substitute(equal(sym.z, I * pi / 2)),
        "-aτ = -π/2 has the root z = iπ/2 on the imaginary axis: the mean is stable exactly for aτ < π/2.",
    )
    slope = chain.step(
        "slope",
        "Where two branches meet",
        Derivative(product, sym.z),
        Evaluate(),
        "A double root: the derivative vanishes, which is at z = -1 only.",
    )
    chain.step(
        "slope-there",
        "At z = -1",
        slope,
        Substitute(equal(sym.z, Integer(-1))),
        "It vanishes.",
    )
    chain.step(
        "branch-point",
        "The branch point",
        product,
        Substitute(equal(sym.z, Integer(-1))),
        "-aτ = -1/e: up to there both real branches, k = 0 and -1, are real, and the mean does not oscillate.",
    )
    return Derivation(
        name="lambert_roots",
        title="Lambert's function: all roots for one delay",
        summary="With a constant delay every root is known: s = W_k(-aτ)/τ, one for each branch of the inverse of "
        "z exp(z). The principal branch is the rightmost one and decides: no oscillation up to aτ = 1/e, stability up "
        "to aτ = π/2.",
        steps=tuple(chain.steps),
        results=(
            ("equation", "scaled"),
            ("roots", "roots"),
            ("real_part", "real-part"),
            ("boundary", "boundary"),
            ("branch_point", "branch-point"),
        ),
        inherited=("A1", "A2", "A3", "A4", "A5", "A6"),
    )
