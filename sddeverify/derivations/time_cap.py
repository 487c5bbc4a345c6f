"""Abort what takes too long, or send only some of it: how often a worker then uploads, and after which delay."""

from __future__ import annotations

import sympy
from sympy import Integral, Sum, exp

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate, Integrate
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive arrival rate and delay law of workers that abort a gradient after κ, and of those that drop some.

    Results: ``arrival_rate`` (any law), ``memoryless_rate``, ``memoryless_transform``, ``uniform_rate``, and
    ``thinned_damping`` for gradients that are kept with a probability. The scenario's numbers do not enter.
    """
    chain = Chain()
    one = chain.assume(
        "one-worker",
        "A1",
        "A trial ends in a gradient, or at the cap, and the next one begins: successes per time.",
        formula=1,
    )
    chain.step(
        "rate",
        "The arrival rate Λ",
        Sum(sym.rate_one, (sym.i, 1, sym.P)),
        Evaluate(),
        "Rates of independent workers add up.",
    )
    rate = chain.step(
        "arrival-rate",
        "In terms of the trials",
        chain.find("rate"),
        Substitute(equal(sym.rate_one, one.after)),
        "Λ = P Pr(T ≤ κ)/E min(T, κ), and the delay is T given T ≤ κ.",
        uses=(one,),
    )
    _memoryless(chain, rate)
    _uniform(chain, rate)
    _thinning(chain)
    return Derivation(
        name="time_cap",
        title="A cap on the compute time, and thinning",
        summary="A worker that aborts at κ and starts anew succeeds in a share Pr(T ≤ κ) of its trials, which last "
        "E min(T, κ). For exponential times a cap costs no gradients at all and shortens every delay. Keeping each "
        "gradient with a probability multiplies the damping by it and leaves the delay alone.",
        steps=tuple(chain.steps),
        results=(
            ("arrival_rate", "arrival-rate"),
            ("memoryless_rate", "memoryless-rate"),
            ("memoryless_transform", "memoryless-delay"),
            ("uniform_rate", "uniform-rate"),
            ("thinned_damping", "thinned"),
        ),
        inherited=("A1", "A2", "A3", "A4", "A5"),
    )


def _memoryless(chain: Chain, rate: Step) -> None:
    density = exp(-sym.u / sym.q) / sym.q
    success = chain.step(
        "memoryless-success",
        "Exponential times: a success",
        Integral(density, (sym.u, 0, sym.cap)),
        Evaluate(),
        "The probability of ending before the cap.",
    )
    cycle = chain.step(
        "memoryless-cycle",
        "The length of a trial",
        Integral(exp(-sym.u / sym.q), (sym.u, 0, sym.cap)),
        Evaluate(),
        "E min(T, κ) is the integral of Pr(T > u) up to κ.",
    )
    chain.step(
        "memoryless-rate",
        "A cap costs nothing",
        rate,
        Substitute(equal(sym.success, success.after), equal(sym.cycle, cycle.after)),
        "P/q, whatever the cap: a memoryless worker loses nothing by starting anew.",
        uses=(success, cycle),
    )
    whole = chain.step(
        "memoryless-part",
        "The delay of a success",
        exp(-sym.s * sym.u),
        Integrate(density, sym.u, sympy.S.Zero, sym.cap),
        "The part of the transform up to the cap.",
    )
    chain.step(
        "memoryless-delay",
        "Its transform",
        sympy.Mul(1 / sym.success, whole.after, evaluate=False),
        Substitute(equal(sym.success, success.after)),
        "Divided by the probability of a success: a truncated exponential law.",
        uses=(whole, success),
    )


def _uniform(chain: Chain, rate: Step) -> None:
    density = 1 / sym.width
    success = chain.step(
        "uniform-success",
        "Uniform times on [0, w]: a success",
        Integral(density, (sym.u, 0, sym.cap)),
        Evaluate(),
        "For a cap κ < w.",
    )
    cycle = chain.step(
        "uniform-cycle",
        "The length of a trial",
        Integral(1 - sym.u / sym.width, (sym.u, 0, sym.cap)),
        Evaluate(),
        "The integral of Pr(T > u).",
    )
    uniform = chain.step(
        "uniform-substituted",
        "The arrival rate",
        rate,
        Substitute(equal(sym.success, success.after), equal(sym.cycle, cycle.after)),
        "Put both in.",
        uses=(success, cycle),
    )
    chain.step(
        "uniform-rate",
        "A cap loses gradients",
        uniform,
        Simplify(),
        "From 2P/w without a cap (κ = w) down to P/w for κ → 0: uniform times age, and a worker that starts anew "
        "loses what it had done. What is gained is the shorter delay, uniform on [0, κ].",
    )


def _thinning(chain: Chain) -> None:
    chain.step(
        "thinned",
        "Thinning",
        sym.eta * sym.h * sym.P * sym.success / sym.m,
        Substitute(equal(sym.eta, sym.c / (sym.h * sym.P))),
        "If each gradient is kept with a probability p, trials last m and succeed with p: a = ηhPp/m. The delay is as "
        "before, so that the damping times its mean m falls from c = ηhP to pc.",
    )
