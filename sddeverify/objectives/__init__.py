"""What is minimised: a quadratic of given curvature, regressions and a perceptron on real digits, small model problems.

An objective gives stochastic gradients, and the Hessian whose eigenvalues enter the delay equation.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from sddeverify.errors import invalid
from sddeverify.objectives._mean import Mean
from sddeverify.objectives._objective import Objective
from sddeverify.objectives.double_well import DoubleWell
from sddeverify.objectives.logistic import Logistic
from sddeverify.objectives.markov_chain import MarkovChain
from sddeverify.objectives.mlp import Mlp
from sddeverify.objectives.mnist_softmax import MnistSoftmax
from sddeverify.objectives.quadratic import Quadratic
from sddeverify.objectives.ridge import Ridge

OBJECTIVES: dict[str, type[Objective]] = {
    "quadratic": Quadratic,
    "ridge": Ridge,
    "logistic": Logistic,
    "mnist_softmax": MnistSoftmax,
    "mlp": Mlp,
    "markov_chain": MarkovChain,
    "double_well": DoubleWell,
}
"""Every objective, by its name in scenarios."""

__all__ = [
    "OBJECTIVES",
    "DoubleWell",
    "Logistic",
    "MarkovChain",
    "Mean",
    "Mlp",
    "MnistSoftmax",
    "Objective",
    "Quadratic",
    "Ridge",
    "build",
]


def build(name: str, parameters: Mapping[str, Any]) -> Objective:
    """Return the objective that a scenario names; its data are loaded when they are first needed.

    Raises:
        InvalidScenario: for an unknown name, an unknown or missing parameter, or a value that is not allowed.
    """
    if name not in OBJECTIVES:
        raise invalid("objective", name, f"one of {', '.join(OBJECTIVES)}")
    cls = OBJECTIVES[name]
    known = inspect.signature(cls).parameters
    for key in parameters:
        if key not in known:
            raise invalid(f"objective.{name}", key, f"only {', '.join(known)}")
    for key, parameter in known.items():
        if parameter.default is parameter.empty and key not in parameters:
            raise invalid(f"objective.{name}", f"no {key}", f"a value of {key}")
    return cls(**parameters)
