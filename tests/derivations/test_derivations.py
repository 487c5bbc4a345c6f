"""What the derivations arrive at, against hand arithmetic and against scipy working from other ends."""

import cmath
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.stats
import sympy

import sddeverify.derivations
from sddeverify.delays import Constant, Erlang, Law, Mixture, Uniform, parse
from sddeverify.derivations import ASSUMPTIONS, DERIVATIONS, MEANINGS, MODEL, Kind, derive
from sddeverify.derivations import _symbols as sym
from sddeverify.derivations._atoms import ATOMS
from sddeverify.errors import UnsupportedScenario
from sddeverify.scenario import PolicySpec, Scenario
from tests.derivations.scenarios import LARGE_LAWS, LAWS, derivation, scenario

WRITTEN_OUT = LAWS


def test_the_table_is_the_folder() -> None:
    folder = Path(sddeverify.derivations.__file__).parent
    assert set(DERIVATIONS) == {path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")}
    for name, write in DERIVATIONS.items():
        assert write(scenario(LAWS[0])).name == name


@pytest.mark.parametrize("law", LAWS + LARGE_LAWS)
def test_names_are_unique_and_known(law: str) -> None:
    for name in DERIVATIONS:
        one = derivation(law, name)
        identifiers = [step.id for step in one.steps]
        assert len(set(identifiers)) == len(identifiers)
        assert set(dict(one.results).values()) <= set(identifiers)
        assert set(one.assumptions) <= set(ASSUMPTIONS)
        for position, step in enumerate(one.steps):
            assert set(step.uses) <= set(identifiers[:position]), f"{step.id} uses a later step"
            assert len(step.hints) == 2
            assert (step.kind is Kind.ASSUMPTION) == (step.assumption is not None) == (step.operation is None)


def test_symbols_are_explained() -> None:
    defined = {value for value in vars(sym).values() if isinstance(value, sympy.Symbol)}
    assert defined == {one for one in MEANINGS if isinstance(one, sympy.Symbol)}
    assert len({str(one) for one in defined}) == len(defined)


# The diffusion limit.


def test_the_coefficients_of_the_equation() -> None:
    limit = derivation("erlang(3, 1)", "diffusion_limit")
    eta, h, P, m, sigma, rate = sym.eta, sym.h, sym.P, sym.m, sym.sigma, sym.Lam
    assert limit.result("arrival_rate") == P / m
    assert limit.result("drift") == -eta * h * rate * sym.x_read
    assert limit.result("damping") == eta * h * P / m
    assert sympy.expand(limit.result("diffusion") - rate * eta**2 * (h**2 * sym.x_read**2 + sigma**2)) == 0
    assert limit.result("intensity") == eta**2 * sigma**2 * P / m
    assert sympy.simplify(limit.result("amplitude") - eta * sigma * sympy.sqrt(P / m)) == 0
    assert limit.result("strength") == eta * h * P
    assert limit.result("damping_number") == sympy.Rational(1, 100) * 3 * 8
    assert limit.assumptions == ("A1", "A2", "A3", "A4", "A5", "A6")


def test_the_moments_of_an_increment_by_simulation() -> None:
    """Drift and diffusion against 200 000 simulated short times (fixed seed; 5 standard errors, about 1e-6)."""
    rng = np.random.default_rng(20240617)
    eta, h, rate, sigma, x, dt, runs = 0.1, 2.0, 5.0, 0.7, 1.5, 0.01, 200_000
    counts = rng.poisson(rate * dt, runs)
    noise = rng.normal(0.0, sigma, counts.sum())
    owner = np.repeat(np.arange(runs), counts)
    jumps = np.bincount(owner, weights=-eta * (h * x + noise), minlength=runs)
    limit = derivation("erlang(3, 1)", "diffusion_limit")
    numbers = {sym.eta: eta, sym.h: h, sym.Lam: rate, sym.sigma: sigma, sym.x_read: x, sym.dt: dt}
    second = float(limit.step("increment-second").after.subs(numbers))
    drift = float(limit.result("drift").subs(numbers))
    assert abs(jumps.mean() - drift * dt) < 5 * jumps.std() / math.sqrt(runs)
    assert abs((jumps**2).mean() - second) < 5 * (jumps**2).std() / math.sqrt(runs)
    # The additive part alone would be off by far more.
    additive = float(limit.step("additive").after.subs(numbers)) * dt
    assert abs((jumps**2).mean() - additive) > 50 * (jumps**2).std() / math.sqrt(runs)


def test_eigenvalues_of_the_rotated_hessian() -> None:
    one = derivation("constant(2)", "linearization")
    numbers = {sym.h_1: 0.7, sym.h_2: 3.1, sym.theta: 0.4}
    hessian = np.array(one.step("hessian").after.subs(numbers).tolist(), dtype=float)
    assert np.linalg.eigvalsh(hessian) == pytest.approx([0.7, 3.1])
    assert one.result("damping_numbers") == sympy.Tuple(sympy.Rational(1, 50), sympy.Rational(3, 25))


# Transforms.


def scipy_law(law: Law) -> Any:
    """The same continuous law in scipy."""
    name, numbers = law.name, {k: float(v) for k, v in vars(law).items()}
    if name == "exponential":
        return scipy.stats.expon(scale=numbers["mean"])
    if name == "erlang":
        return scipy.stats.gamma(numbers["shape"], scale=numbers["mean"] / numbers["shape"])
    if name == "uniform":
        return scipy.stats.uniform(numbers["lo"], numbers["hi"] - numbers["lo"])
    return scipy.stats.truncexpon(numbers["cap"] / numbers["scale"], scale=numbers["scale"])


CONTINUOUS = ["exponential(3/2)", "erlang(3, 1)", "uniform(1/2, 2)", "truncated_exponential(1, 2)"]


@pytest.mark.parametrize("text", CONTINUOUS)
def test_densities_are_those_of_the_laws(text: str) -> None:
    law = parse(text)
    atom = ATOMS[type(law)]
    values = {eq.lhs: eq.rhs for eq in atom.values(law)}
    density = atom.density.subs(values)
    lo, hi = (end.subs(values) for end in atom.support)
    support = law.support
    assert (lo, hi) == (sympy.sympify(support[0]), sympy.oo if support[1] is None else sympy.sympify(support[1]))
    for t in (0.6, 1.0, 1.9):
        derived = float(density.subs(sym.u, t))
        assert derived == pytest.approx(scipy_law(law).pdf(t), rel=1e-12)
        assert derived == pytest.approx(law.density(t, math.exp), rel=1e-12)


@pytest.mark.parametrize("text", CONTINUOUS)
def test_transforms_are_those_of_scipys_densities(text: str) -> None:
    law = parse(text)
    transform = derivation(text, "characteristic_function").result("transform")
    pdf = scipy_law(law).pdf
    upper = math.inf if law.support[1] is None else float(law.support[1])
    for s in (0.3, 1.7):
        expected, error = scipy.integrate.quad(lambda t, s=s: math.exp(-s * t) * pdf(t), float(law.support[0]), upper)
        assert float(transform.subs(sym.s, s)) == pytest.approx(expected, abs=10 * error + 1e-9)


@pytest.mark.parametrize("text", [*WRITTEN_OUT, "sum(constant(0), erlang(2, 3))"])
def test_transforms_are_those_of_the_package(text: str) -> None:
    function = derivation(text, "characteristic_function")
    law = parse(text)
    for s in (0.25 + 1.5j, 1 + 0j, -0.1 + 0.3j):
        value = complex(function.result("transform").subs(sym.s, sympy.sympify(s)).evalf(30))
        assert cmath.isclose(value, law.laplace(s, cmath.exp), rel_tol=1e-12)
        whole = function.result("with_transform").subs({sym.a: 2, sym.s: sympy.sympify(s)})
        assert cmath.isclose(complex(whole.evalf(30)), s + 2 * law.laplace(s, cmath.exp), rel_tol=1e-12)


@pytest.mark.parametrize("text", LARGE_LAWS)
def test_large_laws_keep_their_formula(text: str) -> None:
    function = derivation(text, "characteristic_function")
    assert dict(function.results) == {"function": "function"}
    assert function.result("function") == sym.s + sym.a * sym.Phi
    assert any(step.id.endswith("-transform") for step in function.steps)


def test_repeated_atoms_are_derived_once() -> None:
    steps = derivation("0.3*constant(1) + 0.7*constant(2)", "characteristic_function").steps
    assert [step.id for step in steps].count("constant-transform") == 1
    assert len([step for step in steps if step.id.startswith("part-")]) == 2


# The boundary.


def numerical_boundary(law: Law, highest: float) -> float:
    """The smallest a = ω/S(ω) over the zeros of C in (0, highest), by scipy."""

    def cosine(omega: float) -> float:
        return float(law.laplace(1j * omega, cmath.exp).real)

    grid = np.linspace(1e-6, highest, 4001)
    values = [cosine(omega) for omega in grid]
    dampings = []
    for k in range(len(grid) - 1):
        if values[k] * values[k + 1] < 0:
            omega = scipy.optimize.brentq(cosine, grid[k], grid[k + 1], xtol=1e-14)
            sine = -law.laplace(1j * omega, cmath.exp).imag
            if sine > 1e-9:
                dampings.append(omega / sine)
    return float(min(dampings))


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("constant(2)", math.pi / 4),
        ("erlang(2, 1)", 4.0),
        ("erlang(3, 1)", 8 / 3),
        ("erlang(7, 5/2)", None),
        ("uniform(0, 2)", math.pi**2 / 4),
        ("uniform(1/2, 2)", None),
        ("uniform(10, 11)", None),
    ],
)
def test_closed_forms_of_the_boundary(text: str, known: float | None) -> None:
    law = parse(text)
    boundary = derivation(text, "stability_boundary")
    value = float(boundary.result("damping_number").evalf(20))
    assert value == pytest.approx(numerical_boundary(law, 12 / float(law.mean)), rel=1e-9)
    if known is not None:
        assert value == pytest.approx(known, rel=1e-14)
    numbers = {eq.lhs: eq.rhs for eq in ATOMS[type(law)].values(law)}
    strength = float(boundary.result("critical_strength").subs(numbers).evalf(20))
    assert strength == pytest.approx(value * float(law.mean), rel=1e-14)
    # a = eta h P/m with h = 3 and P = 8
    rate = float(boundary.result("critical_learning_rate").evalf(20))
    assert rate == pytest.approx(value * float(law.mean) / 24, rel=1e-14)


