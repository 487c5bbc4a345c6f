"""The fastest point: the damping at which the mean decays fastest, where the two rightmost roots meet."""

from __future__ import annotations

from sympy import Derivative, Eq, Expr, Integer, cos, cot, exp, log, sin, sqrt

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._forms import Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Multiply, Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.scenario import Scenario

Results = tuple[tuple[str, str], ...]


def derive(scenario: Scenario) -> Derivation:
    """Derive where the real root s = -ρ of h is double, for constant, Erlang and shifted exponential delays.

    Results: ``damping`` (that has the root -ρ), ``condition`` (of a double root); for constant delays
    ``constant_rate``, ``constant_strength`` (1/e), ``pair`` and ``pair_damping`` (beyond, the pair moves to the
    right), ``equal_speed`` (zero where the pair is as fast as no delay) and ``equal_speed_once`` (its slope);
    ``erlang_rate``, ``erlang_strength``; ``exponential_rate`` and ``exponential_strength`` (one stage);
    ``shifted_rate``. The scenario's numbers do not enter.
    """
    chain = Chain()
    results = _general(chain) + _constant(chain) + _erlang(chain) + _shifted(chain)
    return Derivation(
        name="fastest_point",
        title="The fastest point",
        summary="For small damping the rightmost root is real, s = -ρ, and moves to the left as the damping grows, "
        "until it meets another real root. Beyond, the two leave the real axis as a pair. With a constant "
        "delay that pair moves to the right, so that the mean decays fastest at the double root: aτ = 1/e, e "
        "times as fast as without delay. For other laws the double root is the fastest point of the real "
        "roots; whether a pair further on is faster is for the claim decay_rate to say.",
        steps=tuple(chain.steps),
        results=results,
        inherited=("A1", "A2", "A3", "A4", "A5", "A6"),
    )


def _general(chain: Chain) -> Results:
    damping = chain.step(
        "damping",
        "The damping that has a real root",
        Eq(-sym.decay + sym.a * sym.Phi, 0, evaluate=False),
        Solve(sym.a),
        "h(-ρ) = 0. Φ(-ρ) = E exp(ρτ) is positive.",
    )
    chain.step(
        "condition",
        "A double root",
        1 + sym.a * sym.slope_of_phi,
        Substitute(equal(sym.a, damping.after.rhs)),
        "h' = 0 as well, with Φ' for the derivative of the transform at -ρ: Φ = -ρΦ'. That is where ρ/Φ(-ρ), the "
        "damping as a function of ρ, is stationary: log Φ(-ρ) is convex in ρ, so it has one maximum at most.",
        uses=(damping,),
    )
    return (("damping", "damping"), ("condition", "condition"))


def _slope(chain: Chain, law: str, name: str, inverse: Expr, because: str) -> Step:
    """The slope in ρ of the damping ρ/Φ(-ρ), for 1/Φ(-ρ) given."""
    line = Derivative(sym.decay * inverse, sym.decay)
    return chain.step(f"{law}-slope", f"{name}: the slope of the damping", line, Evaluate(), because)


def _constant(chain: Chain) -> Results:
    inverse = exp(-sym.decay * sym.tau)
    slope = _slope(chain, "constant", "Constant delays", inverse, "Here a = ρ exp(-ρτ).")
    cleared = chain.step(
        "constant-cleared", "Without the exponential", slope, Multiply(1 / inverse), "It has no zero of its own."
    )
    rate = chain.step(
        "constant-rate",
        "The fastest rate",
        Eq(cleared.after, 0, evaluate=False),
        Solve(sym.decay),
        "One over the delay.",
        uses=(cleared,),
    )
    there = chain.step(
        "constant-damping", "Its damping", sym.decay * inverse, Substitute(rate.after), "Put it in.", uses=(rate,)
    )
    chain.step(
        "constant-strength",
        "The fastest strength",
        there,
        Multiply(sym.tau, expanded=False),
        "aτ = 1/e; without delay the rate would be a, so it is e times that.",
    )
    # s τ = x + i y with y in (0, π)
    part = chain.step(
        "pair-real",
        "Beyond: a pair",
        Eq(sym.level * sin(sym.angle) / cos(sym.angle) + sym.angle, 0, evaluate=False),
        Solve(sym.level),
        "With sτ = x ± iy, 0 < y < π: sτ exp(sτ) = -aτ is real, so that x sin y + y cos y = 0.",
    )
    moved = chain.step(
        "pair-slope",
        "It moves to the right",
        Derivative(part.after.rhs, sym.angle),
        Evaluate(),
        "How x changes with y.",
        uses=(part,),
    )
    chain.step(
        "pair",
        "In a form that shows the sign",
        moved,
        WriteAs((sym.angle - sin(sym.angle) * cos(sym.angle)) / sin(sym.angle) ** 2),
        "Positive: sin y cos y < sin y < y.",
    )
    as_fast = chain.step(
        "equal-speed-line",
        "As fast as without delay",
        sym.angle / sin(sym.angle) + sym.level * exp(-sym.level),
        Substitute(equal(sym.level, part.after.rhs)),
        "The size of sτ is y/sin y, so that aτ = exp(x) y/sin y. The pair decays at the rate a of no delay where "
        "aτ + x = 0; here divided by exp(x).",
        uses=(part,),
    )
    chain.step(
        "equal-speed",
        "In short",
        as_fast,
        Multiply(sin(sym.angle) / sym.angle),
        "Zero where exp(c) cos y = 1, with c = aτ = y cot y: at c = 0.6333647... A smaller delay speeds the mean up, a "
        "larger one slows it down.",
    )
    falls = chain.step(
        "equal-speed-slope",
        "Only once",
        Derivative(log(cos(sym.angle)) + sym.angle * cos(sym.angle) / sin(sym.angle), sym.angle),
        Evaluate(),
        "The logarithm of exp(c) cos y is 1 at y = 0 and tends to minus infinity at π/2; beyond, x > 0.",
    )
    chain.step(
        "equal-speed-once",
        "In a form that shows the sign",
        falls,
        WriteAs(-(sym.angle - sin(sym.angle) * cos(sym.angle)) / sin(sym.angle) ** 2 - sin(sym.angle) / cos(sym.angle)),
        "Negative for 0 < y < π/2: it falls, through 0 once.",
    )
    strength = log(sym.angle / sin(sym.angle)) - sym.angle * cot(sym.angle)
    grows = chain.step(
        "pair-damping-slope",
        "And y grows with the damping",
        Derivative(strength, sym.angle),
        Evaluate(),
        "aτ = |sτ| exp(x) with |sτ| = y/sin y; this is how its logarithm changes with y.",
    )
    chain.step(
        "pair-damping",
        "In a form that shows the sign",
        grows,
        WriteAs(((1 - sym.angle * cot(sym.angle)) ** 2 + sym.angle**2) / sym.angle),
        "Positive. So beyond the double root x grows with the damping: nothing is faster than aτ = 1/e.",
    )
    return (
        ("constant_rate", "constant-rate"),
        ("constant_strength", "constant-strength"),
        ("pair", "pair"),
        ("equal_speed", "equal-speed"),
        ("equal_speed_once", "equal-speed-once"),
        ("pair_damping", "pair-damping"),
    )


