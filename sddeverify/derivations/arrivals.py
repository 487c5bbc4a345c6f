"""How the gradients of many workers arrive: rate, staleness, regularity, and what the Poisson step is needed for."""

from __future__ import annotations

import sympy
from sympy import Eq, Sum, oo

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate, TakeLimit
from sddeverify.derivations._forms import Solve
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Expand, Factor, Multiply, Simplify, Substitute
from sddeverify.derivations._spectra import InvertTransform
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.derivations._sums import SumUp
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive what is known of the stream of P renewal workers, and where its regularity enters the equation.

    Results: ``rate`` (Λ = P/m), ``mean_staleness`` (P - 1, for every law of the compute time),
    ``staleness`` (memoryless workers: the mean of the geometric law), ``short_window`` and ``long_window`` (index of
    dispersion of P equal deterministic workers with independent phases over a window that holds a given number of
    arrivals; of workers with Erlang times of shape 2 over a long window), ``additive`` and ``multiplicative`` (the
    second moment of an increment, in terms of the index). The scenario's numbers do not enter.
    """
    chain = Chain()
    rate = _rate(chain)
    _staleness(chain)
    _dispersion(chain, rate)
    _needed(chain)
    return Derivation(
        name="arrivals",
        title="How gradients arrive",
        summary="P workers that each compute, push and read again send P gradients per mean compute time, of mean "
        "staleness P - 1, whatever the law of the compute time. Their stream is nearly a Poisson stream over windows "
        "that hold few arrivals of each worker, not over long ones; only the multiplicative noise of the delay "
        "equation depends on that.",
        steps=tuple(chain.steps),
        results=(
            ("rate", "rate"),
            ("mean_staleness", "mean-staleness"),
            ("staleness", "memoryless-mean"),
            ("short_window", "few-arrivals"),
            ("long_window", "long-window"),
            ("additive", "additive"),
            ("multiplicative", "multiplicative"),
        ),
    )


def _rate(chain: Chain) -> Step:
    one = chain.assume("one-worker", "A1", "Each worker pushes one gradient per compute time, on average.")
    many = chain.step(
        "all-workers", "All workers together", Sum(sym.rate_one, (sym.i, 1, sym.P)), Evaluate(), "Rates add up."
    )
    return chain.step(
        "rate",
        "The arrival rate Λ",
        many,
        Substitute(equal(sym.rate_one, one.after)),
        "The law of the compute time enters through its mean m alone.",
        uses=(one,),
    )


def _staleness(chain: Chain) -> None:
    total = chain.step(
        "ageing",
        "The staleness that the updates make",
        Sum(sym.P - 1, (sym.n, 1, sym.updates)),
        Evaluate(),
        "Every update makes the P - 1 gradients that are being computed staler by one; the pusher starts afresh.",
    )
    applied = chain.step(
        "ledger",
        "The ledger: what the applied gradients had",
        Eq(sym.used + sym.in_flight, total.after, evaluate=False),
        Solve(sym.used),
        "All staleness ever made was applied (U, together) or is still in flight (Z).",
        uses=(total,),
    )
    mean = chain.step(
        "per-update",
        "Per update",
        applied.after.rhs,
        Multiply(1 / sym.updates),
        "The mean staleness of the applied gradients, exactly.",
        uses=(applied,),
    )
    many = chain.step(
        "many-updates",
        "Many updates",
        mean,
        Substitute(equal(sym.updates, 1 / sym.small)),
        "1/δ updates, with δ to 0; what is in flight stays bounded in the mean.",
    )
    chain.step(
        "mean-staleness",
        "The mean staleness",
        many,
        TakeLimit(sym.small),
        "P - 1 for every law of the compute time. With the rate P/m that is Little's law: rate times mean delay is P.",
    )
    series = chain.step(
        "memoryless-series",
        "Memoryless workers",
        Sum(sym.ratio**sym.n, (sym.n, 1, oo)),
        SumUp(),
        "If an arrival is some other worker's with probability g, whatever came before, staleness is n or more with "
        "probability g^n. A mean is the sum of these.",
    )
    mean = chain.step(
        "memoryless-workers",
        "Each worker is equally likely",
        series,
        Substitute(equal(sym.ratio, 1 - 1 / sym.P)),
        "1 - g = 1/P.",
    )
    chain.step(
        "memoryless-mean",
        "Its mean",
        mean,
        Simplify(),
        "P - 1 again. Only the spread depends on the law: equal steady workers always have P - 1.",
    )


def _dispersion(chain: Chain, rate: Step) -> None:
    share = sym.window / sym.m
    window = chain.step(
        "short-window",
        "Equal steady workers in a short window",
        (share - share**2) * sym.m / sym.window,
        Simplify(),
        "A window of length T < m holds a push of a steady worker with probability T/m, else none: variance over mean "
        "is the index of dispersion. For P workers of independent phases both grow P times: over a given window the "
        "index does not depend on P.",
    )
    held = chain.step(
        "window-length",
        "The window that holds n_T arrivals",
        Eq(rate.after * sym.window, sym.held, evaluate=False),
        Solve(sym.window),
        "It shrinks as workers are added.",
        uses=(rate,),
    )
    few = chain.step(
        "few-arrivals",
        "Its index",
        window,
        Substitute(equal(sym.window, held.after.rhs)),
        "1 - n_T/P.",
        uses=(held,),
    )
    many = chain.step("crowd", "With P = 1/δ workers", few, Substitute(equal(sym.P, 1 / sym.small)), "Let P grow.")
    chain.step(
        "poisson-limit",
        "Many workers",
        many,
        TakeLimit(sym.small),
        "1, as for a Poisson stream (Palm and Khintchine). It needs independent phases: from a common start, or with "
        "evenly spread phases, equal steady workers stay regular for ever.",
    )
    _long_windows(chain)


def _long_windows(chain: Chain) -> None:
    phi = (1 + sym.m * sym.s / 2) ** -2
    pairs = chain.step(
        "pairs-transform",
        "Longer windows: Erlang times of shape 2",
        2 * phi / (sym.m * sym.s**2 * (1 - phi)),
        Simplify(),
        "The transform of E N(N - 1), the ordered pairs of one worker's pushes within a window: pushes come at rate "
        "1/m, and further ones follow after one, two, ... compute times: Φ + Φ² + ... = Φ/(1 - Φ).",
    )
    counted = chain.step(
        "pairs",
        "Pairs in a window of length T",
        pairs,
        InvertTransform(sym.window),
        "Back from the transform.",
    )
    index = chain.step(
        "index",
        "The index of dispersion",
        (sym.pairs + sym.window / sym.m - (sym.window / sym.m) ** 2) * sym.m / sym.window,
        Substitute(equal(sym.pairs, counted.after)),
        "Variance E N(N - 1) + E N - (E N)² over the mean E N = T/m.",
        uses=(counted,),
    )
    in_units = chain.step(
        "units",
        "With T = m/δ",
        index,
        Substitute(equal(sym.window, sym.m / sym.small)),
        "Windows that hold 1/δ pushes of each worker.",
    )
    chain.step(
        "long-window",
        "Long windows",
        in_units,
        TakeLimit(sym.small),
        "1/2: the squared coefficient of variation of the compute time, as for every renewal stream. Over windows long "
        "against m the stream of any number of workers is as regular as that of one.",
    )


def _needed(chain: Chain) -> None:
    count = sym.Lam * sym.dt
    total = chain.step(
        "increment",
        "What the arrivals do: the variance of an increment",
        count * (sym.M_2 - sym.M_1**2) + sym.dispersion * count * sym.M_1**2,
        Expand(),
        "The law of total variance for a random number of jumps: mean number times variance of one jump, plus "
        "variance of the number (F times its mean Λdt) times the squared mean jump.",
    )
    mean = -sym.eta * sym.h * sym.x_read
    jumps = chain.step(
        "jumps",
        "With the moments of a jump",
        total,
        Substitute(equal(sym.M_1, mean), equal(sym.M_2, sym.eta**2 * (sym.h**2 * sym.x_read**2 + sym.sigma**2))),
        "Mean and second moment of -η(h x_r + ξ) (derivation diffusion_limit).",
    )
    parts = chain.step("parts", "Two parts", jumps, Factor(), "One with the index F of the arrivals, one without.")
    additive = chain.step(
        "additive",
        "The additive part",
        parts,
        Substitute(equal(sym.x_read, sympy.S.Zero)),
        "At the minimum: Λdt η²σ², whatever the arrival process. It does not need the Poisson step, nor does the mean.",
    )
    chain.step(
        "multiplicative",
        "The multiplicative part",
        parts.after - additive.after,
        Simplify(),
        "In proportion to F: taking the stream for Poisson (F = 1) is needed here alone. Regular arrivals, F < 1, make "
        "less noise.",
        uses=(parts, additive),
    )
