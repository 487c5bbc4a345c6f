"""The characteristic function and the model: exact coefficients, what they refuse, and what follows from them."""

import cmath
import json
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sddeverify.delays import Constant, Erlang, Exponential, Law, TruncatedExponential
from sddeverify.errors import InvalidScenario
from sddeverify.exact import Enclosure
from sddeverify.models import CharacteristicFunction, Model, eigenvalues
from sddeverify.scenario import ObjectiveSpec, Scenario


def point(value: Fraction | int | str) -> Enclosure:
    return Enclosure(Fraction(value), Fraction(value))


def model(
    learning_rate: str | Fraction = "1/100",
    workers: int = 8,
    hessian: tuple[str | Fraction, ...] = ("1/2", "3"),
    mean: Enclosure | None = None,
) -> Model:
    """A model as the derivations make it, for a delay of mean 2 unless another is given."""
    eta, values = Fraction(learning_rate), tuple(Fraction(value) for value in hessian)
    mean = mean or point(2)

    def over_mean(number: Fraction) -> Enclosure:
        return Enclosure(number / mean.hi, number / mean.lo)

    return Model(
        learning_rate=eta,
        workers=workers,
        hessian=values,
        hessian_computed=False,
        noise_variance=Fraction(1, 4),
        delay=Exponential(mean.midpoint),
        mean_delay=mean,
        arrival_rate=over_mean(Fraction(workers)),
        damping=tuple(over_mean(eta * value * workers) for value in values),
        noise_intensity=over_mean(eta**2 * workers / 4),
        assumptions=("A1",),
        provenance="By hand.",
    )


# The characteristic function.


def test_a_characteristic_function_keeps_exact_numbers() -> None:
    h = CharacteristicFunction(damping="0.3", delay=Constant("1"))
    assert h.damping == point("3/10")
    assert h.undelayed == point(0)
    assert h.is_point
    assert h.to_json() == {
        "damping": ["3/10", "3/10"],
        "delay": {"constant": {"time": ["1", "1"]}},
        "undelayed": ["0", "0"],
    }


def test_intervals_are_kept() -> None:
    h = CharacteristicFunction(damping=("1/4", "1/2"), delay=Erlang(3, "1"), undelayed=("-1", "1"))
    assert (h.damping.lo, h.damping.hi) == (Fraction(1, 4), Fraction(1, 2))
    assert not h.is_point


def test_it_evaluates_at_the_middle() -> None:
    h = CharacteristicFunction(damping=("1", "3"), delay=Constant("1/2"), undelayed="1/4")
    s = 0.3 + 1.1j
    assert h.evaluate(s) == pytest.approx(s + 0.25 + 2 * cmath.exp(-s / 2))


@pytest.mark.parametrize("damping", [0.3, float("nan"), 0, "0", ("-1", "1"), ("0", "1"), ("2", "1"), "x", None, True])
def test_bad_damping_is_refused(damping: object) -> None:
    with pytest.raises(InvalidScenario, match="damping"):
        CharacteristicFunction(damping=damping, delay=Constant("1"))  # type: ignore[arg-type]  # refused at run time


def test_a_delay_must_be_a_law_of_positive_mean() -> None:
    for delay in (Constant("0"), "constant(1)", 1):
        with pytest.raises(InvalidScenario, match="delay"):
            CharacteristicFunction(damping="1", delay=delay)  # type: ignore[arg-type]  # refused at run time


# The model.


def test_the_characteristic_function_of_an_eigenvalue() -> None:
    one = model()
    assert one.characteristic_function("1/2").damping == point("1/50")
    assert one.characteristic_function("3").damping == point("3/25")
    assert one.characteristic_function(Fraction(3)).delay == one.delay
    assert one.strength("3") == Fraction(6, 25)
    assert model(hessian=("3",)).characteristic_function().damping == point("3/25")
    assert model(hessian=("3",)).strength() == Fraction(6, 25)


@pytest.mark.parametrize("hessian", [None, "2", "-1", 3.0])
def test_another_eigenvalue_is_refused(hessian: object) -> None:
    for method in (model().characteristic_function, model().strength):
        with pytest.raises(InvalidScenario, match="hessian"):
            method(hessian)  # type: ignore[arg-type]  # refused at run time


positives = st.fractions(min_value=Fraction(1, 100), max_value=100, max_denominator=1000)


