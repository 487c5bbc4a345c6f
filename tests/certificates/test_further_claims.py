"""Decay rates, all roots, variances, discrete boundaries, tubes and optima against independent computations."""

from __future__ import annotations

import copy
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.special
import sympy as sp

from sddeverify import checker
from sddeverify.certificates import (
    Inconclusive,
    Reason,
    all_roots,
    boundary_tube,
    decay_rate,
    mean_square_stability,
    memoryless_boundary,
    optimum,
    stability,
    stability_boundary,
    stationary_variance,
)
from sddeverify.checker.document import digest
from sddeverify.checker.rules.memoryless_boundary import characteristic
from sddeverify.checker.verdict import read
from sddeverify.delays import Constant, Empirical, Erlang, Exponential, Law, Mixture, ShiftedExponential, Uniform
from sddeverify.errors import InvalidScenario
from sddeverify.exact import Enclosure
from sddeverify.models import CharacteristicFunction

H = CharacteristicFunction


def status(document: dict[str, Any]) -> checker.Status:
    return checker.check(document).status


def tampered(document: dict[str, Any], **claim: Any) -> dict[str, Any]:
    """The document with other members in its claim, its hash and statement made to agree."""
    changed = copy.deepcopy(document)
    changed["claim"] |= claim
    changed["claim_sha256"], changed["statement"] = digest(changed["claim"]), read(changed["claim"])[0]
    return changed


def near(value: float, box: Enclosure, slack: float = 1e-9) -> bool:
    return float(box.lo) - slack <= value <= float(box.hi) + slack


# Decay rate


@pytest.mark.parametrize("a", ["1/10", "1/2", "1", "3/2", "2", "-1"])
def test_decay_rate_of_a_constant_delay_is_lambert_w(a: str) -> None:
    certificate = decay_rate.prove(H(a, Constant("1")))
    assert not isinstance(certificate, Inconclusive)
    expected = -max(scipy.special.lambertw(-float(Fraction(a)), k).real for k in range(-3, 4))
    assert near(expected, certificate.rate, 1e-12)
    assert certificate.rate.width < Fraction(1, 10**11)
    assert status(certificate.document) is checker.Status.ACCEPTED


def test_decay_rate_at_a_double_root() -> None:
    certificate = decay_rate.prove(H("1/4", Exponential("1")), digits=15)
    assert not isinstance(certificate, Inconclusive)
    assert Fraction(1, 2) in certificate.rate
    assert certificate.rate.width < Fraction(1, 10**14)


def test_decay_rate_of_an_interval_contains_those_of_its_members() -> None:
    wide = decay_rate.prove(H(("1", "1.01"), Erlang(2, "1")))
    assert not isinstance(wide, Inconclusive)
    for a in ("1", "1.005", "1.01"):
        member = decay_rate.prove(H(a, Erlang(2, "1")))
        assert not isinstance(member, Inconclusive)
        assert wide.rate.lo <= member.rate.lo <= member.rate.hi <= wide.rate.hi


def test_a_shifted_decay_rate_is_rejected() -> None:
    certificate = decay_rate.prove(H("1", Constant("1")))
    assert not isinstance(certificate, Inconclusive)
    lo, hi = certificate.rate.lo, certificate.rate.hi
    for moved in ((lo + 1, hi + 1), (lo - 1, hi - 1), (hi, hi + (hi - lo))):
        assert status(tampered(certificate.document, rate=[str(x) for x in moved])) is checker.Status.REJECTED


# All roots


def test_all_864_roots() -> None:
    certificate = all_roots.prove(H("1", Constant("3/2")), -5)
    assert not isinstance(certificate, Inconclusive)
    assert certificate.count == 864
    expected = [scipy.special.lambertw(-1.5, k) / 1.5 for k in range(432)]
    discs = sorted(certificate.discs, key=lambda disc: disc.im)
    for root, disc in zip(sorted(expected, key=lambda z: z.imag), discs, strict=True):
        assert abs(root - complex(float(disc.re), float(disc.im))) <= float(disc.radius) + 1e-12 * abs(root)


