"""The number of workers that decays fastest: where two real roots meet, and what to compare where they do not."""

from __future__ import annotations

from sympy import Derivative, Eq, Expr, exp

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._forms import Solve
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the fastest damping for Erlang and for constant delays, and the number of workers that has it.

    Results: ``erlang_rate``, ``erlang_strength`` (damping times mean delay), ``constant_rate``,
    ``constant_strength`` and ``workers`` (for a given best strength). The scenario's numbers do not enter.
    """
    chain = Chain()
    erlang = sym.s + sym.a / (1 + sym.m * sym.s / sym.k) ** sym.k
    constant = sym.s + sym.a * exp(-sym.s * sym.tau)
    _double_root(chain, "erlang", erlang, "Erlang delays of shape k", sym.m)
    strength = _double_root(chain, "constant", constant, "constant delays", sym.tau)
    chain.step(
        "workers",
        "The number of workers",
        Eq(sym.eta * sym.h * sym.P, strength.after, evaluate=False),
        Solve(sym.P),
        "c = ηhP: the best number for one eigenvalue is one of the two integers around 1/(eηh). With several "
        "eigenvalues the slowest mode counts, and beyond the best number of the largest one it may be the largest.",
        uses=(strength,),
    )
    return Derivation(
        name="optimal_workers",
        title="The best number of workers",
        summary="The mean decays like exp(-rate t) in its slowest mode. For constant and for Erlang delays the rate "
        "grows with the number of workers until two real roots meet, then it falls (for exponential delays it stays). "
        "For other laws it may have several local maxima, so that every number of workers is compared; the claim "
        "optimum certifies the comparison.",
        steps=tuple(chain.steps),
        results=(
            ("erlang_rate", "erlang-root"),
            ("erlang_strength", "erlang-strength"),
            ("constant_rate", "constant-root"),
            ("constant_strength", "constant-strength"),
            ("workers", "workers"),
        ),
        inherited=("A1", "A2", "A3", "A4", "A5", "A6"),
    )


def _double_root(chain: Chain, name: str, function: Expr, of: str, mean: Expr) -> Step:
    damping = chain.step(
        f"{name}-damping",
        f"A root, for {of}",
        Eq(function, 0, evaluate=False),
        Solve(sym.a),
        "Which damping has a root at s.",
    )
    slope = chain.step(
        f"{name}-slope",
        "A double root",
        Derivative(function, sym.s),
        Evaluate(),
        "Two real roots meet where the derivative vanishes, too.",
    )
    there = chain.step(
        f"{name}-both",
        "Both at once",
        slope,
        Substitute(equal(sym.a, damping.after.rhs)),
        "Put in the damping.",
        uses=(damping,),
    )
    only = chain.step(f"{name}-simplified", "Without the powers", there, Simplify(), "They cancel.")
    root = chain.step(
        f"{name}-root",
        "The root",
        Eq(only.after, 0, evaluate=False),
        Solve(sym.s),
        "Minus the fastest rate.",
        uses=(only,),
    )
    fastest = chain.step(
        f"{name}-fastest",
        "The damping there",
        damping.after.rhs * mean,
        Substitute(equal(sym.s, root.after.rhs)),
        "Damping times mean delay, a pure number.",
        uses=(root,),
    )
    return chain.step(f"{name}-strength", "Simplified", fastest, Simplify(), "The best c = ηhP.")