def test_closed_forms_as_formulas() -> None:
    pi, k, q = sympy.pi, sym.k, sym.q
    angle = pi / (2 * k)
    erlang = derivation("erlang(3, 1)", "stability_boundary").result("damping")
    assert sympy.simplify(erlang - k * sympy.tan(angle) * sympy.sec(angle) ** k / q) == 0
    constant = derivation("constant(2)", "stability_boundary")
    assert constant.result("damping") * sym.tau == constant.result("critical_strength") == pi / 2
    uniform = derivation("uniform(0, 2)", "stability_boundary")
    assert uniform.step("from-zero").after * sym.width == pi**2 / 2


def test_erlang_tends_to_the_constant_law() -> None:
    strength = derivation("erlang(3, 1)", "stability_boundary").result("critical_strength")
    values = [float(strength.subs(sym.k, k).evalf(20)) for k in (2, 4, 16, 256, 4096)]
    assert values == sorted(values, reverse=True)
    assert values[-1] == pytest.approx(math.pi / 2, rel=1e-3)
    assert values[-1] > math.pi / 2


@pytest.mark.parametrize("text", ["exponential(3/2)", "erlang(1, 2)"])
def test_exponential_delays_have_no_boundary(text: str) -> None:
    boundary = derivation(text, "stability_boundary")
    assert "damping" not in dict(boundary.results)
    polynomial = sympy.Poly(boundary.result("no_boundary"), sym.s)
    assert all(coefficient.is_positive for coefficient in polynomial.all_coeffs())
    assert polynomial.degree() == 2
    assert boundary.step("real").after.is_positive


