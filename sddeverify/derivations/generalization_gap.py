"""Delayed SGD on the mean of a sample: its generalisation gap, exactly, and when delays make it smaller."""

from __future__ import annotations

import sympy
from sympy import Derivative, Eq

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate, TakeLimit, TakeMean
from sddeverify.derivations._forms import Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Expand, Multiply, Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the gap h v (1 - b)/n of mean estimation, and the sign of what a small delay does to it.

    Results: ``gap`` (b is what T steps leave of the start), ``generating_function`` of b(0), b(1), ..., ``damping``
    and ``amplitude`` of its slow part, ``change`` and ``sign_change`` (no update in the first d steps) and
    ``change_from_start`` (these use gradients at the start). The scenario's numbers do not enter.
    """
    chain = Chain()
    _gap(chain)
    _response(chain)
    late, gain = _slow_part(chain)
    _change(chain, late, gain)
    return Derivation(
        name="generalization_gap",
        title="Delays and the generalisation gap",
        summary="For the mean of n samples of variance v, delayed SGD has the generalisation gap h v (1 - b)/n, where "
        "b is what its T steps leave of the start. For small steps a delay lowers the gap if αT < 1 and raises it if "
        "αT > 1, if nothing is done in the first d steps; if these use gradients at the start it always raises it. "
        "So the convention decides, and delays by themselves do not help.",
        steps=tuple(chain.steps),
        results=(
            ("gap", "gap"),
            ("generating_function", "generating-function"),
            ("damping", "damping"),
            ("amplitude", "amplitude"),
            ("change", "change"),
            ("sign_change", "sign-change"),
            ("change_from_start", "change-from-start"),
        ),
        inherited=("A3",),
    )


def over(top: sympy.Expr, bottom: sympy.Expr, power: int = 1) -> sympy.Expr:
    """Return a quotient in which both earlier lines stay as they are, to be recognised."""
    return sympy.Mul(top, sympy.Pow(bottom, -power, evaluate=False), evaluate=False)


def _gap(chain: Chain) -> None:
    square = sym.x_now**2
    difference = chain.step(
        "difference",
        "Loss on everything less loss on the sample",
        sym.h * (square + sym.spread_of_data) / 2
        - sym.h * (square - 2 * sym.x_now * sym.sample_mean + sym.sample_square) / 2,
        Expand(),
        "The loss of x on one datum is h/2 times the squared distance. The true mean is 0 here, the variance of the "
        "data v; the sample has some mean, and some mean square.",
    )
    bare = chain.step(
        "without-square",
        "In the mean of the square",
        difference,
        Substitute(equal(sym.sample_square, sym.spread_of_data)),
        "The mean square of a sample is v on average, and enters by itself: what is left is a covariance.",
    )
    inserted = chain.step(
        "inserted",
        "After T steps",
        bare,
        Substitute(equal(sym.x_now, sym.response * sym.x_start + (1 - sym.response) * sym.sample_mean)),
        "In the mean over which samples are drawn, the iterate has come from its start to the mean of the sample but "
        "for a share b (below). It enters linearly, so that its mean is all that is needed.",
    )
    mean = chain.step(
        "over-samples",
        "Over all samples",
        inserted,
        TakeMean(sym.sample_mean, sym.spread_of_data / sym.sample),
        "The mean of n independent data has variance v/n, and mean 0.",
    )
    short = sym.h * sym.spread_of_data * (1 - sym.response) / sym.sample
    chain.step("gap", "The generalisation gap", mean, WriteAs(short), "Exact, for every T: h v (1 - b)/n.")


def _response(chain: Chain) -> None:
    away = sym.x_start - sym.sample_mean
    stepped = chain.step(
        "one-step",
        "One step with delay",
        sym.x_now - sym.alpha * (sym.x_read - sym.sample_mean),
        Substitute(
            equal(sym.x_now, sym.sample_mean + sym.response * away),
            equal(sym.x_read, sym.sample_mean + sym.response_read * away),
        ),
        "A gradient at what was read d steps before.",
    )
    chain.step(
        "response",
        "What is left of the start",
        stepped,
        WriteAs(sym.sample_mean + (sym.response - sym.alpha * sym.response_read) * away),
        "So b(k + 1) = b(k) - α b(k - d). With b(0) = 1 and no update while there is nothing to apply, b(k) = 0 for "
        "k < 0 stands for the start.",
    )
    chain.step(
        "generating-function",
        "The generating function",
        Eq((sym.series - 1) / sym.z - sym.series + sym.alpha * sym.z**sym.lag * sym.series, 0, evaluate=False),
        Solve(sym.series),
        "The recursion times z^k, summed over k.",
    )


def _slow_part(chain: Chain) -> tuple[Step, Step]:
    ansatz = chain.step(
        "ansatz",
        "The slow part",
        sym.ratio ** (sym.n + 1) - sym.ratio**sym.n + sym.alpha * sym.ratio ** (sym.n - sym.lag),
        Multiply(sym.ratio ** (sym.lag - sym.n)),
        "One share of b falls as g^k with g near 1; for small steps all others are gone within a few d steps.",
    )
    damping = chain.step(
        "damping",
        "Its step",
        Eq(ansatz.after, 0, evaluate=False),
        Solve(sym.alpha),
        "α as a function of g.",
        uses=(ansatz,),
    )
    small = chain.step(
        "damping-small",
        "With g = 1 - δ",
        damping.after.rhs,
        Substitute(equal(sym.ratio, 1 - sym.small)),
        "δ goes to 0 with α.",
        uses=(damping,),
    )
    pole = chain.step(
        "pole",
        "The pole of the generating function",
        Derivative(1 - sym.z + sym.alpha * sym.z ** (sym.lag + 1), sym.z),
        Evaluate(),
        "At z = 1/g its denominator is 0; the residue needs the derivative.",
    )
    at_pole = chain.step(
        "at-pole",
        "There",
        pole,
        Substitute(equal(sym.z, 1 / sym.ratio), equal(sym.alpha, damping.after.rhs)),
        "With the step that belongs to g.",
        uses=(damping,),
    )
    tidy = chain.step("at-pole-simplified", "Simplified", at_pole, Simplify(), "The powers cancel.")
    amplitude = chain.step(
        "amplitude",
        "Its amplitude",
        over(-sym.ratio, tidy.after),
        WriteAs(sym.ratio / (1 - (sym.lag + 1) * (1 - sym.ratio))),
        "So b(k) is about A g^k, A > 1: nothing happened in the first d steps.",
        uses=(tidy,),
    )
    more = chain.step(
        "amplitude-small",
        "With g = 1 - δ",
        amplitude,
        Substitute(equal(sym.ratio, 1 - sym.small)),
        "Without delay A is 1.",
    )
    excess = chain.step(
        "amplitude-excess",
        "What it exceeds 1 by",
        more.after - 1,
        WriteAs(sym.lag * sym.small / (1 - (sym.lag + 1) * sym.small)),
        "In one fraction.",
        uses=(more,),
    )
    gain = chain.step(
        "late-start",
        "The late start, per step size",
        over(excess.after, small.after),
        TakeLimit(sym.small),
        "b is larger by dα: d steps less.",
        uses=(excess, small),
    )
    return small, gain


def _change(chain: Chain, small: Step, gain: Step) -> None:
    faster = chain.step(
        "faster",
        "What a step takes more than without delay",
        1 - (1 - sym.small) / (1 - small.after),
        WriteAs(sym.small * (1 - (1 - sym.small) ** sym.lag) / (1 - small.after)),
        "Without delay a step leaves 1 - α, with delay less, g = 1 - δ: the gradient is from farther away.",
        uses=(small,),
    )
    per_square = chain.step(
        "per-square",
        "Per squared step size",
        over(faster.after, small.after, 2),
        TakeLimit(sym.small),
        "Each step takes dα² more, T = αT/α steps dα times αT.",
        uses=(faster, small),
    )
    change = chain.step(
        "change",
        "What a delay changes, per step size",
        gain.after - sym.reach * per_square.after,
        WriteAs(sym.lag * (1 - sym.reach)),
        "The relative change of b over α, for α to 0 at a fixed αT, written x. More of b is less of the gap.",
        uses=(gain, per_square),
    )
    chain.step(
        "sign-change",
        "Where it changes its sign",
        Eq(change.after, 0, evaluate=False),
        Solve(sym.reach),
        "Delays lower the gap for αT < 1 and raise it for αT > 1: early on they only stand for fewer steps.",
        uses=(change,),
    )
    missed = chain.step(
        "early-start",
        "With gradients at the start",
        over(1 - (1 - sym.small) ** sym.lag, small.after),
        TakeLimit(sym.small),
        "If the first d steps use the gradient at the start, b(T + d) stands for b(T): a factor g^d, which is about "
        "1 - dα.",
        uses=(small,),
    )
    chain.step(
        "change-from-start",
        "The change then",
        change.after - missed.after,
        Expand(),
        "Always negative: there delays raise the gap.",
        uses=(change, missed),
    )
