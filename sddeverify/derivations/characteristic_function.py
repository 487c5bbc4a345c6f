"""From the delay equation of the mean to its characteristic function, with the transform of the delay law."""

from __future__ import annotations

import sympy
from sympy import Derivative, Integral, Lambda, exp, oo

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._calculus import Insert, TakeMean
from sddeverify.derivations._forms import Abbreviate, WriteAs
from sddeverify.derivations._numbers import equal
from sddeverify.derivations._operations import Multiply, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.derivations._sums import SplitIntegral
from sddeverify.derivations._transforms import Transforms, atoms_of, explicit_numbers
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive h(s) = s + a Phi(s) and the transform Phi of the scenario's delay law, from its density.

    Results: ``function`` (with Phi as a symbol), and for laws of moderate size ``transform`` and
    ``with_transform`` with the law's numbers.
    """
    law = scenario.compute
    chain = Chain()
    function = _ansatz(chain)
    results = [("function", "function")]
    transforms = Transforms(chain)
    if explicit_numbers(law):
        transform = transforms.numbers(law)
        results += [("transform", transform.id), ("with_transform", "with-transform")]
        chain.step(
            "with-transform",
            "The characteristic function of this scenario",
            function,
            Substitute(equal(sym.Phi, transform.after)),
            "Put in the transform. Its roots s decide everything about the mean: exp(st) decays iff Re s < 0.",
            uses=(transform,),
        )
        chain.step(
            "in-the-package",
            "The same transform as the package computes it",
            law.laplace(sym.s, sympy.exp) + sympy.S.Zero,
            WriteAs(transform.after),
            "The formula that analysis and certificates use equals the derived one.",
            uses=(transform,),
        )
    else:
        for atom in atoms_of(law):
            transforms.general(atom)
    return Derivation(
        name="characteristic_function",
        title="The characteristic function",
        summary="Trial solutions exp(st) of the mean equation turn it into h(s) = s + a Φ(s), where Φ is the "
        "Laplace transform of the delay law, here integrated from its density.",
        steps=tuple(chain.steps),
        results=tuple(results),
        inherited=("A1", "A2", "A3", "A4", "A5", "A6"),
    )


def _ansatz(chain: Chain) -> Step:
    delayed = Integral(sym.density(sym.u) * sym.path(sym.t - sym.u), (sym.u, 0, oo))
    chain.step(
        "mean",
        "The noise drops out of the mean",
        -sym.a * delayed * sym.dt + sym.b * sym.dW,
        TakeMean(sym.dW, sym.dt),
        "A Wiener increment has mean 0: on average dx = -a E[x(t - τ)] dt.",
    )
    trial = chain.step(
        "ansatz",
        "Try an exponential",
        Derivative(sym.path(sym.t), sym.t) + sym.a * delayed,
        Insert(sym.path, Lambda(sym.t, exp(sym.s * sym.t))),
        "Move everything to one side, and ask which exponentials exp(st) make it 0.",
    )
    factored = chain.step(
        "factor",
        "The exponential comes out of the integral",
        trial,
        SplitIntegral(),
        "exp(s(t - u)) = exp(st) exp(-su), and the first factor does not depend on u.",
    )
    divided = chain.step(
        "divide",
        "Divide by the exponential",
        factored,
        Multiply(exp(-sym.s * sym.t)),
        "exp(st) is never 0, and the rest no longer depends on time.",
    )
    transform = Integral(sym.density(sym.u) * exp(-sym.s * sym.u), (sym.u, 0, oo))
    return chain.step(
        "function",
        "The characteristic function h(s)",
        divided,
        Abbreviate(sym.Phi, transform),
        "The integral is the Laplace transform Φ(s) = E exp(-sτ) of the delay law.",
    )
