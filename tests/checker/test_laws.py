"""Transforms: the kernel's jets contain the Taylor coefficients of every law that the parameters allow."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import pytest
from flint import acb, arb, ctx
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sddeverify.checker.document import Malformed
from sddeverify.checker.interval import Arithmetic, Refusal
from sddeverify.checker.laws import parse
from tests import oracles
from tests.checker.enclosures import ball, holds

NUMBERS = st.fractions(Fraction(1, 50), 20, max_denominator=1000)
SLACKS = st.sampled_from([Fraction(0), Fraction(0), Fraction(1, 10**9), Fraction(1, 1000), Fraction(1, 20)])


@st.composite
def pairs(draw: st.DrawFn, number: st.SearchStrategy[Fraction] = NUMBERS) -> list[str]:
    lo = draw(number)
    return [str(lo), str(lo * (1 + draw(SLACKS)))]


def constants() -> st.SearchStrategy[Any]:
    return pairs().map(lambda x: {"constant": {"time": x}})


@st.composite
def uniforms(draw: st.DrawFn) -> Any:
    start = draw(st.one_of(st.just(["0", "0"]), pairs(st.fractions(0, 3, max_denominator=100))))
    lo = Fraction(start[1]) + draw(NUMBERS)
    return {"uniform": {"lo": start, "hi": [str(lo), str(lo * (1 + draw(SLACKS)))]}}


def cells(name: str) -> st.SearchStrategy[Any]:
    counts = st.lists(st.integers(0, 10**6), min_size=2, max_size=9).filter(lambda x: any(x[1:]))
    step = pairs(st.fractions(Fraction(1, 1000), 1, max_denominator=1000))
    return st.builds(lambda s, c: {name: {"step": s, "counts": c}}, step, counts)


ATOMS: dict[str, st.SearchStrategy[Any]] = {
    "constant": constants(),
    "exponential": pairs().map(lambda x: {"exponential": {"mean": x}}),
    "erlang": st.builds(lambda m, k: {"erlang": {"mean": m, "shape": k}}, pairs(), st.integers(1, 40)),
    "uniform": uniforms(),
    "truncated_exponential": st.builds(lambda m, c: {"truncated_exponential": {"mean": m, "cap": c}}, pairs(), pairs()),
    "lattice": cells("lattice"),
    "empirical": cells("empirical"),
}


@st.composite
def bands(draw: st.DrawFn) -> Any:
    center = draw(st.one_of(constants(), uniforms(), cells("lattice"), cells("empirical")))
    end = parse(center).end
    assert end is not None
    low = end * (1 + draw(st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(2)])))
    width = draw(st.fractions(0, 1, max_denominator=100))
    epsilon = [str(width * (1 - draw(SLACKS))), str(width)]
    return {"band": {"center": center, "epsilon": epsilon, "support": [str(low), str(low * (1 + draw(SLACKS)))]}}


ATOMS["band"] = bands()


@st.composite
def mixtures(draw: st.DrawFn, part: st.SearchStrategy[Any]) -> Any:
    shares = draw(st.lists(st.integers(1, 50), min_size=2, max_size=4))
    weights = [Fraction(x, sum(shares)) for x in shares]
    slack = draw(st.sampled_from([Fraction(0), Fraction(1, 1000), Fraction(1, 10)]))
    rows = [{"weight": [str(max(w - slack, Fraction(0))), str(w + slack)], "law": draw(part)} for w in weights]
    return {"mixture": rows}


def takes_time(law: Any) -> bool:
    """Whether a law is not the constant 0 in disguise."""
    if isinstance(law, list):
        return any(map(takes_time, law))
    ((name, body),) = law.items() if "law" not in law else law["law"].items()
    return takes_time(body) if name in {"mixture", "sum"} else {name: body} != ZERO


def combined(part: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    sums = st.lists(part, min_size=2, max_size=3).map(lambda x: {"sum": x})
    return {"mixture": mixtures(part).filter(takes_time), "sum": sums.filter(takes_time)}


ZERO = {"constant": {"time": ["0", "0"]}}
LAWS = st.recursive(
    st.one_of(*ATOMS.values(), st.just(ZERO)),
    lambda part: st.one_of(*combined(part).values()),
    max_leaves=5,
)
KINDS = {**ATOMS, **combined(LAWS)}


@st.composite
def points(draw: st.DrawFn, bits: int) -> tuple[tuple[int, int, int, int], tuple[Fraction, Fraction]]:
    """A rectangle around the kind of points where h is evaluated, and a member of it."""
    re = draw(st.one_of(st.just(Fraction(0)), st.fractions(-2, 3, max_denominator=64)))
    im = draw(st.one_of(st.just(Fraction(0)), st.fractions(-40, 40, max_denominator=64)))
    widths = [draw(st.sampled_from([0, 0, 1, 1 << bits // 2, 1 << bits - 4])) for _ in range(2)]
    x, y = (int(v * (1 << bits)) for v in (re, im))
    t, u = (draw(st.sampled_from([Fraction(0), Fraction(1), Fraction(2, 7)])) for _ in range(2))
    return (x, x + widths[0], y, y + widths[1]), ((x + t * widths[0]) / (1 << bits), (y + u * widths[1]) / (1 << bits))


def contained(law: Any, seed: int, bits: int, where: Any) -> bool:
    """Whether the jet of a law contains that of a random member at a point; False also where the kernel refuses."""
    rng = random.Random(seed)
    rectangle, s = where
    ar = Arithmetic(bits)
    try:
        kernel = parse(law)
        found = kernel.jet(ar, rectangle, 3)
    except Refusal:
        return False

    def pick(lo: Fraction, hi: Fraction) -> Fraction:
        return lo + (hi - lo) * rng.choice([Fraction(0), Fraction(1), Fraction(rng.randrange(1000), 1000)])

    one = oracles.member(law, pick, lambda: Fraction(rng.choice([-1, 0, 1, rng.random() * 2 - 1])) / 2)
    for k, x in enumerate(found):
        if k == 0 and s == (0, 0):  # where balls cannot tell 1 from 1
            assert x[0] <= ar.unit <= x[1]
            assert x[2] <= 0 <= x[3]
            continue
        assert holds(ar, x, lambda k=k: oracles.derivatives(one, ball(s), k)[k], extra=256), f"coefficient {k} of {one}"
    at_0 = [holds_mean(kernel, one)]
    assert all(at_0), f"the mean of {one}"
    return True


def holds_mean(kernel: Any, one: Any) -> bool:
    with ctx.workprec(400):
        mean = -oracles.derivatives(one, acb(0), 1)[1].real
        tiny = arb(2) ** -300
        return bool(mean + tiny >= oracles.exact(kernel.mean.lo)) and bool(mean - tiny <= oracles.exact(kernel.mean.hi))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=settings().max_examples // 2)  # of each law
@given(st.data())
def test_jet_contains_the_coefficients_of_every_member(kind: str, data: st.DataObject) -> None:
    law = data.draw(KINDS[kind])
    bits = data.draw(st.sampled_from([48, 64, 200]))
    where = data.draw(points(bits))
    right = oracles.abscissa(law)
    assume(right is None or where[0][0] > right * (1 << bits))
    accepted = contained(law, data.draw(st.integers(0, 10**6)), bits, where)
    narrow = max(where[0][1] - where[0][0], where[0][3] - where[0][2]) <= 1 << bits // 2
    if kind in {"constant", "uniform", "lattice", "exponential"} and where[0][0] >= 0 and narrow:
        assert accepted, "nothing is to be refused right of the imaginary axis"


@given(cells("empirical"), st.integers(0, 10**6), st.data())
def test_empirical_covers_moved_masses_left_of_the_axis(law: Any, seed: int, data: st.DataObject) -> None:
    """Re s < 0 is where exp(-s tau) grows with tau: the bound must take the farther end."""
    rng = random.Random(seed)
    ar = Arithmetic(80)
    x = data.draw(st.integers(-(8 << 80), -1))
    y = data.draw(st.integers(-(30 << 80), 30 << 80))
    found = parse(law).jet(ar, (x, x, y, y), 3)
    s = (Fraction(x, ar.unit), Fraction(y, ar.unit))
    for extreme in (Fraction(1, 2), Fraction(-1, 2), None):
        one = oracles.member(
            law, move=lambda e=extreme: e if e is not None else Fraction(rng.randrange(-500, 501), 1000)
        )
        for k, value in enumerate(found):
            assert holds(ar, value, lambda k=k, one=one: oracles.derivatives(one, ball(s), k)[k], extra=256)


@pytest.mark.parametrize("kind", ATOMS)
@given(st.data())
def test_complete_monotonicity(kind: str, data: st.DataObject) -> None:
    """|Phi^(k)(s)| <= |Phi^(k)(c)| for Re s >= c: what curvature and disc bounds rest on."""
    law = parse(data.draw(ATOMS[kind]))
    ar = Arithmetic(96)
    pole = law.abscissa
    c = data.draw(st.fractions(Fraction(-1), 1, max_denominator=100))
    assume(pole is None or c > pole)
    shift, y = data.draw(st.integers(0, 3 << 96)), data.draw(st.integers(-(20 << 96), 20 << 96))
    at = ar.point(c, Fraction(0))
    try:
        bounds, values = law.jet(ar, at, 3), law.jet(ar, (at[1] + shift, at[1] + shift, y, y), 3)
    except Refusal:
        assume(False)
    for k in range(4):
        assert ar.mignitude(values[k]) <= ar.magnitude(bounds[k])


DENSITIES: dict[str, tuple[Any, Any, str, str]] = {
    "uniform": ({"uniform": {"lo": ["1/4", "1/4"], "hi": ["7/4", "7/4"]}}, lambda t: acb(2) / 3, "1/4", "7/4"),
    "truncated_exponential": (
        {"truncated_exponential": {"mean": ["2/3", "2/3"], "cap": ["3/2", "3/2"]}},
        lambda t: (-t * 3 / 2).exp() * 3 / 2 / (1 - (acb(-9) / 4).exp()),
        "0",
        "3/2",
    ),
    "erlang": ({"erlang": {"mean": ["1", "1"], "shape": 3}}, lambda t: 27 * t**2 / 2 * (-3 * t).exp(), "0", "80"),
}


@pytest.mark.parametrize("name", DENSITIES)
def test_transforms_are_the_integrals_of_the_densities(name: str) -> None:
    """The oracle and the kernel against the definition E exp(-s tau), by certified quadrature."""
    body, density, lo, hi = DENSITIES[name]
    s = (Fraction(1, 3), Fraction(-7, 2))
    found = parse(body).jet(Arithmetic(64), Arithmetic(64).point(*s), 2)
    for k, x in enumerate(found):
        with ctx.workprec(128):
            ends = [acb(oracles.exact(Fraction(end))) for end in (lo, hi)]
            value = acb.integral(lambda t, _, k=k: density(t) * (-t) ** k * (-ball(s) * t).exp(), *ends)
            value /= math.factorial(k)
            # mass beyond the end of the integral is below exp(-200)
            assert (value - oracles.derivatives(body, ball(s), k)[k]).abs_upper() < arb(2) ** -60
            for part, low, high in ((value.real, x[0], x[1]), (value.imag, x[2], x[3])):
                assert part * arb(2) ** 64 > low - 1
                assert part * arb(2) ** 64 < high + 1


def test_enclosures_of_points_are_sharp() -> None:
    """Containment alone would be satisfied by the whole plane."""
    ar = Arithmetic(128)
    for law in (
        {"constant": {"time": ["3/2", "3/2"]}},
        {"erlang": {"mean": ["1", "1"], "shape": 7}},
        {"uniform": {"lo": ["1/3", "1/3"], "hi": ["2", "2"]}},
        {"truncated_exponential": {"mean": ["1", "1"], "cap": ["2", "2"]}},
        {"lattice": {"step": ["1/10", "1/10"], "counts": [1, 0, 3, 9]}},
        {"sum": [{"constant": {"time": ["1", "1"]}}, {"exponential": {"mean": ["1/2", "1/2"]}}]},
    ):
        for x in parse(law).jet(ar, ar.point(Fraction(1, 7), Fraction(5, 3)), 3):
            assert max(x[1] - x[0], x[3] - x[2]) < 1 << 16


def test_empirical_radius_is_of_the_order_of_the_step() -> None:
    ar = Arithmetic(128)
    law = parse({"empirical": {"step": ["1/1000", "1/1000"], "counts": [0, 3, 5, 1]}})
    x = law.jet(ar, ar.point(Fraction(0), Fraction(2)), 0)[0]
    assert Fraction(x[1] - x[0], 2 * ar.unit) < Fraction(2, 1000) * Fraction(101, 200)


def test_truncated_exponential_of_a_long_cap_has_almost_the_mean_of_the_exponential() -> None:
    mean = parse({"truncated_exponential": {"mean": ["1/2", "1/2"], "cap": ["100", "100"]}}).mean
    truth, tiny = Fraction(1, 2), Fraction(1, 10**50)  # less 100 exp(-200)
    assert truth - tiny < mean.lo < truth < mean.hi + tiny < truth + 2 * tiny


def test_mixture_with_a_weight_that_may_vanish_keeps_the_abscissa_of_the_part() -> None:
    part = {"weight": ["0", "1/10"], "law": {"exponential": {"mean": ["4", "5"]}}}
    rest = {"weight": ["9/10", "1"], "law": {"constant": {"time": ["1", "1"]}}}
    assert parse({"mixture": [part, rest]}).abscissa == Fraction(-1, 5)
    assert parse({"sum": [part["law"], {"exponential": {"mean": ["1", "1"]}}]}).abscissa == Fraction(-1, 5)


@pytest.mark.parametrize(
    ("law", "abscissa"),
    [
        ({"erlang": {"mean": ["1", "2"], "shape": 3}}, Fraction(-3, 2)),
        ({"exponential": {"mean": ["1", "1"]}}, Fraction(-1)),
        ({"uniform": {"lo": ["0", "0"], "hi": ["1", "1"]}}, None),
    ],
)
def test_abscissa(law: Any, abscissa: Fraction | None) -> None:
    assert parse(law).abscissa == abscissa == oracles.abscissa(law)


def test_exponential_laws_refuse_the_abscissa_itself() -> None:
    ar = Arithmetic(64)
    for mean in (["2", "2"], ["1", "2"]):
        law = parse({"exponential": {"mean": mean}})
        with pytest.raises(Refusal):
            law.jet(ar, ar.point(Fraction(-1, 2), Fraction(1)), 0)
        law.jet(ar, ar.point(Fraction(-499, 1000), Fraction(1)), 0)


@pytest.mark.parametrize(
    "law",
    [
        {},
        {"constant": {"time": ["1", "1"]}, "exponential": {"mean": ["1", "1"]}},
        {"weibull": {"mean": ["1", "1"]}},
        {"constant": ["1", "1"]},
        {"constant": {"time": "1"}},
        {"constant": {"time": ["-1", "1"]}},
        {"constant": {"time": ["2", "1"]}},
        {"constant": {"time": ["0", "0"]}},
        {"exponential": {"mean": ["0", "1"]}},
        {"erlang": {"mean": ["1", "1"], "shape": 0}},
        {"erlang": {"mean": ["1", "1"], "shape": 1001}},
        {"erlang": {"mean": ["1", "1"], "shape": True}},
        {"uniform": {"lo": ["1", "1"], "hi": ["1", "1"]}},
        {"uniform": {"lo": ["0", "2"], "hi": ["1", "3"]}},
        {"uniform": {"lo": ["-1", "0"], "hi": ["1", "1"]}},
        {"truncated_exponential": {"mean": ["1", "1"], "cap": ["0", "1"]}},
        {"truncated_exponential": {"mean": ["0", "0"], "cap": ["1", "1"]}},
        {"lattice": {"step": ["1", "1"], "counts": []}},
        {"lattice": {"step": ["1", "1"], "counts": [4]}},
        {"lattice": {"step": ["1", "1"], "counts": [4, 0]}},
        {"lattice": {"step": ["1", "1"], "counts": [0, -1]}},
        {"lattice": {"step": ["1", "1"], "counts": [0, True]}},
        {"lattice": {"step": ["1", "1"], "counts": [0] * 4096 + [1]}},
        {"lattice": {"step": ["0", "1"], "counts": [0, 1]}},
        {"lattice": {"step": ["1", "1"], "counts": [0, 10**15 + 1]}},
        {"band": {"center": {"constant": {"time": ["1", "1"]}}, "epsilon": ["1", "2"], "support": ["1", "1"]}},
        {"band": {"center": {"constant": {"time": ["1", "1"]}}, "epsilon": ["-1", "0"], "support": ["1", "1"]}},
        {"band": {"center": {"constant": {"time": ["1", "1"]}}, "epsilon": ["0", "0"], "support": ["0", "1"]}},
        {"band": {"center": {"constant": {"time": ["1", "2"]}}, "epsilon": ["0", "0"], "support": ["1", "2"]}},
        {
            "band": {
                "center": {"lattice": {"step": ["1", "1"], "counts": [1, 1, 0]}},
                "epsilon": ["0", "0"],
                "support": ["1", "1"],
            }
        },
        {"band": {"center": {"exponential": {"mean": ["1", "1"]}}, "epsilon": ["0", "0"], "support": ["9", "9"]}},
        {"mixture": [{"weight": ["1", "1"], "law": {"constant": {"time": ["1", "1"]}}}]},
        {"mixture": [{"weight": ["1/3", "1/3"], "law": {"constant": {"time": ["1", "1"]}}}] * 2},
        {"mixture": [{"weight": ["2/3", "1"], "law": {"constant": {"time": ["1", "1"]}}}] * 2},
        {"mixture": [{"weight": ["1/2", "1/2"], "law": {"constant": {"time": ["0", "0"]}}}] * 2},
        {"sum": [{"constant": {"time": ["1", "1"]}}]},
        {"sum": [{"constant": {"time": ["0", "0"]}}] * 2},
        {"sum": {"constant": {"time": ["1", "1"]}}},
    ],
)
def test_what_is_no_law_is_malformed(law: Any) -> None:
    with pytest.raises(Malformed):
        parse(law)


def test_depth_of_nesting() -> None:
    law: Any = {"constant": {"time": ["1", "1"]}}
    for _ in range(8):
        law = {"sum": [law, {"constant": {"time": ["0", "0"]}}]}
    assert parse(law).mean.lo == 1
    with pytest.raises(Malformed):
        parse({"sum": [law, {"constant": {"time": ["0", "0"]}}]})
