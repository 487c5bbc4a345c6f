"""Delays that grow without bound, and the ladder of step sizes that stands them (DASGD)."""

from __future__ import annotations

import sympy
from sympy import Derivative, Integral, Rational, log, pi

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._forms import WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Expand, Substitute
from sddeverify.derivations._steps import Chain, Derivation
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive which decreasing steps stand which growth of the delays, and that each fails one class further up.

    The update n reads the iterate s(n). What its step adds to that of fresh gradients is summable if the sum over n of
    g(n) (g(s(n)) + ... + g(n)) is finite; for steps that decrease smoothly the sums are finite with the integrals.

    Results: ``bounded`` and ``bounded_fails``, ``sublinear`` and ``sublinear_fails``, ``linear`` (a constant lag in
    log n), ``window`` (the steps since a read, for steps 1/n) and ``logarithm`` (the next rung). The scenario's numbers
    do not enter.
    """
    chain = Chain()
    _criterion(chain)
    _bounded(chain)
    _sublinear(chain)
    _logarithms(chain)
    return Derivation(
        name="growing_delays",
        title="Delays that grow, and steps that shrink",
        summary="With steps g(n) of divergent sum, delayed SGD on a quadratic converges if the sum of "
        "g(n) (g(s(n)) + ... + g(n)) is finite. Any square-summable steps do for bounded delays, 1/n for delays that "
        "grow like n^p with p < 1, 1/(n log n) for delays in proportion to n, and one more logarithm if only a power "
        "of n has been read. Each of them misses this criterion one class further up.",
        steps=tuple(chain.steps),
        results=(
            ("perturbation", "perturbation"),
            ("bounded", "bounded"),
            ("bounded_fails", "bounded-fails"),
            ("window", "window"),
            ("sublinear", "sublinear"),
            ("sublinear_fails", "sublinear-fails"),
            ("lag", "lag"),
            ("linear", "linear"),
            ("logarithm", "logarithm"),
        ),
        inherited=("A3",),
    )


def _criterion(chain: Chain) -> None:
    inserted = chain.step(
        "inserted",
        "One update",
        sym.x_now - sym.alpha * sym.x_read,
        Substitute(equal(sym.x_read, sym.x_now + sym.moved)),
        "α = g(n) h. What was read is the newest iterate, less what all updates since have done to it.",
    )
    chain.step(
        "perturbation",
        "A fresh gradient, and a perturbation",
        inserted,
        Expand(),
        "The updates since the read have moved x by at most h (g(s) + ... + g(n)) times the largest |x| so far. So all "
        "perturbations together are at most h² times the sum over n of g(n) (g(s(n)) + ... + g(n)), times that. If "
        "this sum is finite, late perturbations are small, |x| stays bounded, and the divergent sum of g takes x to 0.",
    )


def _bounded(chain: Chain) -> None:
    chain.step(
        "bounded",
        "Bounded delays",
        Integral(sym.update ** Rational(-3, 2), (sym.update, 1, sym.newest)),
        Evaluate(),
        "The sum is at most about d times the sum of g(n)². For g(n) = n^(-3/4) that stays below 2, and the sum of g "
        "itself does not: the rule of stochastic approximation.",
    )
    chain.step(
        "bounded-fails",
        "The same steps with delays √n",
        Integral(1 / sym.update, (sym.update, 1, sym.newest)),
        Evaluate(),
        "g(n)² √n = 1/n: the sum grows like log n.",
    )


def _sublinear(chain: Chain) -> None:
    raw = chain.step(
        "window-integral",
        "The steps since the read",
        Integral(1 / sym.update, (sym.update, sym.oldest, sym.newest)),
        Evaluate(),
        "Steps g(n) = 1/n, read at s and applied at n.",
    )
    share = chain.step(
        "window-share",
        "Where a share of the updates has been read",
        raw,
        Substitute(equal(sym.oldest, sym.newest * sym.share)),
        "s = yn: a delay of (1 - y)n.",
    )
    window = chain.step(
        "window", "Only the share counts", share, WriteAs(-log(sym.share)), "About 1 - y if that is small."
    )
    scale = chain.step(
        "scale",
        "From n to y",
        Derivative(log(1 - sym.share) / (sym.power - 1), sym.share),
        Evaluate(),
        "Delays n^p mean 1 - y = n^(p - 1), so that log n = log(1 - y)/(p - 1); and g(n) dn is d log n.",
    )
    chain.step(
        "sublinear",
        "Delays that grow like n^p",
        Integral(sympy.Mul(window.after, scale.after, evaluate=False), (sym.share, 0, 1)),
        WriteAs(pi**2 / (6 * (1 - sym.power))),
        "y rises from 0 to 1 with n. Finite for every p < 1: steps 1/n stand all of them.",
        uses=(window, scale),
    )
    half = chain.step(
        "half",
        "A delay of n/2",
        window,
        Substitute(equal(sym.share, Rational(1, 2))),
        "Delays in proportion to n: the window does not shrink any more.",
    )
    chain.step(
        "sublinear-fails",
        "Steps 1/n and delays n/2",
        Integral(half.after / sym.update, (sym.update, 1, sym.newest)),
        Evaluate(),
        "It grows like log n: 1/n misses the criterion one class up.",
        uses=(half,),
    )


def _logarithms(chain: Chain) -> None:
    chain.step(
        "logarithm",
        "The next rung",
        Derivative(log(log(sym.update)), sym.update),
        Evaluate(),
        "In the time v = log n, steps 1/n are dv and steps 1/(n log n) are dv/v: as 1 and 1/n are in n itself. One "
        "more logarithm does the same to log n.",
    )
    chain.step(
        "lag",
        "Delays in proportion to n, in that time",
        log(sym.newest) - log(sym.newest * sym.share),
        WriteAs(-log(sym.share)),
        "A constant lag, log 2 for delays of n/2. (Where only s = n^q has been read, log s = q log n: in log n that is "
        "a delay in proportion, and in log log n a constant lag.)",
    )
    chain.step(
        "linear",
        "A constant lag, with steps dv/v",
        Integral(-log(sym.share) / (1 - sym.share), (sym.share, 0, 1)),
        WriteAs(pi**2 / 6),
        "A share y = 1 - lag/v of the time has been read, and d log v = dy/(1 - y): finite, whatever the lag. So "
        "1/(n log n) stands delays in proportion to n, and 1/(n log n log log n) those where a power of n has been "
        "read. With steps dv the integrand would be the lag itself: the rung below fails.",
    )