@given(eta=positives, h=positives, mean=positives, boundary=positives)
def test_the_largest_stable_number_of_workers(eta: Fraction, h: Fraction, mean: Fraction, boundary: Fraction) -> None:
    one = model(learning_rate=eta, hessian=(h,), mean=point(mean))
    workers = one.largest_stable_workers(boundary)
    assert workers >= 0
    assert eta * h * workers / mean < boundary
    assert eta * h * (workers + 1) / mean >= boundary


@given(h=positives, mean=positives, boundary=positives, workers=st.integers(1, 1000))
def test_the_critical_learning_rate_reaches_the_boundary(
    h: Fraction, mean: Fraction, boundary: Fraction, workers: int
) -> None:
    one = model(workers=workers, hessian=("1/1000", h), mean=point(mean))
    critical = one.critical_learning_rate(boundary)
    assert critical.width == 0
    again = model(learning_rate=critical.lo, workers=workers, hessian=(h,), mean=point(mean))
    assert again.damping[-1] == point(boundary)


def test_uncertain_means_and_boundaries_are_taken_at_the_safe_end() -> None:
    one = model(learning_rate="1", hessian=("1",), mean=Enclosure(Fraction(2), Fraction(3)))
    critical = one.critical_learning_rate(("5", "7"))
    assert (critical.lo, critical.hi) == (Fraction(10, 8), Fraction(21, 8))
    assert one.largest_stable_workers(("5", "7")) == 9  # P < 5 * 2, not P <= 10


def test_one_worker_may_be_too_many() -> None:
    assert model(learning_rate="100").largest_stable_workers("1") == 0


@pytest.mark.parametrize("boundary", ["0", "-1", ("-1", "1"), 1.5])
def test_a_boundary_is_a_positive_exact_number(boundary: object) -> None:
    for method in (model().critical_learning_rate, model().largest_stable_workers):
        with pytest.raises(InvalidScenario, match="damping_boundary"):
            method(boundary)  # type: ignore[arg-type]  # refused at run time


def test_json_is_spelled_exactly() -> None:
    data = json.loads(json.dumps(model().to_json()))
    assert data["damping"] == [["1/50", "1/50"], ["3/25", "3/25"]]
    assert data["hessian"] == ["1/2", "3"]
    assert data["mean_delay"] == ["2", "2"]
    assert data["assumptions"] == ["A1"]
    assert set(data) == set(vars(model()))


# Eigenvalues.


def test_eigenvalues_are_sorted_and_distinct() -> None:
    asked = Scenario("1/100", 8, Constant("1"), hessian=["3", "1/2", "3"])
    assert eigenvalues(asked) == (Fraction(1, 2), Fraction(3))


def test_eigenvalues_of_an_objective_are_bounds() -> None:
    objective = ObjectiveSpec("quadratic", {"eigenvalues": ["2", "1/3", "2"]})
    asked = Scenario("1/100", 8, Constant("1"), objective=objective)
    small, large = eigenvalues(asked)
    assert Fraction(1, 3) <= small < Fraction(1, 3) * Fraction(1_000_001, 1_000_000)
    assert 2 <= large < 2 * Fraction(1_000_001, 1_000_000)


def test_the_mean_of_a_law_that_is_irrational_needs_an_interval() -> None:
    law = TruncatedExponential("1", "2")
    one = model(mean=law.mean_enclosure())
    assert one.damping[0].width > 0
    assert not one.characteristic_function("3").is_point


def test_importing_models_loads_nothing_heavy() -> None:
    code = "import sys, sddeverify.models; print([m for m in ('sympy', 'numpy', 'mpmath') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


# Pairs of laws.


def test_a_pair_of_laws_means_every_law_between() -> None:
    h = CharacteristicFunction(("1", "11/10"), (Constant("1"), Constant("13/10")))
    assert h.to_json()["delay"] == {"constant": {"time": ["1", "13/10"]}}
    assert not h.is_point


@pytest.mark.parametrize(
    "pair", [(Constant("2"), Constant("1")), (Constant("1"), Erlang(2, "1")), (Erlang(3, "1"), Erlang(2, "2"))]
)
def test_a_pair_of_laws_that_is_no_interval_is_refused(pair: tuple[Law, Law]) -> None:
    with pytest.raises(InvalidScenario, match=r"delay.*two laws of one form"):
        CharacteristicFunction("1", pair)
