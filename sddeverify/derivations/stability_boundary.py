"""Where roots cross the imaginary axis: the critical damping of a delay law, in closed form where there is one."""

from __future__ import annotations

from sympy import Eq, I, exp

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._atoms import ATOMS, simplest
from sddeverify.derivations._boundaries import CLOSED_FORMS
from sddeverify.derivations._complex import TakeImaginary, TakeReal
from sddeverify.derivations._crossings import Crossings, writable
from sddeverify.derivations._forms import Solve
from sddeverify.derivations._numbers import equal, known_numbers
from sddeverify.derivations._operations import Multiply, Substitute
from sddeverify.derivations._steps import Chain, Derivation, Step
from sddeverify.derivations._transforms import special_assumptions
from sddeverify.scenario import Scenario


def derive(scenario: Scenario) -> Derivation:
    """Derive the two real equations of the stability boundary, and solve them for the laws that allow it.

    Results: ``crossing_damping`` (a = ω/S). Where a closed form exists: ``damping`` and ``critical_strength``
    (damping times mean delay) in symbols, ``damping_number`` with the law's numbers, and
    ``critical_learning_rate`` with the scenario's. Exponential delays have no boundary; then ``no_boundary``
    is the polynomial whose roots never cross. For other laws of moderate size ``cosine`` and
    ``damping_of_frequency`` are the two equations with the law's numbers.
    """
    law = simplest(scenario.compute)
    chain = Chain()
    crossing = _equations(chain)
    results: tuple[tuple[str, str], ...] = (("crossing_damping", "crossing"),)
    write = CLOSED_FORMS.get(type(law))
    if write is not None:
        results += write(chain, crossing)
        if "damping" in dict(results):
            number = chain.step(
                "numbers",
                "The critical damping of this scenario",
                chain.find(dict(results)["damping"]),
                Substitute(*ATOMS[type(law)].values(law)),
                "The law's own parameters.",
            )
            results += (("damping_number", "numbers"), *_learning_rate(chain, scenario, number))
        remark = "Here the smallest solution is known in closed form."
        if "no_boundary" in dict(results):
            remark = "For exponential delays it has no solution: the mean is stable for every damping."
    elif writable(law):
        cosine, sine = Crossings(chain).parts(law)
        chain.step(
            "damping-frequency",
            "The damping at a crossing of this law",
            crossing.after.rhs,
            Substitute(equal(sym.S, sine.after)),
            "Together with C(ω) = 0 this gives every crossing; the boundary is the smallest such a > 0, not "
            "necessarily that of the smallest ω.",
            uses=(crossing, sine),
        )
        results += (("cosine", cosine.id), ("damping_of_frequency", "damping-frequency"))
        remark = "This law has no closed form; its boundary is certified numerically (claim stability_boundary)."
    else:
        remark = (
            "This law is too large to write C and S out; its boundary is certified numerically (claim "
            "stability_boundary)."
        )
    return Derivation(
        name="stability_boundary",
        title="The stability boundary",
        summary="As the damping grows from 0, the mean stays stable until a pair of roots reaches the imaginary "
        f"axis: h(iω) = 0 is two real equations, C(ω) = 0 and a = ω/S(ω). {remark}",
        steps=tuple(chain.steps),
        results=results,
        inherited=("A1", "A2", "A3", "A4", "A5", "A6", *special_assumptions(law)),
    )


def _equations(chain: Chain) -> Step:
    chain.step(
        "euler",
        "The delay on the imaginary axis",
        exp(-I * sym.omega * sym.tau),
        TakeReal(),
        "For s = iω the exponential is a cosine minus i times a sine. Their expectations over the delay are C and "
        "S, so that Φ(iω) = C - iS. For small a no root has Re s ≥ 0: such roots have |s| ≤ a, and Re Φ > 0 near 0. "
        "So stability is lost only through the imaginary axis.",
    )
    axis = chain.step(
        "axis",
        "The characteristic function there",
        sym.s + sym.a * sym.Phi,
        Substitute(equal(sym.s, I * sym.omega), equal(sym.Phi, sym.C - I * sym.S)),
        "s = 0 is never a root, since h(0) = a > 0; roots come in conjugate pairs, so ω > 0 is enough.",
    )
    real = chain.step("real-part", "Real part", axis, TakeReal(), "A complex number is 0 iff both parts are.")
    chain.step(
        "cosine-vanishes", "First equation", real, Multiply(1 / sym.a), "So C(ω) = 0: which frequencies can cross."
    )
    imaginary = chain.step("imaginary-part", "Imaginary part", axis, TakeImaginary(), "The other part.")
    return chain.step(
        "crossing",
        "Second equation",
        Eq(imaginary.after, 0, evaluate=False),
        Solve(sym.a),
        "At which damping. Only frequencies with S > 0 count. For every law a E τ < π/2 is enough for stability "
        "(derivation law_free_bound), so the constant delay is the worst of given mean.",
        uses=(imaginary,),
    )


def _learning_rate(chain: Chain, scenario: Scenario, number: Step) -> tuple[tuple[str, str], ...]:
    solved = chain.step(
        "learning-rate",
        "In terms of the learning rate",
        Eq(sym.eta * sym.h * sym.P / sym.m, sym.a, evaluate=False),
        Solve(sym.eta),
        "The damping coefficient is a = ηhP/m.",
    )
    known = [eq for eq in known_numbers(scenario) if eq.lhs != sym.eta]
    chain.step(
        "critical-learning-rate",
        "The critical learning rate",
        solved.after.rhs,
        Substitute(equal(sym.a, number.after), *known),
        "For the largest eigenvalue and the number of workers of the scenario. It is the boundary of the mean; "
        "the mean square asks for less.",
        uses=(solved, number),
    )
    return (("critical_learning_rate", "critical-learning-rate"),)
