"""Certified quadrature of the stationary variance against python-flint's rigorous integration."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import acb, arb, ctx, fmpq

from sddeverify import checker
from sddeverify.certificates import Reason, mean_square_stability, stationary_variance
from sddeverify.checker.document import digest
from sddeverify.checker.verdict import read
from sddeverify.delays import (
    Constant,
    Empirical,
    Exponential,
    Lattice,
    Law,
    Mixture,
    ShiftedExponential,
    Sum,
    TruncatedExponential,
    Uniform,
)
from sddeverify.models import CharacteristicFunction
from tests.certificates.proved import proved, undecided


def balls(a: Fraction, b: Fraction, law: Law, end: int) -> arb:
    """S by flint's integration up to ``end``, and the tail between 1/(W + R) and 1/(W - R)."""

    def h(s: acb) -> acb:
        exact = lambda x: arb(fmpq(x.numerator, x.denominator))  # noqa: E731 - one line
        phi = law.laplace(s, lambda z: z.exp() if isinstance(z, acb) else acb(z).exp(), number=exact)
        return s + exact(b) + exact(a) * phi

    total = acb.integral(lambda w, _: 1 / (h(acb(0, 1) * w) * h(acb(0, -1) * w)), acb("1e-30"), acb(end))
    reach = float(abs(a) + abs(b))
    return (total.real + arb(1 / end, 1.1 * reach / end**2)) / arb.pi()


# The laws whose transform is arithmetic with exp alone; a, b and the digits asked for.
@pytest.mark.parametrize(
    ("a", "b", "law", "digits"),
    [
        ("1", "0", Uniform(0, 2), 6),
        ("1", "1/4", Uniform("1/2", "3/2"), 4),
        ("2", "3/2", Constant(1), 4),
        ("3/2", "0", ShiftedExponential("1/2", "1/2"), 4),
        ("157/100", "0", Sum(Constant("1/2"), Constant("1/2")), 4),
        ("6/5", "0", Mixture([(".3", Constant(0)), (".7", Constant(1))]), 3),
        ("1/1000", "0", Uniform(0, 2), 4),
        ("-1/2", "1", Constant(1), 0),
    ],
)
def test_digits(a: str, b: str, law: Law, digits: int) -> None:
    h = CharacteristicFunction(a, law, undelayed=b)
    if not digits:  # the format asks for a positive damping
        undecided(stationary_variance.prove(h), Reason.DOMAIN)
        return
    found = proved(stationary_variance.prove(h, digits=digits)).variance
    assert found.width < found.lo / 10 ** (digits - 1)
    with ctx.workprec(80):
        expected = balls(Fraction(a), Fraction(b), law, 600)
    assert expected.overlaps(arb(fmpq(found.lo.numerator, found.lo.denominator)).union(
        arb(fmpq(found.hi.numerator, found.hi.denominator))
    ))  # fmt: skip


@pytest.mark.parametrize("unit", ["1/1000000000", "1000000000"])
@pytest.mark.parametrize("law", [Uniform, TruncatedExponential])
def test_variance_scales_with_the_unit_of_time(unit: str, law: type[Uniform] | type[TruncatedExponential]) -> None:
    scale = Fraction(unit)
    one = proved(stationary_variance.prove(CharacteristicFunction(1, law("1/2", 2)), digits=4)).variance
    other = proved(stationary_variance.prove(CharacteristicFunction(1 / scale, law(scale / 2, 2 * scale)), digits=4))
    assert one.lo * scale < other.variance.hi
    assert other.variance.lo < one.hi * scale


def test_variance_of_a_trace_holds_for_all_laws_within_its_rounding() -> None:
    counts = [0] * 20 + [3, 5, 9, 9, 4, 0, 2]
    traced = proved(
        stationary_variance.prove(CharacteristicFunction("1/2", Empirical("1/50", counts)), digits=1)
    ).variance
    exact = proved(stationary_variance.prove(CharacteristicFunction("1/2", Lattice("1/50", counts)), digits=3)).variance
    assert traced.lo < exact.lo <= exact.hi < traced.hi
    assert traced.width < traced.lo / 5  # a few per cent of every delay are not known


def test_mean_square_by_quadrature() -> None:
    h = CharacteristicFunction(1, Uniform(0, 2))
    limit = 1 / proved(stationary_variance.prove(h, digits=4)).variance.midpoint
    for factor, stable in (("9/10", True), ("199/200", True), ("201/200", False), ("2", False)):
        found = proved(mean_square_stability.prove(h, limit * Fraction(factor)))
        assert found.stable is stable


def rejected(document: dict[str, object], claim: dict[str, object]) -> bool:
    new = {"claim": claim, "claim_sha256": digest(claim), "statement": read(claim)[0]}
    return checker.check(document | new).status is checker.Status.REJECTED


def test_tampered_quadratures_are_rejected() -> None:
    document = proved(stationary_variance.prove(CharacteristicFunction(1, Uniform(0, 2)), digits=3)).document
    lo, hi = map(Fraction, document["claim"]["variance"])
    for ends in ((lo, lo), (hi, hi), (lo + (hi - lo) / 2, 2 * hi), (lo / 2, lo + (hi - lo) / 2)):
        assert rejected(document, document["claim"] | {"variance": [str(x) for x in ends]})
    quadrature = document["witness"]["integral"]["quadrature"]
    line = quadrature["line"]
    breaks, codes = line["breaks"], line["codes"]

    def with_(radius: str = quadrature["radius"], **members: object) -> bool:
        changed = {"quadrature": {"line": line | members, "radius": radius}}
        witness = document["witness"] | {"integral": changed}
        return checker.check(document | {"witness": witness}).status is checker.Status.REJECTED

    assert not with_()
    assert with_("0")
    assert with_("-2")
    assert with_("1000")
    assert with_("1/1000")  # discs that do not hold the pieces
    assert with_(codes=[3] * len(codes))
    assert with_(breaks=breaks[:20], codes=codes[:19])  # a tail from too near
    assert with_(breaks=[breaks[0], *breaks[9:]], codes=codes[8:])  # one piece in place of nine


def test_a_radius_left_of_the_abscissa_of_convergence_is_rejected() -> None:
    h = CharacteristicFunction(1, Mixture([("1/2", Constant(1)), ("1/2", Exponential(1))]))
    document = proved(stationary_variance.prove(h, digits=2)).document
    integral = {"quadrature": document["witness"]["integral"]["quadrature"] | {"radius": "1"}}
    verdict = checker.check(document | {"witness": document["witness"] | {"integral": integral}})
    assert verdict.status is checker.Status.REJECTED
    assert "abscissa" in verdict.reason
