"""Properties of the training set-up that sddeverify's certificates make checkable."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schedule import PEAK, STEPS, learning_rate

from sddeverify.delays import Law
from sddeverify.regions import certified_region

REGION = certified_region("boundary.cert.json")


@pytest.mark.certified_region("boundary.cert.json", learning_rate=PEAK, workers=16)
def test_the_peak_is_certified():
    assert max(map(learning_rate, range(STEPS))) <= PEAK


@given(st.integers(0, STEPS - 1), st.integers(1, 16))
def test_every_step_of_the_schedule_is_certified(step, workers):
    assert REGION.contains(learning_rate=learning_rate(step), workers=workers)


def test_more_workers_are_not(certified_region):
    region = certified_region("boundary.cert.json")
    assert not region.contains(learning_rate=PEAK, workers=64)


@settings(max_examples=20)
@given(...)
def test_laws_are_inferred(law: Law):
    assert law.mean_enclosure().hi > 0
