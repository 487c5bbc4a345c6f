"""K gradients make an update: the first of them wait for the last."""

from __future__ import annotations

from fractions import Fraction

import sympy
from sympy import Sum, exp, oo

from sddeverify.delays import Constant, Erlang, Law, Mixture
from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate, Integrate
from sddeverify.derivations._forms import RaiseToPower
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Factor, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.derivations._sums import SumUp
from sddeverify.exact import integer, positive
from sddeverify.scenario import Scenario

MOST = 256
"""The largest K: the format of certificates takes mixtures of 256 laws."""


def wait(batch: int, rate: Fraction) -> Law:
    """Return the law of the time that a gradient waits for its batch: j more arrivals, j = 0 to K - 1 equally likely.

    Args:
        batch: K.
        rate: Gradients per time that arrive, a Poisson stream.

    Raises:
        InvalidScenario: for numbers out of range.
    """
    integer(batch, "batch", 1, MOST)
    positive(rate, "rate")
    share = Fraction(1, batch)
    parts: list[tuple[Fraction, Law]] = [(share, Erlang(j, j / rate) if j else Constant(0)) for j in range(batch)]
    return Mixture(parts) if batch > 1 else Constant(0)


def derive(scenario: Scenario) -> Derivation:
    """Derive damping and delay law of K-batch-asynchronous SGD.

    Results: ``wait`` (transform of the waiting time), ``mean_wait``, ``damping`` and ``strength`` (damping times
    mean delay). The scenario's numbers do not enter.
    """
    chain = Chain()
    _wait(chain)
    mean = chain.step(
        "mean-wait",
        "Its mean",
        Sum(sym.j / sym.Lam, (sym.j, 0, sym.K - 1)) / sym.K,
        Evaluate(),
        "On average (K - 1)/2 more gradients.",
    )
    damping = chain.step(
        "damping",
        "The damping coefficient",
        sym.eta * sym.h * sym.Lam / sym.K,
        Substitute(equal(sym.Lam, sym.P / sym.m)),
        "A gradient enters with weight 1/K: each update is a mean of K. So a = ηhP/(Km).",
    )
    strength = chain.step(
        "delay",
        "Damping times mean delay",
        damping.after * (sym.m + mean.after),
        Substitute(equal(sym.Lam, sym.P / sym.m)),
        "A gradient takes its compute time, and then waits for its batch.",
        uses=(mean,),
    )
    chain.step(
        "strength",
        "In terms of the workers",
        strength,
        Factor(),
        "ηh(P + (K - 1)/2)/K: batches lower it, but not the K-fold. Waiting depends on who else pushes, which is "
        "ignored here. So equal workers in turn do not lose stability at π/2: with K = P it is (3K - 1)/(2(K - 1)), "
        "which falls from 5/2 to 3/2; for P from 8 to 128 and a smaller K > 1 that divides P, π/2 is right to 8 %.",
    )
    return Derivation(
        name="k_batch_asynchronous",
        title="K-batch-asynchronous SGD",
        summary="Any K gradients make an update with their mean. The damping coefficient is a = ηhP/(Km), and the "
        "delay is the compute time plus the wait for the batch to close: j more arrivals, j = 0 ... K - 1 equally "
        "likely, each an exponential time of rate P/m.",
        steps=tuple(chain.steps),
        results=(("wait", "wait"), ("mean_wait", "mean-wait"), ("damping", "damping"), ("strength", "strength")),
        inherited=("A1", "A2", "A3", "A4", "A5", "A7"),
    )


def _wait(chain: Chain) -> Step:
    following = chain.step(
        "next",
        "Until the next gradient",
        exp(-sym.s * sym.u),
        Integrate(sym.Lam * exp(-sym.Lam * sym.u), sym.u, sympy.S.Zero, oo),
        "All workers together push a Poisson stream of rate Λ: the time to the next push is exponential.",
    )
    several = chain.step(
        "several",
        "Until the j-th next gradient",
        following,
        RaiseToPower(sym.j),
        "Times between arrivals are independent: an Erlang law.",
    )
    total = chain.step(
        "total",
        "All positions in the batch",
        Sum(sym.ratio**sym.j, (sym.j, 0, sym.K - 1)),
        SumUp(),
        "The gradient that came K - j-th waits for j others; each position is equally likely.",
    )
    return chain.step(
        "wait",
        "The transform of the wait",
        sympy.Mul(1 / sym.K, total.after, evaluate=False),
        Substitute(equal(sym.ratio, several.after.subs(sym.j, 1))),
        "Put in the transform of one time between arrivals.",
        uses=(total,),
    )