def test_the_spurious_root_of_the_uniform_law() -> None:
    boundary = derivation("uniform(1/2, 2)", "stability_boundary")
    assert boundary.step("spurious").after == 0
    assert boundary.step("not-a-root").after == sym.a


@pytest.mark.parametrize(
    "text", [law for law in LAWS if not law.startswith(("constant", "exponential", "erlang", "uniform"))]
)
def test_the_two_equations_of_other_laws(text: str) -> None:
    law = parse(text)
    boundary = derivation(text, "stability_boundary")
    for omega in (0.4, 2.9):
        phi = law.laplace(1j * omega, cmath.exp)
        number = {sym.omega: sympy.Rational(str(omega))}
        assert float(boundary.result("cosine").subs(number).evalf(20)) == pytest.approx(phi.real, abs=1e-12)
        damping = float(boundary.result("damping_of_frequency").subs(number).evalf(20))
        assert damping == pytest.approx(-omega / phi.imag, rel=1e-9)


@pytest.mark.parametrize("text", LARGE_LAWS)
def test_large_laws_have_the_general_equations_only(text: str) -> None:
    boundary = derivation(text, "stability_boundary")
    assert dict(boundary.results) == {"crossing_damping": "crossing"}
    assert "certified" in boundary.summary


# Assumptions and the model.