def test_all_roots_of_a_rational_transform() -> None:
    certificate = all_roots.prove(H("1", Erlang(4, "1")), "-5/2")
    assert not isinstance(certificate, Inconclusive)
    found = np.roots(np.polyadd(np.polymul([1, 0], np.poly1d([1 / 4, 1]) ** 4), [1]))
    assert certificate.count == np.sum(found.real >= -2.5)


def test_a_forgotten_or_doubled_disc_is_rejected() -> None:
    certificate = all_roots.prove(H("1", Constant("1")), -3)
    assert not isinstance(certificate, Inconclusive)
    discs = certificate.claim["discs"]
    assert len(discs) > 1
    for wrong in (discs[1:], [*discs, discs[0]], [discs[0], *discs[:-1]]):
        assert status(tampered(certificate.document, discs=wrong)) is checker.Status.REJECTED


def test_no_root_right_of_the_line() -> None:
    certificate = all_roots.prove(H("1", Constant("1")), 0)
    assert not isinstance(certificate, Inconclusive)
    assert certificate.discs == []


# Stationary variance and mean square


def test_variance_of_a_constant_delay() -> None:
    certificate = stationary_variance.prove(H("1", Constant("1/2")), digits=25)
    assert not isinstance(certificate, Inconclusive)
    # Kuechler & Mensch 1992: (1 + sin a tau)/(2 a cos a tau)
    published = Fraction("0.842898208584169817784253616993")
    assert certificate.variance.lo - Fraction(1, 10**30) <= published <= certificate.variance.hi + Fraction(1, 10**30)
    assert certificate.variance.width < Fraction(1, 10**24)


@pytest.mark.parametrize(("a", "mean"), [("1", "1/2"), ("3", "2"), ("1/10", "7")])
def test_variance_of_exponential_delays_is_exact(a: str, mean: str) -> None:
    certificate = stationary_variance.prove(H(a, Exponential(mean)))
    assert not isinstance(certificate, Inconclusive)
    exact = (Fraction(a) + 1 / Fraction(mean)) / (2 * Fraction(a) / Fraction(mean))  # (a + mu)/(2 a mu)
    assert exact in certificate.variance


def numeric_variance(a: float, law: Law, b: float = 0.0) -> float:
    def density(w: float) -> float:
        return 1 / abs(1j * w + b + a * complex(law.laplace(1j * w, np.exp))) ** 2

    head = scipy.integrate.quad(density, 0, 60, limit=2000)[0]
    return float(head + 1 / 60) / np.pi  # the tail is 1/w^2 up to 2 (a + b)/60^2


@pytest.mark.parametrize(
    ("a", "b", "law"),
    [
        ("1", "0", Erlang(3, "1")),
        ("2", "1/2", Mixture([("1/3", Erlang(2, "1")), ("2/3", Exponential("1/4"))])),
        ("1/2", "1/4", ShiftedExponential("1/2", "1/2")),
        ("1", "0", Uniform("0", "1")),
    ],
)
def test_variance_against_quadrature(a: str, b: str, law: Law) -> None:
    certificate = stationary_variance.prove(H(a, law, b), digits=3)
    assert not isinstance(certificate, Inconclusive)
    expected = numeric_variance(float(Fraction(a)), law, float(Fraction(b)))
    assert near(expected, certificate.variance, 1e-3)
    assert certificate.variance.width < certificate.variance.lo / 900


def test_an_unstable_equation_has_no_variance() -> None:
    answer = stationary_variance.prove(H("2", Constant("1")))
    assert isinstance(answer, Inconclusive)
    assert answer.reason is Reason.DOMAIN


