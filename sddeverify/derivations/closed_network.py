"""A shared uplink of limited bandwidth: how many gradients arrive, and how long each is under way."""

from __future__ import annotations

from fractions import Fraction

from sympy import Add, Eq, Mul, S, exp, factorial, oo

from sddeverify.delays import Erlang, Exponential, Law, Mixture
from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Integrate
from sddeverify.derivations._forms import RaiseToPower, Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.exact import integer, positive
from sddeverify.scenario import Scenario

MOST = 256
"""The most workers: the format of certificates takes mixtures of 256 laws."""


def queue_law(jobs: int, period: Fraction, bandwidth: Fraction) -> list[Fraction]:
    """Return the stationary probabilities of 0, 1, ..., n gradients on the uplink, exactly.

    Args:
        jobs: n, the workers in the network.
        period: Mean time that a worker computes between two gradients that it sends.
        bandwidth: B, gradients per time that the uplink carries.
    """
    weights = [Fraction(1)]
    for computing in range(jobs, 0, -1):  # balance between k and k + 1 on the line
        weights.append(weights[-1] * computing / (period * bandwidth))
    total = sum(weights)
    return [weight / total for weight in weights]


def throughput(workers: int, period: Fraction, bandwidth: Fraction) -> Fraction:
    """Return the gradients per time that arrive, X = B (1 - Pr(line idle)), exactly; raises as :func:`sojourn`."""
    _check(workers, period, bandwidth)
    load, inverse = period * bandwidth, Fraction(1)
    for n in range(1, workers + 1):  # Pr(line idle) is Erlang's loss formula: 1/E_n = 1 + (n/load)/E_(n-1)
        inverse = 1 + n * inverse / load
    return bandwidth * (1 - 1 / inverse)


def sojourn(workers: int, period: Fraction, bandwidth: Fraction) -> Law:
    """Return the law of the time that a gradient spends on the uplink: a mixture of Erlang(k + 1, rate B).

    Args:
        workers: P, at most 256.
        period: As for :func:`queue_law`.
        bandwidth: B.

    Raises:
        InvalidScenario: for numbers out of range.
    """
    _check(workers, period, bandwidth)
    found = queue_law(workers - 1, period, bandwidth)
    if len(found) == 1:
        return Exponential(1 / bandwidth)
    return Mixture([(weight, Erlang(k + 1, (k + 1) / bandwidth)) for k, weight in enumerate(found)])


def _check(workers: int, period: Fraction, bandwidth: Fraction) -> None:
    integer(workers, "workers", 1, MOST)
    positive(period, "compute")
    positive(bandwidth, "bandwidth")


def derive(scenario: Scenario) -> Derivation:
    """Derive throughput and delay of workers that share one uplink, by mean-value analysis and product form.

    Results: ``throughput`` (from the mean time on the line), ``one`` and ``two`` (workers), ``sojourn`` (transform
    with n gradients ahead) and ``strength`` (damping times mean delay). The scenario's numbers do not enter.
    """
    chain = Chain()
    _product_form(chain)
    little = chain.step(
        "throughput",
        "Little's law",
        Eq(sym.throughput * (sym.m + sym.sojourn), sym.P, evaluate=False),
        Solve(sym.throughput),
        "Every worker goes round: it computes for m and its gradient is on the line for R. So P = X (m + R).",
    )
    _two_workers(chain, little)
    _sojourn(chain)
    chain.step(
        "strength",
        "Damping times mean delay",
        sym.eta * sym.h * sym.throughput * (sym.m + sym.sojourn),
        Substitute(equal(sym.throughput, little.after.rhs)),
        "a = ηhX, and the mean delay is m + R: whatever the bandwidth, the product is ηhP. Beyond P ≈ Bm more "
        "workers only add delay.",
        uses=(little,),
    )
    return Derivation(
        name="closed_network",
        title="A shared uplink",
        summary="P workers compute, and their gradients queue for one line that sends B of them per time. The "
        "closed network has product form for every law of the compute time; throughput and time on the line follow "
        "exactly. The delay is compute time plus time on the line, which are independent: the worker that computes "
        "does not influence the others.",
        steps=tuple(chain.steps),
        results=(
            ("throughput", "throughput"),
            ("one", "one"),
            ("two", "two"),
            ("sojourn", "sojourn"),
            ("strength", "strength"),
        ),
        inherited=("A1", "A2", "A3", "A4", "A5", "A7"),
    )


def _product_form(chain: Chain) -> None:
    product = chain.assume("product-form", "A18", "The weight of i computing workers and n gradients on the line.")
    i, n, m, B = sym.i, sym.n, sym.m, sym.bandwidth
    after = m ** (i - 1) / (factorial(i - 1) * B ** (n + 1))
    chain.step(
        "balance",
        "It balances",
        Add(Mul(i / m, product.after, evaluate=False), Mul(-B, after, evaluate=False), evaluate=False),
        Simplify(),
        "One of i workers finishes as often as the line sends one of n + 1: flow in equals flow out. (Checked for "
        "exponential times; that other laws give the same weights is part of the assumption.)",
        uses=(product,),
    )


def _two_workers(chain: Chain, little: Step) -> None:
    arrival = chain.assume("arrival", "A19", "The line that a gradient finds, with its own sending time.")
    alone = chain.step(
        "alone",
        "A single worker",
        arrival,
        Substitute(equal(sym.queue, 0)),
        "It finds the line empty.",
    )
    one = chain.step(
        "one",
        "Its throughput",
        little.after.rhs,
        Substitute(equal(sym.P, 1), equal(sym.sojourn, alone.after)),
        "One gradient per compute and sending time.",
        uses=(little, alone),
    )
    queue = chain.step(
        "queue",
        "The mean queue",
        sym.throughput * sym.sojourn,
        Substitute(equal(sym.throughput, one.after), equal(sym.sojourn, alone.after)),
        "Little's law for the line.",
        uses=(one, alone),
    )
    longer = chain.step(
        "longer",
        "With a second worker",
        arrival,
        Substitute(equal(sym.queue, queue.after)),
        "Its gradient finds the line as one worker leaves it.",
        uses=(queue,),
    )
    two = chain.step(
        "two",
        "Throughput of two",
        little.after.rhs,
        Substitute(equal(sym.P, 2), equal(sym.sojourn, longer.after)),
        "And so on, worker by worker: mean-value analysis.",
        uses=(little, longer),
    )
    m, B = sym.m, sym.bandwidth
    chain.step(
        "two-by-product-form",
        "The same by the product form",
        B * (1 - (m**2 / 2) / (m**2 / 2 + m / B + 1 / B**2)),
        WriteAs(two.after),
        "B times the probability that the line is busy, with the weights of 0, 1 and 2 gradients on it.",
        uses=(two,),
    )


def _sojourn(chain: Chain) -> None:
    sending = chain.step(
        "sending",
        "One sending time",
        exp(-sym.s * sym.u),
        Integrate(sym.bandwidth * exp(-sym.bandwidth * sym.u), sym.u, S.Zero, oo),
        "Exponential of rate B.",
    )
    chain.step(
        "sojourn",
        "With n gradients ahead",
        sending,
        RaiseToPower(sym.n + 1),
        "Theirs (the one being sent starts anew, having no memory) and one's own: an Erlang law of n + 1 stages. Its "
        "weights are the probabilities of n on the line with one worker less.",
    )
