"""Markov data and Schroedinger operators, against a moment recursion and matrices of finite differences."""

import numpy as np
import pytest
import scipy.linalg
import sympy

from sddeverify.derivations import _symbols as sym
from tests.derivations.scenarios import LAWS, derivation


@pytest.mark.parametrize(("step", "flip", "agents"), [(0.2, 0.1, 3), (0.7, 0.45, 1), (0.05, 0.02, 8)])
def test_variance_of_an_iterate_with_markov_data(step: float, flip: float, agents: int) -> None:
    """The joint second moments of iterate and sample, carried on until they stand still."""
    one = derivation(LAWS[0], "markov_noise")
    correlation = float(one.result("correlation").subs(sym.flip, flip))
    mixed = square = 0.0  # E x ξ before ξ is used, and E x²
    for _ in range(20_000):
        square = (1 - step) ** 2 * square + 2 * (1 - step) * step * mixed + step**2
        mixed = correlation * ((1 - step) * mixed + step)
    values = {sym.alpha: step, sym.correlation: correlation, sym.P: agents}
    assert float(one.result("variance").subs(values)) == pytest.approx(square / agents, rel=1e-9)
    assert one.result("half").rhs == 2
    assert float(one.result("independent").subs(values)) == pytest.approx(step / ((2 - step) * agents))


@pytest.mark.parametrize("text", ["13*x**2/20", "(x**2 - 1)**2/4"])
def test_the_lowest_energies(text: str) -> None:
    """The operator's matrix: its lowest energy is 0, and for the parabola the gap is the curvature."""
    noise, grid = 0.5, np.linspace(-4, 4, 2001)
    loss = sympy.sympify(text, locals={"x": sym.x_now})
    line = derivation(LAWS[0], "ground_state").result("potential")
    line = line.subs(sym.loss(sym.x_now), loss).subs(sym.wave(sym.x_now), 1).doit().subs(sym.temperature, noise)
    potential = sympy.lambdify(sym.x_now, -line)(grid)
    width = grid[1] - grid[0]
    lowest = scipy.linalg.eigh_tridiagonal(
        noise / width**2 + potential,
        np.full(len(grid) - 1, -noise / (2 * width**2)),
        select="i",
        select_range=(0, 1),
        eigvals_only=True,
    )
    assert abs(lowest[0]) < 1e-3
    if text == "13*x**2/20":
        gap = float(derivation(LAWS[0], "ground_state").result("gap").subs(sym.h, 1.3))
        assert lowest[1] == pytest.approx(gap, rel=1e-3)
    else:
        assert 0 < lowest[1] < 1  # two wells: slower than either
