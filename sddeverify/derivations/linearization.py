"""From a loss of several variables to one scalar delay equation for each eigenvalue of the Hessian."""

from __future__ import annotations

import sympy
from sympy import Derivative, Determinant, MatMul, Tuple

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._assumptions import ROTATION
from sddeverify.derivations._calculus import Evaluate
from sddeverify.derivations._forms import WriteAs
from sddeverify.derivations._numbers import equal, exactly, known_numbers
from sddeverify.derivations._operations import Factor, Substitute, matrix
from sddeverify.derivations._steps import Chain, Derivation
from sddeverify.models import eigenvalues
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Decouple the linear delay equation into eigen-directions, and give each its damping coefficient.

    The steps carry two dimensions with general eigenvalues and a general angle: every symmetric matrix of two
    rows has this form, and the spectral theorem carries them to any dimension. Results: ``decoupled`` and
    ``damping_numbers`` (smallest and largest eigenvalue, with the scenario's numbers).
    """
    chain = Chain()
    u_1, u_2 = sym.u_1, sym.u_2
    loss = chain.assume("loss", "A3", "h₁ and h₂ are the curvatures along two orthogonal directions at angle θ.", 1)
    slope = chain.step(
        "gradient",
        "The gradient",
        matrix([[Derivative(loss.after, u_1)], [Derivative(loss.after, u_2)]]),
        Evaluate(simplified=False),
        "Differentiate in each coordinate.",
        uses=(loss,),
    )
    hessian = chain.step(
        "hessian",
        "The Hessian H",
        matrix([[Derivative(entry, u_1), Derivative(entry, u_2)] for entry in slope.after]),
        Evaluate(simplified=False),
        "Differentiate once more: constant, because the loss is quadratic.",
        uses=(slope,),
    )
    chain.step(
        "linear",
        "The gradient is linear",
        MatMul(hessian.after, matrix([[u_1], [u_2]])),
        WriteAs(slope.after),
        "H times the iterate gives the gradient again, so one arrival moves the iterate by -ηHu.",
        uses=(hessian, slope),
    )
    polynomial = chain.step(
        "polynomial",
        "The characteristic polynomial of H",
        Determinant(hessian.after - sym.zeta * sympy.eye(2)),
        Evaluate(),
        "det(H - ζ).",
    )
    chain.step(
        "eigenvalues",
        "Its roots are the curvatures",
        polynomial,
        Factor(),
        "The eigenvalues do not depend on the angle.",
    )
    diagonal = chain.step(
        "diagonal",
        "Rotate to the eigen-directions",
        MatMul(ROTATION.T, hessian.after, ROTATION),
        Evaluate(),
        "With the eigenvectors as axes the Hessian is diagonal.",
        uses=(hessian,),
    )
    chain.step(
        "decoupled",
        "The drift decouples",
        MatMul(-sym.eta * sym.Lam, diagonal.after, matrix([[sym.x_1], [sym.x_2]])),
        Evaluate(),
        "Each eigen-direction obeys the scalar equation with its own eigenvalue: dx = -ηhΛ x(t - τ) dt + noise. "
        "All directions share the same delays.",
        uses=(diagonal,),
    )
    chain.assume("noise", "A4", "The noise has the same variance in every direction.")
    chain.step(
        "isotropic",
        "The noise keeps its form",
        MatMul(ROTATION.T, sym.sigma**2 * sympy.eye(2).as_immutable(), ROTATION),
        Evaluate(),
        "A rotation leaves noise of equal variance in all directions as it is.",
    )
    _numbers(chain, scenario)
    return Derivation(
        name="linearization",
        title="Local quadratic and eigen-directions",
        summary="Near a minimum the gradient is the Hessian times the distance, and a rotation to the "
        "eigenvectors turns the equation of the iterate into one scalar equation per eigenvalue.",
        steps=tuple(chain.steps),
        results=(("decoupled", "decoupled"), ("damping_numbers", "numbers")),
        inherited=("A1", "A2", "A4", "A5", "A6"),
    )


def _numbers(chain: Chain, scenario: Scenario) -> None:
    values = eigenvalues(scenario)
    general = Tuple(sym.eta * sym.h_1 * sym.P / sym.m, sym.eta * sym.h_2 * sym.P / sym.m)
    others = tuple(eq for eq in known_numbers(scenario) if eq.lhs != sym.h)
    kind = "computed from the objective, rounded upward" if scenario.objective is not None else "as given"
    chain.step(
        "numbers",
        "Damping of the smallest and the largest eigenvalue",
        general,
        Substitute(equal(sym.h_1, exactly(values[0])), equal(sym.h_2, exactly(values[-1])), *others),
        f"The scenario has {len(values)} distinct eigenvalue{'s' * (len(values) > 1)}, {kind}; the largest "
        "decides stability.",
    )
