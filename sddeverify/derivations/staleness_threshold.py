"""Discard what is too stale: the share that is accepted, and how stale it is."""

from __future__ import annotations

from fractions import Fraction

from sympy import Integral, Mul, Sum, oo, sqrt

from sddeverify.delays import Constant, Erlang, Law, Mixture
from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.derivations._sums import SumUp
from sddeverify.errors import UnsupportedScenario
from sddeverify.exact import Enclosure, integer
from sddeverify.scenario import Scenario

MOST = 200
"""The largest threshold that is computed: the format of certificates takes mixtures of 256 laws."""

_GRID = 10**15
_NONE = Fraction(1, 10**12)  # of the mean compute time: stands for no delay, which certificates have no law for


def acceptance(workers: int, threshold: int) -> Enclosure:
    """Return the share of gradients with staleness below a threshold, for memoryless workers.

    For threshold 1 it is exact: 1/q is the sum over n of (1 - 1/P)...(1 - n/P). From 2 on it is the mean-field
    fixed point q = 1 - (q (P-1)/(q (P-1) + 1))^S, enclosed to 18 digits by bisection in rational arithmetic.

    Args:
        workers: P.
        threshold: S, the smallest staleness that is discarded.

    Raises:
        InvalidScenario: for numbers out of range.
    """
    integer(workers, "workers", 1, 10**6)
    integer(threshold, "threshold", 1, MOST)
    if workers == 1:
        return Enclosure(Fraction(1), Fraction(1))
    if threshold == 1:
        return _first(workers)
    lo, hi, bottom = 0, 10**18, 10**18  # the right side falls with q, from 1 at q = 0
    while hi - lo > 1:
        middle = (lo + hi) // 2
        stale = middle * (workers - 1)
        if (bottom - middle) * (stale + bottom) ** threshold > bottom * stale**threshold:
            lo = middle
        else:
            hi = middle
    return Enclosure(Fraction(lo, bottom), Fraction(hi, bottom))


def _first(workers: int) -> Enclosure:
    """1/q for threshold 1: the mean number of pushes from one accepted gradient to the next.

    After an accepted gradient one worker is fresh, after each discarded one more; the next push is fresh with
    probability (number of fresh workers)/P.
    """
    total, bottom, term = 0, 10**40, 10**40  # rounded down, each of at most 10^6 terms by less than 1
    for n in range(1, workers + 1):
        total += term
        term = term * (workers - n) // workers
        if not term:
            break
    return Enclosure(Fraction(bottom, total + 2 * workers * workers), Fraction(bottom, total))


def staleness(workers: int, threshold: int) -> list[Fraction]:
    """Return the probabilities of staleness 0, 1, ..., S - 1 of an accepted gradient: truncated geometric.

    Computed at the midpoint of :func:`acceptance`, each to 14 significant digits, and summing to exactly 1. (The
    small ones count, too: left of the imaginary axis the transform of a long delay is large.)
    """
    share = acceptance(workers, threshold).midpoint
    stale = share * (workers - 1)
    ratio = float(stale / (stale + 1))
    raw = [ratio**n for n in range(threshold)]
    others = [Fraction(x / sum(raw)) for x in raw[1:]]
    return [1 - sum(others, Fraction(0)), *others]


def delay(workers: int, threshold: int, mean: Fraction) -> Law:
    """Return the delay law of accepted gradients: staleness n is a sum of n times between accepted gradients.

    Staleness 0 is no delay at all: such a gradient is taken where the iterate still is. Where no other staleness
    is left (threshold 1, or one worker), a delay of 1e-12 of the mean compute time stands for none.

    Args:
        workers: P.
        threshold: S.
        mean: Mean m of the exponential compute times.
    """
    spacing = mean / (acceptance(workers, threshold).midpoint * workers)
    spacing = Fraction(round(spacing / mean * _GRID), _GRID) * mean
    parts: list[tuple[Fraction, Law]] = [
        (weight, Erlang(n, n * spacing) if n else Constant(0))
        for n, weight in enumerate(staleness(workers, threshold))
        if weight
    ]
    return Mixture(parts) if len(parts) > 1 else Constant(_NONE * mean)


def memoryless_mean(law: Law) -> Fraction:
    """Return the mean of an exponential law.

    Raises:
        UnsupportedScenario: for every other law.
    """
    if law.name == "exponential" or (isinstance(law, Erlang) and law.shape == 1):
        return law.mean
    raise UnsupportedScenario(
        f"compute: a staleness threshold is derived for exponential times only, not for {law}; emulate it instead "
        "(policy drop_stale)"
    )


