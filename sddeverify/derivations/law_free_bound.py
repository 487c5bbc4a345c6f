"""Why a E τ < π/2 is enough for every delay law: one inequality, averaged over the delay."""

from __future__ import annotations

from sympy import Derivative, Rational, cos, pi, sin, tan

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._forms import WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Multiply, Substitute
from sddeverify.derivations._steps import Chain, Derivation
from sddeverify.scenario import Scenario

_HALF = Rational(1, 2)


def derive(scenario: Scenario) -> Derivation:
    """Derive that at every crossing the damping times the mean delay is at least π/2, whatever the delay law.

    The proof is a multiplier: f(ϑ) = ϑ + cos ϑ - (π/2) sin ϑ is nowhere negative, so its average over ϑ = ωτ is not
    either, and at a crossing (E cos ωτ = 0, E sin ωτ = ω/a) this average is ω E τ - (π/2) ω/a. The result is known:
    Krisztin, Stability for functional differential equations and some variational problems, Tohoku Math. J. 42
    (1990); Bernard and Crauste, Optimal linear stability condition for scalar differential equations with distributed
    delay, Discrete Contin. Dyn. Syst. B 20 (2015), arXiv:1405.7333. The proof is written down here.

    Results: ``shifted`` and ``slope``, from which f >= 0 is read off; ``excess`` = a m - π/2, which is not negative at
    a crossing; ``attained`` = 0 for a constant delay; ``strength`` = the excess in terms of the learning rate.
    """
    chain = Chain()
    _nowhere_negative(chain)
    average = chain.step(
        "average",
        "Its average at a crossing",
        sym.omega * sym.m + sym.C - pi / 2 * sym.S,
        Substitute(equal(sym.C, 0), equal(sym.S, sym.omega / sym.a)),
        "f(ωτ) averaged over the delay: E τ = m, E cos ωτ = C and E sin ωτ = S. Where iω is a root, C = 0 and S = ω/a "
        "(derivation stability_boundary). The average of what is nowhere negative is not negative.",
    )
    excess = chain.step(
        "excess",
        "So at a crossing a m ≥ π/2",
        average,
        Multiply(sym.a / sym.omega),
        "A positive factor. As a grows from 0, where the mean is stable, roots can cross only there; so the mean is "
        "stable for every delay law as long as a m < π/2.",
    )
    chain.step(
        "attained",
        "No larger number would do",
        excess,
        Substitute(equal(sym.a, pi / (2 * sym.tau)), equal(sym.m, sym.tau)),
        "A constant delay has its boundary at aτ = π/2: of all laws of a given mean it is the worst for the mean.",
    )
    chain.step(
        "strength",
        "In terms of the learning rate",
        excess,
        Substitute(equal(sym.a, sym.eta * sym.h * sym.P / sym.m)),
        "The damping is a = ηhP/m, so that the mean delay drops out: ηhP < π/2 is safe for every delay law, whatever "
        "its mean.",
    )
    results = ("shifted", "slope", "excess", "attained", "strength")
    return Derivation(
        name="law_free_bound",
        title="A bound for every delay law",
        summary="The mean is stable whenever the damping times the mean delay is less than π/2, whatever the law of "
        "the delay: all that has to be known of it is its mean. The bound cannot be improved. It is about stability in "
        "the mean; the mean square asks for less.",
        steps=tuple(chain.steps),
        results=tuple((name, name) for name in results),
        inherited=("A1", "A3", "A4", "A5"),
    )


def _nowhere_negative(chain: Chain) -> None:
    """Write the steps that show f(ϑ) = ϑ + cos ϑ - (π/2) sin ϑ >= 0 for ϑ >= 0."""
    shifted = chain.step(
        "quarter-turn",
        "A function of the angle, seen from π/2",
        sym.phase + cos(sym.phase) - pi / 2 * sin(sym.phase),
        Substitute(equal(sym.phase, pi / 2 + sym.excess)),
        "f vanishes at ϑ = π/2, where it is smallest; so measure the angle from there.",
    )
    chain.step(
        "shifted",
        "Beyond π/2 it is not negative",
        shifted,
        WriteAs((sym.excess - sin(sym.excess)) + pi * (1 - cos(sym.excess)) * _HALF),
        "For y ≥ 0 both terms are at least 0, because sin y ≤ y and cos y ≤ 1.",
    )
    before = chain.step(
        "before",
        "Before π/2",
        shifted,
        Substitute(equal(sym.excess, -sym.lack)),
        "Angles from 0 to π/2 are ϑ = π/2 - v with v from 0 to π/2.",
    )
    chain.step("start", "There it begins at 0", before, Substitute(equal(sym.lack, 0)), "At v = 0, which is ϑ = π/2.")
    slope = chain.step(
        "derivative",
        "and changes at this rate",
        Derivative(before.after, sym.lack),
        Evaluate(),
        "The derivative in v.",
        uses=(before,),
    )
    chain.step(
        "slope",
        "which is not negative",
        slope,
        WriteAs(sin(sym.lack) * (pi / 2 - tan(sym.lack / 2))),
        "For 0 ≤ v ≤ π/2, sin v ≥ 0 and tan(v/2) ≤ 1 < π/2. So f rises from 0 on the way back to ϑ = 0, and f ≥ 0 for "
        "all ϑ ≥ 0.",
    )
