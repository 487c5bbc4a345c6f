"""Generalisation of delayed SGD, in our own words.

Only the abstract was at hand; the technique of generating functions is that of Arjevani, Shamir and Srebro (ALT 2020),
which was read. w_(t+1) = w_t - alpha g_(t - tau) with a fixed lag tau.
"""

from fractions import Fraction
from math import comb

import pytest
import sympy

from paper_checks.evidence import proved
from sddeverify.certificates import discrete_boundary


def coefficient(k, lag, alpha):
    """b_k = [z^k] 1/(1 - z + alpha z^(lag + 1))."""
    return sum((comb(k - lag * j, j) * (-alpha) ** j for j in range(k // (lag + 1) + 1)), start=0 * alpha)


@pytest.mark.parametrize("lag", range(6))
def test_generating_function(lag):
    """b_k = sum over j of C(k - lag j, j) (-alpha)^j, and alpha (b_0 + ... + b_m) = 1 - b_(m + lag + 1).

    Against the power series itself, symbolically in alpha up to k = 24. PROVED (SymPy).
    """
    alpha = sympy.Symbol("alpha")
    b = [sympy.expand(coefficient(k, lag, alpha)) for k in range(25)]
    for k in range(1, 25):  # (1 - z + alpha z^(lag+1)) sum b_k z^k = 1
        earlier = b[k - lag - 1] if k > lag else 0
        assert sympy.expand(b[k] - b[k - 1] + alpha * earlier) == 0
    for m in range(24 - lag):
        assert sympy.expand(alpha * sum(b[: m + 1]) - 1 + b[m + lag + 1]) == 0


@pytest.mark.parametrize("lag", [1, 2, 4])
def test_delay_lowers_the_gap_early_and_raises_it_late(lag):
    """Mean estimation, n samples of variance v: the gap is h v (1 - b_T)/n, and delay lowers it iff alpha T < 1.

    Without update in the first lag steps, small fixed step. In exact rationals at alpha = 1/400: lower at every T from
    lag + 1 to .95/alpha, higher from 1.1/alpha to 4/alpha. PROVED (exact arithmetic at these values).
    """
    alpha = Fraction(1, 400)
    for T in [lag + 1, 50, 200, 300, 380]:
        assert 1 - coefficient(T, lag, alpha) < 1 - coefficient(T, 0, alpha), T
    for T in [440, 600, 1000, 1600]:
        assert 1 - coefficient(T, lag, alpha) > 1 - coefficient(T, 0, alpha), T


@pytest.mark.parametrize("lag", [1, 2, 4])
def test_with_gradients_at_the_start_delay_always_raises_the_gap(lag):
    """With gradients at w_0 in the first lag steps instead, step T has b_(T + lag): delay raises the gap at every T.

    Both published rates are limits of one formula under two conventions, so the convention must be stated. PROVED
    (exact arithmetic at alpha = 1/400 and T up to 1600).
    """
    alpha = Fraction(1, 400)
    for T in [2, 50, 200, 400, 800, 1600]:
        assert coefficient(T + lag, lag, alpha) < coefficient(T, 0, alpha), T


@pytest.mark.parametrize("lag", [0, 1, 4, 16, 64])
def test_the_step_condition_is_far_inside_the_stable_region(lag):
    """The step alpha <= 1/(20 (lag + 1)) is stable: the certified critical step is more than 15 times as large.

    It is 2 sin(pi/(2 (2 lag + 1))), certified for each lag. PROVED (certificates).
    """
    assert proved(discrete_boundary.prove(lag, digits=9)).step.lo > Fraction(15, 20 * (lag + 1))
