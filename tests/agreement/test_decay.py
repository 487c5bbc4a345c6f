"""Exponents of emulated ensembles against spectral abscissas from Lambert's W or known polynomials."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.special import lambertw

from sddeverify.agreement import Mode, Verdict, decay, ensemble
from sddeverify.delays import Constant, Erlang, Exponential
from sddeverify.exact import Enclosure
from sddeverify.models import CharacteristicFunction
from tests.emulator.page import measured

Z = 2.576  # what sampling errors at the level 1 % are in standard errors
MEASURED = {
    (Exponential("1"), 0.1): "exponent of the mean, P = 8, c = 1/10, exponential",
    (Constant("1"), 0.8): "exponent of the mean, P = 8, c = 4/5, constant",
    (Constant("1"), 1.7): "exponent of the mean, P = 8, c = 1.7, constant",
}


def erlang_roots(shape, c):
    """Roots of s (1 + s/k)^k + c = 0, rightmost first: Erlang-k delays of mean 1."""
    polynomial = np.polyadd(np.polymul(np.poly1d([1 / shape, 1]) ** shape, [1, 0]), [c])
    return sorted(np.roots(polynomial), key=lambda s: (-s.real, -s.imag))


def oracle(law, c):
    """Rightmost root and the next real part, for laws of mean 1, by other means than our own search."""
    if isinstance(law, Constant):
        found = [complex(lambertw(-c, 0)), complex(lambertw(-c, 1))]
    else:
        found = erlang_roots(getattr(law, "shape", 1), c)
    first = complex(found[0])
    rest = [s.real for s in found if abs(s - first) > 1e-9 and abs(s - first.conjugate()) > 1e-9]
    return first, first.real - max(rest, default=first.real - 10)


def run(law, c, *, workers=8, claimed=None, seed=0, budget=12_000):
    """Compare an ensemble at c with the abscissa of ``claimed`` (another c), at a level of 1 %."""
    root, gap = oracle(law, c)
    rate = Fraction(str(c)) / workers
    certified = Fraction(oracle(law, claimed or c)[0].real)
    mode = Mode(rate / 2, Fraction(2), workers, law, root, gap)
    return decay.check(mode, Enclosure(certified, certified), seed=seed, budget=budget)


RIGHT = [
    (Exponential("1"), 1.0),
    (Exponential("1"), 0.1),
    (Constant("1"), 0.8),
    (Constant("1"), 1.7),
    (Constant("1"), 0.2),
]
LADDER = [(Erlang(3, "1"), 1.0), (Erlang(2, "1"), 0.05), (Erlang(4, "1"), 2.4)]


@pytest.mark.parametrize(("law", "c"), [*RIGHT, *LADDER])
def test_right_damping(law, c):
    found = run(law, c)
    assert found.check.verdict is Verdict.CONSISTENT, found.check
    assert found.how == ("ladder" if isinstance(law, Erlang) else "exact")
    if (law, c) in MEASURED:
        measured(MEASURED[law, c], found.check.observed, found.check.sampling_error / Z or None)


@pytest.mark.parametrize(("law", "c"), [*RIGHT[1:], *LADDER[:2]])
def test_wrong_damping(law, c):
    found = run(law, c, claimed=1.25 * c, budget=30_000)
    assert found.check.verdict is Verdict.INCONSISTENT, found.check


def test_growth_is_growth():
    check = run(Constant("1"), 1.7).check
    assert check.observed > 0
    assert check.expected > 0


def test_bias_is_printed_and_needed():
    check = run(Exponential("1"), 1.0, workers=4, budget=60_000).check
    assert check.bias == pytest.approx(-0.125)  # -c/(2 P), from lambda^2 + (1 + c/P) lambda + c = 0
    assert abs(check.observed - check.expected) > check.sampling_error + check.allowance


def test_a_constant_law_has_no_noise():
    found = run(Constant("1"), 0.8)
    assert found.check.sampling_error == 0
    assert found.check.allowance < 1e-6
    assert found.check.observed == pytest.approx(found.check.expected + found.check.bias, abs=1e-7)


@pytest.mark.parametrize(("workers", "c"), [(4, 0.4), (8, 0.38), (4, 0.3678)])
def test_near_a_double_root_of_few_workers(workers, c):
    # With 4 workers in turn, z^4 - z^3 + c/4 has two real roots close to each other (double at c = 27/64), where
    # the SDDE oscillates: its gap says nothing about when the second of them has died.
    right = run(Constant(1), c, workers=workers)
    wrong = run(Constant(1), c, workers=workers, claimed=1.1 * c)
    assert right.check.verdict is Verdict.CONSISTENT
    assert wrong.check.verdict is Verdict.INCONSISTENT


def test_a_wrong_law_is_found():
    # Exponential delays are emulated, constant ones of the same mean are claimed: -0.318 against -0.5.
    root, gap = oracle(Exponential("1"), 1.0)
    wrong = Fraction(oracle(Constant("1"), 1.0)[0].real)
    mode = Mode(Fraction(1, 16), Fraction(2), 8, Exponential("1"), root, gap)
    assert decay.check(mode, Enclosure(wrong, wrong), budget=30_000).check.verdict is Verdict.INCONSISTENT


def test_too_few_runs_are_no_agreement():
    found = run(Erlang(3, "1"), 2.4, budget=1)
    assert found.check.verdict is Verdict.TOO_LITTLE_DATA


def test_the_ladder_extrapolates_what_is_known():
    # A constant law goes through the ladder as well: the bias must be the exact one.
    root, gap = oracle(Constant("1"), 0.8)
    mode = Mode(Fraction(1, 20), Fraction(2), 8, Constant("1"), root, gap)
    rungs = []
    for factor in decay.LADDER:
        runs = ensemble.run(mode, factor=factor)
        start, _ = ensemble.window(mode)
        rungs.append(decay.Rung(runs, decay.exponent.estimate(runs.times, runs.paths, root, start, gap)))
    truth = Fraction(root.real)
    exact = decay.compare(tuple(rungs), Enclosure(truth, truth), None, name="x", level=0.01)
    assert exact.verdict is Verdict.CONSISTENT
    assert exact.allowance < 2e-3
    from sddeverify.agreement.finite_workers import round_robin

    assert exact.bias == pytest.approx(round_robin(0.1, 8, 1.0).real - root.real, abs=2e-4)


def test_learning_rate_and_curvature_enter_as_a_product():
    root, gap = oracle(Erlang(3, "1"), 1.0)
    modes = [Mode(rate, 1 / (8 * rate), 8, Erlang(3, "1"), root, gap) for rate in (Fraction(1, 8), Fraction(1, 1024))]
    first, second = (ensemble.run(mode, budget=2000, seed=3) for mode in modes)
    np.testing.assert_allclose(first.paths, second.paths, rtol=1e-12)


def test_our_own_search_gives_the_oracle_s_roots():
    from sddeverify.analysis import roots

    for law, c in [*RIGHT, *LADDER]:
        h = CharacteristicFunction(str(c), law)
        assert roots.rightmost_float(h) == pytest.approx(oracle(law, c)[0], abs=1e-9)


@pytest.mark.parametrize(("law", "cycles"), [(Constant("1"), 0), (Exponential("1"), 1), (Erlang(40, "1"), 8)])
def test_warm_up(law, cycles):
    assert ensemble.warm_up_cycles(law) == cycles
