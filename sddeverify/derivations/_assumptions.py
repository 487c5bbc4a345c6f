"""The named assumptions: what is believed, not proved, and the formula in which each enters.

A step of kind ``ASSUMPTION`` must state one of the formulas of its assumption, letter by letter; that is
what the re-check compares. What each costs is said in its text, so that a reader can judge a result by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sympy
from sympy import Eq, Integral, Matrix, Tuple, exp, factorial, oo

from sddeverify.derivations import _symbols as sym


@dataclass(frozen=True)
class Assumption:
    """One assumption.

    Attributes:
        name: Its short name, ``"A1"``.
        title: A few words.
        text: What is assumed, and where it fails.
        formulas: The equations ``left = right`` in which it enters derivations.
    """

    name: str
    title: str
    text: str
    formulas: tuple[Eq, ...]

    def __str__(self) -> str:
        return f"{self.title}: {self.text}"


LATTICE_PROBABILITY = sympy.Function("Pr")(Eq(sym.tau, sym.j * sym.step, evaluate=False))
ROTATION = Matrix(
    [[sympy.cos(sym.theta), -sympy.sin(sym.theta)], [sympy.sin(sym.theta), sympy.cos(sym.theta)]]
).as_immutable()
_U = Matrix([sym.u_1, sym.u_2])
_TAU_1, _TAU_2 = sympy.Symbol("tau_1", positive=True), sympy.Symbol("tau_2", positive=True)


def _quadratic_form() -> sympy.Expr:
    rotated = ROTATION.T * _U
    return (sym.h_1 * rotated[0] ** 2 + sym.h_2 * rotated[1] ** 2) / 2


def transform_of(delay: sympy.Expr) -> sympy.Expr:
    """Return ``E[exp(-s delay)]`` as a formal expression."""
    return sym.expectation(exp(-sym.s * delay))


ASSUMPTIONS: dict[str, Assumption] = {
    "A1": Assumption(
        "A1",
        "i.i.d. compute times",
        "Every compute time (with its communication) is drawn independently from one law of finite mean m, the "
        "same for all workers; a worker reads again as soon as it has pushed. No memorylessness is assumed. By "
        "the renewal theorem one worker then pushes 1/m gradients per time; if only a share of its trials ends in "
        "an upload, that share divided by the mean length of a trial (renewal-reward theorem).",
        (Eq(sym.rate_one, 1 / sym.m), Eq(sym.rate_one, sym.success / sym.cycle)),
    ),
    "A2": Assumption(
        "A2",
        "many workers",
        "The pushes of many workers, each rare, are together a Poisson stream over times short against m "
        "(Palm-Khintchine). It fails for equal deterministic workers from a common start or evenly spread "
        "phases, and over windows long against m. The mean and the additive noise do not need it.",
        (
            Eq(
                sym.probability(sym.n),
                exp(-sym.Lam * sym.dt) * (sym.Lam * sym.dt) ** sym.n / factorial(sym.n),
            ),
        ),
    ),
    "A3": Assumption(
        "A3",
        "local quadratic",
        "Near the minimum the loss is quadratic with a symmetric positive definite Hessian; exact for least "
        "squares, local for everything else.",
        (
            Eq(sym.loss(sym.x_now), sym.h * sym.x_now**2 / 2),
            Eq(sym.loss(sym.u_1, sym.u_2), _quadratic_form()),
        ),
    ),
    "A4": Assumption(
        "A4",
        "zero-mean gradient noise",
        "The noise of a stochastic gradient has mean 0 and variance σ² in every eigen-direction, and is "
        "independent of the iterate, of the arrivals and of other gradients' noise.",
        (Eq(Tuple(sym.expectation(sym.xi), sym.expectation(sym.xi**2)), Tuple(0, sym.sigma**2), evaluate=False),),
    ),
    "A5": Assumption(
        "A5",
        "delays drawn anew",
        "Every arriving gradient was read a time τ ago, with τ drawn from the law of the compute time (as an "
        "arrival sees it, not length-biased), independently of the path and of other arrivals. Real workers use "
        "each read exactly once, which makes second moments at finite P smaller than here.",
        (
            Eq(
                sym.expectation(sym.x_read),
                Integral(sym.density(sym.u) * sym.path(sym.t - sym.u), (sym.u, 0, oo)),
            ),
        ),
    ),
    "A6": Assumption(
        "A6",
        "small jumps",
        "Single jumps are small against the path, so that moments of the increment beyond the second are "
        "dropped (Kramers-Moyal expansion to second order).",
        (Eq(sym.dX, sym.D_1 * sym.dt + sympy.sqrt(sym.D_2) * sym.dW),),
    ),
    "A7": Assumption(
        "A7",
        "independent parts of a delay",
        "The parts of a summed delay (compute time and communication, for instance) are independent.",
        (
            Eq(
                sym.expectation(exp(-sym.s * _TAU_1) * exp(-sym.s * _TAU_2)),
                transform_of(_TAU_1) * transform_of(_TAU_2),
            ),
        ),
    ),
    "A8": Assumption(
        "A8",
        "the record is the law",
        "Future compute times follow the recorded ones, each rounded to the nearest multiple of a step Δ. "
        "Certificates cover every law that moves mass by at most Δ/2; the derivation works at the lattice.",
        (Eq(LATTICE_PROBABILITY, sym.p[sym.j]),),
    ),
    "A15": Assumption(
        "A15",
        "memoryless workers",
        "Compute times are exponential of mean m: whatever a worker has computed already, its gradient is due "
        "in an exponential time.",
        (Eq(sym.density(sym.u), exp(-sym.u / sym.m) / sym.m),),
    ),
    "A16": Assumption(
        "A16",
        "mean field of accepted gradients",
        "While a worker computes, the accepted gradients of the others arrive as a Poisson stream of constant rate "
        "r, independent of it. That is an approximation for small thresholds: at threshold 1, where the exact share is "
        "known, it is up to a quarter too large.",
        (
            Eq(
                sym.probability(sym.n, sym.u),
                exp(-sym.others * sym.u) * (sym.others * sym.u) ** sym.n / factorial(sym.n),
            ),
        ),
    ),
    "A17": Assumption(
        "A17",
        "Gaussian gradient noise",
        "Along every eigen-direction the gradient noise is Gaussian, and the trigger acts on that direction by itself "
        "(in several dimensions a trigger on the norm couples them).",
        (Eq(sym.density(sym.y), exp(-(sym.y**2) / 2) / sympy.sqrt(2 * sympy.pi)),),
    ),
    "A18": Assumption(
        "A18",
        "one exponential uplink",
        "All gradients pass one line in the order in which they are finished, with exponential sending times of rate "
        "B. The stationary law of the closed network then has product form and depends on the law of the compute "
        "time only through its mean (Baskett, Chandy, Muntz and Palacios 1975): weight W(i, n) for i workers that "
        "compute and n gradients on the line.",
        (Eq(sym.weight(sym.i, sym.n), sym.m**sym.i / (factorial(sym.i) * sym.bandwidth**sym.n)),),
    ),
    "A19": Assumption(
        "A19",
        "arrivals see the others",
        "A gradient that reaches the line finds the stationary law of the network with one worker less (arrival "
        "theorem of Sevcik and Mitrani, Lavenberg and Reiser), so that it stays (1 + Q)/B on average.",
        (Eq(sym.sojourn, (1 + sym.queue) / sym.bandwidth),),
    ),
}
"""Name -> assumption."""


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of assumptions, each once, in the order of their numbers."""
    return tuple(sorted(set(names), key=lambda name: int(name[1:])))