def test_a_false_variance_is_rejected() -> None:
    for law in (Constant("1/2"), Exponential("1/2"), Uniform("0", "1")):
        certificate = stationary_variance.prove(H("1", law), digits=3)
        assert not isinstance(certificate, Inconclusive)
        wrong = [str(x * Fraction(11, 10)) for x in (certificate.variance.lo, certificate.variance.hi)]
        assert status(tampered(certificate.document, variance=wrong)) is checker.Status.REJECTED


def test_mean_square_limit_of_a_constant_delay() -> None:
    # alpha (1 + sin c) < 2 cos c with c = a tau
    limit = 2 * np.cos(0.5) / (1 + np.sin(0.5))
    for factor, stable in ((0.9999, True), (1.0001, False)):
        step = Fraction(limit * factor).limit_denominator(10**9)
        certificate = mean_square_stability.prove(H("1", Constant("1/2")), step)
        assert not isinstance(certificate, Inconclusive)
        assert certificate.stable is stable
        wrong = tampered(certificate.document, stable=not stable)
        assert status(wrong) is checker.Status.REJECTED


def test_what_is_unstable_in_the_mean_is_unstable_in_mean_square() -> None:
    certificate = mean_square_stability.prove(H("2", Constant("1")), "1/100")
    assert not isinstance(certificate, Inconclusive)
    assert not certificate.stable


# Discrete boundaries


def second_moments() -> sp.Matrix:
    """The recursion of second moments, derived by SymPy from w' = w - alpha r_I, r_I' = w'."""
    alpha, p = sp.symbols("alpha P", positive=True)
    ww, wr, rr, ii = sp.symbols("ww wr rr ii")  # E w^2, E w r, E r^2 (mean read), E r_I^2
    w, r, x = sp.symbols("w r x")  # iterate, mean read, the read of the worker that arrives

    def expect(expression: sp.Expr) -> sp.Expr:
        moments = {(2, 0, 0): ww, (1, 1, 0): wr, (1, 0, 1): wr, (0, 2, 0): rr, (0, 1, 1): rr, (0, 0, 2): ii}
        terms = sp.Poly(sp.expand(expression), w, r, x).terms()
        return sum(coefficient * moments[powers] for powers, coefficient in terms)

    new = w - alpha * x
    mean = r + (new - x) / p
    updates = [expect(new**2), expect(new * mean), expect(mean**2), (1 - 1 / p) * ii + expect(new**2) / p]
    return sp.Matrix([[sp.expand(u).coeff(m) for m in (ww, wr, rr, ii)] for u in updates]).subs(
        {alpha: sp.Symbol("a"), p: sp.Symbol("p")}
    )


def test_the_kernel_holds_the_characteristic_polynomial_of_the_recursion() -> None:
    matrix, z = second_moments(), sp.Symbol("z")
    for p, a in ((2, sp.Rational(1, 3)), (5, sp.Rational(7, 4)), (1000, sp.Rational(1, 50))):
        exact = (z * sp.eye(4) - matrix.subs({"a": a, "p": p})).det() * p**3
        ours = characteristic(p, Fraction(int(a.p), int(a.q)))
        assert [sp.Rational(x.numerator, x.denominator) for x in reversed(ours)] == sp.Poly(exact, z).all_coeffs()


def test_the_determinant_of_the_recursion_changes_sign_at_the_boundary_only() -> None:
    matrix = second_moments()
    a, p = sp.symbols("a p")
    determinant = sp.factor((sp.eye(4) - matrix).det())
    assert sp.simplify(determinant - 2 * a * (2 + a - p * a**2) / p**3) == 0


@pytest.mark.parametrize("workers", [2, 3, 16, 10**6])
def test_memoryless_boundary(workers: int) -> None:
    certificate = memoryless_boundary.prove(workers)
    assert not isinstance(certificate, Inconclusive)
    assert near((1 + np.sqrt(1 + 8 * workers)) / (2 * workers), certificate.step, 1e-14)
    matrix = second_moments().subs({"p": workers})
    for end, stable in (
        (certificate.step.lo * Fraction(99, 100), True),
        (certificate.step.hi * Fraction(101, 100), False),
    ):
        entries = np.array(matrix.subs({"a": sp.Rational(end.numerator, end.denominator)}), dtype=float)
        assert bool(max(abs(scipy.linalg.eigvals(entries))) < 1) is stable


