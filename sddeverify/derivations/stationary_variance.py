"""The stationary variance of the delay equation: an integral for every law, closed forms for some."""

from __future__ import annotations

from sympy import Derivative, Eq, Integral, Lambda, Rational, S, cos, exp, oo, sin, sqrt

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate, Insert, TakeLimit
from sddeverify.derivations._forms import Abbreviate, Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Simplify, Substitute
from sddeverify.derivations._spectra import SquareIntegral
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.derivations._sums import SplitIntegral
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive E x² of the stationary delay equation dx = -a E x(t - τ) dt + b dW, the additive noise alone.

    Results: ``isometry`` (b² times the integral S of the squared response), ``undelayed``, ``constant``,
    ``exponential`` and ``erlang`` (shape 2, damping c/m): S for these delays; ``variance`` for constant delays in terms
    of learning rate and workers. The scenario's numbers do not enter.

    The closed form for a constant delay is that of Küchler and Mensch, Langevin's stochastic differential equation
    extended by a time-delayed term, Stochastics 40 (1992).
    """
    chain = Chain()
    isometry = _integral(chain)
    constant = _constant(chain)
    _rational(chain)
    _in_terms(chain, isometry, constant)
    return Derivation(
        name="stationary_variance",
        title="The stationary variance",
        summary="Where the mean is stable, gradient noise keeps x moving: its stationary variance is the noise "
        "intensity times S, the integral of the squared response r(t) to a unit start, or 1/2π times the integral of "
        "1/|h(iω)|² over all frequencies (claim stationary_variance encloses it for every law). The multiplicative "
        "noise, which is left out here, divides it by 1 - αaS (derivation mean_square_boundary).",
        steps=tuple(chain.steps),
        results=(
            ("isometry", "isometry"),
            ("undelayed", "undelayed-frequency"),
            ("constant", "constant"),
            ("exponential", "exponential"),
            ("erlang", "erlang"),
            ("variance", "variance"),
        ),
        inherited=("A1", "A2", "A3", "A4", "A5", "A6"),
    )


def _integral(chain: Chain) -> Step:
    square = sym.path(sym.u) ** 2
    isometry = chain.step(
        "isometry",
        "Variance as an integral",
        Integral(sym.b**2 * square, (sym.u, 0, oo)),
        SplitIntegral(),
        "Noise that came a time u ago has been carried on by the response r(u), here written x(u): x(t) is the "
        "integral of b r(u) dW(t - u), whose variance is that of its independent parts added up (Itô's isometry).",
    )
    chain.step(
        "undelayed-time",
        "Without delay: in time",
        Integral(exp(-2 * sym.a * sym.u), (sym.u, 0, oo)),
        Evaluate(),
        "The response of dx = -a x dt is exp(-at).",
    )
    chain.step(
        "undelayed-frequency",
        "Without delay: by frequencies",
        1 / (sym.s + sym.a),
        SquareIntegral(),
        "The transform of the response is 1/h(s), and Parseval's formula gives the integral of its square, the same.",
    )
    return isometry


def _constant(chain: Chain) -> Step:
    function, trial = sym.path, sym.at_zero * cos(sym.a * sym.t) + sym.slope * sin(sym.a * sym.t)
    inserted = chain.step(
        "autocorrelation",
        "Constant delay: the autocorrelation of the response",
        Derivative(function(sym.t), sym.t) + sym.a * function(sym.tau - sym.t),
        Insert(function, Lambda(sym.t, trial)),
        "R(t) = ∫ r(u) r(u + t) du is even, and R'(t) = -a R(t - τ) for t > 0: for 0 < t < τ that is R'(t) = "
        "-a R(τ - t). Hence R'' = -a² R there, so R is a cosine and a sine.",
    )
    zero = chain.step("at-zero", "At t = 0", inserted, Substitute(equal(sym.t, S.Zero)), "It must vanish.")
    ratio = chain.step(
        "cosine-part",
        "The cosine in terms of the sine",
        Eq(zero.after, 0, evaluate=False),
        Solve(sym.at_zero),
        "R_0 is R(0) = S, the integral that is wanted.",
        uses=(zero,),
    )
    put = chain.step(
        "every-time",
        "At every other t",
        inserted,
        Substitute(equal(sym.at_zero, ratio.after.rhs)),
        "Does it vanish there, too?",
        uses=(ratio,),
    )
    chain.step("vanishes", "It does", put, Simplify(), "So one condition is left to be found.")
    half = chain.step(
        "square-slope",
        "The slope of R at 0",
        Integral(2 * sym.a * exp(-2 * sym.a * sym.u), (sym.u, 0, oo)) * Rational(-1, 2),
        Evaluate(),
        "R'(0) = ∫ r r' du = [r²/2] = -r(0)²/2 = -1/2 for every response that starts at 1 and dies out; here it is "
        "computed for exp(-at).",
    )
    slope = chain.step(
        "trial-slope",
        "The same of cosine and sine",
        Derivative(trial, sym.t),
        Evaluate(),
        "Differentiate.",
    )
    start = chain.step("trial-slope-zero", "At 0", slope, Substitute(equal(sym.t, S.Zero)), "The slope a R_1.")
    sine = chain.step(
        "sine-part",
        "The sine",
        Eq(start.after, half.after, evaluate=False),
        Solve(sym.slope),
        "Both are R'(0).",
        uses=(start, half),
    )
    both = chain.step(
        "cosine",
        "R at 0",
        ratio.after.rhs,
        Substitute(equal(sym.slope, sine.after.rhs)),
        "Put in the sine.",
        uses=(ratio, sine),
    )
    angle = sym.a * sym.tau
    whole = chain.step(
        "constant",
        "S for a constant delay",
        both,
        WriteAs((1 + sin(angle)) / (2 * sym.a * cos(angle))),
        "It grows beyond all bounds as aτ tends to π/2.",
    )
    chain.step("no-delay", "No delay", whole, TakeLimit(sym.tau), "1/(2a), as before.")
    return whole


def _rational(chain: Chain) -> None:
    exponential = chain.step(
        "exponential-transform",
        "Exponential delays",
        1 / (sym.s + sym.a / (1 + sym.m * sym.s)),
        Simplify(),
        "The transform of the response is a rational function.",
    )
    chain.step("exponential", "S for exponential delays", exponential, SquareIntegral(), "Stable for every a.")
    erlang = chain.step(
        "erlang-transform",
        "Erlang delays of shape 2",
        1 / (sym.s + sym.c / sym.m / (1 + sym.m * sym.s / 2) ** 2),
        Simplify(),
        "With damping a = c/m; every Erlang law, mixture and sum of them has a rational transform.",
    )
    chain.step("erlang", "S for those", erlang, SquareIntegral(), "Stable for c < 4, where S has its pole.")


def _in_terms(chain: Chain, isometry: Step, constant: Step) -> None:
    square = Integral(sym.path(sym.u) ** 2, (sym.u, 0, oo))
    short = chain.step(
        "abbreviated", "The integral gets a name", isometry, Abbreviate(sym.integral, square), "S_r for S."
    )
    noise = chain.step(
        "intensity",
        "The variance for constant delays",
        short,
        Substitute(
            equal(sym.b, sym.eta * sym.sigma * sqrt(sym.P / sym.m)),
            equal(sym.integral, constant.after),
        ),
        "The noise intensity is b² = η²σ²P/m (derivation diffusion_limit).",
        uses=(constant,),
    )
    chain.step(
        "variance",
        "In the scenario's terms",
        noise,
        Substitute(equal(sym.a, sym.eta * sym.h * sym.P / sym.m), equal(sym.tau, sym.m)),
        "The damping is a = ηhP/m. The noise of all workers and their damping cancel: more workers raise the floor by "
        "their delay alone, through c = ηhP.",
    )
