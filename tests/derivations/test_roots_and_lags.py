"""Roots, fastest points, the Erlang family, lags and momentum, against scipy, polynomials and iterations."""

import math
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.special
import sympy

from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._branches import SolveByLambert
from tests.derivations.scenarios import LAWS, derivation


def result(name: str, wanted: str, **values: Any) -> Any:
    expression = derivation(LAWS[0], name).result(wanted)
    expression = getattr(expression, "rhs", expression)
    return expression.subs({getattr(sym, key): value for key, value in values.items()})


def rate(transform_power: int, strength: float) -> float:
    """Minus the largest real part of a zero of s (1 + s/k)^k + a, the Erlang equation of mean 1 cleared."""
    stage = np.poly1d([1 / transform_power, 1])
    return float(-max((np.poly1d([1, 0]) * stage**transform_power + strength).roots.real))


@pytest.mark.parametrize(("a", "tau"), [(0.2, 1.0), (0.9, 1.5), (3.0, 0.4)])
def test_roots_by_lamberts_function(a: float, tau: float) -> None:
    principal = complex(result("lambert_roots", "roots", a=a, tau=tau))
    branches = [complex(scipy.special.lambertw(-a * tau, k)) for k in range(-4, 5)]
    assert principal == pytest.approx(branches[4])
    for z in branches:
        s = z / tau
        assert abs(s + a * np.exp(-s * tau)) < 1e-9 * (1 + abs(s))
        assert float(result("lambert_roots", "real_part", a=a, tau=tau, modulus=abs(s))) == pytest.approx(s.real)
        assert s.real <= principal.real / tau + 1e-12


def test_boundary_and_branch_point() -> None:
    assert result("lambert_roots", "boundary") == -sympy.pi / 2
    assert result("lambert_roots", "branch_point") == -1 / sympy.E


def test_lamberts_function_solves_that_equation_only() -> None:
    with pytest.raises(NotImplementedError, match="not of the form"):
        SolveByLambert(sym.z).apply(sympy.Eq(sym.z**2 * sympy.exp(sym.z) + sym.a, 0))


def test_fastest_point_of_constant_delays() -> None:
    assert float(result("fastest_point", "constant_rate", tau=2)) == 0.5
    best = scipy.optimize.minimize_scalar(
        lambda c: scipy.special.lambertw(-c).real, bounds=(0.2, 1.5), method="bounded", options={"xatol": 1e-10}
    )
    assert float(result("fastest_point", "constant_strength")) == pytest.approx(best.x, rel=1e-6)
    # beyond it both derivatives are positive: x and the damping grow with y
    for y in (0.1, 1.0, 2.0, 3.1):
        assert result("fastest_point", "pair", angle=sympy.Float(y)) > 0
        assert result("fastest_point", "pair_damping", angle=sympy.Float(y)) > 0


def test_where_a_constant_delay_neither_speeds_up_nor_slows_down() -> None:
    angle = sympy.nsolve(result("fastest_point", "equal_speed"), sym.angle, 0.9)
    strength = float(angle / sympy.tan(angle))
    assert strength == pytest.approx(0.633364731, abs=1e-9)
    # by Lambert's function: the rate of the delay equation over that of no delay crosses 1 there
    for c, faster in ((strength - 1e-3, True), (strength + 1e-3, False)):
        assert (-scipy.special.lambertw(-c).real > c) == faster
    assert all(result("fastest_point", "equal_speed_once", angle=sympy.Float(y)) < 0 for y in (0.01, 0.7, 1.5))


@pytest.mark.parametrize("stages", [1, 2, 5])
def test_fastest_point_of_erlang_delays(stages: int) -> None:
    strength = float(result("fastest_point", "erlang_strength", k=stages))
    found = float(result("fastest_point", "erlang_rate", k=stages, q=1))
    assert rate(stages, strength) == pytest.approx(found, abs=1e-5)
    others = [rate(stages, factor * strength) for factor in (0.5, 0.9, 0.99, 1.1, 1.5)]
    assert max(others) <= found + 1e-9


def test_exponential_delays_are_one_stage() -> None:
    assert result("fastest_point", "exponential_rate") == 1 / (2 * sym.q)
    assert result("fastest_point", "exponential_strength") == sympy.Rational(1, 4)


