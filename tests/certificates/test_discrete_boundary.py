"""Critical steps of fixed and geometric lags against closed forms, simulated recursions and NumPy's eigenvalues."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from sddeverify import checker
from sddeverify.certificates import Certificate, discrete_boundary
from sddeverify.certificates._certificate import document
from sddeverify.errors import InvalidScenario
from tests.certificates.proved import proved

SHARES = ["0", "1/10", "1/2", "7/8", "999/1000"]


def shifted(certificate: Certificate, factor: Fraction) -> checker.Status:
    """What the kernel says when both ends of the step are off by a factor."""
    claim = certificate.document["claim"]
    return checker.check(
        document(claim | {"step": [str(Fraction(x) * factor) for x in claim["step"]]}, None, {})
    ).status


@pytest.mark.parametrize("lag", [0, 1, 2, 3, 10, 50])
def test_fixed_lag(lag: int) -> None:
    certificate = proved(discrete_boundary.prove(lag))
    critical = 2 * np.sin(np.pi / (2 * (2 * lag + 1)))  # Levin & May 1976
    assert certificate.step.lo < Fraction(critical * (1 + 1e-14))
    assert certificate.step.hi > Fraction(critical * (1 - 1e-14))
    assert certificate.step.width < certificate.step.lo / 10**11
    assert {shifted(certificate, Fraction(k, 100)) for k in (99, 101)} == {checker.Status.REJECTED}


@pytest.mark.parametrize("share", SHARES)
def test_geometric_lag_is_momentum(share: str) -> None:
    """Heavy balls, x'' = x' + q (x' - x) - beta x', are stable for 0 < beta < 2 (1 + q) (Polyak 1964)."""
    certificate = proved(discrete_boundary.prove(geometric=share))
    q = Fraction(share)
    assert certificate.step.lo < 2 * (1 + q) / (1 - q) < certificate.step.hi
    assert certificate.step.width < certificate.step.lo / 10**11
    assert {shifted(certificate, Fraction(k, 100)) for k in (99, 101)} == {checker.Status.REJECTED}


@pytest.mark.parametrize("workers", [1, 2, 5, 16])
def test_memoryless_workers(workers: int) -> None:
    """x' = x - alpha r_I, r_I' = x', I uniform: what follows from equal reads contracts in the mean below 4 P - 2."""
    step = proved(discrete_boundary.prove(geometric=1 - Fraction(1, workers))).step
    assert step.lo < 4 * workers - 2 < step.hi

    def largest(alpha: float) -> float:
        mean = np.zeros((workers + 1, workers + 1))
        for chosen in range(1, workers + 1):
            one = np.eye(workers + 1)
            one[0, chosen] -= alpha
            one[chosen] = one[0]
            mean += one / workers
        reached = np.stack([np.ones(workers + 1), mean @ np.ones(workers + 1)], axis=1)
        small = np.linalg.pinv(reached) @ mean @ reached
        assert np.allclose(reached @ small, mean @ reached)  # two means are enough
        return float(max(abs(np.linalg.eigvals(small))))

    stable = [largest(float(step.lo) * k / 40) for k in range(1, 40)]
    assert max(stable) < 1 < min(largest(float(step.hi) * factor) for factor in (1.001, 2, 100))


@pytest.mark.parametrize("share", ["1/2", "7/8"])
def test_the_geometric_sum_is_eliminated_rightly(share: str) -> None:
    """x_(k+1) = x_k - alpha times the sum of (1 - q) q^j x_(k-j), with all its terms, from a past of ones."""
    step, q = proved(discrete_boundary.prove(geometric=share)).step, float(Fraction(share))
    for factor, decays in ((0.9, True), (1.1, False)):
        past = np.ones(400)
        weights = (1 - q) * q ** np.arange(400)
        for _ in range(600):
            past = np.concatenate([[past[0] - factor * float(step.lo) * weights @ past], past[:-1]])
        assert bool(abs(past[:5]).max() < 1e-3) is decays


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "exactly one"),
        ({"lag": 1, "geometric": "1/2"}, "exactly one"),
        ({"lag": -1}, "lag"),
        ({"lag": "3"}, "lag"),
        ({"geometric": "1"}, "geometric"),
        ({"geometric": "-1/2"}, "geometric"),
        ({"geometric": 0.5}, "geometric"),
        ({"geometric": "half"}, "geometric"),
        ({"geometric": "1/2", "digits": 10**5}, "digits"),
    ],
)
def test_bad_input(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidScenario, match=words):
        discrete_boundary.prove(**arguments)
