"""Upload only what is large enough: the pull that is left, the traffic that is saved, the noise that remains."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

from sympy import Add, Derivative, Integral, Lambda, Mul, oo

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate, Insert
from sddeverify.derivations._forms import WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Simplify, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.errors import UnsupportedScenario, invalid
from sddeverify.exact import Enclosure, spell
from sddeverify.scenario import Scenario

_DIGITS = 60
_MARGIN = Fraction(1, 10**40)
_FARTHEST = 10**3


class Shares(NamedTuple):
    """What a trigger leaves, computed to 40 digits and rounded outward.

    Attributes:
        traffic: The share q = 2 Q(u) of the gradients that is uploaded.
        gain: The mean uploaded gradient over the mean gradient, K = 2 Q(u) + 2 u phi(u), for small gradients;
            the power of the uploaded noise is K times that of all noise, as well.
    """

    traffic: Enclosure
    gain: Enclosure


def shares(squared: Fraction) -> Shares:
    """Return traffic and gain of a trigger at a size of u standard deviations of the Gaussian gradient noise.

    Args:
        squared: u^2, which is rational where threshold and variance are.

    Raises:
        InvalidScenario: if it is negative.
        UnsupportedScenario: if hardly any gradient would be uploaded.
    """
    if squared < 0:
        raise invalid("event_trigger", spell(squared), "a threshold of at least 0 deviations of the noise")
    if squared > _FARTHEST:
        raise UnsupportedScenario("event_trigger: beyond 31 deviations of the noise nothing is ever uploaded")
    import mpmath

    ctx = mpmath.MPContext()
    ctx.dps = _DIGITS
    u = ctx.sqrt(ctx.mpf(squared.numerator) / squared.denominator)
    traffic = ctx.erfc(u / ctx.sqrt(2))
    gain = traffic + 2 * u * ctx.exp(-u * u / 2) / ctx.sqrt(2 * ctx.pi)
    return Shares(*(_outward(x) for x in (traffic, gain)))


def _outward(value: Any) -> Enclosure:
    """Return an interval around a computed positive number, far wider than its error."""
    from mpmath import libmp

    numerator, denominator = libmp.to_rational(value._mpf_)
    exact = Fraction(int(numerator), int(denominator))
    return Enclosure(exact * (1 - _MARGIN), exact * (1 + _MARGIN))


def derive(scenario: Scenario) -> Derivation:
    """Derive what an event trigger leaves of pull, traffic and noise, from the Gaussian integrals.

    Results: ``traffic``, ``gain``, ``noise_power``, ``damping`` and ``intensity``, in the threshold ν counted in
    standard deviations of the gradient noise. The scenario's numbers do not enter.
    """
    chain = Chain()
    normal = chain.assume("normal", "A17", "One gradient in units of its noise's standard deviation, at mean 0.")
    traffic = chain.step(
        "traffic",
        "The share that is uploaded",
        2 * Integral(normal.after, (sym.y, sym.trigger, oo)),
        Evaluate(),
        "Near the minimum the gradient is all noise: both tails beyond the threshold, 2 Q(ν).",
        uses=(normal,),
    )
    gain = _gain(chain, normal, traffic)
    noise = chain.step(
        "noise-power",
        "The noise that comes with it",
        Integral(2 * sym.y**2 * normal.after, (sym.y, sym.trigger, oo)),
        WriteAs(gain.after),
        "The second moment of what is uploaded at mean 0 is the same integral: noise power and pull shrink alike.",
        uses=(gain,),
    )
    chain.step(
        "damping",
        "The damping coefficient",
        sym.gain * sym.eta * sym.h * sym.P / sym.m,
        Substitute(equal(sym.gain, gain.after)),
        "Every opportunity pulls the κ-fold: a = κηhP/m, while only the share 2 Q(ν) travels.",
        uses=(gain,),
    )
    chain.step(
        "intensity",
        "The noise intensity",
        sym.gain * sym.eta**2 * sym.sigma**2 * sym.P / sym.m,
        Substitute(equal(sym.gain, noise.after)),
        "So the ratio of pull to noise is that of plain asynchronous SGD at the κ-fold arrival rate.",
        uses=(noise,),
    )
    return Derivation(
        name="event_trigger",
        title="Event-triggered upload",
        summary="A worker uploads a gradient only if its size reaches a threshold. For small mean gradients the pull "
        "is κ = 2 Q(ν) + 2νφ(ν) of the full one and so is the noise power, while the traffic falls to 2 Q(ν), which "
        "is less: large gradients are the informative ones.",
        steps=tuple(chain.steps),
        results=(
            ("traffic", "traffic"),
            ("gain", "gain"),
            ("noise_power", "noise-power"),
            ("damping", "damping"),
            ("intensity", "intensity"),
        ),
        inherited=("A1", "A2", "A3", "A4", "A5", "A6"),
    )


def _gain(chain: Chain, normal: Step, traffic: Step) -> Step:
    shifted = chain.step(
        "shifted",
        "The uploaded gradient at a small mean",
        sym.y * (sym.density(sym.y - sym.pull) - sym.density(sym.y + sym.pull)),
        Insert(sym.density, Lambda(sym.y, normal.after)),
        "With mean gradient μ a value y has density f(y - μ) and -y has f(y + μ); integrated over y ≥ ν this is the "
        "mean of what is uploaded.",
    )
    slope = chain.step(
        "slope",
        "How it grows with the mean",
        Derivative(shifted.after, sym.pull),
        Evaluate(),
        "Near the minimum only the slope at μ = 0 counts.",
        uses=(shifted,),
    )
    start = chain.step("slope-at-zero", "At mean 0", slope, Substitute(equal(sym.pull, 0)), "Set μ = 0.")
    gain = chain.step(
        "gain",
        "The gain",
        Integral(start.after, (sym.y, sym.trigger, oo)),
        Evaluate(),
        "Integrate over everything that is uploaded: κ = 2 Q(ν) + 2νφ(ν).",
        uses=(start,),
    )
    chain.step(
        "surplus",
        "The gain exceeds the traffic",
        Add(gain.after, Mul(-1, traffic.after, evaluate=False), evaluate=False),
        Simplify(),
        "By 2νφ(ν) > 0: more is kept of the pull than of the messages.",
        uses=(gain, traffic),
    )
    return gain