@pytest.mark.parametrize(("shift", "mean"), [(0.5, 1.0), (2.0, 0.3)])
def test_fastest_point_of_shifted_exponential_delays(shift: float, mean: float) -> None:
    best = scipy.optimize.minimize_scalar(
        lambda r: -r * math.exp(-r * shift) * (1 - r * mean),
        bounds=(0, 1 / mean),
        method="bounded",
        options={"xatol": 1e-12},
    )
    assert float(result("fastest_point", "shifted_rate", start=shift, q=mean)) == pytest.approx(best.x, rel=1e-6)


def test_condition_of_a_double_root() -> None:
    """For two points the condition vanishes where the damping is stationary."""

    def phi(r: float) -> float:
        return (math.exp(r) + math.exp(3 * r)) / 2

    best = scipy.optimize.minimize_scalar(
        lambda r: -r / phi(r), bounds=(0, 2), method="bounded", options={"xatol": 1e-12}
    )
    slope = -(math.exp(best.x) + 3 * math.exp(3 * best.x)) / 2
    value = result("fastest_point", "condition", decay=best.x, Phi=phi(best.x), slope_of_phi=slope)
    assert abs(float(value)) < 1e-6


def test_the_erlang_family() -> None:
    assert [result("erlang_family", name) for name in ("two", "three", "memoryless")] == [4, sympy.Rational(8, 3), 0]
    assert result("erlang_family", "constant") == sympy.pi / 2
    assert result("erlang_family", "transform") == sympy.exp(-sym.decay * sym.q)
    critical = float(result("erlang_family", "strength", k=5))
    assert rate(5, critical) == pytest.approx(0, abs=1e-9)
    assert rate(5, 0.99 * critical) > 0 > rate(5, 1.01 * critical)


@pytest.mark.parametrize("lag", [1, 2, 7])
def test_fixed_lags(lag: int) -> None:
    def largest(step: float) -> float:
        return float(max(abs(np.roots([1, -1, *[0] * (lag - 1), step]))))

    critical = float(result("discrete_lag", "boundary", lag=lag))
    assert critical == pytest.approx(2 * math.sin(math.pi / (2 * (2 * lag + 1))))
    assert largest(0.999 * critical) < 1 < largest(1.001 * critical)
    fastest, zero = (float(result("discrete_lag", name, lag=lag)) for name in ("fastest", "fastest_zero"))
    assert largest(fastest) == pytest.approx(zero, abs=1e-6)
    assert min(largest(0.9 * fastest), largest(1.1 * fastest)) > zero
    assert result("discrete_lag", "many") == sympy.pi / 2


@pytest.mark.parametrize("workers", [2, 5])
def test_geometric_lags_and_momentum(workers: int) -> None:
    step = 0.3
    matrix = np.array([[1, -step], [1 / workers, 1 - 1 / workers - step / workers]])
    for name, wanted in (("discrete_lag", "geometric"), ("momentum", "polynomial")):
        line = result(name, wanted, P=workers, alpha=sympy.Rational(3, 10))
        coefficients = [float(c) for c in sympy.Poly(line, sym.growth).all_coeffs()]
        assert coefficients == pytest.approx(list(np.poly(matrix)))
    assert result("discrete_lag", "geometric_boundary", P=workers) == 4 * workers - 2
    assert result("momentum", "boundary", P=workers) == 4 * workers - 2


def test_heavy_ball_is_the_mean_iterate() -> None:
    workers, step = 4, 0.3
    matrix = np.array([[1, -step], [1 / workers, 1 - 1 / workers - step / workers]])
    state, path = np.array([1.0, 1.0]), [1.0]
    for _ in range(20):
        state = matrix @ state
        path.append(state[0])
    before = float(result("momentum", "start", x_now=1, alpha=sympy.Float(step), P=workers))
    ball = [before, 1.0]
    for _ in range(20):
        values = {"x_now": ball[-2], "x_next": ball[-1], "alpha": step, "P": workers}
        ball.append(float(result("momentum", "heavy_ball", **values)))
    assert ball[1:] == pytest.approx(path, abs=1e-12)


