"""Distributed asynchronous SGD with large delays: the step-size ladder, in our own words.

Only the abstract was at hand; the policies of step sizes are known from it, the criterion is derived here: with g_n
the steps and s(n) the version that is read at update n, the sum of g_n (g_s(n) + ... + g_n) must be finite, not that
of g_n.
"""

import numpy as np
import sympy

from paper_checks.evidence import measured
from sddeverify.emulator.run import emulate
from sddeverify.scenario import PolicySpec, Scenario

x = sympy.Symbol("x", positive=True)
p = sympy.Symbol("p", positive=True)


def finite(integrand):
    """Whether the integral over x > 1 is finite."""
    return sympy.integrate(integrand, (x, 1, sympy.oo)).is_finite is True


def test_bounded_delays():
    """Bounded delay: the criterion is sum g^2 < infinity; g = n^(-3/5) passes it and fails for delays like n^(1/2).

    The inner sum is about d g_n, then n^(1/2) n^(-3/5). PROVED (SymPy).
    """
    g = x ** sympy.Rational(-3, 5)
    assert finite(g**2)
    assert not finite(g)  # the sum of the steps must be infinite
    assert not finite(sympy.powsimp(g * sympy.sqrt(x) * g))


def test_sublinear_delays():
    """Delays like n^q, q < 1: g = 1/n passes. The inner sum is log(n/(n - n^q)) ~ n^(q-1). PROVED (SymPy)."""
    for q in (sympy.Rational(1, 2), sympy.Rational(9, 10)):
        inner = -sympy.log(1 - x ** (q - 1))
        assert sympy.limit(inner / x ** (q - 1), x, sympy.oo) == 1
        assert finite(x ** (q - 1) / x)


def test_linear_delays():
    """Delays like n/2: 1/n fails, since the inner sum tends to log 2; 1/(n log n) passes.

    With u = log n the outer sum of the latter is that of log 2/u^2. PROVED (SymPy).
    """
    assert sympy.integrate(1 / p, (p, x / 2, x)).simplify() == sympy.log(2)
    assert not finite(sympy.log(2) / x)
    inner = sympy.log(x) - sympy.log(x - sympy.log(2))  # log log n - log log(n/2) with x = log n
    assert sympy.limit(inner * x, x, sympy.oo) == sympy.log(2)
    assert finite(sympy.log(2) / x**2)


def test_polynomial_delays():
    """Reads of version n^(1/2): 1/(n log n) fails, since the inner sum is log 2; 1/(n log n loglog n) passes.

    With y = loglog n the outer sum of the latter is that of log 2/y^2. PROVED (SymPy).
    """
    assert sympy.simplify(sympy.log(x) - sympy.log(x / 2)) == sympy.log(2)  # x = log n
    assert not finite(sympy.log(2) / x)  # sum of log 2/(n log n), x = log n
    inner = sympy.log(x) - sympy.log(x - sympy.log(2))  # x = loglog n
    assert sympy.limit(inner * x, x, sympy.oo) == sympy.log(2)
    assert finite(sympy.log(2) / x**2)


def test_the_ladder_in_the_emulator():
    """Reading version ceil(sqrt n): a constant step diverges, the rung for polynomial delays stays bounded and shrinks.

    One deterministic run of 5000 updates each. CONSISTENT.
    """
    sizes = {}
    for steps in ("constant", "polynomial"):
        policy = PolicySpec("dasgd", {"steps": steps, "reads": "polynomial"})
        run = emulate(Scenario("1/2", 1, "constant(1)", hessian=[1], policy=policy, seed=1), arrivals=5000)
        sizes[steps] = np.abs(run.path.iterates[:, 0])
    assert sizes["constant"][-1] > 1000
    assert sizes["polynomial"].max() == 1
    assert sizes["polynomial"][-1] < sizes["polynomial"][len(sizes["polynomial"]) // 10] < 1
    measured(", ".join(f"{steps} step: {size[-1]:.3g} at the end" for steps, size in sizes.items()))