@pytest.mark.parametrize("workers", [1, 0, -3, 2.0, "8"])
def test_memoryless_boundary_refuses(workers: Any) -> None:
    with pytest.raises(InvalidScenario, match="workers"):
        memoryless_boundary.prove(workers)


# Tubes


def test_tube_of_a_constant_delay_contains_the_curve() -> None:
    points = [Fraction(k, 50) for k in range(25, 76)]
    tube = boundary_tube.prove(Constant, points)
    assert not isinstance(tube, Inconclusive)
    for start, end, lo, hi in tube.rows():
        assert float(lo) <= np.pi / 2 / float(end)
        assert np.pi / 2 / float(start) <= float(hi)
        assert float(hi - lo) < 0.13 * float(lo)  # cells of up to 4 %


def test_tube_along_a_shift_agrees_with_single_boundaries() -> None:
    tube = boundary_tube.prove(lambda p: ShiftedExponential(p, "1"), [Fraction(k, 100) for k in range(40, 46)])
    assert not isinstance(tube, Inconclusive)
    for start, end, lo, hi in tube.rows():
        single = stability_boundary.prove(ShiftedExponential((start + end) / 2, "1"))
        assert not isinstance(single, Inconclusive)
        assert single.damping.hi is not None
        assert lo <= single.damping.lo
        assert single.damping.hi <= hi


def test_a_tube_that_excludes_the_curve_is_rejected() -> None:
    tube = boundary_tube.prove(Constant, ["1", "1.01", "1.02"])
    assert not isinstance(tube, Inconclusive)
    rows = tube.claim["damping"]
    above = [[str(Fraction(3, 2) * Fraction(x)) for x in rows[0]], rows[1]]
    below = [rows[0], [str(Fraction(1, 2) * Fraction(x)) for x in rows[1]]]
    for wrong in (above, below):
        assert status(tampered(tube.document, damping=wrong)) is checker.Status.REJECTED


@pytest.mark.parametrize("law", [lambda p: Constant(2 * p), lambda p: Constant("1"), lambda p: Erlang(2, p + 1)])
def test_tube_refuses_a_parameter_that_is_not_the_laws(law: Any) -> None:
    with pytest.raises(InvalidScenario, match="law"):
        boundary_tube.prove(law, ["1", "2"])


def test_tube_refuses_points_that_do_not_increase() -> None:
    with pytest.raises(InvalidScenario, match="parameter"):
        boundary_tube.prove(Constant, ["2", "1"])


# Optimum


def test_best_number_of_workers_of_a_constant_delay() -> None:
    # c = alpha P; the rate of the mode is largest next to c = 1/e
    table = {p: [H(Fraction(p, 50), Constant("1"))] for p in range(1, 41)}
    certificate = optimum.prove(table)
    assert not isinstance(certificate, Inconclusive)
    rates = {p: -max(scipy.special.lambertw(-p / 50, k).real for k in (0, -1)) for p in table}
    assert certificate.best == [str(max(rates, key=lambda p: rates[p]))]
    assert status(tampered(certificate.document, best=["1"])) is not checker.Status.ACCEPTED


def test_ties_are_reported_as_ties() -> None:
    # memoryless delays: flat beyond c = 1/4
    certificate = optimum.prove({p: [H(Fraction(p, 20), Exponential("1"))] for p in range(1, 10)})
    assert not isinstance(certificate, Inconclusive)
    assert certificate.best == ["5", "6", "7", "8", "9"]


