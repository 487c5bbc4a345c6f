"""Markov data: the stationary variance of an iterate whose samples come from chains, one for each agent."""

from __future__ import annotations

from sympy import Eq, Integer, Sum, oo

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import TakeLimit
from sddeverify.derivations._forms import Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation
from sddeverify.derivations._sums import SumUp
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the stationary variance with P agents that sample independent two-state chains ±1.

    Results: ``correlation`` (of neighbouring samples), ``variance``, ``independent`` (without correlation) and
    ``half`` (how much half of the agents make of it). The scenario's numbers do not enter.
    """
    chain = Chain()
    chain.step(
        "correlation",
        "Neighbouring samples",
        (1 - sym.flip) * Integer(1) + sym.flip * Integer(-1),
        Simplify(),
        "A chain on -1 and 1 that changes its state with probability p_f: the mean product of a sample and the next "
        "one, ρ_c. Of samples j steps apart it is ρ_c^j.",
    )
    squares = chain.step(
        "squares",
        "Each sample with itself",
        Sum(sym.ratio ** (2 * sym.j), (sym.j, 0, oo)),
        SumUp(),
        "x' = g x + α ξ with g = 1 - α adds the samples with weights α g^j: the sum of the squares of g^j.",
    )
    pairs = chain.step(
        "pairs",
        "Samples at a distance",
        Sum((sym.ratio * sym.correlation) ** sym.j, (sym.j, 0, oo)),
        SumUp(),
        "Two samples j steps apart have the weights g^i and g^(i + j) and the correlation ρ_c^j, for every i.",
    )
    one = chain.step("squares-tidy", "With positive signs", squares, WriteAs(1 / (1 - sym.ratio**2)), "The same.")
    other = chain.step(
        "pairs-tidy", "With positive signs", pairs, WriteAs(1 / (1 - sym.ratio * sym.correlation)), "The same."
    )
    total = chain.step(
        "total",
        "The variance of one agent's iterate",
        sym.alpha**2 * one.after * (2 * other.after - 1),
        Simplify(),
        "Distance 0 once, every other one twice.",
        uses=(one, other),
    )
    tidy = chain.step(
        "tidy",
        "In a form to remember",
        total,
        WriteAs(
            sym.alpha**2 * (1 + sym.ratio * sym.correlation) / ((1 - sym.ratio**2) * (1 - sym.ratio * sym.correlation))
        ),
        "The correlation multiplies the variance by (1 + gρ_c)/(1 - gρ_c).",
    )
    variance = chain.step(
        "variance",
        "Of the mean of P agents",
        tidy.after / sym.P,
        Substitute(equal(sym.ratio, 1 - sym.alpha)),
        "Independent chains: the variances add up, the mean divides by P².",
        uses=(tidy,),
    )
    free = chain.step(
        "free",
        "Without correlation",
        variance,
        TakeLimit(sym.correlation),
        "Samples drawn anew.",
    )
    chain.step("independent", "Simplified", free, Simplify(), "About α/(2P): the usual noise floor.")
    chain.step(
        "half",
        "Half of the agents",
        Eq(variance.after * sym.factor, variance.after.subs(sym.P, sym.P / 2), evaluate=False),
        Solve(sym.factor),
        "The factor of the variance if the mean is taken over half of the agents: what a rule that leaves out the "
        "others pays when delays are benign.",
        uses=(variance,),
    )
    return Derivation(
        name="markov_noise",
        title="Noise from Markov data",
        summary="Stochastic approximation with samples that come from Markov chains: correlated samples make a higher "
        "noise floor, by (1 + gρ)/(1 - gρ), and averaging over P agents lowers it by P. It is what the published "
        "system DASA is compared with (reconstructed from its abstract).",
        steps=tuple(chain.steps),
        results=(
            ("correlation", "correlation"),
            ("variance", "variance"),
            ("independent", "independent"),
            ("half", "half"),
        ),
    )
