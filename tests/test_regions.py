"""Regions: a comparison of exact numbers with the ends of accepted claims."""

import json
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sddeverify.certificates import (
    Inconclusive,
    boundary_tube,
    discrete_boundary,
    law_free_bound,
    mean_square_stability,
    memoryless_boundary,
    root_count,
    stability,
    stability_boundary,
)
from sddeverify.delays import Constant, Erlang
from sddeverify.errors import InvalidScenario
from sddeverify.models import CharacteristicFunction
from sddeverify.regions import Region, certified_region


def region(result) -> Region:
    assert not isinstance(result, Inconclusive)
    return certified_region(result.document)


# Mean delay 2, Hessian eigenvalue at most 5, 8 workers: a = 20 x learning rate, stable up to pi/4 on the shift's scale.
MODEL = {"hessian": ("4", "5"), "workers": "8", "mean_delay": "2"}
BOUNDARY = region(stability_boundary.prove(Constant(2), digits=12, model=MODEL))
CRITICAL = Fraction("0.785398163397")  # pi/4, truncated


def test_boundary_by_damping():
    assert BOUNDARY.contains(damping="0.785398163396")
    assert not BOUNDARY.contains(damping="0.785398163398")
    assert BOUNDARY.contains(damping=0.785)  # a float, at its exact binary value


def test_boundary_by_learning_rate():
    top = CRITICAL / 20
    assert BOUNDARY.contains(learning_rate=top * Fraction(999_999, 1_000_000))
    assert not BOUNDARY.contains(learning_rate=top * Fraction(1_000_001, 1_000_000))
    assert BOUNDARY.contains(learning_rate=top * Fraction(19, 10), workers=4)
    assert not BOUNDARY.contains(learning_rate=top, workers=9)
    assert BOUNDARY.contains(learning_rate=top * 2, hessian=Decimal("2.4"))
    assert BOUNDARY.parameters == ("damping", "learning_rate", "workers", "hessian")


@given(st.floats(1e-6, 1, allow_subnormal=False), st.integers(1, 100))
def test_floats_mean_their_exact_value(rate, workers):
    exact = Fraction(rate) * 5 * workers / 2
    assert BOUNDARY.contains(learning_rate=rate, workers=workers) is (
        exact <= Fraction(BOUNDARY.document["claim"]["damping"][0])
    )
    assert BOUNDARY.contains(learning_rate=np.float64(rate), workers=workers) is BOUNDARY.contains(
        learning_rate=rate, workers=workers
    )


def test_decimals_are_exact():
    top = Fraction(BOUNDARY.document["claim"]["damping"][0])
    assert top == Fraction(str(Decimal(top.numerator) / Decimal(top.denominator)))
    assert BOUNDARY.contains(damping=Decimal(top.numerator) / Decimal(top.denominator))
    assert not BOUNDARY.contains(damping=Decimal(top.numerator) / Decimal(top.denominator) + Decimal("1e-25"))


def test_answers_give_the_numbers():
    answer = BOUNDARY.locate(learning_rate="1/10")
    assert not answer
    assert "damping 2 is beyond the certified 0.78539" in answer.reason
    assert BOUNDARY.locate(learning_rate="1/1000").reason.startswith("damping 1/50 is within")
    assert len(BOUNDARY.digest) == 64
    assert "every zero" in BOUNDARY.statement


def test_stability_of_an_interval():
    model = {"learning_rate": ("1/100", "2/100"), "hessian": 5, "workers": 8, "mean_delay": 2}
    stable = region(stability.prove(CharacteristicFunction(("1/5", "2/5"), Constant(2)), model=model))
    assert stable.contains(learning_rate=0.015)
    assert not stable.contains(learning_rate="1/200")  # stable, but this certificate does not say so
    assert not stable.contains(learning_rate="3/100")
    unstable = region(stability.prove(CharacteristicFunction(2, Constant(2))))
    assert not unstable.contains(damping=2)
    assert "unstable" in unstable.locate(damping=2).reason


def test_mean_square():
    stable = region(mean_square_stability.prove(CharacteristicFunction("1/5", Constant(1)), step="1/10"))
    assert stable.contains(damping="1/5", step="1/10")
    assert not stable.contains(damping="1/5", step="1/9")
    assert not stable.contains(damping="1/4", step="1/10")
    with pytest.raises(InvalidScenario, match="step"):
        stable.contains(damping="1/5")
    never = region(mean_square_stability.prove(CharacteristicFunction(3, Constant(1)), step="1/10"))
    assert not never.contains(damping=3, step="1/10")