def test_the_slowest_mode_decides() -> None:
    slow, fast = H("1/10", Constant("1")), H("36/100", Constant("1"))
    certificate = optimum.prove({"both": [slow, fast], "fast": [fast], "slow": [slow, slow]})
    assert not isinstance(certificate, Inconclusive)
    assert certificate.best == ["fast"]


def test_the_rate_of_the_slowest_mode() -> None:
    slow, fast, equal = (H(a, Constant("1")) for a in ("1/10", "36/100", "0.1"))
    found = optimum.slowest([fast, slow, equal], digits=12)
    assert not isinstance(found, Inconclusive)
    assert near(-scipy.special.lambertw(-0.1).real, found.rate)
    assert found.rate.width < Fraction(1, 10**12)
    assert found.mode in (1, 2)
    assert sorted(one.claim["type"] for one in found.certificates) == ["decay_rate", "decay_rate", "root_count"]
    assert all(status(one.document) is checker.Status.ACCEPTED for one in found.certificates)
    # That root count is what says that the fast mode is not slower.
    (count,) = (one for one in found.certificates if one.claim["type"] == "root_count")
    assert Fraction(count.claim["abscissa"]) == -found.rate.hi
    assert count.claim["roots"] == 0
    with pytest.raises(InvalidScenario, match="functions"):
        optimum.slowest([])


def test_the_rate_is_not_unimodal_in_the_number_of_workers() -> None:
    # atoms .169 (weight .8806) and 1 (.1194): local maxima near c = .26 and c = 1.16 in units of the mean delay
    law = Mixture([("0.8806", Constant("0.169")), ("0.1194", Constant("1"))])
    mean = float(law.mean)

    def rate(c: float) -> Enclosure:
        certificate = decay_rate.prove(H(Fraction(c / mean).limit_denominator(10**6), law), digits=8)
        assert not isinstance(certificate, Inconclusive)
        return certificate.rate

    first, between, second, after = rate(0.26), rate(0.6), rate(1.16), rate(1.6)
    assert first.lo > between.hi
    assert second.lo > between.hi
    assert second.lo > after.hi


def test_optimum_refuses_a_table_of_one() -> None:
    with pytest.raises(InvalidScenario, match="table"):
        optimum.prove({"1": [H("1", Constant("1"))]})


# Laws within the rounding of a trace


def test_claims_about_a_trace_hold_for_its_lattice() -> None:
    times = [Fraction(k, 100) for k in (30, 35, 41, 44, 50, 52, 58, 61, 70, 88)]
    law = Empirical.from_times(times, cells=256)
    wide, point = decay_rate.prove(H("1", law), digits=6), decay_rate.prove(H("1", law.lattice), digits=6)
    assert not isinstance(wide, Inconclusive)
    assert not isinstance(point, Inconclusive)
    assert wide.rate.lo <= point.rate.lo <= point.rate.hi <= wide.rate.hi
    verdict = stability.prove(H("1", law))
    assert not isinstance(verdict, Inconclusive)
    assert verdict.stable


# Intervals of law parameters


def test_stability_of_a_box_of_delays() -> None:
    # a tau < pi/2 on the whole box, and across the boundary
    inside = stability.prove(H(("1", "11/10"), (Constant("1"), Constant("14/10"))))
    assert not isinstance(inside, Inconclusive)
    assert inside.stable
    across = stability.prove(H("1", (Constant("1"), Constant("2"))))
    assert isinstance(across, Inconclusive)
    assert across.reason is Reason.BOUNDARY_IN_BOX


def test_the_decay_rate_of_a_box_contains_those_of_its_laws() -> None:
    wide = decay_rate.prove(H("1", (Erlang(3, "1"), Erlang(3, "1.02"))))
    assert not isinstance(wide, Inconclusive)
    for mean in ("1", "1.01", "1.02"):
        member = decay_rate.prove(H("1", Erlang(3, mean)))
        assert not isinstance(member, Inconclusive)
        assert wide.rate.lo <= member.rate.lo <= member.rate.hi <= wide.rate.hi
