"""Derivations about schedules and second moments: every step checks, and a corrupted one is found."""

from dataclasses import replace

import pytest

from sddeverify.derivations import DERIVATIONS, MODEL, Badge, Kind, Outcome, check_step
from tests.derivations.scenarios import LAWS, derivation
from tests.derivations.test_checking import TINY, bent

NAMES = [
    "time_cap", "k_batch_asynchronous", "staleness_threshold", "event_trigger", "closed_network", "optimal_workers",
    "second_moments", "arrivals", "stationary_variance", "mean_square_boundary", "time_to_target", "lambert_roots",
    "markov_noise", "ground_state", "fastest_point", "erlang_family", "discrete_lag", "momentum",
    "k_sync", "mindflayer", "generalization_gap", "growing_delays", "two_levels",
]  # fmt: skip


def test_all_are_in_the_table() -> None:
    assert set(NAMES) <= set(DERIVATIONS) - set(MODEL)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_checks_and_every_corrupted_one_fails(name: str) -> None:
    one = derivation(LAWS[0], name)
    for step in one.steps:
        checked = check_step(one, step)
        assert checked.passed, (step.id, checked)
        wrong = check_step(one, replace(step, after=bent(step.after, TINY)), points=1)
        assert wrong.badge is Badge.REFUTED, step.id
        if step.kind is Kind.IDENTITY:  # each of the three ways finds it alone
            assert (wrong.replay, wrong.symbolic, wrong.numeric) == (Outcome.FAILED,) * 3, (step.id, wrong)
    assert one == derivation(LAWS[2], name)  # the scenario's numbers do not enter
