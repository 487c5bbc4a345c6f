"""DASA: delay-adaptive stochastic approximation with Markov data, in our own words.

Only the abstract was at hand; the algorithm is reconstructed (see the policy ``dasa``), and so are the checks.
"""

import numpy as np
import pytest
import sympy

from paper_checks.evidence import measured, proved
from sddeverify.certificates import stability
from sddeverify.delays import Constant
from sddeverify.emulator.run import Emulation, emulate
from sddeverify.models import CharacteristicFunction
from sddeverify.objectives import MarkovChain, Quadratic
from sddeverify.scenario import PolicySpec, Scenario


def test_stationary_variance_under_markov_data():
    """Averaging N agents divides the variance: alpha^2 (1 + a rho)/((1 - a^2)(1 - a rho) N), a = 1 - alpha.

    From the two stationary equations of (x, observation), solved symbolically. PROVED (SymPy).
    """
    alpha, rho, N, V, D = sympy.symbols("alpha rho N V D", positive=True)
    a = 1 - alpha
    # x' = a x + alpha c; E[c c'] = rho/N; D = E[x c] and V = E[x^2] are stationary.
    solution = sympy.solve(
        [rho * (a * D + alpha / N) - D, a**2 * V + 2 * a * alpha * D + alpha**2 / N - V], [V, D], dict=True
    )
    claimed = alpha**2 * (1 + a * rho) / ((1 - a**2) * (1 - a * rho) * N)
    assert sympy.simplify(solution[0][V] - claimed) == 0


def test_stationary_variance_of_emulated_chains():
    """The same from synchronous runs of N = 4 agents, alpha = 1/5, rho = 1/2.

    9 runs of 5000 updates; the mean square lies within 5 standard errors (8 degrees of freedom: error level 1e-3), and
    that of independent data (rho = 0) does not. CONSISTENT.
    """
    alpha, rho, chains = 0.2, 0.5, 4
    a = 1 - alpha
    right, wrong = (alpha**2 * (1 + a * r) / ((1 - a**2) * (1 - a * r) * chains) for r in (rho, 0))
    means = []
    for replica in range(9):
        scenario = Scenario("1/5", 1, "constant(1)", hessian=[1], policy="synchronous", seed=2)
        emulation = Emulation.create(scenario, objective=MarkovChain("1/2", chains), replica=replica)
        path = emulation.run(arrivals=5000).result().path
        means.append(np.mean(path.iterates[path.versions > 100, 0] ** 2))
    error = np.std(means, ddof=1) / 3
    assert abs(np.mean(means) - right) < 5 * error
    assert abs(np.mean(means) - wrong) > 5 * error
    measured(f"{np.mean(means):.5f} ({error:.5f}), expected {right:.5f}")


@pytest.mark.parametrize("strength", ["1.571", "12"])
def test_vanilla_asynchronous_updates_diverge(strength):
    """Without adaptation a constant delay D diverges once alpha D > pi/2, at 12 as well. PROVED (certificates)."""
    assert not proved(stability.prove(CharacteristicFunction(strength, Constant(1)))).stable


def test_the_gated_rule_stays_bounded():
    """At alpha D = 12 the gated rule stays bounded where plain asynchronous updates diverge, with equal workers.

    In this reconstruction it ends in a bounded cycle, not at the minimum. CONSISTENT (one run each; deterministic).
    """
    fields = {"learning_rate": "1/2", "workers": 25, "compute": "constant(1)", "hessian": [1], "seed": 1}
    assert emulate(Scenario(**fields), arrivals=6000).diverged
    gated = emulate(Scenario(**fields, policy="dasa"), arrivals=6000)
    assert not gated.diverged
    assert np.abs(gated.path.iterates).max() < 2
    measured(f"largest distance {np.abs(gated.path.iterates).max():.3g}")


def test_half_sampling_costs_noise_when_delays_are_benign():
    """Averaging only half of the agents raises the noise floor when no delay needs it.

    Equal workers, alpha D = 0.15: stationary mean squares of 10 runs, a sign test in which all runs agree has an
    error level of 2^-10. CONSISTENT.
    """
    larger = 0
    for seed in range(10):
        floors = {}
        for name in ("dasa", "k_batch_sync"):
            parameters = {"gap": 1000} if name == "dasa" else {"k": 4}
            policy = PolicySpec(name, parameters)
            scenario = Scenario("1/20", 4, "constant(1)", hessian=[1], noise_variance=1, policy=policy, seed=seed)
            run = Emulation.create(scenario, objective=Quadratic(["1"], 1)).run(arrivals=3000).result()
            floors[name] = np.var(run.path.iterates[len(run.path.iterates) // 10 :])
        larger += floors["dasa"] > floors["k_batch_sync"]
    assert larger == 10
    measured(f"larger in {larger} of 10 runs")
