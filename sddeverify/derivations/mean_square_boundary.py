"""When the mean square of the delay equation stays bounded, and how far that is from the exact workers."""

from __future__ import annotations

from sympy import Eq, Integer, cos, sin, sqrt

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import TakeLimit
from sddeverify.derivations._forms import Solve
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Multiply, Simplify, Substitute
from sddeverify.derivations._spectra import SquareIntegral
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the mean-square boundary αaS = 1 of the delay equation, and its gap to memoryless workers.

    Results: ``intensity`` (of the multiplicative noise), ``total`` (the integral of E x²), ``condition`` and
    ``boundary`` for exponential delays, ``exact`` (the boundary of memoryless workers, derivation second_moments),
    ``gap`` and ``relative_gap`` between the two, ``constant`` (the condition for constant delays) and ``classical``
    (its limit without delay). The scenario's numbers do not enter.
    """
    chain = Chain()
    _renewal(chain)
    boundary = _exponential(chain)
    _gap(chain, boundary)
    _constant(chain)
    return Derivation(
        name="mean_square_boundary",
        title="The mean-square boundary, and its gap to the exact one",
        summary="Random arrival times make noise in proportion to x: with S = ∫ r², the integral of the squared "
        "response of the mean, the mean square of the delay equation is stable if and only if the mean is stable and "
        "αaS < 1, where α = ηh. For exponential delays that is Pα² + α - 2 < 0, while memoryless workers are stable "
        "for Pα² - α - 2 < 0: the equation draws every delay anew, workers use every read exactly once, which makes "
        "less noise. Its boundary is too low by exactly 1/P.",
        steps=tuple(chain.steps),
        results=(
            ("intensity", "intensity"),
            ("total", "total"),
            ("condition", "condition"),
            ("boundary", "boundary"),
            ("exact", "exact"),
            ("gap", "gap"),
            ("relative_gap", "relative-gap"),
            ("constant", "constant"),
            ("classical", "classical"),
        ),
        inherited=("A1", "A2", "A3", "A4", "A5", "A6", "A15"),
    )


def _renewal(chain: Chain) -> None:
    chain.step(
        "intensity",
        "The multiplicative noise",
        sym.Lam * sym.eta**2 * sym.h**2 * sym.x_read**2,
        Substitute(equal(sym.h, sym.alpha / sym.eta), equal(sym.Lam, sym.a / sym.alpha)),
        "The part of the diffusion that grows with the path (derivation diffusion_limit), with α = ηh and a = αΛ.",
    )
    chain.step(
        "total",
        "The integral of the mean square",
        Eq(sym.integral + sym.alpha * sym.a * sym.integral * sym.energy, sym.energy, evaluate=False),
        Solve(sym.energy),
        "From x = 1: E x(t)² is r(t)² and what the noise that came at u has become, ∫ r(t - u)² αa E x(u - τ)² du "
        "(Itô's isometry). Integrated over all t, with Y for ∫ E x² dt and S_r for ∫ r²: Y = S + αaSY. All terms are "
        "positive, so Y is finite if and only if αaS < 1 (a renewal equation of mass αaS).",
    )


def _exponential(chain: Chain) -> Step:
    transform = chain.step(
        "transform",
        "Exponential delays: the response",
        1 / (sym.s + sym.a / (1 + sym.m * sym.s)),
        Simplify(),
        "Its transform is 1/h(s).",
    )
    integral = chain.step(
        "integral",
        "The integral of its square",
        transform,
        SquareIntegral(),
        "S, as for the stationary variance.",
    )
    condition = chain.step(
        "product",
        "αaS",
        sym.alpha * sym.a * sym.integral,
        Substitute(equal(sym.integral, integral.after)),
        "What has to be below 1.",
        uses=(integral,),
    )
    terms = chain.step(
        "condition",
        "In terms of workers",
        condition,
        Substitute(equal(sym.a, sym.alpha * sym.P / sym.m)),
        "a = αP/m: less than 1 exactly if Pα² + α - 2 < 0.",
    )
    return chain.step(
        "boundary",
        "The boundary of the equation",
        Eq(terms.after, 1, evaluate=False),
        Solve(sym.alpha, smallest=True),
        "Stable for α below. In the mean exponential delays are stable for every α.",
        uses=(terms,),
    )


def _gap(chain: Chain, boundary: Step) -> None:
    exact = chain.step(
        "exact",
        "The boundary of memoryless workers",
        Eq(sym.P * sym.alpha**2 - sym.alpha - 2, 0, evaluate=False),
        Solve(sym.alpha, smallest=True),
        "Exact for P ≥ 2 workers, without a diffusion limit (derivation second_moments).",
    )
    both = chain.step(
        "difference",
        "Their difference",
        sym.workers_bound - sym.equation_bound,
        Substitute(equal(sym.workers_bound, exact.after.rhs), equal(sym.equation_bound, boundary.after.rhs)),
        "The boundary of the workers minus that of the equation.",
        uses=(exact, boundary),
    )
    gap = chain.step(
        "gap",
        "The gap",
        both,
        Simplify(),
        "The boundary of the equation is lower by exactly 1/P: what it calls stable is stable.",
    )
    share = chain.step(
        "share",
        "As a share of the exact boundary",
        gap.after / sym.workers_bound,
        Substitute(equal(sym.workers_bound, exact.after.rhs)),
        "It shrinks with the number of workers.",
        uses=(gap, exact),
    )
    root = chain.step(
        "root-of-workers",
        "How fast it shrinks: times √P",
        share.after * sqrt(sym.P),
        Substitute(equal(sym.P, sym.small**-2)),
        "P = 1/δ² with δ to 0.",
        uses=(share,),
    )
    chain.step(
        "relative-gap",
        "Many workers",
        root,
        TakeLimit(sym.small),
        "The relative gap is about 1/√(2P): 16 % at 16 workers, 2 % at 1000.",
    )


def _constant(chain: Chain) -> None:
    angle = sym.a * sym.tau
    condition = chain.step(
        "constant-product",
        "Constant delays: αaS",
        sym.alpha * sym.a * sym.integral,
        Substitute(equal(sym.integral, (1 + sin(angle)) / (2 * sym.a * cos(angle)))),
        "With S of a constant delay (derivation stationary_variance).",
    )
    chain.step(
        "constant",
        "In terms of workers",
        condition,
        Substitute(equal(sym.a, sym.alpha * sym.P / sym.m), equal(sym.tau, sym.m)),
        "Less than 1 if and only if α(1 + sin αP) < 2 cos αP. For many workers that is αP < π/2 nearly, the boundary "
        "of the mean: the law of the delay changes how the boundary scales with P.",
    )
    fresh = chain.step("fresh", "No delay", condition, TakeLimit(sym.tau), "Every gradient is fresh.")
    limit = chain.step(
        "twice",
        "αaS below 1",
        fresh,
        Multiply(Integer(2)),
        "So α has to be below 2.",
    )
    chain.step(
        "classical",
        "The classical boundary",
        Eq(limit.after, 2, evaluate=False),
        Solve(sym.alpha),
        "That of gradient descent: ηh < 2.",
        uses=(limit,),
    )
