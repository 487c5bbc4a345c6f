"""Strategies: what they promise holds at every example."""

import numpy as np
import pytest
from hypothesis import given, settings

from sddeverify import checker, strategies
from sddeverify.certificates import Inconclusive, stability
from sddeverify.delays import Law
from sddeverify.emulator.faults import FaultyRun
from sddeverify.models import CharacteristicFunction
from sddeverify.scenario import Scenario
from tests import second_opinion
from tests.emulator import pools

strategies.register()


@given(...)
def test_types_are_inferred(law: Law, scenario: Scenario, h: CharacteristicFunction):
    assert Law.from_json(law.to_json()) == law
    assert Scenario.from_json(scenario.to_json()) == scenario
    assert h.damping.lo > 0


@given(strategies.stable_points())
@settings(max_examples=40)
def test_stable_points_are_stable(h):
    result = stability.prove(h)
    assert isinstance(result, Inconclusive) or result.stable


@given(strategies.unstable_points())
@settings(max_examples=40)
def test_unstable_points_are_unstable(h):
    result = stability.prove(h)
    assert isinstance(result, Inconclusive) or not result.stable


@given(strategies.certificates())
@settings(max_examples=15)
def test_certificates_are_accepted(certificate):
    assert checker.check(certificate.document).status is checker.Status.ACCEPTED


def test_tampered_certificates():
    """Nearly all are refused; an accepted one is confirmed by an arithmetic of its own."""
    refused = []

    @given(strategies.tampered_certificates())
    @settings(max_examples=40)
    def run(document):
        verdict = checker.check(document)
        refused.append(verdict.status is not checker.Status.ACCEPTED)
        if not refused[-1]:
            second_opinion.confirm(document)

    run()
    assert np.mean(refused) > 0.8


@given(strategies.fault_schedules(most=6, longest=2.0))
@settings(max_examples=20)
def test_fault_schedules_run(faults):
    run = FaultyRun.create(pools.emulation("asynchronous"), faults, objective=pools.Noisy())
    run.run(30)
    assert sum(run.happened) <= len(faults)


def test_numbers_of_tests_are_of_use():
    with pytest.raises(AssertionError):
        test_stable_points_are_stable.hypothesis.inner_test(CharacteristicFunction(2, strategies_constant()))


def strategies_constant() -> Law:
    from sddeverify.delays import Constant

    return Constant(1)
