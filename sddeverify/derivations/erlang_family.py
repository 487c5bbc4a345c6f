"""The Erlang family: from memoryless to constant delays, and what becomes of the boundary on the way."""

from __future__ import annotations

from sympy import Eq, I, Integer, cos, exp, pi, tan

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import TakeLimit
from sddeverify.derivations._forms import RaiseToPower, Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Multiply, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the critical strength k tan(π/2k) / cos(π/2k)^k of Erlang delays, and its limits.

    Results: ``strength`` (critical damping times mean delay), ``two`` and ``three`` stages, ``memoryless`` (the
    reciprocal for one stage: 0, so there is no boundary), ``constant`` (its limit for many stages) and ``transform``
    (of a delay of many stages). The scenario's numbers do not enter.
    """
    chain = Chain()
    strength = _strength(chain)
    for name, stages in (("two", 2), ("three", 3)):
        chain.step(
            name,
            f"{name.capitalize()} stages",
            strength,
            Substitute(equal(sym.k, Integer(stages))),
            "Rational, unlike most.",
        )
    inverse = chain.step(
        "reciprocal",
        "Its reciprocal",
        strength,
        RaiseToPower(Integer(-1)),
        "To see what happens with one stage.",
    )
    chain.step(
        "memoryless",
        "One stage: exponential delays",
        inverse,
        Substitute(equal(sym.k, Integer(1))),
        "0: the boundary has gone to infinity. The mean is stable for every damping.",
    )
    scaled = chain.step(
        "scaled",
        "Many stages",
        strength,
        Substitute(equal(sym.k, 1 / sym.small)),
        "k = 1/δ with δ to 0: the coefficient of variation 1/√k tends to 0.",
    )
    chain.step(
        "constant",
        "The limit",
        scaled,
        TakeLimit(sym.small),
        "π/2, the boundary of a constant delay: it decreases from infinity to there (4, 8/3, 2.27, ...).",
    )
    power = chain.step(
        "transform-scaled",
        "The law itself",
        (1 + sym.s * sym.q / sym.k) ** -sym.k,
        Substitute(equal(sym.k, 1 / sym.small), equal(sym.s, sym.decay)),
        "At a real s = ρ, which is enough to know a law by its transform.",
    )
    chain.step(
        "transform",
        "Its limit",
        power,
        TakeLimit(sym.small),
        "exp(-ρq), the transform of the constant q: the Erlang law of many stages is nearly constant.",
    )
    return Derivation(
        name="erlang_family",
        title="The Erlang family and its limits",
        summary="k exponential stages of mean q/k: k = 1 is the exponential law, which no damping makes unstable in "
        "the mean; k to infinity is the constant law, whose critical strength π/2 is the smallest of all laws. Between "
        "them the critical strength is k tan(π/2k)/cos(π/2k)^k.",
        steps=tuple(chain.steps),
        results=tuple((name, name) for name in ("strength", "two", "three", "memoryless", "constant", "transform")),
        inherited=("A1", "A2", "A3", "A4", "A5", "A6"),
    )


def _strength(chain: Chain) -> Step:
    stage = chain.step(
        "stage",
        "One stage in polar form",
        1 + I * tan(sym.phi),
        WriteAs(exp(I * sym.phi) / cos(sym.phi)),
        "A root iω of h satisfies iω (1 + iωq/k)^k = -a. With ωq/k = tan φ, 0 < φ < π/2, one factor is this.",
    )
    stages = chain.step(
        "stages",
        "All stages",
        stage,
        RaiseToPower(sym.k),
        "Moduli multiply, angles add.",
    )
    angle = chain.step(
        "angle",
        "The angles of both sides",
        Eq(pi / 2 + sym.k * sym.phi, pi, evaluate=False),
        Solve(sym.phi),
        "That of iω is π/2, that of -a is π. This is the smallest solution, hence the smallest damping: frequency and "
        "modulus grow with φ.",
    )
    side = chain.step(
        "both-sides",
        "The left side with its sign changed, at that angle",
        -I * sym.omega * stages.after,
        Substitute(angle.after),
        "Real and positive, as it must be: this is a.",
        uses=(stages, angle),
    )
    damping = chain.step(
        "damping",
        "The damping",
        side,
        Substitute(equal(sym.omega, sym.k * tan(pi / (2 * sym.k)) / sym.q)),
        "With the frequency of that angle.",
    )
    return chain.step(
        "strength",
        "The critical strength",
        damping,
        Multiply(sym.q, expanded=False),
        "Damping times mean delay at the boundary: the scale of time drops out. (The derivation stability_boundary "
        "arrives at it from C and S.)",
    )