@pytest.mark.parametrize(
    ("text", "special"),
    [
        ("constant(1)", ()),
        ("shifted_exponential(1/2, 1/2)", ("A7",)),
        ("empirical(1/10, 1, 2)", ("A8",)),
        ("0.5*constant(1) + 0.5*sum(exponential(1), empirical(1/10, 1, 2))", ("A7", "A8")),
    ],
)
def test_results_rest_on_the_assumptions_of_their_law(text: str, special: tuple[str, ...]) -> None:
    general = ("A1", "A2", "A3", "A4", "A5", "A6")
    assert derivation(text, "diffusion_limit").assumptions == general
    for name in ("characteristic_function", "stability_boundary"):
        assert derivation(text, name).assumptions == general + special


def test_the_model_of_a_scenario() -> None:
    derivations, model = derive(scenario("erlang(3, 5/2)"))
    assert [one.name for one in derivations] == list(MODEL)
    assert model.hessian == (Fraction(1, 2), Fraction(3))
    assert [(a.lo, a.hi) for a in model.damping] == [(Fraction(2, 125),) * 2, (Fraction(12, 125),) * 2]
    assert model.arrival_rate.lo == model.arrival_rate.hi == Fraction(16, 5)
    assert (
        model.noise_intensity.lo == model.noise_intensity.hi == Fraction(1, 10_000) * Fraction(1, 4) * Fraction(16, 5)
    )
    assert model.delay == Erlang(3, "5/2")
    assert model.assumptions == ("A1", "A2", "A3", "A4", "A5", "A6")
    assert not model.hessian_computed


def test_an_irrational_mean_is_enclosed() -> None:
    _, model = derive(scenario("truncated_exponential(1, 2)"))
    mean = 1 - 2 / (math.exp(2) - 1)
    for value, expected in (
        (model.mean_delay, mean),
        (model.arrival_rate, 8 / mean),
        (model.damping[1], 0.24 / mean),
        (model.noise_intensity, 1e-4 / 4 * 8 / mean),
    ):
        assert value.lo < value.hi
        assert float(value.width) < 1e-30
        assert float(value.midpoint) == pytest.approx(expected, rel=1e-14)
    limit = derivation("truncated_exponential(1, 2)", "diffusion_limit")
    assert limit.result("damping_number") == sympy.Rational(6, 25) / sym.m


def test_a_record_is_known_up_to_its_rounding() -> None:
    _, model = derive(scenario("empirical(1/10, 0, 1, 1)"))
    assert (model.mean_delay.lo, model.mean_delay.hi) == (Fraction(1, 10), Fraction(1, 5))
    assert (model.damping[1].lo, model.damping[1].hi) == (Fraction(6, 5), Fraction(12, 5))
    assert Fraction(8, 5) in model.damping[1]


def test_the_eigenvalues_of_an_objective_are_computed() -> None:
    from sddeverify.scenario import ObjectiveSpec

    objective = ObjectiveSpec("quadratic", {"eigenvalues": ["1/2", "2"], "noise_variance": 1})
    derivations, model = derive(Scenario("1/100", 8, Constant("1"), objective=objective))
    assert model.hessian_computed
    assert "computed" in model.provenance
    for bound, exact in zip(model.hessian, (Fraction(1, 2), Fraction(2)), strict=True):
        assert exact <= bound < exact * (1 + Fraction(1, 10**6))
    assert "computed" in derivations[1].step("numbers").because


def test_other_policies_are_refused() -> None:
    asked = Scenario("1/100", 8, Constant("1"), hessian=["1"], policy=PolicySpec("k_batch_async", {"k": 2}))
    with pytest.raises(UnsupportedScenario, match="k_batch_async"):
        derive(asked)


def test_an_unknown_law_is_refused() -> None:
    class Other(Uniform):
        name = "other"

    for law in (Other("0", "1"), Mixture([("1/2", Constant("1")), ("1/2", Other("0", "1"))])):
        with pytest.raises(UnsupportedScenario, match="other"):
            derive(Scenario("1/100", 8, law, hessian=["1"]))
