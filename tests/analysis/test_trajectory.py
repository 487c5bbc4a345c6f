"""Mean paths against the method of steps, a linear system solved by scipy, and their own delay equation."""

from math import factorial, floor

import numpy as np
import pytest
import scipy.linalg

from sddeverify.analysis.trajectory import mean_path
from sddeverify.delays import Constant, parse
from sddeverify.models import CharacteristicFunction

TIMES = np.linspace(0, 20, 101)


@pytest.mark.parametrize("damping", ["1/5", "1", "3/2", "2"])
def test_constant_delay_against_the_method_of_steps(damping: str) -> None:
    h = CharacteristicFunction(damping, Constant(1))
    a = float(h.damping.lo)
    times = np.linspace(0.05, 9.95, 100)
    expected = [sum((-a) ** k * (t - k + 1) ** k / factorial(k) for k in range(floor(t) + 2)) for t in times]
    scale = np.maximum.accumulate(np.abs(expected))
    assert np.max(np.abs(mean_path(h, times) - expected) / scale) < 5e-3


@pytest.mark.parametrize(("damping", "undelayed"), [("1/2", 0), ("3", 0), ("3", "1/3")])
def test_exponential_delay_against_the_matrix_exponential(damping: str, undelayed: str | int) -> None:
    h = CharacteristicFunction(damping, parse("exponential(1/2)"), undelayed)
    a, b = float(h.damping.lo), float(h.undelayed.lo)
    system = np.array([[-b, -a], [2.0, -2.0]])
    expected = [(scipy.linalg.expm(system * t) @ [1.0, 1.0])[0] for t in TIMES]
    np.testing.assert_allclose(mean_path(h, TIMES), expected, atol=1e-6)


def test_growth_is_followed() -> None:
    h = CharacteristicFunction("4", parse("erlang(2, 1)"))
    # s (s/2 + 1)^2 + 4 = 0, as a chain of two stages
    system = np.array([[0.0, 0.0, -4.0], [2.0, -2.0, 0.0], [0.0, 2.0, -2.0]])
    expected = np.array([(scipy.linalg.expm(system * t) @ np.ones(3))[0] for t in TIMES])
    np.testing.assert_allclose(mean_path(h, TIMES), expected, atol=1e-5 * np.max(np.abs(expected)))
