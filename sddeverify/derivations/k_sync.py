"""The first K of P workers, or K gradients from anybody: the time that an update takes, and how fresh it is."""

from __future__ import annotations

import sympy
from sympy import Derivative, Eq, Integral, Sum, exp, gamma, harmonic, oo, sqrt

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._forms import Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Substitute
from sddeverify.derivations._steps import Chain, Derivation
from sddeverify.derivations._sums import SumByInduction, SumUp
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the mean time of an update that takes K gradients, and the share of fresh gradients.

    Results: ``k_sync`` (exponential times, also of K-async), ``k_sync_shifted``, ``k_sync_pareto``, ``k_batch_sync``
    (exponential), ``k_batch_async`` (every law), ``all_workers`` (K = P), ``k_async_freshness`` (exponential),
    ``slot_freshness`` and ``mean_freshness`` (K-batch-async, exponential), ``growing_batches`` (AdaSync).
    P = K + V with V the workers that are not among the first K. The scenario's numbers do not enter.
    """
    chain = Chain()
    chain.assume("memoryless", "A15", "For K-sync and K-batch-sync; K-batch-async needs no law.")
    _order_statistics(chain)
    _pareto(chain)
    _batches(chain)
    _freshness(chain)
    _growing(chain)
    return Derivation(
        name="k_sync",
        title="The first K of P workers",
        summary="K-sync SGD waits for the first K of P workers and cancels the rest: with exponential times of mean m "
        "that takes m (1/P + ... + 1/(P - K + 1)) on average. K-batch-sync takes K gradients from anybody, in Km/P "
        "for exponential times; K-batch-async cancels nothing and takes Km/P for every law. With a shift K-sync waits "
        "the whole shift in each update.",
        steps=tuple(chain.steps),
        results=(
            ("k_sync", "k-sync"),
            ("k_sync_shifted", "shifted"),
            ("k_sync_pareto", "pareto"),
            ("all_workers", "all-workers"),
            ("k_batch_sync", "k-batch-sync"),
            ("k_batch_async", "k-batch-async"),
            ("k_async_freshness", "k-async-freshness"),
            ("slot_freshness", "slot-freshness"),
            ("mean_freshness", "mean-freshness"),
            ("growing_batches", "growing-batches"),
        ),
        inherited=("A1",),
    )


def _order_statistics(chain: Chain) -> None:
    first = chain.step(
        "first",
        "The first of i workers",
        Integral(exp(-sym.u / sym.m) ** sym.i, (sym.u, 0, oo)),
        Evaluate(),
        "All i still compute after u with probability exp(-u/m)^i, and the mean of a time is the integral of the "
        "probability that it is longer.",
    )
    chain.step(
        "k-sync",
        "The K-th of P",
        Sum(first.after, (sym.i, sym.slow + 1, sym.slow + sym.K)),
        SumByInduction(sym.m * (harmonic(sym.slow + sym.K) - harmonic(sym.slow)), sym.K),
        "After the first of P push, the other P - 1 are as at the start, since they are memoryless, and so on down to "
        "V + 1 with V = P - K: harmonic numbers, m(H(P) - H(P - K)). K-async, which cancels nobody, takes as long: "
        "a worker that was not canceled is as good as one that starts anew.",
        uses=(first,),
    )
    chain.step(
        "all-workers",
        "All workers",
        chain.find("k-sync"),
        Substitute(equal(sym.slow, sympy.S.Zero)),
        "K = P, synchronous SGD: about m log P, the price of waiting for the slowest.",
    )
    rest = chain.step(
        "shifted-rest",
        "Shifted exponential times",
        chain.find("k-sync"),
        Substitute(equal(sym.m, sym.q)),
        "T = l + an exponential time of mean q. The order of the workers is that of the exponential parts.",
    )
    chain.step(
        "shifted",
        "With the shift",
        sym.start + sym.late,
        Substitute(equal(sym.late, rest.after)),
        "Everybody needs the shift, so that every order statistic moves by it. (Here K-async is faster: workers that "
        "were not canceled have done a part of it.)",
        uses=(rest,),
    )


def _pareto(chain: Chain) -> None:
    beta = chain.step(
        "beta-integral",
        "Euler's integral",
        Integral(sym.share**sym.exponent * (1 - sym.share) ** (sym.K - 1), (sym.share, 0, 1)),
        Evaluate(),
        "Of K uniform numbers and some exponent above -1.",
    )
    per_beta = sym.shortest * gamma(sym.slow + sym.K + 1) / (gamma(sym.slow + 1) * gamma(sym.K))
    chain.step(
        "pareto",
        "Pareto times",
        sympy.Mul(per_beta, beta.after, evaluate=False),
        Substitute(equal(sym.exponent, sym.slow - 1 / sym.tail_index)),
        "A time is longer than u with probability y = (l/u)^κ: it is l y^(-1/κ) with y uniform. The K-th time of P "
        "goes with the (V + 1)-th smallest y, whose density is y^V (1 - y)^(K - 1) times the first quotient. Finite "
        "for κ > 1/(V + 1): who drops the slowest drops their tail. For K = P it is about Γ(1 - 1/κ) l P^(1/κ).",
        uses=(beta,),
    )


def _batches(chain: Chain) -> None:
    gap = chain.step(
        "next",
        "The next gradient of all P",
        Integral(exp(-sym.u / sym.m) ** sym.P, (sym.u, 0, oo)),
        Evaluate(),
        "K-batch-sync: who has pushed computes another gradient at the same iterate, so that P workers compute at all "
        "times.",
    )
    chain.step(
        "k-batch-sync",
        "K of them",
        Sum(gap.after, (sym.j, 0, sym.K - 1)),
        Evaluate(),
        "Km/P for memoryless workers: the others are canceled only when the batch is full, which costs them nothing.",
        uses=(gap,),
    )
    one = chain.assume("one-worker", "A1", "K-batch-async: nobody ever waits or is canceled. Every law of mean m.")
    rate = chain.step(
        "rate",
        "The arrival rate Λ",
        Sum(sym.rate_one, (sym.i, 1, sym.P)),
        Evaluate(),
        "Rates of independent workers add up.",
    )
    all_of_them = chain.step(
        "rate-of-all",
        "In terms of the compute time",
        rate,
        Substitute(equal(sym.rate_one, one.after)),
        "P/m.",
        uses=(one,),
    )
    chain.step(
        "k-batch-async",
        "The time of a batch",
        sym.K / sym.Lam,
        Substitute(equal(sym.Lam, all_of_them.after)),
        "In the long run Λ/K updates per time: Km/P, whatever the law.",
        uses=(all_of_them,),
    )


def _freshness(chain: Chain) -> None:
    chain.step(
        "k-async-freshness",
        "A fresh gradient in K-async",
        Sum(1 / sym.P, (sym.i, 1, sym.K)),
        Evaluate(),
        "K-async, memoryless: all P compute when an update is made, so that each of them is as likely as the others to "
        "be at a given place of the next one, whatever happened before. The gradient there is fresh if its worker is "
        "one of the K that made the update: K/P at every place.",
    )
    fresh = chain.step(
        "fresh",
        "A fresh gradient in a batch",
        Sum((1 - sym.ratio) * sym.ratio**sym.j, (sym.j, 0, sym.slot - 1)),
        SumUp(),
        "K-batch-async, memoryless: the gradient at place b of its batch is fresh if its worker made one of the last b "
        "pushes, for the push that closed the batch before is the first that reads the new iterate. The last push of "
        "that worker was j + 1 pushes ago with probability (1 - g) g^j, g = 1 - 1/P.",
    )
    chain.step(
        "slot-freshness",
        "In terms of the workers",
        fresh,
        Substitute(equal(sym.ratio, 1 - 1 / sym.P)),
        "1 - (1 - 1/P)^b: only for exponential times.",
    )
    total = chain.step(
        "places",
        "All places of the batch",
        Sum(sym.ratio ** (sym.j + 1), (sym.j, 0, sym.K - 1)),
        SumUp(),
        "What is not fresh, over the places 1 to K.",
    )
    mean = chain.step(
        "mean-fresh",
        "The share of fresh gradients",
        1 - total.after / sym.K,
        Substitute(equal(sym.ratio, 1 - 1 / sym.P)),
        "Every place is as frequent as the others.",
        uses=(total,),
    )
    stale = (sym.P - 1) * (1 - (1 - 1 / sym.P) ** sym.K) / sym.K
    chain.step("mean-freshness", "In short", mean, WriteAs(1 - stale), "About (K + 1)/(2P) for many workers.")


def _growing(chain: Chain) -> None:
    bound = chain.step(
        "error",
        "The error after some time",
        sym.start_loss / (sym.eta * sym.updates_made) + sym.eta * sym.h * sym.sigma**2 / (2 * sym.batch),
        Substitute(equal(sym.updates_made, sym.P * sym.window / (sym.batch * sym.m))),
        "K-batch-async. A bound of the mean squared gradient for a loss of curvature at most h: what the updates have "
        "left of the loss F, and a floor from the noise of a batch of K. In a time T there are PT/(Km) updates.",
    )
    slope = chain.step(
        "error-slope",
        "Its slope in K",
        Derivative(bound.after, sym.batch),
        Evaluate(),
        "Larger batches have a lower floor and fewer updates.",
        uses=(bound,),
    )
    best = chain.step(
        "best-batch",
        "The best K",
        Eq(slope.after, 0, evaluate=False),
        Solve(sym.batch),
        "The smaller the loss, the larger the batch.",
        uses=(slope,),
    )
    first = chain.step(
        "best-batch-now",
        "Later on",
        best.after.rhs,
        Substitute(equal(sym.start_loss, sym.loss_now)),
        "The same for what is left of the loss.",
        uses=(best,),
    )
    chain.step(
        "growing-batches",
        "How K grows",
        sym.batch_start * first.after / best.after.rhs,
        WriteAs(sym.batch_start * sqrt(sym.start_loss / sym.loss_now)),
        "AdaSync: K begins with K₀ and grows like the square root of F₀/F.",
    )
