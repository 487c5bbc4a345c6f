import math
from fractions import Fraction

import pytest

from sddeverify import checker
from sddeverify.agreement import Verdict
from sddeverify.certificates import Inconclusive
from sddeverify.errors import UnsupportedScenario
from sddeverify.report.source import Source
from sddeverify.report.study import conduct
from sddeverify.scenario import Scenario


def test_boundary_is_that_of_erlang_three(study):
    # theory: a m < k tan(pi/2k) sec^k(pi/2k) = 8/3 for k = 3, so the learning rate is (8/3)/(1 x 8) = 1/3
    rate = study.proofs.boundary.learning_rate
    assert rate.lo <= 1 / 3 <= rate.hi
    assert rate.hi - rate.lo < 1e-9
    assert study.largest_stable == 26  # (1/10) P < 8/3


def test_roots_are_those_of_the_polynomial(study):
    import numpy as np

    for mode, c in zip(study.proofs.modes, (0.8, 0.08), strict=True):
        polynomial = np.polyadd(np.polymul(np.poly1d([1 / 3, 1]) ** 3, [1, 0]), [c])
        first = max(np.roots(polynomial), key=lambda s: (s.real, s.imag))
        assert mode.result.real.lo <= first.real + 1e-11
        assert first.real - 1e-11 <= mode.result.real.hi
        assert float(mode.result.imag.midpoint) == pytest.approx(abs(first.imag), abs=1e-9)


def test_certificates_are_saved_and_accepted_elsewhere(study, folder):
    files = sorted((folder / "certificates").iterdir())
    assert [file.name for file in files] == [
        "decay_rate.cert.json",
        "law_free_bound.cert.json",
        "mean_square_above.cert.json",
        "mean_square_below.cert.json",
        "mean_square_stability.cert.json",
        "optimum.cert.json",
        "rightmost_root_slowest.cert.json",
        "rightmost_root_stiffest.cert.json",
        "stability.cert.json",
        "stability_boundary.cert.json",
        "stability_chart.cert.json",
    ]
    assert all(checker.check(file.read_bytes()).status is checker.Status.ACCEPTED for file in files)
    assert all(one.accepted for one in study.rechecks.values())
    assert set(study.rechecks) == set(study.proofs.certificates)


def test_claims_name_the_model(study):
    others = {"optimum", "law_free_bound", "stability_chart"}
    claims = [one.claim for name, one in study.proofs.certificates.items() if name not in others]
    assert all(claim["model"]["workers"] == ["8", "8"] for claim in claims)
    assert study.proofs.operating.claim["model"]["hessian"] == ["1/10", "1"]


def test_computed_numbers(study):
    # Erlang-2 and others are tested with the analysis; here: the decay at the best number of workers is the largest.
    best = study.computed.best
    assert best.rate == max(best.rates)
    assert study.computed.mean_square_at(8) < float(study.proofs.boundary.learning_rate.lo)
    stiff, slow = study.computed.spectra
    assert stiff.gap > 0
    assert slow.gap > 0


def test_the_emulator_agrees(study):
    assert study.of_trace is None
    assert all(check.verdict is not Verdict.INCONSISTENT for check in study.agreement.checks)
    assert set(study.decays) == {"stiffest", "slowest"}
    assert len(study.agreement.checks) == 5


def test_progress_goes_through_all_stages(stages, study):
    names = list(dict.fromkeys(stage for stage, _ in stages))
    assert len(names) == 9
    assert all(0 <= done <= 1 for _, done in stages)
    assert len(study.seconds) == 6
    assert all(math.isfinite(seconds) and seconds >= 0 for seconds in study.seconds.values())


def test_too_many_workers_are_refused(tmp_path):
    source = Source(Scenario("1/10", 20_001, "constant(1)", hessian=("1",)), None, "", ())
    with pytest.raises(UnsupportedScenario, match="20000"):
        conduct(source, tmp_path, lambda *_: None)


def test_other_policies_are_refused(tmp_path):
    source = Source(Scenario("1/10", 2, "constant(1)", hessian=("1",), policy="k_sync"), None, "", ())
    with pytest.raises(UnsupportedScenario, match="policy"):
        conduct(source, tmp_path, lambda *_: None)


def test_nothing_undecided(study):
    assert study.proofs.undecided == {}
    assert not any(isinstance(one, Inconclusive) for one in study.proofs.results.values())


def test_the_best_number_of_workers_is_stable_in_mean_square(study):
    from sddeverify.analysis.moments import mean_square_limit
    from sddeverify.delays import Erlang

    largest = study.computed.largest
    assert study.computed.best.candidates == tuple(range(1, largest + 1))
    # the largest eigenvalue is 1 and the learning rate 1/10
    assert mean_square_limit(Erlang(3, "1"), largest) > 0.1 >= mean_square_limit(Erlang(3, "1"), largest + 1)
    assert largest < study.largest_stable


def test_speed_mean_square_and_best_number_of_workers_are_certified(study):
    import numpy as np

    further = study.proofs.further
    assert further.slowest == study.derived.model.hessian[0]
    slow = next(mode for mode in study.proofs.modes if mode.name == "slowest")
    assert further.rate.rate.lo <= -slow.result.real.hi <= -slow.result.real.lo <= further.rate.rate.hi
    assert further.mean_square.stable
    assert further.below.stable
    assert not further.above.stable
    # the limit by the stationary variance of the chain of three stages (a Lyapunov equation)
    import scipy.linalg

    def mass(rate):
        a, mu = 8 * rate, 3.0
        drift = np.array([[0, 0, 0, -a], [mu, -mu, 0, 0], [0, mu, -mu, 0], [0, 0, mu, -mu]])
        noise = np.diag([1.0, 0, 0, 0])
        return rate * a * scipy.linalg.solve_continuous_lyapunov(drift, -noise)[0, 0]

    assert mass(float(further.limit.lo)) < 1 < mass(float(further.limit.hi))
    assert further.limit.width < 1e-6
    assert further.best.best == [str(study.computed.best.workers)]
    assert study.computed.best.rate > float(further.best.threshold)
    assert all(study.rechecks[name].accepted for name in further.results)


def test_the_chart_is_certified_around_the_operating_point(study):
    chart = study.proofs.chart
    assert chart.claim["model"]["hessian"] == ["1", "1"]
    assert (chart.y.lo, chart.y.hi) == (1, 17)
    # the boundary of Erlang-3 is learning rate x workers = 8/3
    assert chart.at(study.source.scenario.learning_rate, 8) == 0
    for cell in chart.cells():
        if cell.roots == 0:
            assert cell.x.hi * cell.y.hi < Fraction(8, 3)
        elif cell.roots is not None:
            assert cell.x.lo * cell.y.lo > Fraction(8, 3)
    assert chart.x.hi * 17 > Fraction(8, 3)
    assert chart.share(None) < Fraction(1, 4)
    assert study.rechecks["stability_chart"].accepted


def test_the_default_report_answers_all_that_it_promises(study, summary):
    """Decay rate, critical learning rate, mean-square limit and best number of workers, all accepted by the kernel."""
    certified = {row.quantity: row for row in summary if row.status.value == "certified"}
    for quantity, name in (
        ("decay rate of the mean", "decay_rate"),
        ("critical learning rate in the mean", "stability_boundary"),
        ("mean-square limit of the learning rate", "mean_square_below"),
        ("best number of workers", "optimum"),
        ("learning rate that is safe for every delay law", "law_free_bound"),
        ("chart of learning rates and workers", "stability_chart"),
    ):
        assert certified[quantity].certificate == f"{name}.cert.json"
        assert study.rechecks[name].accepted
