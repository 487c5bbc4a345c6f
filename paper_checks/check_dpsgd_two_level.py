"""DPSGD: asynchronous nodes with lock-free threads, in our own words.

Only the abstract was at hand; the two-level scheme is reconstructed (see the policy ``dpsgd``). W nodes; a node copies
the model, its C threads make B inner steps without locks, and the accumulated update is applied on arrival.
"""

import math

import numpy as np
import pytest

from paper_checks.evidence import measured, proved
from sddeverify.certificates import discrete_boundary
from sddeverify.emulator.run import emulate
from sddeverify.scenario import PolicySpec, Scenario


def moved(alpha, steps, threads):
    """1 - e_B: e_0 = 1, e_(j+1) = e_j - alpha e_max(j-C+1, 0)."""
    e = [1.0]
    for j in range(steps):
        e.append(e[-1] - alpha * e[max(j - threads + 1, 0)])
    return 1 - e[-1]


def critical(steps, threads, nodes):
    """The critical alpha in round robin, from the certified critical step of the lag W - 1."""
    boundary = proved(discrete_boundary.prove(nodes - 1, digits=9)).step
    limit, lo, hi = float(boundary.lo), 0.0, 1.0 / steps
    for _ in range(60):
        middle = (lo + hi) / 2
        lo, hi = (middle, hi) if moved(middle, steps, threads) < limit else (lo, middle)
    return lo


@pytest.mark.parametrize("nodes", [4, 8, 16])
@pytest.mark.parametrize(("steps", "threads"), [(2, 1), (5, 3), (10, 4)])
def test_a_rule_of_thumb_for_stability(nodes, steps, threads):
    """In round robin alpha ((W - 1) B + C - 1) at the boundary is near pi/2: within 10 % for W >= 4.

    From the certified boundary of the outer lag and the exact inner recursion. PROVED (certificate, at these values).
    """
    strength = critical(steps, threads, nodes) * ((nodes - 1) * steps + threads - 1)
    assert abs(strength / (math.pi / 2) - 1) < 0.1


@pytest.mark.parametrize(("nodes", "threads"), [(2, 1), (4, 3), (7, 2)])
def test_conservation_at_both_levels(nodes, threads):
    """Staleness between nodes is W - 1 for equal nodes; within a node at most C - 1 steps: counted exactly.

    CONSISTENT (exact for each run; no error level is involved).
    """
    policy = PolicySpec("dpsgd", {"steps": 4, "threads": threads})
    run = emulate(Scenario("1/1000", nodes, "constant(1)", hessian=[1], policy=policy, seed=1), arrivals=400)
    assert (run.trace.staleness[nodes:] == nodes - 1).all()
    # Without gradient noise, one node's push moves by exactly 1 - e_B of what it read.
    alone = emulate(Scenario("1/20", 1, "constant(1)", hessian=[1], policy=policy, seed=1), arrivals=30)
    _, first = np.unique(alone.path.versions, return_index=True)
    ratios = alone.path.iterates[first[1:], 0] / alone.path.iterates[first[:-1], 0]
    assert ratios == pytest.approx(1 - moved(0.05, 4, threads), abs=1e-12)
    measured(f"W = {nodes}: staleness {run.trace.staleness[nodes:].mean():.0f} each")


def test_speed_up_saturates():
    """More nodes stop helping: at a fixed step the decay per unit time has a maximum, and turns into divergence.

    Equal nodes, B = 4, C = 2, alpha = 1/100: decay over 60 passes of a node (no noise, deterministic). CONSISTENT.
    """
    rates = {}
    for nodes in (1, 2, 4, 8, 32, 64):
        policy = PolicySpec("dpsgd", {"steps": 4, "threads": 2})
        run = emulate(Scenario("1/100", nodes, "constant(1)", hessian=[1], policy=policy, seed=1), arrivals=60 * nodes)
        tail = np.abs(run.path.iterates[-2 * nodes :, 0]).max()
        rates[nodes] = -math.log(tail) / 60
    assert rates[1] < rates[2] < rates[4] < rates[8]
    assert rates[32] < rates[8]
    assert rates[64] < 0
    measured(", ".join(f"W = {nodes}: {rate:.3g}" for nodes, rate in rates.items()))
