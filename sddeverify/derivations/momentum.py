"""Asynchrony begets momentum: memoryless workers are heavy ball, exactly, in the mean."""

from __future__ import annotations

from sympy import Determinant, Eq, eye

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._forms import Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Expand, Substitute, matrix
from sddeverify.derivations._steps import Chain, Derivation
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive that the mean iterate of P memoryless workers follows heavy ball with momentum 1 - 1/P.

    Results: ``heavy_ball`` (the next iterate but one), ``polynomial`` (of the matrix of iterate and mean read),
    ``boundary`` (the critical α = ηh of the mean) and ``start`` (the iterate before the first that stands for "all
    workers have read the first one"). The scenario's numbers do not enter.
    """
    chain = Chain()
    chain.assume("memoryless", "A15", "So each of the P workers is the next one with probability 1/P.")
    keep, share = 1 - 1 / sym.P, 1 / sym.P
    read = chain.step(
        "read",
        "The mean read, from two iterates",
        Eq(sym.x_now - sym.alpha * sym.x_mean, sym.x_next, evaluate=False),
        Solve(sym.x_mean),
        "In the mean over which worker arrives, the next iterate is x' = x - α r with r the mean of all reads.",
    )
    refreshed = chain.step(
        "refreshed",
        "The mean read after the arrival",
        keep * sym.x_mean + share * sym.x_next,
        Substitute(equal(sym.x_mean, read.after.rhs)),
        "The worker that arrived, any of the P, reads the new iterate; the other reads stay.",
        uses=(read,),
    )
    after_next = chain.step(
        "after-next",
        "The next iterate but one",
        sym.x_next - sym.alpha * sym.x_mean,
        Substitute(equal(sym.x_mean, refreshed.after)),
        "One more arrival.",
        uses=(refreshed,),
    )
    ball = chain.step(
        "heavy-ball",
        "Heavy ball",
        after_next,
        WriteAs(sym.x_next + keep * (sym.x_next - sym.x_now) - sym.alpha * share * sym.x_next),
        "A gradient step of size α/P with momentum 1 - 1/P (Polyak): exactly, for every P, not in a limit. Nobody "
        "programmed the momentum; it is the memory of old reads (Mitliagkas and others, 2016).",
    )
    step = matrix([[1, -sym.alpha], [share, keep - sym.alpha * share]])
    determinant = chain.step(
        "determinant",
        "The same by a matrix",
        Determinant((sym.growth * eye(2) - step).as_immutable()),
        Evaluate(simplified=False),
        "(x, r) goes to (x - αr, (1 - 1/P) r + x'/P): the determinant of D I - M.",
    )
    polynomial = chain.step(
        "polynomial",
        "Its characteristic polynomial",
        determinant,
        WriteAs(sym.growth**2 - (1 + keep - sym.alpha * share) * sym.growth + keep),
        "That of heavy ball: the product of the zeros is the momentum 1 - 1/P, their sum one more than that less α/P.",
    )
    at_minus = chain.step(
        "minus-one",
        "At D = -1",
        polynomial,
        Substitute(equal(sym.growth, -eye(1)[0])),
        "The product of the zeros is below 1 and the polynomial is α/P > 0 at D = 1: by Jury's conditions stability "
        "is lost where a zero is -1.",
    )
    tidy = chain.step("minus-one-tidy", "Multiplied out", at_minus, Expand(), "The same.")
    chain.step(
        "boundary",
        "The boundary of the mean",
        Eq(tidy.after, 0, evaluate=False),
        Solve(sym.alpha),
        "4P - 2. The mean square asks for far less (derivation second_moments).",
        uses=(tidy,),
    )
    first = chain.step(
        "first-step",
        "The first step of heavy ball",
        ball.after,
        Substitute(equal(sym.x_next, sym.x_now), equal(sym.x_now, sym.x_before)),
        "From x with the iterate before it.",
        uses=(ball,),
    )
    chain.step(
        "start",
        "How heavy ball must start",
        Eq(first.after, sym.x_now - sym.alpha * sym.x_now, evaluate=False),
        Solve(sym.x_before),
        "If all workers have read the first iterate, the first step is x - αx: as if the iterate before had been "
        "(1 + α) x. (For P = 1 there is no momentum, and nothing to start.)",
        uses=(first,),
    )
    return Derivation(
        name="momentum",
        title="Asynchrony begets momentum",
        summary="In the mean, P workers with exponential compute times run gradient descent with momentum 1 - 1/P and "
        "step α/P, exactly. So tuning momentum without regard to the number of workers tunes it twice.",
        steps=tuple(chain.steps),
        results=(
            ("heavy_ball", "heavy-ball"),
            ("polynomial", "polynomial"),
            ("boundary", "boundary"),
            ("start", "start"),
        ),
        inherited=("A1", "A3"),
    )
