import json
import math

import pytest

from sddeverify.agreement import Agreement, Verdict
from sddeverify.agreement._check import judge, too_little


def make(observed=1.0, **changes):
    numbers = {"expected": 1.0, "sampling_error": 0.1, "allowance": 0.05, "bias": 0.0, "level": 0.01, "note": "n"}
    return judge("x", "1/s", observed=observed, **(numbers | changes))


@pytest.mark.parametrize(
    ("observed", "bias", "verdict"),
    [
        (1.14, 0.0, Verdict.CONSISTENT),
        (0.86, 0.0, Verdict.CONSISTENT),
        (1.16, 0.0, Verdict.INCONSISTENT),
        (0.84, 0.0, Verdict.INCONSISTENT),
        (1.30, 0.2, Verdict.CONSISTENT),
        (1.00, 0.2, Verdict.INCONSISTENT),
    ],
)
def test_the_null_hypothesis(observed, bias, verdict):
    assert make(observed, bias=bias).verdict is verdict


def test_wide_margins_are_no_agreement():
    assert make(sampling_error=10, resolution=0.5).verdict is Verdict.TOO_LITTLE_DATA
    assert make(100.0, sampling_error=10, resolution=0.5).verdict is Verdict.INCONSISTENT


@pytest.mark.parametrize("change", [{"observed": math.nan}, {"sampling_error": math.nan}, {"allowance": math.inf}])
def test_missing_numbers_are_no_agreement(change):
    assert make(**change).verdict is Verdict.TOO_LITTLE_DATA


def test_a_verdict_is_no_truth_value():
    with pytest.raises(TypeError, match="three values"):
        bool(Verdict.CONSISTENT)


def test_agreement_is_as_bad_as_its_worst_check():
    good, bad = make(), make(2.0)
    missing = too_little("y", "", expected=0, level=0.01, note="nothing")
    assert Agreement((good,)).verdict is Verdict.CONSISTENT
    assert Agreement((good, missing)).verdict is Verdict.TOO_LITTLE_DATA
    assert (Agreement((good, missing)) + Agreement((bad,))).verdict is Verdict.INCONSISTENT
    assert Agreement(()).verdict is Verdict.TOO_LITTLE_DATA


def test_json_has_no_nan():
    missing = too_little("y", "", expected=0, level=0.01, note="nothing")
    document = json.loads(json.dumps(Agreement((make(), missing)).to_json(), allow_nan=False))
    assert document["verdict"] == "too little data"
    assert document["checks"][0]["verdict"] == "consistent"
    assert document["checks"][1]["observed"] is None