def _erlang(chain: Chain) -> Results:
    stage = 1 - sym.decay * sym.q / sym.k
    slope = chain.step(
        "erlang-slope",
        "Erlang delays: the slope of the damping's logarithm",
        Derivative(log(sym.decay) + sym.k * log(stage), sym.decay),
        Evaluate(),
        "Here a = ρ (1 - ρq/k)^k, for ρq < k; its logarithm is a sum.",
    )
    cleared = chain.step(
        "erlang-cleared",
        "Without the denominators",
        slope,
        Multiply(sym.decay * stage),
        "Both are positive for ρq < k.",
    )
    rate = chain.step(
        "erlang-rate",
        "The rate at the double root",
        Eq(cleared.after, 0, evaluate=False),
        Solve(sym.decay),
        "k/(k + 1) of that of a constant delay of the same mean.",
        uses=(cleared,),
    )
    there = chain.step(
        "erlang-damping",
        "Its damping times the mean delay",
        sym.q * sym.decay * stage**sym.k,
        Substitute(rate.after),
        "Put it in.",
        uses=(rate,),
    )
    strength = chain.step(
        "erlang-strength",
        "The strength at the double root",
        there,
        WriteAs((sym.k / (sym.k + 1)) ** (sym.k + 1)),
        "Between 1/4 for one stage and 1/e for many.",
    )
    one = Substitute(equal(sym.k, Integer(1)))
    chain.step("exponential-rate", "Exponential delays: rate", rate.after.rhs, one, "Half of it.", uses=(rate,))
    chain.step(
        "exponential-strength",
        "Exponential delays: strength",
        strength,
        one,
        "1/4. Beyond, the pair has the real part -1/(2q) for every damping: flat, never faster.",
    )
    return (
        ("erlang_rate", "erlang-rate"),
        ("erlang_strength", "erlang-strength"),
        ("exponential_rate", "exponential-rate"),
        ("exponential_strength", "exponential-strength"),
    )


def _shifted(chain: Chain) -> Results:
    inverse = exp(-sym.decay * sym.start) * (1 - sym.decay * sym.q)
    slope = _slope(
        chain,
        "shifted",
        "Shifted exponential delays",
        inverse,
        "A constant part l before an exponential one: a = ρ exp(-ρl) (1 - ρq), for ρq < 1.",
    )
    cleared = chain.step(
        "shifted-cleared",
        "Without the exponential",
        slope,
        Multiply(exp(sym.decay * sym.start)),
        "A quadratic in ρ.",
    )
    root = sqrt(sym.start**2 + 4 * sym.q**2)
    rate = (sym.start + 2 * sym.q - root) / (2 * sym.start * sym.q)
    other = (sym.start + 2 * sym.q + root) / (2 * sym.start * sym.q)
    chain.step(
        "shifted-factors",
        "As a product",
        cleared,
        WriteAs(sym.start * sym.q * (sym.decay - rate) * (sym.decay - other)),
        "The quadratic formula, for l > 0; the second zero has ρq > 1 and does not count.",
    )
    chain.step(
        "shifted-rate",
        "The rate at the double root",
        rate,
        Simplify(),
        "Its damping is ρ exp(-ρl) (1 - ρq). It tends to 1/(2q) for l to 0, to 1/l for q to 0.",
    )
    return (("shifted_rate", "shifted-rate"),)
