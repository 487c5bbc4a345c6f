"""Closed forms of the stability boundary: one function for each kind of law that has one.

Each function writes the steps for its law and returns the names of its results.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import I, cos, exp, sin, sqrt, tan

from sddeverify.delays import Constant, Erlang, Exponential, Law, Uniform
from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._atoms import ATOMS
from sddeverify.derivations._calculus import Integrate, TakeLimit
from sddeverify.derivations._complex import TakeMinusImaginary, TakeReal
from sddeverify.derivations._forms import RaiseToPower, Solve, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Multiply, Simplify, Substitute
from sddeverify.derivations._steps import Chain, Step

Results = tuple[tuple[str, str], ...]


def transform(law: type[Law]) -> sympy.Expr:
    """Return the transform of an atom in symbols, as the characteristic function's derivation integrates it."""
    atom = ATOMS[law]
    return Integrate(atom.density, sym.u, *atom.support).apply(exp(-sym.s * sym.u))


def constant(chain: Chain, crossing: Step) -> Results:
    """A τ = π/2."""
    on_axis = _on_axis(chain, transform(Constant))
    real, sine = _parts(chain, on_axis)
    first = chain.step(
        "frequency",
        "The first crossing frequency",
        sympy.Eq(real.after, 0, evaluate=False),
        Solve(sym.omega, smallest=True),
        "C(ω) = 0 for the first time. Later zeros belong to larger damping, since a = ω there.",
        uses=(real,),
    )
    return _critical(chain, crossing, sine, first, sym.tau)


def exponential(chain: Chain, crossing: Step) -> Results:
    """No boundary: stable in the mean for every damping."""
    phi = transform(Exponential)
    on_axis = _on_axis(chain, phi)
    chain.step(
        "real",
        "C(ω) never vanishes",
        on_axis,
        TakeReal(),
        "Positive for every ω: the first equation has no solution, no root ever reaches the imaginary axis.",
    )
    polynomial = chain.step(
        "polynomial",
        "The same seen from the roots",
        sym.s + sym.a * phi,
        Multiply(1 + sym.q * sym.s),
        "Clear the denominator: a quadratic remains.",
    )
    half = sqrt(1 - 4 * sym.a * sym.q)
    roots = [(-1 + half) / (2 * sym.q), (-1 - half) / (2 * sym.q)]
    chain.step(
        "roots",
        "Its two roots",
        polynomial,
        WriteAs(sym.q * (sym.s - roots[0]) * (sym.s - roots[1])),
        "The quadratic formula. For 4aq ≤ 1 both are real and negative, beyond they are complex with real part "
        "-1/(2q): stable in the mean for every damping, but never faster than 1/(2q).",
    )
    chain.step(
        "roots-sum",
        "Sum of the roots",
        roots[0] + roots[1],
        Simplify(),
        "Negative, whatever the damping.",
    )
    chain.step(
        "roots-product",
        "Product of the roots",
        roots[0] * roots[1],
        Simplify(),
        "Positive: with a negative sum, both real parts are negative (Routh-Hurwitz).",
    )
    return (("no_boundary", "polynomial"),)


def erlang(chain: Chain, crossing: Step) -> Results:
    """A m = k tan(π/2k) sec(π/2k)^k."""
    rate = sym.k / sym.q
    chain.step(
        "stages",
        "The transform is a power",
        (1 / (1 + sym.s * sym.q / sym.k)) ** sym.k,
        WriteAs(transform(Erlang)),
        "An Erlang delay is k exponential stages of mean q/k, so Φ is the k-th power of one stage's transform.",
    )
    base = chain.step(
        "stage",
        "One stage on the imaginary axis",
        1 / (1 + sym.s * sym.q / sym.k),
        Substitute(equal(sym.s, I * rate * tan(sym.phi))),
        "Measure the frequency by an angle: ω = (k/q) tan φ, with 0 < φ < π/2.",
    )
    polar = chain.step(
        "polar",
        "In polar form",
        base,
        WriteAs(cos(sym.phi) * exp(-I * sym.phi)),
        "1 + i tan φ has modulus 1/cos φ and angle φ.",
    )
    power = chain.step(
        "power",
        "All k stages",
        polar,
        RaiseToPower(sym.k),
        "Moduli multiply and angles add: this is Φ(iω).",
    )
    real, sine = _parts(chain, power)
    cleared = chain.step(
        "real-cleared",
        "Its vanishing is a matter of the angle",
        real,
        Multiply(cos(sym.phi) ** -sym.k),
        "cos φ is positive.",
    )
    first = chain.step(
        "frequency",
        "The first crossing",
        sympy.Eq(cleared.after, 0, evaluate=False),
        Solve(sym.phi, smallest=True),
        "C = 0 for the first time (k ≥ 2, so that the angle is below π/2). Both ω and 1/S grow with φ, so later "
        "zeros belong to larger damping.",
        uses=(cleared,),
    )
    general = chain.step(
        "damping-angle",
        "The damping at a crossing",
        crossing.after.rhs,
        Substitute(equal(sym.omega, rate * tan(sym.phi)), equal(sym.S, sine.after)),
        "a = ω/S with both written by the angle.",
        uses=(crossing, sine),
    )
    return _finish(chain, general, first, sym.q, by_secant)


