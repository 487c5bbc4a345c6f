"""Derivations as data: from a scenario to the characteristic function, step by step, each step re-checked.

Every ``after`` is computed from the line before by a named SymPy operation; :func:`check` re-checks all of them,
by SymPy and at random rational points. What is believed rather than proved is an assumption with a name.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import sympy

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations import (
    arrivals,
    characteristic_function,
    closed_network,
    diffusion_limit,
    discrete_lag,
    erlang_family,
    event_trigger,
    fastest_point,
    generalization_gap,
    ground_state,
    growing_delays,
    k_batch_asynchronous,
    k_sync,
    lambert_roots,
    law_free_bound,
    linearization,
    markov_noise,
    mean_square_boundary,
    mindflayer,
    momentum,
    optimal_workers,
    second_moments,
    stability_boundary,
    staleness_threshold,
    stationary_variance,
    time_cap,
    time_to_target,
    two_levels,
)
from sddeverify.derivations._answers import Correctness, Judgement, askable, judge, vocabulary
from sddeverify.derivations._assumptions import ASSUMPTIONS, Assumption, in_order
from sddeverify.derivations._checking import (
    Badge,
    DerivationCheck,
    Outcome,
    StepCheck,
    check,
    check_step,
)
from sddeverify.derivations._meanings import MEANINGS, Meaning
from sddeverify.derivations._numbers import exactly, fraction
from sddeverify.derivations._operations import Sign
from sddeverify.derivations._rendering import latex_math, pretty, step_latex, to_json, to_latex, to_markdown
from sddeverify.derivations._scheduling import MeanDynamics, Schedule, candidate, candidates, dynamics
from sddeverify.derivations._steps import Derivation, Kind, Step
from sddeverify.derivations._values import example_values, values_at
from sddeverify.exact import Enclosure
from sddeverify.models import Model, eigenvalues
from sddeverify.scenario import Scenario

DERIVATIONS: dict[str, Callable[[Scenario], Derivation]] = {
    "arrivals": arrivals.derive,
    "diffusion_limit": diffusion_limit.derive,
    "linearization": linearization.derive,
    "characteristic_function": characteristic_function.derive,
    "stability_boundary": stability_boundary.derive,
    "lambert_roots": lambert_roots.derive,
    "fastest_point": fastest_point.derive,
    "erlang_family": erlang_family.derive,
    "discrete_lag": discrete_lag.derive,
    "growing_delays": growing_delays.derive,
    "two_levels": two_levels.derive,
    "momentum": momentum.derive,
    "generalization_gap": generalization_gap.derive,
    "time_cap": time_cap.derive,
    "k_batch_asynchronous": k_batch_asynchronous.derive,
    "k_sync": k_sync.derive,
    "mindflayer": mindflayer.derive,
    "staleness_threshold": staleness_threshold.derive,
    "event_trigger": event_trigger.derive,
    "closed_network": closed_network.derive,
    "optimal_workers": optimal_workers.derive,
    "law_free_bound": law_free_bound.derive,
    "second_moments": second_moments.derive,
    "stationary_variance": stationary_variance.derive,
    "mean_square_boundary": mean_square_boundary.derive,
    "time_to_target": time_to_target.derive,
    "markov_noise": markov_noise.derive,
    "ground_state": ground_state.derive,
}
"""Name -> the function that derives it for a scenario, in the order in which they build on each other."""

MODEL = ("diffusion_limit", "linearization", "characteristic_function", "stability_boundary")
"""The derivations that lead from a scenario to its model; the others are for those who ask for them by name."""


class Derived(NamedTuple):
    """What :func:`derive` returns."""

    derivations: tuple[Derivation, ...]
    model: Model


def derive(scenario: Scenario) -> Derived:
    """Derive the delay equation of a scenario, and evaluate the results to a model with exact coefficients.

    Args:
        scenario: The question.

    Raises:
        UnsupportedScenario: for a server policy whose mean equation is not derived (only ``asynchronous`` is), and
            for unequal workers.
        MissingExtra, InvalidScenario: as :func:`sddeverify.models.eigenvalues`.
    """
    scenario.require_plain("the derivations")
    derivations = tuple(DERIVATIONS[name](scenario) for name in MODEL)
    return Derived(derivations, _model(scenario, derivations))


def _model(scenario: Scenario, derivations: tuple[Derivation, ...]) -> Model:
    limit = next(one for one in derivations if one.name == "diffusion_limit")
    values = eigenvalues(scenario)
    mean = scenario.compute.mean_enclosure()
    numbers = {
        sym.eta: exactly(scenario.learning_rate),
        sym.P: exactly(scenario.workers),
        sym.sigma: sympy.sqrt(exactly(scenario.noise_variance)),
    }

    def coefficient(name: str, **others: Fraction) -> Enclosure:
        return _over_mean(limit.result(name).subs(numbers), mean, others)

    computed = scenario.objective is not None
    source = "computed from the objective and rounded upward" if computed else "as given in the scenario"
    return Model(
        learning_rate=scenario.learning_rate,
        workers=scenario.workers,
        hessian=values,
        hessian_computed=computed,
        noise_variance=scenario.noise_variance,
        delay=scenario.compute,
        mean_delay=mean,
        arrival_rate=coefficient("arrival_rate"),
        damping=tuple(coefficient("damping", h=value) for value in values),
        noise_intensity=coefficient("intensity"),
        assumptions=in_order({name for one in derivations for name in one.assumptions}),
        provenance=f"Coefficients from the derivation diffusion_limit; Hessian eigenvalues {source}.",
    )


def _over_mean(expression: sympy.Expr, mean: Enclosure, others: dict[str, Fraction]) -> Enclosure:
    """Return the values of an expression of the form number/m over an interval of mean delays m."""
    values = {getattr(sym, name): exactly(value) for name, value in others.items()}
    top = (expression.subs(values) * sym.m).cancel()
    if not top.is_Rational:
        raise ArithmeticError(f"not a multiple of 1/m: {expression}")
    number = fraction(top)
    return Enclosure(number / mean.hi, number / mean.lo)


__all__ = [
    "ASSUMPTIONS",
    "DERIVATIONS",
    "MEANINGS",
    "MODEL",
    "Assumption",
    "Badge",
    "Correctness",
    "Derivation",
    "DerivationCheck",
    "Derived",
    "Judgement",
    "Kind",
    "MeanDynamics",
    "Meaning",
    "Outcome",
    "Schedule",
    "Sign",
    "Step",
    "StepCheck",
    "askable",
    "candidate",
    "candidates",
    "check",
    "check_step",
    "derive",
    "dynamics",
    "example_values",
    "in_order",
    "judge",
    "latex_math",
    "pretty",
    "step_latex",
    "to_json",
    "to_latex",
    "to_markdown",
    "values_at",
    "vocabulary",
]
