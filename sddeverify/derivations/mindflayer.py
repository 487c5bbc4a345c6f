"""Trials with a time limit: how long one gradient takes, how a round is planned, what its random size costs."""

from __future__ import annotations

import sympy
from sympy import Eq, Integral, Sum, erf, exp, log, oo, pi, sqrt

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate, TakeMean
from sddeverify.derivations._forms import Abbreviate, Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Expand, Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.derivations._sums import SplitSum
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the mean time to one gradient under a time limit, the plan of a round, and its second moment.

    Results: ``time`` (any law), ``exponential_success``, ``exponential_time``, ``lognormal_success``,
    ``lognormal_time``, ``lognormal_median`` and ``lognormal_unlimited`` (median 1), ``round_time`` (of the plan) and
    ``second_moment`` of the step. The scenario's numbers do not enter.
    """
    chain = Chain()
    conditional = chain.step(
        "time-conditional",
        "The mean time to one gradient",
        Eq(
            sym.trial,
            sym.success * (sym.start + sym.early) + (1 - sym.success) * (sym.start + sym.cap + sym.trial),
            evaluate=False,
        ),
        Solve(sym.trial),
        "A trial needs a fixed time l and a random one, which is given up at κ. It succeeds with probability p, then "
        "after l plus the mean of the random time GIVEN that it is at most κ; or l + κ are lost and all begins anew.",
    )
    first = chain.step(
        "time",
        "With the part that successes need",
        conditional.after.rhs,
        Substitute(equal(sym.early, sym.part / sym.success)),
        "The conditional mean is the mean of the random time where it is at most κ (0 where it is not) over p.",
        uses=(conditional,),
    )
    _exponential(chain, first)
    _lognormal(chain, first)
    _plan(chain)
    _second_moment(chain)
    return Derivation(
        name="mindflayer",
        title="Trials with a time limit",
        summary="MindFlayer SGD gives up a gradient that takes longer than a limit and starts another. For exponential "
        "times that only costs; for a heavy tail it saves most of the time; and where a gradient may never come it "
        "is what keeps the server from waiting forever. A round is planned so that each worker's trials fit in it; "
        "that the number of gradients is random adds its relative variance to the second moment of the step.",
        steps=tuple(chain.steps),
        results=(
            ("time", "time"),
            ("exponential_success", "exponential-success"),
            ("exponential_time", "exponential-time"),
            ("lognormal_success", "lognormal-success"),
            ("lognormal_time", "lognormal-time"),
            ("lognormal_median", "lognormal-median"),
            ("lognormal_unlimited", "lognormal-unlimited"),
            ("round_time", "round-time"),
            ("second_moment", "second-moment"),
        ),
        inherited=("A1", "A4"),
    )


def _exponential(chain: Chain, first: Step) -> None:
    density = exp(-sym.u / sym.q) / sym.q
    success = chain.step(
        "exponential-success",
        "Exponential random part: a success",
        Integral(density, (sym.u, 0, sym.cap)),
        Evaluate(),
        "Of mean q.",
    )
    part = chain.step(
        "exponential-part",
        "What successes need",
        Integral(sym.u * density, (sym.u, 0, sym.cap)),
        Evaluate(),
        "The random part where it is at most κ.",
    )
    inserted = chain.step(
        "exponential-inserted",
        "The mean time",
        first.after,
        Substitute(equal(sym.part, part.after), equal(sym.success, success.after)),
        "Put both in.",
        uses=(first, part, success),
    )
    chain.step(
        "exponential-time",
        "A limit only costs",
        inserted,
        WriteAs(sym.q + sym.start / (1 - exp(-sym.cap / sym.q))),
        "The random part costs q in all, whatever the limit; the fixed part is paid in each trial.",
    )


def _lognormal(chain: Chain, first: Step) -> None:
    normal = exp(-(sym.y**2) / 2) / sqrt(2 * pi)
    grown = exp(sym.scale * sym.y - sym.y**2 / 2) / sqrt(2 * pi)
    end = log(sym.cap) / sym.scale
    below = chain.step(
        "lognormal-below",
        "Lognormal random part: half of the mass",
        Integral(normal, (sym.y, -oo, 0)),
        Evaluate(),
        "The random part is exp(sy), y normal: its median is 1, and s says how heavy the tail is.",
    )
    success = chain.step(
        "lognormal-success",
        "A success",
        below.after + Integral(normal, (sym.y, 0, end)),
        Evaluate(),
        "exp(sy) is at most κ for y up to log(κ)/s.",
        uses=(below,),
    )
    small = chain.step(
        "lognormal-small",
        "What successes below the median need",
        Integral(grown, (sym.y, -oo, 0)),
        WriteAs(exp(sym.scale**2 / 2) * (1 - erf(sym.scale / sqrt(2))) / 2),
        "The mean of exp(sy), y < 0.",
    )
    part = chain.step(
        "lognormal-part",
        "What all successes need",
        small.after + Integral(grown, (sym.y, 0, end)),
        WriteAs(exp(sym.scale**2 / 2) * (1 + erf((end - sym.scale) / sqrt(2))) / 2),
        "Up to the limit.",
        uses=(small,),
    )
    timed = chain.step(
        "lognormal-time",
        "The mean time",
        first.after,
        Substitute(equal(sym.part, part.after), equal(sym.success, success.after)),
        "Put both in.",
        uses=(first, part, success),
    )
    chain.step(
        "lognormal-median",
        "A limit at the median",
        timed,
        Substitute(equal(sym.cap, sympy.S.One)),
        "Every second trial succeeds.",
    )
    whole = chain.step(
        "lognormal-mean",
        "The mean of the random part",
        Integral(grown, (sym.y, -oo, oo)),
        Evaluate(),
        "Its tail is most of it: exp(s²/2) against a median of 1.",
    )
    chain.step(
        "lognormal-unlimited",
        "Without a limit",
        first.after,
        Substitute(equal(sym.part, whole.after), equal(sym.success, sympy.S.One)),
        "All succeed: what a server that waits pays. For l = 1, s = 5/2 that is 23.76, against 3.283 at the median.",
        uses=(first, whole),
    )


def _plan(chain: Chain) -> None:
    index = (sym.i, 1, sym.fast)
    rates, chances = Sum(sym.chance[sym.i] / sym.length[sym.i], index), Sum(sym.chance[sym.i], index)
    gradients = chain.step(
        "gradients",
        "What a round of a given length yields",
        Sum(sym.chance[sym.i] * (sym.plan / sym.length[sym.i] - 1), index),
        SplitSum(),
        "Worker i makes t/T(i) - 1 trials of length at most T(i) = l(i) + κ(i) (the last may not end in time; "
        "rounding up comes later), each a gradient with probability p(i).",
    )
    named = chain.step("rates-named", "With a name", gradients, Abbreviate(sym.supply, rates), "Gradients per time.")
    both = chain.step("chances-named", "And another", named, Abbreviate(sym.chances, chances), "For short.")
    solved = chain.step(
        "round-solved",
        "The length of the round",
        Eq(both.after, sym.needed, evaluate=False),
        Solve(sym.plan),
        "As many gradients as wanted, in the mean.",
        uses=(both,),
    )
    chain.step(
        "round-time",
        "In terms of the workers",
        solved.after.rhs,
        Substitute(equal(sym.supply, rates), equal(sym.chances, chances)),
        "Workers are sorted by T(i), and as many take part as make this smallest; so the sum of p(i) times unrounded "
        "trials is exactly what is wanted.",
        uses=(solved,),
    )


def _second_moment(chain: Chain) -> None:
    count = sym.expected + sym.deviation
    over_noise = chain.step(
        "over-noise",
        "The square of a step, over the noise",
        (count * sym.gradient + sym.noise) ** 2 / sym.expected**2,
        TakeMean(sym.noise, count * sym.sigma**2),
        "A round with n more gradients than its mean number; all are taken at one iterate, and their noises add up.",
    )
    expanded = chain.step("over-noise-expanded", "Multiplied out", over_noise, Expand(), "The same.")
    over_count = chain.step(
        "over-count",
        "Over the number of gradients",
        expanded,
        TakeMean(sym.deviation, sym.spread),
        "Successes are independent, so that the variance of their number is the sum of all p(1 - p).",
    )
    tidy = chain.step("second-simplified", "Simplified", over_count, Simplify(), "The same.")
    chain.step(
        "second-moment",
        "The second moment of a step",
        tidy,
        WriteAs(sym.gradient**2 * (1 + sym.spread / sym.expected**2) + sym.sigma**2 / sym.expected),
        "The random number adds its relative variance to the square of the gradient; the noise is as with a fixed "
        "number.",
    )