def uniform(chain: Chain, crossing: Step) -> Results:
    """A T = π²/2 for delays on [0, T], and the general interval."""
    phi = transform(Uniform)
    on_axis = _on_axis(chain, phi)
    middle = sym.start + sym.width / 2
    gain = 2 * sin(sym.omega * sym.width / 2) / (sym.omega * sym.width)
    chain.step(
        "centred",
        "Turn by the angle of the mean delay",
        on_axis.after * exp(I * sym.omega * middle),
        WriteAs(gain),
        "What remains is real, because the law is symmetric about its mean l + w/2, and positive for ωw < 2π.",
        uses=(on_axis,),
    )
    polar = chain.step(
        "polar",
        "In polar form",
        on_axis,
        WriteAs(gain * exp(-I * sym.omega * middle)),
        "A positive modulus times the phase of a constant delay of the same mean.",
    )
    real, sine = _parts(chain, polar)
    cleared = chain.step(
        "real-cleared",
        "Divide by the modulus",
        real,
        Multiply(1 / gain),
        "Where the modulus vanishes Φ is 0, and h(iω) = iω is not: no crossing there.",
    )
    first = chain.step(
        "frequency",
        "The first crossing frequency",
        sympy.Eq(cleared.after, 0, evaluate=False),
        Solve(sym.omega, smallest=True),
        "C(ω) = 0 for the first time; ωw ≤ π there, so the modulus is at least 2/π and a is at most ωπ/2. Later "
        "zeros have at least three times the frequency and a ≥ ω, hence larger damping.",
        uses=(cleared,),
    )
    results = _critical(chain, crossing, sine, first, middle)
    chain.step(
        "from-zero",
        "Delays on [0, w]",
        chain.find("damping"),
        Substitute(equal(sym.start, sympy.S.Zero)),
        "The well-known case: a w = π²/2.",
    )
    chain.step(
        "times-s",
        "Beware: multiplying by s adds a root",
        sym.s + sym.a * phi,
        Multiply(sym.s),
        "Clearing the denominator gives an entire function that is easier to type, ...",
    )
    chain.step(
        "spurious",
        "At s = 0 the product vanishes",
        chain.steps[-1],
        Substitute(equal(sym.s, sympy.S.Zero)),
        "... but it has a root at s = 0, ...",
    )
    chain.step(
        "not-a-root",
        "But h does not",
        sym.s + sym.a * phi,
        TakeLimit(sym.s),
        "... where h itself is a, not 0. The root is spurious, and must not be counted.",
    )
    return results


def by_secant(value: sympy.Expr) -> sympy.Expr:
    """Write the Erlang boundary as k tan(π/2k) sec(π/2k)^k / q, from its form at the first crossing."""
    angle = sympy.pi / (2 * sym.k)
    return sym.k * tan(angle) * sympy.sec(angle) ** sym.k / sym.q


CLOSED_FORMS: dict[type[Law], Callable[[Chain, Step], Results]] = {
    Constant: constant,
    Exponential: exponential,
    Erlang: erlang,
    Uniform: uniform,
}
"""Law -> the function that writes its closed form."""


def _on_axis(chain: Chain, phi: sympy.Expr) -> Step:
    return chain.step(
        "on-axis",
        "The transform on the imaginary axis",
        phi,
        Substitute(equal(sym.s, I * sym.omega)),
        "This is C - iS for the law at hand.",
    )


def _parts(chain: Chain, value: Step) -> tuple[Step, Step]:
    real = chain.step("real", "C, the real part", value, TakeReal(), "C = E cos(ωτ).")
    sine = chain.step("sine", "S, minus the imaginary part", value, TakeMinusImaginary(), "S = E sin(ωτ).")
    return real, sine


def _critical(chain: Chain, crossing: Step, sine: Step, first: Step, mean: sympy.Expr) -> Results:
    general = chain.step(
        "damping-frequency",
        "The damping at a crossing",
        crossing.after.rhs,
        Substitute(equal(sym.S, sine.after)),
        "a = ω/S.",
        uses=(crossing, sine),
    )
    return _finish(chain, general, first, mean, sympy.simplify)


def _finish(
    chain: Chain, general: Step, first: Step, mean: sympy.Expr, tidy: Callable[[sympy.Expr], sympy.Expr]
) -> Results:
    meaning = "Below it all roots lie to the left; at it a pair reaches the imaginary axis."
    put = Substitute(first.after)
    value = put.apply(general.after)
    tidied = tidy(value)
    if tidied == value:
        critical = chain.step("damping", "The critical damping", general, put, meaning, uses=(first,))
    else:
        raw = chain.step(
            "first-crossing", "At the first crossing", general, put, "The smallest solution.", uses=(first,)
        )
        critical = chain.step("damping", "The critical damping", raw, WriteAs(tidied), meaning)
    chain.step(
        "strength",
        "Critical damping times mean delay",
        critical,
        Multiply(mean, expanded=False),
        "A pure number: the scale of time drops out.",
    )
    return (("frequency", "frequency"), ("damping", "damping"), ("critical_strength", "strength"))
