"""Equal workers in turn, and memoryless ones, as difference equations: their boundaries and their fastest steps."""

from __future__ import annotations

import sympy
from sympy import Derivative, Eq, I, Sum, exp, oo, pi, sin

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate, TakeLimit
from sddeverify.derivations._complex import TakeImaginary, TakeReal
from sddeverify.derivations._forms import Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Multiply, Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.derivations._sums import SumUp
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the boundary 2 sin(π/(2(2d + 1))) of a fixed lag d, its fastest step, and the geometric lag.

    Results: ``polynomial`` (whose zeros decide), ``boundary`` (the critical α = ηh), ``many`` (dα for large d),
    ``fastest`` and ``fastest_zero`` (double zero), ``geometric`` (the equation of a geometric lag) and
    ``geometric_boundary``. The scenario's numbers do not enter.
    """
    chain = Chain()
    ansatz = chain.step(
        "ansatz",
        "A trial solution",
        sym.z ** (sym.n + 1) - sym.z**sym.n + sym.alpha * sym.z ** (sym.n - sym.lag),
        Multiply(sym.z ** (sym.lag - sym.n)),
        "P equal workers in turn: the gradient applied in step n was read d = P - 1 steps before, so that "
        "x(n + 1) = x(n) - α x(n - d). Put x(n) = z^n and divide by the smallest power.",
    )
    solved = chain.step(
        "damping",
        "Which step has a zero at z",
        Eq(ansatz.after, 0, evaluate=False),
        Solve(sym.alpha),
        "Stable if and only if all zeros have |z| < 1.",
        uses=(ansatz,),
    )
    _boundary(chain, solved)
    _fastest(chain, solved)
    _geometric(chain)
    return Derivation(
        name="discrete_lag",
        title="Fixed and geometric lags",
        summary="Steps of the learning rate instead of time: with a fixed lag d, which P = d + 1 equal workers in turn "
        "have, the mean is stable exactly for α = ηh below 2 sin(π/(2(2d + 1))), about π/(2P), as for the delay "
        "equation with a constant delay. With a geometric lag of success probability 1/P, as memoryless workers have, "
        "it is stable for α below 4P - 2: a law of delays again makes all the difference.",
        steps=tuple(chain.steps),
        results=(
            ("polynomial", "ansatz"),
            ("boundary", "boundary"),
            ("many", "many"),
            ("fastest_zero", "fastest-zero"),
            ("fastest", "fastest"),
            ("geometric", "geometric"),
            ("geometric_boundary", "geometric-boundary"),
        ),
        inherited=("A3",),
    )


def _boundary(chain: Chain, solved: Step) -> None:
    circle = chain.step(
        "circle",
        "On the unit circle",
        solved.after.rhs,
        Substitute(equal(sym.z, exp(I * sym.theta))),
        "For small α all zeros are inside: they are near 0, or at about 1 - α. Where one is on the circle, α is this; "
        "it must come out real and positive.",
        uses=(solved,),
    )
    half = sym.theta / 2
    polar = chain.step(
        "polar",
        "In polar form",
        circle,
        WriteAs(2 * sin(half) * exp(I * (sym.theta * (2 * sym.lag + 1) - pi) / 2)),
        "1 - exp(iθ) = -2i sin(θ/2) exp(iθ/2).",
    )
    imaginary = chain.step("imaginary", "Its imaginary part", polar, TakeImaginary(), "It must be 0.")
    angle = chain.step(
        "angle-condition",
        "A matter of the angle",
        imaginary,
        Multiply(-1 / (2 * sin(half))),
        "sin(θ/2) is not 0 for 0 < θ < 2π; θ = 0 would mean α = 0.",
    )
    first = chain.step(
        "angle",
        "The smallest angle",
        Eq(angle.after.subs(sym.theta, sym.phase_step), 0, evaluate=False),
        Solve(sym.phase_step, smallest=True),
        "Later angles belong to larger steps: there α = ±2 sin(θ/2).",
    )
    real = chain.step("real", "The step", polar, TakeReal(), "What is left of α.")
    sine = chain.step(
        "sine", "As a product", real, WriteAs(2 * sin(half) * sin((2 * sym.lag + 1) * half)), "In another form."
    )
    at_first = chain.step(
        "at-angle",
        "At that angle",
        sine,
        Substitute(equal(sym.theta, first.after.rhs)),
        "Put it in.",
        uses=(first,),
    )
    boundary = chain.step(
        "boundary",
        "The critical step",
        at_first,
        WriteAs(2 * sin(pi / (2 * (2 * sym.lag + 1)))),
        "Levin and May (1976). A zero that reaches the circle leaves the disc as α grows, and none returns (the proof "
        "stands at the claim discrete_boundary): stable exactly for α below.",
    )
    scaled = chain.step(
        "scaled",
        "Many workers",
        boundary.after * sym.lag,
        Substitute(equal(sym.lag, 1 / sym.small)),
        "d = 1/δ with δ to 0.",
        uses=(boundary,),
    )
    chain.step(
        "many",
        "The limit",
        scaled,
        TakeLimit(sym.small),
        "dα tends to π/2, the boundary of the delay equation with a constant delay.",
    )


def _fastest(chain: Chain, solved: Step) -> None:
    slope = chain.step(
        "slope",
        "Double zeros",
        Derivative(solved.after.rhs, sym.z),
        Evaluate(),
        "Two zeros meet where α, as a function of z, is stationary.",
        uses=(solved,),
    )
    clear = chain.step(
        "slope-cleared",
        "Without the power",
        slope,
        Multiply(sym.z ** (1 - sym.lag)),
        "z = 0 is no zero for α > 0.",
    )
    where = chain.step(
        "fastest-zero",
        "Where they meet",
        Eq(clear.after.subs(sym.z, sym.ratio), 0, evaluate=False),
        Solve(sym.ratio),
        "On the real axis between 0 and 1, as g. For smaller α the rightmost real zero is larger, for larger α the two "
        "leave the real axis as a pair that moves outward: the mean decays fastest here, by the factor d/(d + 1).",
    )
    raw = chain.step(
        "fastest-step",
        "Its step",
        solved.after.rhs.subs(sym.z, sym.ratio),
        Substitute(where.after),
        "Put it into α.",
        uses=(where,),
    )
    chain.step(
        "fastest",
        "The fastest step",
        raw,
        WriteAs(sym.lag**sym.lag / (sym.lag + 1) ** (sym.lag + 1)),
        "1/4 for d = 1; about 1/(eP) for many workers.",
    )


def _geometric(chain: Chain) -> None:
    share = 1 / sym.P
    total = chain.step(
        "geometric-sum",
        "A geometric lag",
        Sum(share * ((1 - share) / sym.growth) ** sym.j, (sym.j, 0, oo)),
        SumUp(),
        "Each of P memoryless workers is the next one with probability 1/P, so a gradient is j steps old with "
        "probability (1/P)(1 - 1/P)^j. For x(n) = D^n the mean of x(n - j)/x(n) is this (D > 1 - 1/P; then by "
        "continuation).",
    )
    line = chain.step(
        "geometric",
        "Its characteristic equation",
        sym.growth - 1 + sym.alpha * total.after,
        Multiply(sym.growth - 1 + share),
        "x(n + 1) - x(n) + α times that mean, cleared: a quadratic, the one of the matrix of memoryless workers "
        "(derivation momentum).",
        uses=(total,),
    )
    at_minus = chain.step(
        "minus-one",
        "At D = -1",
        line,
        Substitute(equal(sym.growth, sympy.Integer(-1))),
        "The product of both zeros is 1 - 1/P < 1, so no pair reaches the circle; at D = 1 the line is α/P > 0. "
        "Stability is lost where a zero is -1.",
    )
    tidy = chain.step("minus-one-tidy", "Simplified", at_minus, Simplify(), "The same.")
    chain.step(
        "geometric-boundary",
        "The boundary of the mean",
        Eq(tidy.after, 0, evaluate=False),
        Solve(sym.alpha),
        "4P - 2: far beyond any useful step, and certified by the claim discrete_boundary. What limits memoryless "
        "workers is the mean square (derivation second_moments).",
        uses=(tidy,),
    )
