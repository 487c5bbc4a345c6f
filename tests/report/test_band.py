"""What a measured trace proves about the true law of the capped times, and how the report says it."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import brentq

from sddeverify import checker
from sddeverify.certificates import Inconclusive
from sddeverify.emulator.trace import Trace
from sddeverify.errors import InvalidScenario
from sddeverify.report.band import BAND, assumed, band_rows, prove_band
from sddeverify.report.recheck import Recheck
from sddeverify.report.rows import Status
from sddeverify.report.source import Source

SHIFT, MEAN, CAP = 1.0, 0.1, 2.0  # of the true law: shift + exponential, at most cap


def trace(times):
    """One worker that computes without a break."""
    end = np.cumsum(times)
    n = np.arange(len(times))
    return Trace(np.zeros(len(times), dtype=int), end - times, end, n, n)


def drawn(count, seed=1):
    """Times of the true law: the DKW band misses it with probability 1 %, once and for all at this seed."""
    return SHIFT + np.random.default_rng(seed).exponential(MEAN, count)


@pytest.fixture(scope="module")
def times():
    return drawn(6000)


def source(study, times, **options):
    return Source(study.source.scenario, trace(times), "one worker", (), **options)


@pytest.fixture(scope="module")
def proof(study, times):
    return prove_band(source(study, times, cap=Fraction(CAP)), study.derived.model)


def true_learning_rate(hessian, workers):
    """The critical learning rate of the law of min(tau, CAP), by scipy: E cos(w tau) = 0 nearest to 0."""
    grid = np.linspace(0, CAP - SHIFT, 20_001)
    weight = np.exp(-grid / MEAN) / MEAN
    tail = math.exp(-(CAP - SHIFT) / MEAN)

    def moment(f):
        return np.trapezoid(weight * f(SHIFT + grid), grid) + tail * f(CAP)

    w = brentq(lambda w: moment(lambda t: np.cos(w * t)), 0.5, 2)
    damping = w / moment(lambda t: np.sin(w * t))
    return damping * moment(lambda t: t) / (hessian * workers)


def test_the_band_is_about_the_whole_trace_if_the_cap_was_given(proof, times):
    assert (proof.chosen, proof.times, proof.capped) == (False, 6000, int((times > CAP).sum()))
    assert proof.band.end == CAP
    # 2 exp(-2 n eps^2) = 0.01
    assert proof.band.epsilon == pytest.approx(math.sqrt(math.log(200) / 12_000), rel=1e-3)
    assert proof.band.epsilon >= Fraction(math.sqrt(math.log(200) / 12_000))
    assert checker.check(proof.result.document).status is checker.Status.ACCEPTED
    assert "the whole trace" in assumed(proof)


def test_the_true_law_is_stable_where_that_is_certified(study, proof):
    model = study.derived.model
    certified = proof.result.learning_rate.lo
    true = true_learning_rate(float(model.hessian[-1]), model.workers)
    assert 0.5 * true < certified < true


def test_more_confidence_is_a_wider_band(study, times, proof):
    options = {"cap": Fraction(CAP), "confidence": Fraction(999_999, 1_000_000)}
    sure = prove_band(source(study, times, **options), study.derived.model)
    assert sure.band.epsilon > proof.band.epsilon
    assert sure.result.learning_rate.lo < proof.result.learning_rate.lo
    assert "with confidence 99.9999 %" in assumed(sure)


def test_a_cap_is_chosen_on_one_half_and_the_band_is_made_of_the_other(study, times):
    def proved(changed):
        return prove_band(source(study, changed), study.derived.model)

    first = proved(times)
    assert (first.chosen, first.times) == (True, 3000)
    assert float(first.band.end) == pytest.approx(np.quantile(times[::2], 0.99, method="inverted_cdf"), rel=0.1)
    assert first.band.end >= Fraction(float(np.quantile(times[::2], 0.99, method="inverted_cdf")))
    assert first.capped == int((times[1::2] > float(first.band.end)).sum())
    assert "half of the trace, the cap having been chosen on the other half" in assumed(first)
    # What the band is made of has no say in the cap ...
    longer = times.copy()
    longer[1::2] *= 3
    assert proved(longer).band.end == first.band.end
    assert proved(longer).band.center != first.band.center
    # ... and what chose the cap is not used again: the half below the quantile may be anything.
    lower = times.copy()
    lower[::2][np.argsort(times[::2])[:1500]] = SHIFT
    assert proved(lower).band == first.band


def test_traces_too_short_to_be_cut_in_half_prove_nothing(study, times):
    assert prove_band(source(study, times[:63]), study.derived.model) is None
    assert prove_band(Source(study.source.scenario, None, "", ()), study.derived.model) is None
    with pytest.raises(InvalidScenario, match="--cap"):
        prove_band(source(study, times[:2], cap=Fraction(CAP)), study.derived.model)


def test_a_cap_far_beyond_the_times_leaves_the_answer_open(study, times):
    far = prove_band(source(study, times, cap=Fraction(100)), study.derived.model)
    assert isinstance(far.result, Inconclusive)
    (row,) = [row for name, row in shown(study, far).items() if "true law" in name]
    assert row.status is Status.UNDECIDED
    assert "take a cap nearer to the times" in row.basis


def shown(study, proof, *, accepted=True):
    rechecks = study.rechecks | {BAND: Recheck(None, accepted, "ACCEPTED" if accepted else "REJECTED: no")}
    found = band_rows(replace(study, proofs=replace(study.proofs, band=proof), rechecks=rechecks))
    return {row.quantity: row for row in found}


def test_the_statement(study, proof):
    rows = shown(study, proof)
    row = rows["learning rate for the true law of min(τ, 2 s)"]
    assert row.status is Status.CERTIFIED
    assert row.certificate == "stability_boundary_band.cert.json"
    assert Fraction(row.data["up_to"]) == proof.result.learning_rate.lo
    for words in ("assuming i.i.d. times", "with confidence 99 %", "stop at T = 2 s"):
        assert words in row.basis
    free = Fraction(rows["learning rate that is safe for every delay law"].data["up_to"])
    better = Fraction(row.data["up_to"]) >= free
    assert row.value.startswith("stable for every learning rate below " if better else "below ")
    assert ("law-free bound is the better one" in row.value) is not better


def test_both_outcomes_are_said(study, proof):
    """The larger bound counts; the enclosure of the band's own certificate is what the first row must beat."""
    from sddeverify.certificates import law_free_bound

    small = replace(study, proofs=replace(study.proofs, law_free=law_free_bound.prove("1", "1/100")))
    (row,) = [row for name, row in shown(small, proof).items() if "true law" in name]
    assert row.value.startswith("stable for every learning rate below ")
    (row,) = [row for name, row in shown(study, proof).items() if "true law" in name]
    assert "the law-free bound is the better one" in row.value


def test_what_the_other_process_refused_is_not_certified(study, proof):
    (row,) = [row for name, row in shown(study, proof, accepted=False).items() if "true law" in name]
    assert row.status is Status.UNDECIDED
    assert "REJECTED: no" in row.basis
