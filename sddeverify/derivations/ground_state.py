"""Diffusion in a landscape as a Schroedinger operator: the ground-state transform, and the gap of a parabola."""

from __future__ import annotations

from sympy import Derivative, exp

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._forms import WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Expand, Multiply, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the Schroedinger operator of dX = -L'(X) dt + √s_T dW in one dimension, and its gap for a parabola.

    Results: ``potential`` (what the transform leaves beside -s_T/2 ψ''), ``ground`` (the ground state has the
    energy 0) and ``gap`` (of L = hx²/2: h, whatever the noise). The scenario's numbers do not enter.
    """
    chain = Chain()
    x, loss, wave = sym.x_now, sym.loss(sym.x_now), sym.wave(sym.x_now)
    first = chain.step(
        "first",
        "The ground-state transform: first derivative",
        Derivative(exp(loss / sym.temperature) * wave, x),
        Evaluate(simplified=False),
        "The mean of u(X(t)) changes at the rate of -L' u' + (s_T/2) u''. Put u = exp(L/s_T) ψ.",
    )
    second = chain.step(
        "second",
        "Second derivative",
        Derivative(first.after, x),
        Evaluate(simplified=False),
        "Once more.",
        uses=(first,),
    )
    slope, bend = Derivative(loss, x), Derivative(loss, (x, 2))
    line = chain.step(
        "generator",
        "The generator",
        -slope * first.after + sym.temperature / 2 * second.after,
        Expand(),
        "Both together.",
        uses=(first, second),
    )
    bare = chain.step(
        "bare",
        "Without the factor",
        line,
        Multiply(exp(-loss / sym.temperature)),
        "What acts on ψ.",
    )
    chain.step(
        "potential",
        "A Schroedinger operator",
        bare,
        WriteAs(sym.temperature / 2 * Derivative(wave, (x, 2)) - (slope**2 / (2 * sym.temperature) - bend / 2) * wave),
        "Minus it is -(s_T/2) ψ'' + V ψ with V = L'²/(2 s_T) - L''/2: first derivatives of ψ are gone, the operator is "
        "symmetric. Its lowest energy is 0; the next one, the gap, is the rate at which X tends to Gibbs' law.",
    )
    energy = _energy(chain, "ground", exp(-sym.h * x**2 / (2 * sym.temperature)))
    excited = _energy(chain, "gap", x * exp(-sym.h * x**2 / (2 * sym.temperature)))
    return Derivation(
        name="ground_state",
        title="Learning rates and Schroedinger operators",
        summary="Gradient descent with noise of variance s_T per time, as a diffusion in the landscape L: a change of "
        "the unknown makes its generator a Schroedinger operator, whose gap is the rate of convergence. For a parabola "
        "the gap is the curvature h for every noise; with two wells it is exponentially small in 1/s_T (checked "
        "numerically by the paper checks, not derived here).",
        steps=tuple(chain.steps),
        results=(("potential", "potential"), (energy.id, energy.id), (excited.id, excited.id)),
        inherited=("A3",),
    )


def _energy(chain: Chain, name: str, wave: exp) -> Step:
    """The energy of a state of the parabola: minus (s_T/2) ψ''/ψ plus V."""
    x = sym.x_now
    bend = chain.step(
        f"{name}-bend",
        "The parabola: the ground state" if name == "ground" else "The parabola: the next state",
        Derivative(wave, (x, 2)),
        Evaluate(),
        "ψ = exp(-hx²/(2 s_T)), the square root of Gibbs' law." if name == "ground" else "The same times x.",
    )
    kinetic = chain.step(
        f"{name}-kinetic",
        "Its first part",
        bend,
        Multiply(-sym.temperature / (2 * wave)),
        "-(s_T/2) ψ''/ψ.",
    )
    return chain.step(
        name,
        "Its energy" if name == "ground" else "The gap",
        sym.kinetic + sym.h**2 * x**2 / (2 * sym.temperature) - sym.h / 2,
        Substitute(equal(sym.kinetic, kinetic.after)),
        "Zero: it does not decay." if name == "ground" else "With V it is the curvature, whatever the noise.",
        uses=(kinetic,),
    )