RUNGS = {
    "bounded": (lambda n: n**-0.75, lambda n: n - 5),
    "sublinear": (lambda n: 1 / n, lambda n: n - np.sqrt(n)),
    "linear": (lambda n: 1 / (n * np.log(n + 2)), lambda n: n / 2),
    "polynomial": (lambda n: 1 / (n * np.log(n + 2) * np.log(np.log(n + 15))), np.sqrt),
}


def criterion(steps: str, reads: str, most: int = 2 * 10**6) -> np.ndarray:
    """The partial sums of g(n) (g(s(n)) + ... + g(n)), at equal distances in log n."""
    n = np.arange(1, most + 1, dtype=float)
    sizes = RUNGS[steps][0](n)
    total = np.concatenate([[0.0], np.cumsum(sizes)])
    read = np.clip(np.ceil(RUNGS[reads][1](n)), 1, None).astype(int)
    sums = np.cumsum(sizes * (total[1:] - total[read - 1]))
    return sums[np.geomspace(10, most, 7).astype(int) - 1]


def test_the_ladder_of_step_sizes() -> None:
    """Sums by brute force: their growth dies out in the class of the rung, and follows the divergent integral above."""
    names = list(RUNGS)
    for rung, name in enumerate(names):
        grown = np.diff(criterion(name, name))
        assert grown[-1] < 0.75 * grown[0], name
        if rung + 1 < len(names):
            above = np.diff(criterion(name, names[rung + 1]))
            assert above[-1] > 2 * grown[-1], name
    # delays n/2 with 1/n: log 2 for each unit of log n, as derived; with 1/(n log n): what is left of pi^2/6
    n = np.log(2e6 / 10) / 6
    expected = float(result("growing_delays", "sublinear_fails").subs(sym.newest, sympy.exp(n)))
    assert np.diff(criterion("sublinear", "linear"))[-1] == pytest.approx(expected, rel=1e-3)
    assert float(result("growing_delays", "sublinear").subs(sym.power, sympy.Rational(1, 2))) == pytest.approx(
        scipy.integrate.quad(lambda v: -np.log1p(-np.exp(-v / 2)), 0, 80, limit=200)[0], rel=1e-8
    )


@pytest.mark.parametrize(("nodes", "steps", "threads"), [(2, 3, 1), (4, 5, 1), (4, 5, 3), (6, 4, 4), (8, 3, 9)])
def test_nodes_of_threads_in_turn(nodes: int, steps: int, threads: int) -> None:
    """Node by node and thread by thread: on the two sides of the derived boundary, paths grow and shrink."""

    def left(alpha: float) -> float:
        """What the inner steps leave of a copy."""
        shares = [1.0]
        for step in range(steps):
            shares.append(shares[-1] - alpha * shares[max(step - threads + 1, 0)])
        return shares[-1]

    boundary = float(result("two_levels", "boundary").subs(sym.P, nodes))
    critical = scipy.optimize.brentq(lambda alpha: 1 - left(alpha) - boundary, 0, boundary) if nodes > 2 else 0.999
    if threads == 1 and nodes > 2:
        exact = result("two_levels", "one_thread_boundary").subs({sym.P: nodes, sym.inner: steps})
        assert critical == pytest.approx(float(exact), rel=1e-9)
    if threads >= steps:
        exact = result("two_levels", "many_threads_boundary").subs({sym.P: nodes, sym.inner: steps})
        assert critical == pytest.approx(float(exact), rel=1e-9)
    for factor, grows in ((0.97, False), (1.03, True)):
        alpha = factor * critical
        if nodes == 2 and grows:
            continue  # one thread of two nodes stands every alpha below 1
        x, copies = 1.0, [1.0] * nodes
        sizes = []
        for push in range(4000):
            x -= copies[push % nodes] * (1 - left(alpha))
            copies[push % nodes] = x
            sizes.append(abs(x))
        assert (max(sizes[-100:]) > max(sizes[:100])) is grows
    # the generating function has these shares as coefficients
    series = result("two_levels", "generating_function").subs({sym.alpha: sympy.Rational(1, 7), sym.lag: threads - 1})
    if threads > 1:
        coefficient = sympy.series(series, sym.z, 0, steps + 1).removeO().coeff(sym.z, steps)
        assert float(coefficient) == pytest.approx(left(1 / 7))
