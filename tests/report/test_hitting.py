"""When the slowest mode reaches the target: certified for constant delays, computed for others."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest

from sddeverify.analysis import hitting_times
from sddeverify.certificates import time_to_target
from sddeverify.delays import Constant, Lattice
from sddeverify.models import CharacteristicFunction
from sddeverify.report.hitting import _elasticities, _stepped, rows
from sddeverify.report.recheck import Recheck
from sddeverify.report.rows import Status


@pytest.mark.parametrize(("damping", "noise"), [("1/4", 0.0), ("1", 1e-5)])
def test_steps_on_a_lattice_agree_with_numerical_inversion(damping, noise):
    law = Lattice("1/40", [0] * 30 + [1, 2, 3, 2, 1] * 4)
    h = CharacteristicFunction(damping, law)
    found = _stepped(law, float(Fraction(damping)), noise, 0.01)
    assert found.mean == pytest.approx(hitting_times.last_passage(h, 0.01), abs=0.05)
    assert found.square == pytest.approx(hitting_times.mean_square_passage(h, noise, 0.01), abs=0.05)


def test_rows_of_a_law_that_is_not_constant_are_computed(study):
    mean, square, _ = rows(study)
    assert (mean.status, square.status) == (Status.COMPUTED, Status.COMPUTED)
    h = CharacteristicFunction(Fraction(8, 100), study.derived.model.delay)
    assert mean.data["seconds"] == pytest.approx(hitting_times.last_passage(h, 0.01))


def test_a_constant_delay_is_certified_where_the_other_process_accepted(study):
    proof = time_to_target.prove(CharacteristicFunction("1", Constant("1")))
    hitting = replace(study.hitting, proof=proof, square=None)
    known = {"time_to_target": Recheck(None, True, "")}
    mean, square, *_ = rows(replace(study, hitting=hitting, rechecks=study.rechecks | known))
    assert mean.status is Status.CERTIFIED
    assert Fraction(mean.data["lo"]) == proof.time.lo
    assert square.value == "never"
    refused = {"time_to_target": Recheck(None, False, "REJECTED")}
    mean, *_ = rows(replace(study, hitting=hitting, rechecks=study.rechecks | refused))
    assert mean.status is Status.UNDECIDED


def test_elasticities_of_a_noisy_mode():
    h = CharacteristicFunction("1/2", Constant("1"))
    variance = (1 + math.sin(0.5)) / (2 * 0.5 * math.cos(0.5))  # Kuechler & Mensch 1992, for noise of intensity 1
    for floor, expected in ((0.1, 0.0239), (0.5, 0.2019), (2.0, None)):
        found = _elasticities(h, floor * 1e-4 / variance, 0.01)
        assert found[1] == (None if expected is None else pytest.approx(expected, abs=1e-4))
    assert _elasticities(CharacteristicFunction("2", Constant("1")), 0.1, 0.01) == (None, None)


def test_sensitivities_are_a_computed_row(study):
    *_, row = rows(study)
    h = CharacteristicFunction(Fraction(8, 100), study.derived.model.delay)
    assert row.status is Status.COMPUTED
    assert row.data["elasticity_in_delay"] == pytest.approx(hitting_times.elasticity_in_delay(h))
    assert study.source.scenario.noise_variance == 0
    assert row.data["elasticity_in_noise"] == 0
    assert row.value.startswith("1 % more delay: -")  # below the fastest point
    assert row.value.endswith("; no noise in the scenario")
    scenario = replace(study.source.scenario, noise_variance="1/100")
    noisy = replace(study, source=replace(study.source, scenario=scenario), hitting=replace(study.hitting, noise=0.5))
    assert rows(noisy)[-1].value.endswith("; 1 % more gradient noise: +0.5 %")
    assert len(rows(replace(study, hitting=replace(study.hitting, delay=None, noise=None)))) == 2
