"""MindFlayer SGD (UAI 2025, PMLR 286), in our own words: workers whose compute times have heavy tails or may hang.

Worker i needs a fixed time tau_i and a random one eta_i; a trial is given up after tau_i + t_i, so it yields a gradient
with probability p_i = Pr(eta_i <= t_i). The paper was read.
"""

import itertools
import math
from fractions import Fraction

import mpmath
import sympy

from paper_checks.evidence import measured
from sddeverify.emulator.clock import Deadlock
from sddeverify.emulator.policies._trial_plan import plan
from sddeverify.emulator.run import Emulation
from sddeverify.objectives import Quadratic
from sddeverify.scenario import Group, PolicySpec, Scenario


def test_trials_yield_the_batch_on_average():
    """The numbers of trials b_i (before rounding up) give S gradients on average: sum of p_i b_i = S.

    With t(m) = (S + sum p)/(sum p/(tau + t)) and b_i = t(m)/(tau_i + t_i) - 1, symbolically for three workers, and for
    the plan that the emulator's policy makes. PROVED (SymPy).
    """
    p = sympy.symbols("p1:4", positive=True)
    lengths = sympy.symbols("L1:4", positive=True)
    S = sympy.Symbol("S", positive=True)
    time = (S + sum(p)) / sum(x / y for x, y in zip(p, lengths, strict=True))
    assert sympy.simplify(sum(x * (time / y - 1) for x, y in zip(p, lengths, strict=True)) - S) == 0
    result = plan([Fraction(1), Fraction(3), Fraction(7, 2)], [Fraction(1, 2)] * 3, Fraction(6))
    assert sum(x / 2 for x in result.shares) == 6


def test_expected_times_of_one_lognormal_device():
    """Tau = 1 and a lognormal eta with s = 2.5: 23.760 without a limit, 3.2827 at the median, 17.655 at t = 1000.

    The mean time to a gradient is (tau + E min(eta, t))/p; E min has a closed form, evaluated to 30 digits and checked
    against its integral. PROVED (closed form; the published digits agree).
    """
    with mpmath.workdps(30):
        s = mpmath.mpf("2.5")

        def expected(limit):
            if limit == mpmath.inf:
                return 1 + mpmath.exp(s**2 / 2)
            p = mpmath.ncdf(mpmath.log(limit) / s)
            within = mpmath.exp(s**2 / 2) * mpmath.ncdf(mpmath.log(limit) / s - s) + limit * (1 - p)
            survival = mpmath.quad(
                lambda y: mpmath.ncdf(-y / s) * mpmath.exp(y),
                [-mpmath.inf, -10, 0, mpmath.log(limit)] if limit > 1 else [-mpmath.inf, -10, 0],
            )
            assert abs(survival - within) < mpmath.mpf(10) ** -15 * within
            return (1 + within) / p

        assert mpmath.nstr(expected(mpmath.inf), 5) == "23.76"
        assert mpmath.nstr(expected(mpmath.mpf(1)), 5) == "3.2827"
        assert mpmath.nstr(expected(mpmath.mpf(1000)), 5) == "17.655"


def test_the_success_time_is_conditional():
    """An erratum: the time of a successful trial is tau + E[eta | eta <= t]; with E[eta] the total is far too long.

    At the median the conditional mean is 0.2826..., the unconditional one 22.76: the time would be 25.76 instead
    of 3.28. DIFFERS (25.76 against 3.2827).
    """
    s = 2.5
    mean = math.exp(s**2 / 2)
    conditional = mean * float(mpmath.ncdf(-s)) / 0.5
    right, wrong = (1 + conditional) + 2, (1 + mean) + 2
    assert abs(right - 3.2827) < 1e-4
    assert abs(wrong - 25.76) < 5e-3
    measured(f"{wrong:.2f} against {right:.4f}")


def test_second_moment_of_the_step():
    """The second moment of a step is |grad|^2 (1 + sum B_i p_i (1 - p_i)/B^2) + sigma^2/B, B = sum p_i B_i.

    Sharper than the bound with 2 |grad|^2; derived here and checked by enumerating all outcomes of the trials.
    PROVED (exact enumeration in rationals).
    """
    for counts, chances in [((2, 3), ("1/2", "3/4")), ((1, 1, 2), ("1/3", "9/10", "1/5")), ((4,), ("2/3",))]:
        p = [Fraction(x) for x in chances]
        B = sum(x * n for x, n in zip(p, counts, strict=True))
        gradient, noise = Fraction(7, 3), Fraction(5, 2)  # |grad|^2 and sigma^2
        second = Fraction(0)
        for outcome in itertools.product(*(range(n + 1) for n in counts)):
            chance = math.prod(
                (math.comb(n, k) * x**k * (1 - x) ** (n - k) for n, k, x in zip(counts, outcome, p, strict=True)),
                start=Fraction(1),
            )
            received = sum(outcome)
            second += chance * (received**2 * gradient + received * noise) / B**2
        spread = sum(n * x * (1 - x) for n, x in zip(counts, p, strict=True))
        assert second == gradient * (1 + spread / B**2) + noise / B


def test_it_goes_on_where_gradients_hang():
    """Gradients hang for ever with probability 3/10: asynchronous SGD and Rennala stall, MindFlayer advances at rate p.

    10 000 trials; the share in time is within 4 standard deviations of p = 7/10 (error level 6e-5). CONSISTENT.
    """
    group = Group(5, "exponential(1)", hang="3/10")

    def running(name, **parameters):
        scenario = Scenario("1/1000", 5, group.compute, hessian=[1], policy=PolicySpec(name, parameters), pool=(group,))
        return Emulation.create(scenario, objective=Quadratic(["1"]))

    for name in ("asynchronous", "rennala"):
        try:
            running(name).run(arrivals=10_000)
        except Deadlock:
            continue
        raise AssertionError(f"{name} goes on")
    result = running("mindflayer", limit=50, trials=2, success="7/10").run(arrivals=7000).result()
    from sddeverify.emulator.ledger import Outcome

    trials = result.ledger.counts[Outcome.TIMED_OUT] + 7000
    assert abs(7000 / trials - 0.7) < 4 * math.sqrt(0.21 / trials)
    measured(f"{7000 / trials:.4f} ({math.sqrt(0.21 / trials):.4f})")
