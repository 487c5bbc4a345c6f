"""The time to a target, and how sensitive it is to staleness and to gradient noise."""

from __future__ import annotations

from sympy import Derivative, Eq, I, exp, factorial, sqrt

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate, TakeLimit
from sddeverify.derivations._complex import TakeReal
from sddeverify.derivations._forms import Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Multiply, Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the response to a constant delay, the time to a target, and the elasticities of that time.

    An elasticity is the relative change of the time per relative change of its cause. Results: ``term`` (that the sum
    of (-a)^i (t - iτ)^i/i! over iτ <= t solves the delay equation), ``time`` (to the share ε at decay rate ρ),
    ``monotone`` (elasticity in the delay where the rightmost root is real), ``oscillating`` (where it is a pair
    -ρ ± iω), ``near_boundary`` (ρ times that, at the boundary) and ``noise`` (elasticity in the noise's standard
    deviation), ``no_noise`` (its limit). The scenario's numbers do not enter.
    """
    chain = Chain()
    _response(chain)
    time = chain.step(
        "time",
        "The time to a target",
        Eq(exp(-sym.decay * sym.t), sym.target, evaluate=False),
        Solve(sym.t),
        "In the long run the slowest mode counts, which decays like exp(-ρt): after log(1/ε)/ρ it has fallen to the "
        "share ε. The claim time_to_target certifies the last time at which the mean is that far away.",
    )
    _staleness(chain, time)
    _noise(chain)
    results = ("term", "time", "monotone", "oscillating", "near-boundary", "noise", "no-noise")
    return Derivation(
        name="time_to_target",
        title="The time to a target",
        summary="With a constant delay the mean reaches a target after log(1/ε)/ρ or so. Below the fastest point more "
        "delay even saves time (its elasticity is negative); on the way to the stability boundary the elasticity grows "
        "beyond all bounds. The noise of the gradients does not enter the decay rate: it sets the floor alone, and "
        "its elasticity is small as long as the target is well above the floor.",
        steps=tuple(chain.steps),
        results=tuple((name.replace("-", "_"), name) for name in results),
        inherited=("A1", "A2", "A3", "A4", "A5", "A6"),
    )


def _response(chain: Chain) -> None:
    term = (-sym.a * sym.window) ** sym.i / factorial(sym.i)
    slope = chain.step(
        "slope",
        "The response: one term of it",
        Derivative(term, sym.window),
        Evaluate(),
        "r is 1 up to τ; on each further stretch of length τ a polynomial joins in (method of steps). The i-th joins "
        "at t = iτ, where it is 0; T = t - iτ is the time since.",
    )
    chain.step(
        "term",
        "It is driven by the term before, a delay ago",
        slope,
        WriteAs(-sym.a * term.subs(sym.i, sym.i - 1)),
        "The term i - 1, a delay ago, has the same T. So the sum over all i with iτ ≤ t solves r'(t) = -a r(t - τ): "
        "exactly, by rational arithmetic, for every t.",
    )


def _staleness(chain: Chain, time: Step) -> None:
    function = sym.s + sym.a * exp(-sym.s * sym.tau)
    damping = chain.step(
        "damping",
        "A root for constant delays",
        Eq(function, 0, evaluate=False),
        Solve(sym.a),
        "The damping that has a root at s.",
    )
    moved = chain.step(
        "moved",
        "How the root moves with the delay",
        -Derivative(function, sym.tau) / Derivative(function, sym.s),
        Evaluate(),
        "The implicit function theorem: h stays 0 as τ grows and a stays.",
    )
    there = chain.step(
        "there",
        "At the root",
        moved,
        Substitute(equal(sym.a, damping.after.rhs)),
        "Put in the damping.",
        uses=(damping,),
    )
    root = chain.step("root", "Without the powers", there, Simplify(), "They cancel: ds/dτ.")
    real = chain.step(
        "real",
        "A real root",
        root,
        Substitute(equal(sym.s, -sym.decay)),
        "Up to aτ = 1/e the rightmost root is real, s = -ρ.",
    )
    chain.step(
        "time-by-rate",
        "How the time answers to the decay rate",
        sym.decay * Derivative(time.after.rhs, sym.decay) / time.after.rhs,
        Evaluate(),
        "Its elasticity is -1: twice as fast, half the time.",
        uses=(time,),
    )
    chain.step(
        "monotone",
        "Elasticity of the time in the delay, without oscillation",
        real,
        Multiply(sym.tau / sym.decay, expanded=False),
        "dρ/dτ = -ds/dτ, times τ/ρ, times -1. It is negative as ρτ < 1: with more delay, sooner there.",
    )
    pair = chain.step(
        "pair",
        "A pair of roots",
        root,
        Substitute(equal(sym.s, -sym.decay + I * sym.omega)),
        "Beyond aτ = 1/e: s = -ρ ± iω.",
    )
    part = chain.step("pair-real", "Its real part", pair, TakeReal(), "This is -dρ/dτ.")
    chain.step(
        "oscillating",
        "Elasticity of the time in the delay, with oscillation",
        part,
        Multiply(sym.tau / sym.decay, expanded=False),
        "As before. With aτ = 1.3 it is about 6: one per cent more delay, six per cent more time.",
    )
    near = chain.step(
        "times-rate", "Times ρ", part, Multiply(sym.tau, expanded=False), "To see how that elasticity grows."
    )
    chain.step(
        "near-boundary",
        "Towards the boundary",
        near,
        TakeLimit(sym.decay),
        "A positive number: the elasticity grows like 1/ρ as ρ tends to 0.",
    )


def _noise(chain: Chain) -> None:
    noisy = chain.step(
        "noisy-time",
        "The time to a target in the mean square",
        Eq(exp(-sym.decay * sym.t), sym.target * sqrt(1 - sym.floor), evaluate=False),
        Solve(sym.t),
        "E x² is the square of the mean plus a variance, here the share g_v of the target ε²: the time until the "
        "squared mean has fallen to the rest, (1 - g_v) ε².",
    )
    noise = chain.step(
        "noise",
        "Elasticity of the time in the noise",
        2 * sym.floor * Derivative(noisy.after.rhs, sym.floor) / noisy.after.rhs,
        Evaluate(),
        "The variance goes with the square of the noise's standard deviation: twice the elasticity in g_v. With a "
        "floor of a tenth of ε² and ε = 1/100 it is 0.024.",
        uses=(noisy,),
    )
    chain.step("no-noise", "A target well above the floor", noise, TakeLimit(sym.floor), "0: the noise costs no time.")