def derive(scenario: Scenario) -> Derivation:
    """Derive the accepted share and the staleness of memoryless workers under a staleness threshold.

    Results: ``staleness`` (of an arriving gradient), ``acceptance`` (right side of the fixed point),
    ``transform`` (of the delay law of accepted gradients) and ``no_threshold`` (its limit, exact for
    memoryless workers). The scenario's numbers do not enter.
    """
    chain = Chain()
    geometric = _staleness(chain)
    accepted = _acceptance(chain, geometric)
    _transform(chain)
    return Derivation(
        name="staleness_threshold",
        title="A staleness threshold",
        summary="Gradients of staleness N or more are discarded. For memoryless workers the staleness of an arriving "
        "gradient is geometric; the accepted share A solves A = 1 - (A(P - 1)/(A(P - 1) + 1))^N, and staleness n "
        "delays by n times between accepted gradients. At N = 1 the exact share is known: 1/A is the sum over n of "
        "(1 - 1/P)(1 - 2/P)...(1 - n/P); the mean field gives 2/(1 + √(4P - 3)).",
        steps=tuple(chain.steps),
        results=(
            ("staleness", "staleness"),
            ("acceptance", accepted.id),
            ("transform", "transform"),
            ("no_threshold", "no-threshold"),
        ),
        inherited=("A1", "A3", "A4", "A5"),
    )


def _staleness(chain: Chain) -> Step:
    compute = chain.assume("memoryless", "A15", "The time that a gradient takes.")
    count = chain.assume("count", "A16", "How many gradients of others are accepted in a compute time u.")
    geometric = chain.step(
        "geometric",
        "The staleness of an arriving gradient",
        Integral(count.after * compute.after, (sym.u, 0, oo)),
        Evaluate(),
        "Average the Poisson count over the compute time: a geometric law.",
    )
    return chain.step(
        "staleness",
        "With the rate of the others",
        geometric,
        Substitute(equal(sym.others, sym.accepted * (sym.P - 1) / sym.m)),
        "Each of the P - 1 others pushes 1/m gradients per time, of which the share A is accepted.",
    )


def _acceptance(chain: Chain, staleness: Step) -> Step:
    below = chain.step(
        "below",
        "Below the threshold",
        Sum((1 - sym.ratio) * sym.ratio**sym.n, (sym.n, 0, sym.threshold - 1)),
        SumUp(),
        "Such a law is geometric, of ratio g = A(P - 1)/(A(P - 1) + 1); this is its probability of less than N.",
    )
    stale = sym.accepted * (sym.P - 1)
    accepted = chain.step(
        "accepted",
        "The fixed point",
        below,
        Substitute(equal(sym.ratio, stale / (1 + stale))),
        "It must be A itself. The right side falls as A grows, so there is exactly one solution; it tends to 1 for "
        "large N.",
    )
    one = chain.step(
        "fresh-only",
        "Only fresh gradients",
        accepted,
        Substitute(equal(sym.threshold, 1)),
        "At N = 1 the fixed point is a quadratic equation.",
    )
    chain.step(
        "fresh-share",
        "Its solution",
        (one.after - sym.accepted).subs(sym.accepted, 2 / (1 + sqrt(4 * sym.P - 3))),
        Simplify(),
        "A = 2/(1 + √(4P - 3)), about 1/√P, solves it. The exact share is about √(2/(πP)), a fifth less: which "
        "worker is fresh depends on who pushed before.",
    )
    return accepted


def _transform(chain: Chain) -> None:
    total = chain.step(
        "total",
        "A finite geometric sum",
        Sum(sym.ratio**sym.n, (sym.n, 0, sym.threshold - 1)),
        SumUp(),
        "The same sum without its weight.",
    )
    ratio = sym.others * sym.m / (1 + sym.others * sym.m)
    chain.step(
        "transform",
        "The delay of accepted gradients",
        Mul((1 - ratio) / sym.accepted, total.after, evaluate=False),
        Substitute(equal(sym.ratio, ratio * sym.Lam / (sym.Lam + sym.s))),
        "Staleness n is n times between accepted gradients, each exponential of rate Λ = AP/m. (For a discrete "
        "recursion with independent staleness that is exact: seen from a Poisson clock, n versions ago is a sum of "
        "n exponential times ago.)",
        uses=(total,),
    )
    free = chain.step(
        "free",
        "Without a threshold",
        Sum(sym.ratio**sym.n, (sym.n, 0, oo)),
        SumUp(),
        "Every staleness counts; then A = 1 and r m = P - 1.",
    )
    limit = chain.step(
        "no-threshold-sum",
        "Its transform",
        Mul(1 / sym.P, free.after, evaluate=False),
        Substitute(equal(sym.ratio, (1 - 1 / sym.P) * (sym.P / sym.m) / (sym.P / sym.m + sym.s))),
        "Staleness is geometric of ratio 1 - 1/P, and gradients arrive at rate Λ = P/m.",
        uses=(free,),
    )
    chain.step(
        "no-threshold",
        "The limit is exact",
        limit,
        Simplify(),
        "A share 1/P without delay and the rest exponential of mean m: with h(s) = s + aΦ(s) this is the "
        "characteristic polynomial of P memoryless workers, exactly, at every P.",
    )