def test_mean_square_with_a_model():
    model = {"learning_rate": "1/50", "hessian": 5, "workers": 2, "mean_delay": 1}
    h = CharacteristicFunction("1/5", Constant(1))
    stable = region(mean_square_stability.prove(h, step="1/10", model=model))
    assert stable.contains(learning_rate="1/50")
    assert not stable.contains(learning_rate="1/40")
    assert not stable.contains(learning_rate="1/50", workers=1)


def test_discrete_claims():
    lag = region(discrete_boundary.prove(3, digits=9))
    critical = 2 * np.sin(np.pi / 14)
    assert lag.contains(step=critical - 1e-6)
    assert not lag.contains(step=critical + 1e-6)
    assert lag.contains(step="1/10", lag=3)
    assert not lag.contains(step="1/10", lag=2)
    with pytest.raises(InvalidScenario, match="geometric"):
        lag.contains(step="1/10", geometric="1/2")
    share = region(discrete_boundary.prove(geometric="1/2", digits=9))
    assert share.contains(step="5.99999", geometric="1/2")
    assert not share.contains(step="6")
    assert not share.contains(step="1", geometric="1/3")
    with pytest.raises(InvalidScenario, match="lag"):
        share.contains(step="1", lag=1)
    pool = region(memoryless_boundary.prove(16, digits=9))
    assert pool.contains(step=(1 + 129**0.5) / 32 - 1e-6, workers=16)
    assert not pool.contains(step="1/10", workers=15)


def test_tube():
    tube = region(boundary_tube.prove(lambda m: Erlang(2, m), [Fraction(5 + k, 10) for k in range(16)]))
    points = [Fraction(x) for x in tube.document["claim"]["parameter"]]
    tops = [Fraction(lo) for lo, _ in tube.document["claim"]["damping"]]
    for k, top in enumerate(tops):
        middle = (points[k] + points[k + 1]) / 2
        assert tube.contains(parameter=middle, damping=top)
        assert not tube.contains(parameter=middle, damping=top * 2)
    assert tube.contains(parameter=points[1], damping=max(tops[:2]))  # both cells hold at their common end
    assert not tube.contains(parameter=3, damping="1/1000")


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({}, "without learning_rate"),
        ({"learning_rate": "1/10", "damping": 1}, "either the damping or the parts"),
        ({"learning_rate": 0}, "positive finite"),
        ({"learning_rate": float("nan")}, "positive finite"),
        ({"learning_rate": float("inf")}, "positive finite"),
        ({"learning_rate": -0.5}, "positive finite"),
        ({"learning_rate": True}, "exact rational"),
        ({"learning_rate": "fast"}, "exact rational"),
        ({"momentum": 1}, "momentum.*one of damping"),
    ],
)
def test_bad_configurations(configuration, message):
    with pytest.raises(InvalidScenario, match=message):
        BOUNDARY.contains(**configuration)


def test_without_a_model_only_the_damping():
    bare = region(stability_boundary.prove(Constant(2)))
    assert bare.contains(damping="1/2")
    with pytest.raises(InvalidScenario, match="one of damping for"):
        bare.contains(learning_rate="1/2")


def test_bad_certificates(tmp_path):
    with pytest.raises(InvalidScenario, match="readable file"):
        certified_region(tmp_path / "none.cert.json")
    spoiled = json.loads(json.dumps(BOUNDARY.document))
    spoiled["claim"]["damping"][0] = "1"
    path = tmp_path / "spoiled.cert.json"
    path.write_text(json.dumps(spoiled), encoding="ascii")
    with pytest.raises(InvalidScenario, match="kernel accepts"):
        certified_region(path)
    path.write_text(json.dumps(BOUNDARY.document)[:500], encoding="ascii")
    with pytest.raises(InvalidScenario, match="kernel accepts"):
        certified_region(path)
    path.write_text(json.dumps(BOUNDARY.document | {"schema": "sddeverify-certificate/2"}), encoding="ascii")
    with pytest.raises(InvalidScenario, match="sddeverify-certificate/1"):
        certified_region(path)
    count = root_count.prove(CharacteristicFunction(1, Constant(1)))
    assert not isinstance(count, Inconclusive)
    with pytest.raises(InvalidScenario, match="this one is about root_count"):
        certified_region(count.document)


def test_law_free_bound_with_a_staleness_cap():
    """a E[tau] <= learning rate x hessian x (cap + 1): what P workers with a cap of P - 1 have."""
    bound = region(law_free_bound.prove("3/2", "1"))
    assert bound.contains(learning_rate="1/10", hessian=1, workers=15)
    assert bound.contains(learning_rate="1/10", hessian=1, staleness_cap=14)
    assert not bound.contains(learning_rate="1/10", hessian=1, staleness_cap=15)
    assert not bound.contains(learning_rate="1/10", hessian=1, workers=16)
    with pytest.raises(InvalidScenario, match="workers"):
        bound.contains(learning_rate="1/10", hessian=1)
