import json
from dataclasses import replace
from fractions import Fraction

import pytest

from sddeverify.agreement import Check, Verdict
from sddeverify.certificates import Inconclusive, Reason
from sddeverify.report.recheck import Recheck
from sddeverify.report.rows import MARK, MEANING, Status
from sddeverify.report.summary import comparison, rows


def find(summary, words):
    (row,) = [row for row in summary if words in row.quantity]
    return row


def test_the_four_words_do_not_mix(summary):
    words = {row.quantity: row.status for row in summary}
    assert words["critical learning rate in the mean"] is Status.CERTIFIED
    assert words["mean-square limit of the learning rate"] is Status.CERTIFIED
    assert words["decay rate of the mean"] is Status.CERTIFIED
    assert words["largest stable number of workers"] is Status.CERTIFIED
    assert words["best number of workers"] is Status.CERTIFIED
    assert words["emulated run"] is Status.OBSERVED
    assert words["trace of the emulator against the model"] is Status.CONSISTENT
    assert find(summary, "slowest mode (h").status is Status.CERTIFIED


def test_numbers(summary):
    row = find(summary, "critical learning rate")
    assert row.value.startswith("[0.3333333")
    assert "at most 1 (given)" in row.basis
    assert find(summary, "largest stable").value == "26"
    assert find(summary, "at learning rate").value == "stable in the mean"
    assert row.certificate == "stability_boundary.cert.json"


def test_a_wide_boundary_leaves_numbers_of_workers_undecided(study):
    # The boundary of an erlang(3, 1) is 8/3: at learning rate x eigenvalue 1/12, the 32nd worker is the critical one.
    scenario = replace(study.source.scenario, learning_rate=Fraction(1, 12))
    row = find(rows(replace(study, source=replace(study.source, scenario=scenario))), "largest stable")
    assert row.value == "at least 31"
    assert "at 33 stability has been lost" in row.basis


def test_the_smaller_limit_is_recommended(summary):
    square, both = find(summary, "mean-square limit"), find(summary, "recommended")
    assert both.data["below"] == float(Fraction(square.data["lo"]))
    assert both.status is Status.COMPUTED
    assert float(both.value.removeprefix("below ")) <= square.data["learning_rate"]


def test_the_limit_of_the_mean_is_recommended_where_it_is_smaller(study):
    computed = replace(study.computed, mean_square=tuple(10.0 for _ in study.computed.workers))
    proofs = replace(study.proofs, further=None)
    row = find(rows(replace(study, computed=computed, proofs=proofs)), "recommended")
    assert row.status is Status.CERTIFIED
    assert float(row.value.removeprefix("below ")) <= study.proofs.boundary.learning_rate.lo


def test_nothing_is_certified_that_the_other_process_refused(study):
    rechecks = {name: Recheck(one.file, False, "REJECTED: no") for name, one in study.rechecks.items()}
    summary = rows(replace(study, rechecks=rechecks))
    assert not [row for row in summary if row.status is Status.CERTIFIED]
    assert "REJECTED: no" in find(summary, "critical learning rate").basis
    assert find(summary, "recommended").status is Status.COMPUTED


def test_inconclusive_is_undecided_with_its_reason(study):
    nothing = Inconclusive(Reason.PRECISION, "too near to the boundary")
    modes = tuple(replace(mode, result=nothing) for mode in study.proofs.modes)
    proofs = replace(study.proofs, boundary=nothing, operating=nothing, modes=modes)
    summary = rows(replace(study, proofs=proofs, decays={}))
    for words in ("critical learning rate", "at learning rate", "slowest mode", "largest stable"):
        row = find(summary, words)
        assert (row.value, row.status) == ("undecided", Status.UNDECIDED)
        assert "too near to the boundary" in row.basis


def test_failed_computations_are_shown(study):
    computed = replace(study.computed, mean_square=(), best=None, failures=("The best number failed: reason.",))
    summary = rows(replace(study, computed=computed))
    assert find(summary, "mean-square limit").status is Status.UNDECIDED
    assert find(summary, "best number").basis == "The best number failed: reason."
    assert not [row for row in summary if "recommended" in row.quantity]


def check(verdict, **changes):
    values = {"observed": 1.5, "expected": 1.0, "bias": 0.25, "allowance": 0.1, "sampling_error": 0.05, "level": 0.01}
    return Check("rate", "1/s", verdict=verdict, note="the note", **(values | changes))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_comparison(verdict):
    row = comparison(check(verdict), "somebody")
    assert row.status.value == verdict.value
    assert row.value == "1.5 observed, 1.25 expected 1/s"
    assert "± 0.15 at level 1 %" in row.basis
    assert "bias +0.25" in row.basis


def test_comparison_that_could_not_be_made():
    row = comparison(check(Verdict.TOO_LITTLE_DATA, observed=float("nan")), "somebody")
    assert row.value == "—"
    assert row.basis == "the note"


def test_disagreements_are_listed_one_by_one(study):
    first, *others = study.of_run.checks
    bad = replace(first, verdict=Verdict.INCONSISTENT)
    summary = rows(replace(study, of_run=replace(study.of_run, checks=(bad, *others))))
    assert find(summary, bad.name).status is Status.INCONSISTENT
    assert len([row for row in summary if "(the emulator)" in row.quantity]) == 5


def test_rows_are_json(summary):
    text = json.dumps([row.to_json() for row in summary], allow_nan=False)
    assert "26" in text


def test_each_status_has_a_word_a_sign_and_a_meaning():
    assert set(MARK) == set(MEANING) == set(Status)
    assert len(set(MARK.values())) == len(Status)


def test_a_mean_stable_point_that_is_not_mean_square_stable_is_named(study):
    claim = study.proofs.further.above.claim
    assert not claim["stable"]
    proofs = replace(study.proofs, further=replace(study.proofs.further, mean_square=study.proofs.further.above))
    row = find(rows(replace(study, proofs=proofs)), "mean square at")
    assert row.value == "not stable in mean square, although the mean is stable"
    assert "variance grows without bound" in row.basis


def test_what_is_not_certified_is_computed_with_the_reason(study):
    nothing = Inconclusive(Reason.BUDGET, "too long a law")
    further = replace(study.proofs.further, rate=nothing, mean_square=nothing, below=nothing, best=nothing)
    summary = rows(replace(study, proofs=replace(study.proofs, further=further)))
    for words, status in (
        ("mean-square limit", Status.COMPUTED), ("best number", Status.COMPUTED),
        ("mean square at", Status.UNDECIDED), ("decay rate of the mean", Status.UNDECIDED),
    ):  # fmt: skip
        row = find(summary, words)
        assert row.status is status
        assert "too long a law" in row.basis
